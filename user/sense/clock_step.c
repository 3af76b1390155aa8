/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slewing changes the speed of both clocks alike, so their difference stays the same until the wall
 * clock is set.  The difference is taken several times, and of these the one read fastest counts.
 */
#include "sense/clock_step.h"

#include <stdlib.h>
#include <time.h>

#define TRIES 3

static int64_t ns_of(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

bool clock_step__take(struct clock_step *clock, int64_t offset_ns)
{
	int64_t step = offset_ns - clock->offset_ns;
	bool jumped = clock->begun && llabs(step) >= CLOCK_STEP_MIN_NS;

	if (jumped) {
		clock->steps++;
		clock->last_s = (double)step / 1e9;
	}
	clock->begun = true;
	clock->offset_ns = offset_ns;
	return jumped;
}

bool clock_step__read(struct clock_step *clock)
{
	int64_t best = INT64_MAX, offset = 0;

	for (int i = 0; i < TRIES; i++) {
		int64_t before = ns_of(CLOCK_MONOTONIC), wall = ns_of(CLOCK_REALTIME);
		int64_t after = ns_of(CLOCK_MONOTONIC);

		if (after - before < best) {
			best = after - before;
			offset = wall - before - best / 2;
		}
	}
	return clock_step__take(clock, offset);
}
