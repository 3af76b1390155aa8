/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events that happen inside the handling of another.
 *
 * The kernel does not enter a tracing program a second time on the same processor.  A hook that
 * runs for a process may be interrupted by the network's softirq, which may hit the same hook for
 * another socket: that event would be lost, about one in a thousand on a busy machine.  So such a
 * hook has two programs.  The first does the work and marks the processor while it does; the second
 * looks at the mark and works only when the first was interrupted.  Which of them the kernel calls
 * first does not matter.  The cost is one look-up for each rare event.
 *
 * Limit: an interrupt in the few instructions between the entry of the first program and its mark
 * is still a loss.  The kernel counts what it did not enter, the second program counts what it made
 * good, and the difference is told as lost events.
 */
#ifndef NESTING_BPF_H
#define NESTING_BPF_H

#include "peer.bpf.h"

enum nesting_hook {
	NESTING_RETRANSMIT,
	NESTING_SYNACK,
	NESTING_RECEIVE_RESET,
	NESTING_SEND_RESET,
	NESTING_SET_STATE,
	NESTING_DESTROY,
	NESTING_DROP,
	NESTING_COUNT,
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NESTING_COUNT);
	__type(key, __u32);
	__type(value, __u32);
} running __weak SEC(".maps");

static __always_inline void mark_running(__u32 hook, __u32 mark)
{
	__u32 *running_here = bpf_map_lookup_elem(&running, &hook);

	if (running_here)
		*(volatile __u32 *)running_here = mark;
}

static __always_inline bool first_was_interrupted(__u32 hook)
{
	__u32 *running_here = bpf_map_lookup_elem(&running, &hook);

	if (!running_here || !*(volatile __u32 *)running_here)
		return false;
	SENSOR_COUNT(nested, 1);
	return true;
}

/* In the first program, around its work. */
#define RUN_FIRST(hook, work)          \
	({                             \
		int result_;           \
		mark_running(hook, 1); \
		result_ = (work);      \
		mark_running(hook, 0); \
		result_;               \
	})

/* In the second program, whose name is that of the first with "_nested" behind it. */
#define RUN_NESTED(hook, work) (first_was_interrupted(hook) ? (work) : 0)

#endif
