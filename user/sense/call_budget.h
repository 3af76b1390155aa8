/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether the hooks that every system call pays for are worth their price just now.
 *
 * They are attached while the host makes few system calls.  When it makes many they are taken off,
 * and tried again for one tick after a pause that doubles each time the load was still there; so a
 * loop of system calls is slowed down for one tick in a hundred.
 */
#ifndef FAULTLINE_CALL_BUDGET_H
#define FAULTLINE_CALL_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* System calls a second for each processor: at 100 ns each they cost it 0.5 % of its time. */
#define CALL_BUDGET_PER_SECOND	 50000
#define CALL_BUDGET_PAUSE_NS	 (2ULL * 1000000000)
#define CALL_BUDGET_PAUSE_MAX_NS (120ULL * 1000000000)

struct call_budget {
	unsigned cpus;
	uint64_t calls;		  /* of the kernel side, when it was asked last */
	uint64_t asked_ns;	  /* CLOCK_MONOTONIC; 0: never */
	uint64_t pause_ns;	  /* the next pause */
	uint64_t paused_until_ns; /* 0: no pause */
};

/*
 * Should system calls be traced until the next question?  @traced: are they now; @calls: how many
 * were seen since the start.  A budget begins as all zero but for the number of processors.
 */
bool call_budget__allows(struct call_budget *budget, bool traced, uint64_t calls, uint64_t now_ns);

#endif
