/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One sequential test for all shifts: a CUSUM on k of n.
 *
 * Each look brings n units of work of which k were bad.  The statistic adds up how much likelier
 * that is when the share of bad ones is p1 than when it is p0, and never falls below nought, so
 * that good times in the past do not delay an alarm:
 *
 *	W = max(0, W + k ln(p1/p0) + (n - k) ln((1 - p1)/(1 - p0)))     (Page, Biometrika 41, 1954)
 *
 * The theory wants units that go bad one by one.  What goes bad together (a burst of losses, the
 * requests that waited behind one pause) is to be counted once by whoever counts k; as a second
 * guard the statistic rises by no more than a part of the threshold within a second, so that one
 * event, however large, is never enough.  That only lowers W, so the bound on false alarms stays.
 *
 * With p0 and p1 exchanged the same test tells that a shift is over.
 */
#ifndef FAULTLINE_CUSUM_H
#define FAULTLINE_CUSUM_H

#include <stdbool.h>
#include <stdint.h>

struct cusum {
	double statistic; /* nats */
	uint64_t zero_ns; /* when it was nought last: the estimate of when a shift began */
	double allowance; /* 0 ... 1: of the rise that a second may bring, what is left */
	uint64_t look_ns; /* the last look; 0: none yet */
};

struct cusum_design {
	double p0, p1;	  /* both inside 0 ... 1, else nothing is added */
	double threshold; /* nats */
	double rise;	  /* the most that a second adds, as a share of the threshold */
};

/* The statistic stops here, times the threshold: what is certain need not become more so. */
#define CUSUM_CAP 2.0

/* Begins at nought. */
void cusum__begin(struct cusum *cusum, uint64_t now_ns);

/* What a look adds, in nats; 0 for a design or counts that make no sense. */
double cusum_gain(const struct cusum_design *design, double k, double n);

/*
 * A look at @n units of which @k were bad; both may be fractions.  k is taken as at most n.
 * Returns whether the statistic has reached the threshold.
 */
bool cusum__take(struct cusum *cusum, const struct cusum_design *design, double k, double n,
		 uint64_t now_ns);

#endif
