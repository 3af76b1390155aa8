/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/shift.h"

#include <math.h>

#define RECOVERY_RISE 0.5 /* two looks a second apart at least */
/* A fault that grows weaker is still one: it is over when a quarter of it is refuted. */
#define STILL_SHARE 0.25
#define P1_MOST	    0.95

void shift__forget(struct shift *shift)
{
	*shift = (struct shift){};
}

void shift__raise(struct shift *shift, uint64_t now_ns)
{
	shift->raised = true;
	shift->began_ns = shift->up.zero_ns;
	shift->raised_ns = now_ns;
	cusum__begin(&shift->down, now_ns);
}

static void look_for_recovery(struct shift *shift, const struct cusum_design *design, double k,
			      double n, uint64_t now_ns)
{
	double still;
	struct cusum_design mirror = {
		.p1 = design->p0, .threshold = RECOVERY_NATS, .rise = RECOVERY_RISE};

	still = shift->since_n > 0 ? STILL_SHARE * shift->since_k / shift->since_n : 0;
	mirror.p0 = fmin(fmax(design->p1, still), P1_MOST);
	if (!cusum__take(&shift->down, &mirror, k, n, now_ns))
		return;
	shift->raised = false;
	shift->since_k = 0;
	shift->since_n = 0;
	cusum__begin(&shift->up, now_ns);
}

bool shift__take(struct shift *shift, const struct cusum_design *design, double k, double n,
		 uint64_t now_ns, double fade)
{
	bool alarm;

	k = fmin(fmax(k, 0), fmax(n, 0));
	shift->recent_k = shift->recent_k * fade + k;
	shift->recent_n = shift->recent_n * fade + n;
	shift->since_k += k;
	shift->since_n += n;
	if (k > 0)
		shift->last_ns = now_ns;
	if (shift->raised) {
		look_for_recovery(shift, design, k, n, now_ns);
		if (shift->raised)
			cusum__take(&shift->up, design, k, n, now_ns);
		return shift->raised;
	}
	alarm = cusum__take(&shift->up, design, k, n, now_ns);
	if (alarm) {
		shift__raise(shift, now_ns);
	} else if (!(shift->up.statistic > 0)) {
		shift->since_k = 0;
		shift->since_n = 0;
	}
	return shift->raised;
}
