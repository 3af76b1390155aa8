/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/excess.h"

#include <math.h>

#define FORGET_S 60.0
/* The sum is held so low that a symptom ends soon after its cause. */
#define SUM_MAX 2.0

static void learn(struct excess *excess, double value, double dt_s)
{
	double share;

	excess->learned_s += dt_s;
	share = dt_s / fmin(excess->learned_s, FORGET_S);
	share = fmin(share, 1);
	excess->deviation += share * (fabs(value - excess->mean) - excess->deviation);
	excess->mean += share * (value - excess->mean);
}

void excess__take(struct excess *excess, const struct excess_limits *limits,
		  const struct measure *measure, uint64_t now_ns, struct symptom *symptom)
{
	double value = measure->value, dt_s = measure->dt_s;
	double usual = excess->learned_s > 0 ? excess->mean + 4 * excess->deviation : 0;
	double reference = fmax(limits->floor, usual);
	bool above = value > reference, was_raised = symptom->state == SYMPTOM_RAISED;

	excess->sum = fmax(0, excess->sum + (value - reference) * measure->units);
	excess->sum = fmin(excess->sum, SUM_MAX * limits->bound);
	if (excess->sum <= 0)
		excess->above_ns = 0;
	else if (!excess->above_ns)
		excess->above_ns = now_ns - (uint64_t)(dt_s * 1e9);
	if (symptom->state != SYMPTOM_RAISED && excess->sum >= limits->bound) {
		symptom->state = SYMPTOM_RAISED;
		symptom->began_ns = excess->above_ns;
		symptom->raised_ns = now_ns;
	} else if (symptom->state != SYMPTOM_RAISED || excess->sum <= 0) {
		symptom->state = SYMPTOM_NORMAL;
		if (!above)
			learn(excess, value, dt_s);
	}
	if (above)
		symptom->last_ns = now_ns;
	/* Of a wave that ebbs away the crest is told. */
	symptom->value = reading_of(was_raised && symptom->state == SYMPTOM_RAISED
					    ? fmax(value, symptom->value.value)
					    : value);
	symptom->baseline =
		excess->learned_s > 0 ? reading_of(excess->mean) : READING_NOT_AVAILABLE;
	symptom->strength = excess->sum / limits->bound;
	symptom->hard = false;
}
