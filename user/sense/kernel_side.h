/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The BPF programs and maps in the kernel: loaded, attached, and read.
 */
#ifndef FAULTLINE_KERNEL_SIDE_H
#define FAULTLINE_KERNEL_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faultline/fact.h"
#include "sense/hook_table.h"

struct kernel_side;
struct btf;

enum hook_state {
	HOOK_IN_USE,
	HOOK_ABSENT,  /* this kernel has no such tracepoint, or passes too few arguments */
	HOOK_REFUSED, /* the kernel has it and did not let us use it */
	HOOK_DENIED,  /* turned off on the command line */
	HOOK_IDLE,    /* of no use, for the hook that it needs is not in use */
};

struct hook_status {
	enum hook_state state;
	size_t variant;		  /* index into hook.variant when in use */
	unsigned denied_variants; /* a bit for each that may not be used */
	char why[160]; /* when not in use, or when an earlier variant was passed over; else "" */
};

struct kernel_side_options {
	const char *const *denied; /* names of hooks, of variants' programs, or "socket_storage" */
	size_t denied_count;
	uint32_t only_netns; /* inode number; 0: every namespace */
};

/*
 * Loads everything this kernel takes; iterators can be read from then on, hooks are not attached
 * yet.  0 and *side, to be freed by the
 * caller; -ENOTSUP: this kernel cannot run the main job, and *side, unless it stays NULL, can only
 * be asked for the status of hooks; -EPERM: privileges are missing; -EINVAL: a denied name is no
 * hook.  @why gets a sentence with the remedy.
 */
int kernel_side__load(const struct kernel_side_options *options, struct kernel_side **side,
		      char *why, size_t why_len);
void kernel_side__free(struct kernel_side *side);

/* Attaches the hooks, one by one.  0, or -ENOTSUP with @why when a required one did not attach. */
int kernel_side__attach(struct kernel_side *side, char *why, size_t why_len);

/*
 * Attaches or detaches the hooks that tell when system calls begin and end.  0, or -ENOTSUP when
 * this kernel has none.
 */
int kernel_side__trace_calls(struct kernel_side *side, bool on);
/*
 * Attaches or takes off the hooks that every packet of the host pays for; attached at the start.
 * Since when they are attached, CLOCK_MONOTONIC in ns; 0: they are not.
 */
void kernel_side__trace_packets(struct kernel_side *side, bool on);
uint64_t kernel_side__packets_traced_since_ns(const struct kernel_side *side);

bool kernel_side__calls_traced(const struct kernel_side *side);

const struct hook_status *kernel_side__status(const struct kernel_side *side, enum hook_id id);
bool kernel_side__in_use(const struct kernel_side *side, enum hook_id id);
bool kernel_side__uses_socket_storage(const struct kernel_side *side);
/* Does the hook tell of resets that have no socket?  Only where it passes a reason. */
bool kernel_side__traces_orphan_resets(const struct kernel_side *side);

int kernel_side__peers_fd(const struct kernel_side *side);
int kernel_side__overflow_fd(const struct kernel_side *side);
int kernel_side__hists_fd(const struct kernel_side *side);
int kernel_side__refused_sockets_fd(const struct kernel_side *side); /* struct refusals */
int kernel_side__facts_fd(const struct kernel_side *side);

/*
 * A census of all namespaces begins: gauges in struct peer that bear its number are of it, others
 * of sockets that are gone.
 */
void kernel_side__begin_census(struct kernel_side *side);
uint32_t kernel_side__census_number(const struct kernel_side *side);

/* Walks every TCP socket of the current network namespace.  0 or -errno. */
int kernel_side__census(struct kernel_side *side, bool listeners_only);
/* Walks the open files of every process, to find the owners of sockets.  0 or -errno. */
int kernel_side__find_owners(struct kernel_side *side);

/* Adds up what the kernel side counted about itself.  0 or -errno. */
int kernel_side__counts(const struct kernel_side *side, struct sensor_counts *counts);

/*
 * How often the kernel did not enter one of our programs because it ran already, and nothing made
 * up for it.  0 on kernels that do not count it.
 */
uint64_t kernel_side__events_missed(const struct kernel_side *side);

/*
 * Time spent in our programs since they were loaded, from the kernel's run-time statistics.
 * -ENODATA when the kernel does not keep them (sysctl kernel.bpf_stats_enabled).
 */
int kernel_side__run_time_ns(const struct kernel_side *side, uint64_t *run_time_ns);

/* Drops by struct drop_key, those that found no row, and the kernel's own name of a reason. */
int kernel_side__drops_fd(const struct kernel_side *side);
uint64_t kernel_side__drops_lost(const struct kernel_side *side);
const char *kernel_side__drop_reason(const struct kernel_side *side, unsigned reason);

/* Resolvers by struct dns_key. */
int kernel_side__resolvers_fd(const struct kernel_side *side);
/* Looks for answers no longer when the last query is longer ago than @patience_ns. */
void kernel_side__end_dns_wait(struct kernel_side *side, uint64_t now_ns, uint64_t patience_ns);

/*
 * The kernel's own name of a reason for a reset it sent ("SK_RST_REASON_NO_SOCKET"), from its type
 * information; NULL when it has none.
 */
const char *kernel_side__reset_reason(const struct kernel_side *side, unsigned reason);

#endif
