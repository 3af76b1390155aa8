/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sequential test on a quantity that is measured each tick: a share of time, or a rate.
 *
 * What exceeds the reference is added up over time and taken off again when the quantity is below
 * it (Page's CUSUM, in the quantity's own unit times seconds): sum = max(0, sum + (x - reference)
 * dt), told when it reaches the bound.  The reference is four mean deviations above what was
 * learned, and never below a floor that has a physical reason; so a host that always waits a little
 * is not unusual for that, and one that never waits is not unusual for a hiccup.
 */
#ifndef FAULTLINE_EXCESS_H
#define FAULTLINE_EXCESS_H

#include "judge/symptom.h"

struct excess {
	double mean, deviation; /* learned, exponentially forgotten over a minute */
	double learned_s;
	double sum;
	uint64_t above_ns; /* since when the sum is not nought */
};

struct excess_limits {
	double floor; /* less than this is never unusual */
	double bound; /* so much beyond the reference, times seconds, is told */
};

struct measure {
	double value;
	double dt_s;  /* the time that it was measured over */
	double units; /* what the excess is multiplied by: dt_s, or so many occurrences */
};

void excess__take(struct excess *excess, const struct excess_limits *limits,
		  const struct measure *measure, uint64_t now_ns, struct symptom *symptom);

#endif
