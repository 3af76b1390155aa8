/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Our sums held against the kernel's own counters of this network namespace.
 *
 * Not every event reaches a hook: the kernel keeps it from a program that is running already on
 * that processor, and there are hosts on which no tracing program runs on top of certain tasks.
 * What misses a socket's hook is found in the socket's totals; what has no such total, a SYN-ACK
 * sent again or a reset, is found here: as what the kernel counted and we did not.
 *
 * The kernel's counters are read before our own are gathered, and the baseline after the hooks are
 * attached.  So ours are ahead while traffic runs, and what is missing is never more than the
 * truth; it is the truth when nothing goes on.  It never falls.
 */
#ifndef FAULTLINE_AUDIT_H
#define FAULTLINE_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

enum audit_counter {
	AUDIT_RETRANSMITS, /* RetransSegs */
	AUDIT_RESETS_SENT, /* OutRsts */
	AUDIT_COUNTERS
};

/* All zero: nothing is known, and nothing missing. */
struct audit {
	struct {
		bool known;
		uint64_t baseline; /* when counting began */
		uint64_t total;	   /* before our last sweep */
		uint64_t missing;  /* what we do not have */
	} counter[AUDIT_COUNTERS];
};

/* To be called once all hooks are attached. */
void audit__begin(struct audit *audit);

/* Reads the kernel's counters: before our own are gathered. */
void audit__read(struct audit *audit);

/* Tells what we have of a counter since audit__begin(), as gathered after audit__read(). */
void audit__compare(struct audit *audit, enum audit_counter id, uint64_t ours);

/* What the kernel counted and we did not. */
uint64_t audit__missing(const struct audit *audit, enum audit_counter id);

#endif
