/* SPDX-License-Identifier: BSD-2-Clause */
#include "sense/call_budget.h"

#define NS_PER_SECOND	 1000000000ULL
#define SHORTEST_LOOK_NS (50ULL * 1000000) /* less says nothing about a rate */

static void pause_tracing(struct call_budget *budget, uint64_t now_ns)
{
	if (!budget->pause_ns)
		budget->pause_ns = CALL_BUDGET_PAUSE_NS;
	budget->paused_until_ns = now_ns + budget->pause_ns;
	budget->pause_ns *= 2;
	if (budget->pause_ns > CALL_BUDGET_PAUSE_MAX_NS)
		budget->pause_ns = CALL_BUDGET_PAUSE_MAX_NS;
}

/* Starts to look anew: what was counted until now says nothing about what follows. */
static void look_from(struct call_budget *budget, uint64_t calls, uint64_t now_ns)
{
	budget->calls = calls;
	budget->asked_ns = now_ns;
}

bool call_budget__allows(struct call_budget *budget, bool traced, uint64_t calls, uint64_t now_ns)
{
	uint64_t passed_ns = now_ns - budget->asked_ns, most;

	if (!traced) {
		look_from(budget, calls, now_ns);
		if (now_ns < budget->paused_until_ns)
			return false;
		budget->paused_until_ns = 0;
		return true;
	}
	if (passed_ns < SHORTEST_LOOK_NS)
		return true;
	most = (uint64_t)((double)passed_ns / NS_PER_SECOND * CALL_BUDGET_PER_SECOND *
			  budget->cpus);
	if (calls - budget->calls > most) {
		pause_tracing(budget, now_ns);
		return false;
	}
	if (calls - budget->calls < most / 2 && budget->pause_ns)
		budget->pause_ns = CALL_BUDGET_PAUSE_NS; /* the load is gone */
	look_from(budget, calls, now_ns);
	return true;
}
