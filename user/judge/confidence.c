/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/confidence.h"

#include <math.h>

/*
 * From the lab's runs in namespaces.  The table is of 2026-11-22 and maps nothing yet: each point
 * is (probability as computed, share of verdicts that were right).
 */
#define TEMPERATURE 1.0

static const struct {
	double share, right;
} calibration[] = {{0, 0}, {1, 1}};

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

double confidence__stated(double share)
{
	size_t last = sizeof(calibration) / sizeof(*calibration) - 1, i = 0;
	double part;

	while (i + 1 < last && share > calibration[i + 1].share)
		i++;
	part = (share - calibration[i].share) / (calibration[i + 1].share - calibration[i].share);
	share = calibration[i].right + part * (calibration[i + 1].right - calibration[i].right);
	return fmin(fmax(share, 0), STATED_MAX);
}

double confidence__after_losses(double stated, uint64_t events_lost, size_t blind)
{
	double left = (events_lost ? 0.9 : 1) * (1 - 0.02 * (double)(blind > 10 ? 10 : blind));

	return stated * fmax(left, 0.8);
}
