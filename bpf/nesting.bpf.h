/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events that happen inside the handling of another.
 *
 * The kernel does not enter a tracing program a second time on the same processor.  A hook that
 * runs for a process may be interrupted by the network's softirq, which may hit the same hook for
 * another socket: that event would be lost, about one in a thousand on a busy machine.  So such a
 * hook has two programs.  The first does the work and marks the processor while it does; the second
 * looks at the mark, and only when the first was interrupted goes on as the first, by a tail call,
 * which the kernel does not count as entering it.  Which of them the kernel calls first does not
 * matter.  The cost is one look-up for each rare event, and a few lines for the verifier.
 *
 * Limit: an interrupt in the few instructions between the entry of the first program and its mark
 * is still a loss.  The kernel counts what it did not enter, the first program counts what was made
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

/* The mark, and behind it a place for what has no mark to set. */
struct running {
	__u32 mark[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NESTING_COUNT);
	__type(key, __u32);
	__type(value, struct running);
} running __weak SEC(".maps");

/* The first program of a hook, for its second to go on as; user space puts it there. */
#define FIRST_PROGRAM(name)                            \
	struct {                                       \
		__uint(type, BPF_MAP_TYPE_PROG_ARRAY); \
		__uint(max_entries, 1);                \
		__type(key, __u32);                    \
		__type(value, __u32);                  \
	} name SEC(".maps")

/*
 * In the first program, around its work.  Only who found no mark sets one and takes it away: when
 * the second program goes on as the first, the mark is of the one that was interrupted, and the
 * writes go to the place behind it.  That is no branch, because the verifier would follow the work
 * once for each side of it.
 */
#define RUN_FIRST(hook, work)                                                     \
	({                                                                        \
		__u32 hook_ = (hook), behind_;                                    \
		struct running *running_ = bpf_map_lookup_elem(&running, &hook_); \
		int result_;                                                      \
		if (!running_)                                                    \
			return 0;                                                 \
		behind_ = *(volatile __u32 *)&running_->mark[0];                  \
		asm volatile("%0 &= 1" : "+r"(behind_));                          \
		*(volatile __u32 *)&running_->mark[behind_] = 1;                  \
		SENSOR_COUNT(nested, behind_);                                    \
		result_ = (work);                                                 \
		*(volatile __u32 *)&running_->mark[behind_] = 0;                  \
		result_;                                                          \
	})

/* All of the second program, whose name is that of the first with "_nested" behind it. */
static __always_inline int run_nested(void *context, __u32 hook, void *first)
{
	struct running *running_here = bpf_map_lookup_elem(&running, &hook);

	if (!running_here || !*(volatile __u32 *)&running_here->mark[0])
		return 0;
	bpf_tail_call(context, first, 0);
	return 0;
}

#endif
