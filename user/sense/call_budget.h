/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether the hooks that every system call pays for are worth their price just now.
 *
 * They are attached while the host makes few system calls.  Calls are paid from an account that is
 * filled at a steady rate; when it is empty the hooks are taken off, and tried again after a pause
 * that doubles each time the load was still there.  A trial begins with little on the account, and
 * the kernel side asks for a look every few thousand calls, so that a loop of system calls pays for
 * some hundredths of a second and then not for minutes.
 */
#ifndef FAULTLINE_CALL_BUDGET_H
#define FAULTLINE_CALL_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* System calls a second for each processor: at 140 ns each they cost it 0.7 % of its time. */
#define CALL_BUDGET_PER_SECOND	 50000
#define CALL_BUDGET_PAUSE_NS	 (2ULL * 1000000000)
#define CALL_BUDGET_PAUSE_MAX_NS (120ULL * 1000000000)
/* The account holds what a second brings; a trial begins with this share of it. */
#define CALL_BUDGET_TRIAL 0.25

struct call_budget {
	unsigned cpus;
	double account;		  /* calls that may be traced now */
	uint64_t calls;		  /* of the kernel side, when it was asked last */
	uint64_t asked_ns;	  /* CLOCK_MONOTONIC; 0: never */
	uint64_t pause_ns;	  /* the next pause */
	uint64_t paused_until_ns; /* 0: no pause */
};

/*
 * Should system calls be traced until the next question?  @traced: are they now; @calls: how many
 * were seen since the start.  A budget begins as all zero but for the number of processors.  Ask as
 * often as you like.
 */
bool call_budget__allows(struct call_budget *budget, bool traced, uint64_t calls, uint64_t now_ns);

#endif
