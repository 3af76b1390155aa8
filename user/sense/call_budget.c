/* SPDX-License-Identifier: BSD-2-Clause */
#include "sense/call_budget.h"

#define NS_PER_SECOND 1000000000ULL

static void pause_tracing(struct call_budget *budget, uint64_t now_ns)
{
	if (!budget->pause_ns)
		budget->pause_ns = CALL_BUDGET_PAUSE_NS;
	budget->paused_until_ns = now_ns + budget->pause_ns;
	budget->pause_ns *= 2;
	if (budget->pause_ns > CALL_BUDGET_PAUSE_MAX_NS)
		budget->pause_ns = CALL_BUDGET_PAUSE_MAX_NS;
}

bool call_budget__allows(struct call_budget *budget, bool traced, uint64_t calls, uint64_t now_ns)
{
	double most = (double)CALL_BUDGET_PER_SECOND * budget->cpus;
	double seconds = (double)(now_ns - budget->asked_ns) / NS_PER_SECOND;
	double spent = (double)(calls - budget->calls);

	budget->calls = calls;
	budget->asked_ns = now_ns;
	if (!traced) {
		if (now_ns < budget->paused_until_ns)
			return false;
		budget->account = budget->pause_ns ? most * CALL_BUDGET_TRIAL : most;
		budget->paused_until_ns = 0;
		return true;
	}
	budget->account += seconds * most - spent;
	if (budget->account < 0) {
		pause_tracing(budget, now_ns);
		return false;
	}
	if (budget->account >= most) {
		budget->account = most;
		budget->pause_ns = 0; /* the load is gone */
	}
	return true;
}
