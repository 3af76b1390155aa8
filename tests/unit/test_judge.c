/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The judge as a whole, on hard facts and on inputs that no sound sensor gives.
 */
#include "blame_world.h"

#include "judge/judge.h"

struct stage {
	struct world *world;
	struct judge *judge;
	size_t opened, updated, resolved;
	enum place place;
	size_t links;
	char id[INCIDENT_ID_LEN];
	struct timespec last;
};

static void on_event(void *context, const struct incident_event *event)
{
	struct stage *stage = context;

	stage->opened += event->change == INCIDENT_OPEN;
	stage->updated += event->change == INCIDENT_UPDATE;
	stage->resolved += event->change == INCIDENT_RESOLVE;
	stage->place = event->place;
	stage->links = event->link_count;
	snprintf(stage->id, sizeof(stage->id), "%s", event->id);
	assert_true(event->time.tv_sec > stage->last.tv_sec ||
		    (event->time.tv_sec == stage->last.tv_sec &&
		     event->time.tv_nsec >= stage->last.tv_nsec));
	stage->last = event->time;
	assert_true(event->began.tv_sec <= event->time.tv_sec);
}

static struct judge *new_judge(struct stage *stage)
{
	struct judge_options options = {.config = stage->world->config,
					.host = "trader",
					.sink = on_event,
					.context = stage};
	struct judge *judge = judge__new(&options);

	assert_non_null(judge);
	return judge;
}

static int setup(void **state)
{
	struct stage *stage = calloc(1, sizeof(*stage));

	assert_non_null(stage);
	stage->world = world_new();
	stage->judge = new_judge(stage);
	*state = stage;
	return 0;
}

static int teardown(void **state)
{
	struct stage *stage = *state;

	judge__free(stage->judge);
	world_free(stage->world);
	free(stage);
	return 0;
}

static void step(struct stage *stage, double seconds)
{
	stage->world->sample.time_ns += (uint64_t)(seconds * 1e9);
	stage->world->sample.wall.tv_sec += (time_t)seconds;
	assert_int_equal(judge__take(stage->judge, &stage->world->sample), 0);
}

static void steps(struct stage *stage, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		hear_all(stage->world);
		step(stage, 1);
	}
}

static void lose_carrier(struct world *world)
{
	world->interface.reading[INTERFACE_CARRIER] = reading_of(0);
	world->interface.carrier_lost_ns = world->sample.time_ns;
}

static void find_carrier(struct world *world)
{
	world->interface.reading[INTERFACE_CARRIER] = reading_of(1);
	world->interface.carrier_lost_ns = 0;
}

static void test_quiet_days_are_quiet(void **state)
{
	struct stage *stage = *state;

	steps(stage, 300);
	assert_int_equal(stage->opened, 0);
	assert_string_equal(link_state_name(judge__link_state(stage->judge, "nobody")),
			    "not observed");
	assert_int_equal(judge__device_state(stage->judge, "gw"), LINK_STATE_HEALTHY);
}

/* From the first second on, and once for all links. */
static void test_carrier(void **state)
{
	struct stage *stage = *state;

	steps(stage, 1);
	lose_carrier(stage->world);
	step(stage, 0.02);
	assert_int_equal(stage->opened, 1);
	assert_int_equal(stage->place, PLACE_NIC);
	assert_int_equal(stage->links, WORLD_LINKS);
	assert_int_equal(judge__link_state(stage->judge, "rates"), LINK_STATE_FAULTY);
	steps(stage, 3);
	find_carrier(stage->world);
	steps(stage, 12);
	assert_int_equal(stage->opened, 1);
	assert_int_equal(stage->resolved, 1);
	assert_int_not_equal(judge__link_state(stage->judge, "rates"), LINK_STATE_FAULTY);
}

static void test_stopped_process(void **state)
{
	struct stage *stage = *state;

	steps(stage, 3);
	stage->world->processes[RATES].state = 'T';
	step(stage, 0.1);
	assert_int_equal(stage->opened, 1);
	assert_int_equal(stage->place, PLACE_APP);
	assert_int_equal(stage->links, 1);
	/* Beside it, something that has nothing to do with it. */
	stage->world->devices[1].dns[RESOLVER_UNANSWERED_S] = reading_of(3);
	steps(stage, 3);
	assert_int_equal(stage->opened, 2);
	assert_int_equal(stage->place, PLACE_RESOLVER);
	assert_int_equal(judge__device_state(stage->judge, "dns"), LINK_STATE_FAULTY);
}

static void test_samples_that_are_not_newer(void **state)
{
	struct stage *stage = *state;

	steps(stage, 2);
	assert_int_equal(judge__take(stage->judge, &stage->world->sample), 0);
	stage->world->sample.time_ns -= SECOND;
	assert_int_equal(judge__take(stage->judge, &stage->world->sample), 0);
	assert_int_equal(judge__passed_over(stage->judge), 2);
}

/* The wall clock jumps an hour back and forth: events never run backwards. */
static void test_clock_jumps(void **state)
{
	struct stage *stage = *state;

	steps(stage, 2);
	for (unsigned i = 0; i < 6; i++) {
		stage->world->sample.wall.tv_sec += i % 2 ? 3600 : -3600;
		lose_carrier(stage->world);
		step(stage, 1);
		find_carrier(stage->world);
		steps(stage, 40);
	}
	assert_true(stage->opened > 0);
}

/* The sensor stood still for a minute: that is no silence of the links. */
static void test_gap(void **state)
{
	struct stage *stage = *state;

	steps(stage, 60);
	step(stage, 60);
	step(stage, 1);
	assert_int_equal(stage->opened, 0);
}

