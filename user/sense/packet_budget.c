/* SPDX-License-Identifier: BSD-2-Clause */
#include "sense/packet_budget.h"

#define NS_PER_SECOND	 1000000000ULL
#define SHORTEST_LOOK_NS (50ULL * 1000000) /* less says nothing about a rate */

bool packet_budget__allows(struct packet_budget *budget, bool traced, double packets,
			   uint64_t now_ns)
{
	double seconds = (double)(now_ns - budget->asked_ns) / NS_PER_SECOND;
	double most = seconds * PACKET_BUDGET_PER_SECOND * budget->cpus;
	double grown = packets - budget->packets;
	bool first = !budget->asked_ns;

	if (!first && now_ns - budget->asked_ns < SHORTEST_LOOK_NS)
		return traced;
	budget->packets = packets;
	budget->asked_ns = now_ns;
	if (first)
		return traced;
	if (grown > (traced ? most : most / 2))
		budget->busy_ns = now_ns;
	if (traced)
		return grown <= most;
	return now_ns - budget->busy_ns >= PACKET_BUDGET_CALM_NS;
}
