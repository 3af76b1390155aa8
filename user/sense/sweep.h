/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sweep: once a tick, a census in the kernel, and the kernel's tables into the link table.
 */
#ifndef FAULTLINE_SWEEP_H
#define FAULTLINE_SWEEP_H

#include <stdint.h>

struct kernel_side;
struct link_table;
struct netns_table;
struct sweep;

struct sweep_totals {
	uint64_t peers;		/* in the kernel's table now */
	uint64_t peers_evicted; /* left it for others: idle ones, and those that found it full */
	uint64_t census_ns;	/* what the last census took, of processor time */
	uint64_t census_at_ns;	/* CLOCK_MONOTONIC when it began; 0: there was none */
	uint64_t failures;	/* sweeps that could not read everything */
	uint64_t namespaces_unseen; /* namespaces whose sockets the last census could not walk */
};

/*
 * Borrows all three for its life.  @namespaces NULL: only the current network namespace.  NULL with
 * errno.
 */
struct sweep *sweep__new(struct kernel_side *kernel, struct link_table *links,
			 struct netns_table *namespaces);
void sweep__free(struct sweep *sweep);

/*
 * Finds the sockets that are there already, with their owners.  To be called once, before the
 * hooks of rare events are attached: then nothing of their past is counted.  0 or -errno.
 */
int sweep__adopt(struct sweep *sweep);

/* One sweep.  0, or -errno when a table could not be read; what was read is in the link table. */
int sweep__run(struct sweep *sweep);

const struct sweep_totals *sweep__totals(const struct sweep *sweep);

#endif
