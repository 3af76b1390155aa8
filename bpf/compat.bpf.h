/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every difference between kernels, and nothing else.
 *
 * No version is ever compared.  A difference in fields is asked of the running kernel's BTF, a
 * difference in what may be called is a knob that the loader sets after trying.
 */
#ifndef COMPAT_BPF_H
#define COMPAT_BPF_H

#include "maps.bpf.h"

#include <bpf/bpf_core_read.h>

/*
 * Typed tracepoints may use socket storage since Linux 5.11 ("bpf: Allow using bpf_sk_storage in
 * FENTRY/FEXIT/RAW_TP").  Before it, a hash keyed by the address of the socket serves, from which
 * tcp_destroy_sock removes the entry.
 */
static __always_inline struct slot *slot__find(struct sock *sk)
{
	if (slots_in_hash) {
		__u64 id = (__u64)sk;

		return bpf_map_lookup_elem(&slot_hash, &id);
	}
	return bpf_sk_storage_get(&slots, sk, NULL, 0);
}

static __always_inline struct slot *slot__make(struct sock *sk)
{
	if (slots_in_hash) {
		static const struct slot fresh;
		__u64 id = (__u64)sk;

		bpf_map_update_elem(&slot_hash, &id, &fresh, BPF_NOEXIST);
		return bpf_map_lookup_elem(&slot_hash, &id);
	}
	return bpf_sk_storage_get(&slots, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
}

/*
 * Storage comes and goes with its socket by itself; an entry of the hash has to be removed at the
 * end, and before a new socket begins in the place of an old one.
 */
static __always_inline void slot__drop(struct sock *sk)
{
	if (slots_in_hash) {
		__u64 id = (__u64)sk;

		bpf_map_delete_elem(&slot_hash, &id);
	}
}

/* What the chronograph runs for: a bit field, until "tcp: move tp->chrono_type next
 * tp->chrono_stat[]" made it a byte (in 6.18, not yet in 6.12). */
static __always_inline __u8 tcp_chrono_type(const struct tcp_sock *tp)
{
	return BPF_CORE_READ_BITFIELD(tp, chrono_type);
}

/* A bit field before Linux 6.9 ("net: reorganize "struct sock" fields"). */
static __always_inline __u8 sock_userlocks(const struct sock *sk)
{
	return BPF_CORE_READ_BITFIELD(sk, sk_userlocks);
}

/*
 * Is an argument of a typed tracepoint NULL?  Verifiers before 6.13 take every such pointer for
 * non-NULL and throw a plain test away, later ones ask for it; so callers make both.  The case is
 * real: tcp_send_reset passes NULL for a packet without a socket since 6.10 ("trace: tcp: fully
 * support trace_tcp_send_reset").
 */
static __always_inline bool argument_is_null(const void *context, int index)
{
	__u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (const __u64 *)context + index);
	return value == 0;
}

/* Since Linux 5.4 ("tcp: add TCP_INFO counter for packets received out-of-order"). */
static __always_inline __u32 tcp_out_of_order(const struct tcp_sock *tp)
{
	return bpf_core_field_exists(tp->rcv_ooopack) ? tp->rcv_ooopack : 0;
}

/*
 * When TCP handled the segment that it handles now, or sent one last: CLOCK_MONOTONIC, and much
 * cheaper than asking the clock.  Since Linux 4.20 ("tcp: do not change tcp_wstamp_ns in
 * tcp_mstamp_refresh").
 */
static __always_inline __u64 tcp_last_clock_ns(const struct tcp_sock *tp)
{
	return bpf_core_field_exists(tp->tcp_clock_cache) ? tp->tcp_clock_cache
							  : bpf_ktime_get_ns();
}

static __always_inline __u8 tcp_ca_state(const struct tcp_sock *tp)
{
	return BPF_CORE_READ_BITFIELD(&tp->inet_conn, icsk_ca_state);
}

#endif
