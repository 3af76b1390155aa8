/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Jumps of the wall clock: somebody set it, or a time daemon gave up slewing.
 */
#ifndef FAULTLINE_CLOCK_STEP_H
#define FAULTLINE_CLOCK_STEP_H

#include <stdbool.h>
#include <stdint.h>

/* Less is what two readings one after the other may differ by on a busy host. */
#define CLOCK_STEP_MIN_NS 5000000

struct clock_step {
	bool begun;
	int64_t offset_ns; /* wall clock less monotonic clock */
	uint64_t steps;
	double last_s; /* forward positive */
};

/* Reads both clocks; true when the wall clock jumped since the last call. */
bool clock_step__read(struct clock_step *clock);

/* The same with an offset at hand. */
bool clock_step__take(struct clock_step *clock, int64_t offset_ns);

#endif
