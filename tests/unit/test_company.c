/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Losses that are told in company: what links by one gateway add up to.
 */
#include "blame_stage.h"

#include "judge/company.h"
#include "judge/link_watch.h"

#define THRESHOLD 20.0

static void gather(struct world *world, unsigned link, enum link_symptom which, double nats)
{
	calm_symptom(world, link, which, 0);
	world->symptoms[link][which].strength = nats;
}

static unsigned in_company(struct world *world)
{
	unsigned count = 0;

	company__find(&world->view, THRESHOLD);
	for (unsigned i = 0; i < WORLD_LINKS; i++)
		count += world->views[i].company != LINK_SYMPTOM_COUNT;
	return count;
}

static void test_each_beyond_the_first_pays_a_price(void **state)
{
	struct world *world = *state;
	double price = 6; /* more than ln(6 links * 20 nats), and than one loss brings */

	for (unsigned i = 0; i < WORLD_LINKS; i++)
		gather(world, i, SYMPTOM_LOSS, 0);
	gather(world, ORDERS, SYMPTOM_LOSS, 15);
	gather(world, REFDATA, SYMPTOM_LOSS_IN, 5 + price - 0.1);
	assert_int_equal(in_company(world), 0);
	gather(world, REFDATA, SYMPTOM_LOSS_IN, 5 + price + 0.1);
	assert_int_equal(in_company(world), 2);
	assert_int_equal(world->views[ORDERS].company, SYMPTOM_LOSS);
	assert_int_equal(world->views[REFDATA].company, SYMPTOM_LOSS_IN);
}

/* A burst that touches every link once is no loss that they share. */
static void test_one_loss_on_each_link_is_none(void **state)
{
	struct world *world = *state;

	for (unsigned i = 0; i < WORLD_LINKS; i++)
		gather(world, i, SYMPTOM_LOSS, 5.5);
	assert_int_equal(in_company(world), 0);
}

/* Who has little joins one that has enough by itself; what is told already stays as it is. */
static void test_joins_one_that_is_told(void **state)
{
	struct world *world = *state;

	for (unsigned i = 0; i < WORLD_LINKS; i++)
		gather(world, i, SYMPTOM_LOSS, 0);
	raise_symptom(world, RATES, SYMPTOM_LOSS_IN, 0.02, 0);
	gather(world, NEWS, SYMPTOM_LOSS, 10);
	gather(world, DATABASE, SYMPTOM_LOSS, 4);
	assert_int_equal(in_company(world), 1);
	assert_int_equal(world->views[NEWS].company, SYMPTOM_LOSS);
	/* By all ways together, as of a cable, a price for one link more. */
	gather(world, DATABASE, SYMPTOM_CHECKSUM, 9);
	assert_int_equal(in_company(world), 2);
}

/* Links that lose a little every day add up to nothing. */
static void test_usual_losses_are_worth_little(void **state)
{
	struct world *world = *state;

	for (unsigned i = 0; i < WORLD_LINKS; i++)
		gather(world, i, SYMPTOM_LOSS, 12);
	assert_true(in_company(world) > 0);
	for (unsigned i = 0; i < WORLD_LINKS; i++)
		world->symptoms[i][SYMPTOM_LOSS].baseline = reading_of(5e-4);
	assert_int_equal(in_company(world), 0);
	for (unsigned i = 0; i < WORLD_LINKS; i++)
		world->symptoms[i][SYMPTOM_LOSS].baseline = reading_of(0.02);
	assert_int_equal(in_company(world), 0);
}

static void test_a_host_of_a_thousand_links_pays_more(void **state)
{
	struct world *world = *state;
	struct link_view *views = calloc(1000, sizeof(*views));

	assert_non_null(views);
	for (unsigned i = 0; i < WORLD_LINKS; i++)
		gather(world, i, SYMPTOM_LOSS, 0);
	gather(world, ORDERS, SYMPTOM_LOSS, 15);
	gather(world, NEWS, SYMPTOM_LOSS, 11);
	assert_int_equal(in_company(world), 2);
	for (unsigned i = 0; i < 1000; i++)
		views[i] = world->views[i < WORLD_LINKS ? i : RATES];
	world->view.links = views;
	world->view.count = 1000;
	company__find(&world->view, THRESHOLD);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(views[i].company, LINK_SYMPTOM_COUNT);
	free(views);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_beyond_the_first_pays_a_price),
		TEST(test_one_loss_on_each_link_is_none),
		TEST(test_joins_one_that_is_told),
		TEST(test_usual_losses_are_worth_little),
		TEST(test_a_host_of_a_thousand_links_pays_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
