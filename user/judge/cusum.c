/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cusum.h"

#include <math.h>

#define NSEC_PER_SEC 1e9

void cusum__begin(struct cusum *cusum, uint64_t now_ns)
{
	*cusum = (struct cusum){.zero_ns = now_ns, .allowance = 1, .look_ns = now_ns};
}

static bool is_share(double p)
{
	return p > 0 && p < 1;
}

double cusum_gain(const struct cusum_design *design, double k, double n)
{
	if (!is_share(design->p0) || !is_share(design->p1) || !(n > 0) || !isfinite(n) || !(k >= 0))
		return 0;
	k = fmin(k, n);
	return k * log(design->p1 / design->p0) +
	       (n - k) * log((1 - design->p1) / (1 - design->p0));
}

static void refill(struct cusum *cusum, uint64_t now_ns)
{
	double elapsed_s = now_ns > cusum->look_ns ? (now_ns - cusum->look_ns) / NSEC_PER_SEC : 0;

	cusum->allowance = fmin(1, cusum->allowance + elapsed_s);
	cusum->look_ns = now_ns;
}

bool cusum__take(struct cusum *cusum, const struct cusum_design *design, double k, double n,
		 uint64_t now_ns)
{
	double gain = cusum_gain(design, k, n), most = design->rise * design->threshold;

	if (!cusum->look_ns)
		cusum__begin(cusum, now_ns);
	refill(cusum, now_ns);
	if (gain > most * cusum->allowance)
		gain = most * cusum->allowance;
	if (gain > 0)
		cusum->allowance -= gain / most;
	cusum->statistic = fmin(cusum->statistic + gain, CUSUM_CAP * design->threshold);
	if (!(cusum->statistic > 0)) {
		cusum->statistic = 0;
		cusum->zero_ns = now_ns;
	}
	return cusum->statistic >= design->threshold;
}
