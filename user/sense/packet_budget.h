/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether the hooks that every packet of the host pays for are worth their price just now.
 *
 * How many packets come is known without them, from the soft interrupts' own count; so they can be
 * taken off as soon as there are many and put back when there are few, and nothing has to be tried.
 */
#ifndef FAULTLINE_PACKET_BUDGET_H
#define FAULTLINE_PACKET_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Packets received a second for each processor: with those that are sent, and some 80 ns for each,
 * they cost it 0.3 % of its time.  The hooks come back when it was half of it for so long: bursts
 * would have them come and go.
 */
#define PACKET_BUDGET_PER_SECOND 20000
#define PACKET_BUDGET_CALM_NS	 10000000000ULL

struct packet_budget {
	unsigned cpus;
	double packets;	   /* when it was asked last */
	uint64_t asked_ns; /* CLOCK_MONOTONIC; 0: never */
	uint64_t busy_ns;  /* … when there were too many last; 0: never */
};

/*
 * Should packets be traced until the next question?  @traced: are they now; @packets: how many came
 * since the host started.  A budget begins as all zero but for the number of processors.
 */
bool packet_budget__allows(struct packet_budget *budget, bool traced, double packets,
			   uint64_t now_ns);

#endif
