/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nought is a claim only where somebody counts.  A counter that has no row in the table below comes
 * from hooks without which the sensor does not run, or from several that stand in for each other.
 */
#include "sense/capabilities.h"

#include "faultline/hist.h"
#include "sense/kernel_side.h"

static const struct counter_source {
	enum peer_counter first, last;
	enum hook_id hook;
} counter_sources[] = {
	{PEER_RETRANS_RTO, PEER_RETRANS_SYN, HOOK_TCP_RETRANSMIT_SKB},
	{PEER_RETRANS_FAILED_LOCAL, PEER_RETRANS_FAILED_LOCAL, HOOK_TCP_RETRANSMIT_SKB},
	{PEER_EPISODES, PEER_EPISODES_SPURIOUS, HOOK_TCP_RETRANSMIT_SKB},
	{PEER_RETRANS_SYNACK, PEER_RETRANS_SYNACK, HOOK_TCP_RETRANSMIT_SYNACK},
	{PEER_RESETS_USUAL_TTL, PEER_RESETS_ODD_TTL, HOOK_NETIF_RECEIVE_SKB},
	{PEER_RESETS_SENT, PEER_RESETS_SENT, HOOK_TCP_SEND_RESET},
	{PEER_ICMP_PROHIBITED, PEER_ICMP_FROM_BETWEEN, HOOK_NETIF_RECEIVE_SKB},
	{PEER_BAD_CHECKSUMS, PEER_BAD_CHECKSUMS, HOOK_KFREE_SKB},
	{PEER_ZERO_WINDOW_OURS, PEER_ZERO_WINDOW_THEIRS, HOOK_ITER_TCP},
	{PEER_SEND_BLOCKED, PEER_RECV_BLOCKED_US, HOOK_SYS_ENTER},
	{PEER_ACCEPT_BLOCKED, PEER_CLOSE_BLOCKED_US, HOOK_SYS_EXIT},
	{PEER_CLOSED_UNREAD, PEER_PUSHES, HOOK_SK_DATA_READY},
	{PEER_DATAGRAMS_IN, PEER_DATAGRAMS_IN, HOOK_SK_DATA_READY},
	{PEER_DATAGRAMS_READ, PEER_DATAGRAMS_READ, HOOK_SOCK_RECV_LENGTH},
	{PEER_DATAGRAMS_OUT, PEER_DATAGRAMS_OUT, HOOK_SOCK_SEND_LENGTH},
	{PEER_DATAGRAMS_DROPPED, PEER_DATAGRAMS_DROPPED, HOOK_UDP_FAIL_QUEUE_RCV_SKB},
	{PEER_ERROR_ENFILE, PEER_ERROR_EMFILE, HOOK_SYS_EXIT},
};

unsigned measured_operations(const struct kernel_side *kernel)
{
	bool arrivals = kernel_side__in_use(kernel, HOOK_SK_DATA_READY);
	bool calls = kernel_side__in_use(kernel, HOOK_SYS_ENTER);
	unsigned operations = 1u << HIST_CONNECT;

	if (kernel_side__in_use(kernel, HOOK_ITER_TCP))
		operations |= 1u << HIST_RTT;
	if (calls)
		operations |= 1u << HIST_SEND | 1u << HIST_RECV;
	if (calls && kernel_side__in_use(kernel, HOOK_SYS_EXIT))
		operations |= 1u << HIST_ACCEPT | 1u << HIST_CLOSE;
	if (arrivals && kernel_side__in_use(kernel, HOOK_SOCK_SEND_LENGTH))
		operations |= 1u << HIST_RESPONSE;
	if (arrivals && kernel_side__in_use(kernel, HOOK_SOCK_RECV_LENGTH))
		operations |= 1u << HIST_PICKUP;
	if (arrivals)
		operations |= 1u << HIST_GAP;
	return operations;
}

bool counter_is_known(const struct kernel_side *kernel, enum peer_counter counter)
{
	for (size_t i = 0; i < sizeof(counter_sources) / sizeof(*counter_sources); i++) {
		const struct counter_source *source = &counter_sources[i];

		if (counter >= source->first && counter <= source->last)
			return kernel_side__in_use(kernel, source->hook);
	}
	return true;
}

size_t blind_spots(const struct kernel_side *kernel, const char *texts[HOOK_COUNT])
{
	size_t count = 0;

	for (unsigned i = 0; i < HOOK_COUNT; i++) {
		if (!kernel_side__in_use(kernel, i))
			texts[count++] = hook_table[i].lost;
	}
	return count;
}
