/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/confidence.h"

#include <math.h>

/*
 * Readings are not quite independent, which a temperature over 1 would make up for; the lab's runs
 * ask for none, because the table below, which is fitted after it, does the same.
 */
#define TEMPERATURE 1.0

/*
 * (Probability as added up, share of verdicts that were right), of 2026-11-22: 126 verdicts on lab
 * runs in namespaces with odd seeds, by the judge as it was then; those that were told without a
 * fault count as wrong.  What is added up is too modest between 0.5 and 0.8, and a little too sure
 * above 0.9.  On 85 verdicts of runs with even seeds, 39 of them made after the map, it takes the
 * Brier score from 0.074 to 0.069; of 28 stated at 0.84 on average 82 % were right, of 37 at 0.986
 * 97 %.  The fit is isotonic, and a bin counts four more verdicts that were as right as they said,
 * so that one with few runs stays near what was added up (tests/lab/faultlab/calibrate.py).  To
 * make it anew from recordings of lab runs:
 *
 *	tests/lab/run calibrate --write user/judge/confidence.c DIR...
 */
static const struct {
	double share, right;
} calibration[] = {{0, 0},	     {0.25, 0.25},     {0.5519, 0.8208}, {0.7467, 0.8303},
		   {0.9292, 0.9013}, {0.9907, 0.9864}, {1, 0.9864}};

/* Nothing that rests on passive signs is certain. */
#define STATED_MAX 0.995

double confidence__temperature(void)
{
	return TEMPERATURE;
}

void confidence__shares(const double sum[PLACE_COUNT], double share[PLACE_COUNT])
{
	double best = sum[0], total = 0;

	for (unsigned place = 1; place < PLACE_UNKNOWN; place++)
		best = fmax(best, sum[place]);
	for (unsigned place = 0; place < PLACE_UNKNOWN; place++) {
		share[place] = exp((sum[place] - best) / TEMPERATURE);
		total += share[place];
	}
	for (unsigned place = 0; place < PLACE_UNKNOWN; place++)
		share[place] /= total;
	share[PLACE_UNKNOWN] = 0;
}

double confidence__stated(enum place place, double share)
{
	size_t last = sizeof(calibration) / sizeof(*calibration) - 1, i = 0;
	double part;

	if (place == PLACE_UNKNOWN)
		return fmin(share, STATED_MAX);
	while (i + 1 < last && share > calibration[i + 1].share)
		i++;
	part = (share - calibration[i].share) / (calibration[i + 1].share - calibration[i].share);
	share = calibration[i].right + part * (calibration[i + 1].right - calibration[i].right);
	return fmin(fmax(share, 0), STATED_MAX);
}

double confidence__of_other(double share, double best, double stated)
{
	return best < 1 ? share * (1 - stated) / (1 - best) : 0;
}

double confidence__after_losses(double stated, uint64_t events_lost, size_t blind)
{
	double left = (events_lost ? 0.9 : 1) * (1 - 0.02 * (double)(blind > 10 ? 10 : blind));

	return stated * fmax(left, 0.8);
}
