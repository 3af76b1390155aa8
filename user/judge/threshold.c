/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/threshold.h"

#include <math.h>

#include "judge/symptom.h"

#define SECONDS_A_DAY  86400.0
#define LEAST_NATS     3.0
#define MOST_NATS      60.0
#define LEAST_INTERVAL 1e-3
#define LEAST_PAGES    1e-9

double threshold_nats(double false_pages_per_day, double interval_s, size_t links)
{
	double tests = (double)(links ? links : 1) * LINK_SYMPTOM_COUNT;
	double nats;

	if (!(interval_s > LEAST_INTERVAL))
		interval_s = LEAST_INTERVAL;
	if (!(false_pages_per_day > LEAST_PAGES))
		false_pages_per_day = LEAST_PAGES;
	nats = log(tests * SECONDS_A_DAY / interval_s / false_pages_per_day);
	return fmin(fmax(nats, LEAST_NATS), MOST_NATS);
}
