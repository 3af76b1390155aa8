/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tests of blame do with the small world: raise symptoms, and expect a place.
 */
#ifndef FAULTLINE_TESTS_BLAME_STAGE_H
#define FAULTLINE_TESTS_BLAME_STAGE_H

#include "blame_world.h"

static inline struct verdict blamed(struct world *world, unsigned link, struct scene *scene)
{
	struct scene_of of = {.link = link};
	struct trouble_seen seen;
	struct verdict verdict;

	scene__make(&world->view, &of, scene, &seen);
	assert_true(seen.main != TROUBLE_COUNT);
	blame(&world->view, &of, scene, &seen, &verdict);
	return verdict;
}

static inline void expect(struct world *world, unsigned link, enum place place, enum side side)
{
	struct scene scene;
	struct verdict verdict = blamed(world, link, &scene);

	if (verdict.place != place) {
		const struct evidence_row *rows[EVIDENCE_ROWS_MAX];
		size_t count = evidence__speaking(&scene, rows, EVIDENCE_ROWS_MAX);

		for (size_t i = 0; i < count; i++)
			print_message("%-20s wanted %5.1f, best %5.1f\n",
				      evidence_signal(rows[i]->evidence), rows[i]->weight[place],
				      rows[i]->weight[verdict.best]);
		print_message("best %s %.2f\n", place_name(verdict.best),
			      verdict.share[verdict.best]);
	}
	assert_string_equal(place_name(verdict.place), place_name(place));
	assert_int_equal(verdict.side, side);
}

static inline int setup(void **state)
{
	struct world *world = world_new();

	world_step(world, 1);
	hear_all(world);
	world_step(world, 1);
	hear_all(world);
	calm_all(world);
	*state = world;
	return 0;
}

static inline int teardown(void **state)
{
	world_free(*state);
	return 0;
}

/* Goes dark a second ago: what is not named was heard since. */
static inline void darken(struct world *world, unsigned link, enum link_symptom symptom)
{
	raise_symptom(world, link, symptom, 1, 0.01);
	world->totals[link].last_data_ns = world->totals[link].last_ack_ns =
		world->sample.time_ns - SECOND;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
