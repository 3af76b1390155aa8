/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/silence.h"

#include <math.h>

#define INDEX_LEAST   1.5
#define INDEX_MOST    12.0
#define RATIO_LEAST   1.06 /* two waits of one bucket may differ by so much */
#define LONGEST_LEAST 1.5
#define LONGEST_MOST  8.0
#define MANY_WAITS    1000.0

static double tail_index(const struct time_normal *normal)
{
	double ratio = fmax(normal->late_ns / normal->p50_ns, RATIO_LEAST);
	double index = log(0.5 / fmin(normal->late_share, 0.4)) / log(ratio);

	return fmin(fmax(index, INDEX_LEAST), INDEX_MOST);
}

double wait_nats(const struct time_normal *normal, double wait_ns)
{
	if (!time_normal__known(normal) || !(wait_ns > normal->late_ns))
		return 0;
	return -log(normal->late_share) + tail_index(normal) * log(wait_ns / normal->late_ns);
}

double wait_limit_ns(const struct time_normal *normal, double nats)
{
	double beyond, limit, few;

	if (!time_normal__known(normal))
		return 0;
	beyond = fmax(0, nats + log(normal->late_share));
	limit = normal->late_ns * exp(beyond / tail_index(normal));
	limit = fmax(limit, LONGEST_LEAST * normal->longest_ns);
	few = fmax(1, sqrt(MANY_WAITS / normal->total));
	return fmin(limit, LONGEST_MOST * few * normal->longest_ns);
}

double silence_limit_ns(const struct time_normal *normal, double threshold, double gaps_per_look)
{
	double limit = wait_limit_ns(normal, threshold + log(fmax(1, gaps_per_look)));

	return limit > 0 ? fmax(limit, (double)SILENCE_FLOOR_NS) : 0;
}