static void test_lists_that_come_and_go(void **state)
{
	struct stage *stage = *state;
	struct world *world = stage->world;

	steps(stage, 2);
	world->sample.interface_count = world->sample.device_count = 0;
	world->sample.process_count = 0;
	steps(stage, 2);
	world->sample.link_count = 2;
	steps(stage, 2);
	world->sample.link_count = 0;
	steps(stage, 2);
	world->sample.link_count = WORLD_LINKS;
	/* Indices that lead nowhere. */
	for (unsigned i = 0; i < WORLD_LINKS; i++) {
		world->ways[i].devices[0] = 77;
		world->ways[i].interfaces[0] = 77;
	}
	steps(stage, 2);
	assert_int_equal(stage->opened, 0);
}

static void test_reload(void **state)
{
	struct stage *stage = *state;
	struct config *config = NULL;
	static const char text[] =
		"links:\n  - {name: rates, kind: internal, endpoints: [\"203.0.113.2:7001\"]}\n";

	steps(stage, 2);
	lose_carrier(stage->world);
	step(stage, 0.1);
	assert_int_equal(config__parse("new", text, sizeof(text) - 1, &config, stderr), 0);
	assert_int_equal(judge__reload(stage->judge, config), 0);
	step(stage, 1);
	find_carrier(stage->world);
	steps(stage, 15);
	assert_int_equal(stage->opened, 1);
	assert_int_equal(stage->resolved, 1);
	assert_int_equal(judge__reload(stage->judge, stage->world->config), 0);
	config__free(config);
}

static void test_restart_in_the_middle(void **state)
{
	struct stage *stage = *state;
	struct judge *after;
	json_t *saved;
	char id[INCIDENT_ID_LEN];

	steps(stage, 2);
	lose_carrier(stage->world);
	step(stage, 0.1);
	assert_int_equal(stage->opened, 1);
	memcpy(id, stage->id, sizeof(id));
	saved = judge__save(stage->judge);
	assert_non_null(saved);
	after = new_judge(stage);
	assert_int_equal(judge__restore(after, saved, stage->world->sample.wall), 0);
	judge__free(stage->judge);
	stage->judge = after;
	steps(stage, 3);
	assert_int_equal(stage->opened, 1);
	find_carrier(stage->world);
	steps(stage, 15);
	assert_int_equal(stage->resolved, 1);
	assert_string_equal(stage->id, id);
	json_decref(saved);
}

/* Without its symptoms an open incident of before ends by itself. */
static void test_restart_after_the_end(void **state)
{
	struct stage *stage = *state;
	struct judge *after;
	json_t *saved;

	steps(stage, 2);
	lose_carrier(stage->world);
	step(stage, 0.1);
	saved = judge__save(stage->judge);
	assert_non_null(saved);
	after = new_judge(stage);
	assert_int_equal(judge__restore(after, saved, stage->world->sample.wall), 0);
	judge__free(stage->judge);
	stage->judge = after;
	find_carrier(stage->world);
	steps(stage, 15);
	assert_int_equal(stage->opened, 1);
	assert_int_equal(stage->resolved, 1);
	json_decref(saved);
}

static void test_memory_of_another_kind(void **state)
{
	struct stage *stage = *state;
	static const char *const texts[] = {
		"{}",
		"[]",
		"{\"version\": 99, \"saved_s\": 0, \"links\": {}, \"incidents\": {}}",
		"{\"version\": 1, \"saved_s\": 0, \"links\": [], \"incidents\": {}}",
		"{\"version\": 1, \"saved_s\": 0, \"links\": {}, \"incidents\": {\"open\": 3}}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		json_t *saved = json_loads(texts[i], 0, NULL);

		assert_non_null(saved);
		assert_int_equal(judge__restore(stage->judge, saved, stage->world->sample.wall),
				 -EINVAL);
		json_decref(saved);
	}
	steps(stage, 3);
	assert_int_equal(stage->opened, 0);
}

#define MANY 1000

/* A thousand links, and all of them fail at once: one incident. */
static void test_all_links_fail(void **state)
{
	struct stage *stage = *state;
	struct world *world = stage->world;
	struct link_sample *links = calloc(MANY, sizeof(*links));
	char(*names)[16] = calloc(MANY, sizeof(*names));

	assert_non_null(links);
	assert_non_null(names);
	for (size_t i = 0; i < MANY; i++) {
		links[i] = world->links[i % 5];
		snprintf(names[i], sizeof(names[i]), "link-%zu", i);
		links[i].name = names[i];
	}
	world->sample.links = links;
	world->sample.link_count = MANY;
	steps(stage, 2);
	lose_carrier(world);
	step(stage, 0.1);
	assert_int_equal(stage->opened, 1);
	assert_int_equal(stage->links, MANY);
	steps(stage, 3);
	find_carrier(world);
	steps(stage, 15);
	assert_int_equal(stage->opened, 1);
	assert_int_equal(stage->resolved, 1);
	free(links);
	free(names);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_quiet_days_are_quiet),
		TEST(test_carrier),
		TEST(test_stopped_process),
		TEST(test_samples_that_are_not_newer),
		TEST(test_clock_jumps),
		TEST(test_gap),
		TEST(test_lists_that_come_and_go),
		TEST(test_reload),
		TEST(test_restart_in_the_middle),
		TEST(test_restart_after_the_end),
		TEST(test_memory_of_another_kind),
		TEST(test_all_links_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
