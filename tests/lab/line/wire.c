/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wire. A packet that is not delayed goes from read to write in one buffer; a delayed one is
 * copied once into the hold queue. The clock is read once per batch, and everything that is due is
 * sent before the next batch is read, so packets that keep order never overtake each other.
 */
#include "wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hold.h"
#include "packet.h"
#include "packet_log.h"
#include "tun.h"

enum { BATCH = 64 };

struct wire {
	struct tun *end[DIRECTIONS]; /* [OUT] is read for packets that go out: the near end */
	struct wire_counts counts[DIRECTIONS];
	struct rule_set *rules;
	struct flow_table *flows;
	struct hold *hold;
	struct packet_log *log;
	bool tap;
	__u64 now_ns;
	__u8 buffer[PACKET_MAX];
};

static const char *const cause_names[CAUSES] = {
	[CAUSE_NONE] = "none",
	[CAUSE_DROP] = "drop",
	[CAUSE_LOSS] = "loss",
	[CAUSE_BURST] = "burst",
	[CAUSE_NTH] = "nth",
	[CAUSE_RATE] = "rate",
	[CAUSE_MTU] = "mtu",
	[CAUSE_RESET] = "reset",
	[CAUSE_HOLD_FULL] = "hold_full",
	[CAUSE_MALFORMED] = "malformed",
	[CAUSE_LINK_LOCAL] = "link_local",
	[CAUSE_WRITE_FAILED] = "write_failed",
};

const char *cause__name(enum cause cause)
{
	return cause_names[cause];
}

__u64 clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (__u64)now.tv_sec * 1000000000ull + (__u64)now.tv_nsec;
}

struct wire *wire__new(const struct wire_spec *spec)
{
	struct wire *wire = calloc(1, sizeof(*wire));

	if (!wire)
		return NULL;
	wire->end[OUT] = spec->near;
	wire->end[IN] = spec->far;
	wire->tap = spec->tap;
	wire->rules = rule_set__new(spec->seed);
	wire->flows = flow_table__new(spec->flows);
	wire->hold = hold__new(spec->hold_bytes);
	wire->log = packet_log__new();
	if (!wire->rules || !wire->flows || !wire->hold || !wire->log) {
		wire__free(wire);
		errno = ENOMEM;
		return NULL;
	}
	return wire;
}

void wire__free(struct wire *wire)
{
	if (!wire)
		return;
	hold__free(wire->hold);
	flow_table__free(wire->flows);
	rule_set__free(wire->rules);
	packet_log__free(wire->log);
	free(wire);
}

/* Hands a frame to the end that @direction leads to. */
static bool send_frame(struct wire *wire, enum direction direction, const __u8 *frame,
		       unsigned int len)
{
	return write(tun__fd(wire->end[!direction]), frame, len) == (ssize_t)len;
}

static void count_drop(struct wire *wire, enum direction direction, enum cause cause,
		       const struct packet *packet, struct flow *flow)
{
	struct wire_counts *counts = &wire->counts[direction];
	bool data = packet->l4 && packet->proto == IPPROTO_TCP && packet->payload_len;

	counts->drops[cause]++;
	counts->dropped_bytes += packet->ip_len;
	counts->data_dropped += data;
	if (!flow)
		return;
	flow->side[direction].dropped++;
	flow->side[direction].data_dropped += data;
}

/* Counts a packet that leaves, and tells its flow what the receiver now has. */
static void count_sent(struct wire *wire, enum direction direction, unsigned int ip_len,
		       struct flow *flow, bool tcp, __u32 seq, __u32 seq_end)
{
	wire->counts[direction].forwarded++;
	wire->counts[direction].forwarded_bytes += ip_len;
	if (flow && tcp)
		flow__delivered(flow, direction, seq, seq_end);
}

static void send_now(struct wire *wire, enum direction direction, const struct packet *packet,
		     struct flow *flow, struct verdict *verdict)
{
	bool tcp = packet->l4 && packet->proto == IPPROTO_TCP && !(packet->tcp_flags & TCP_RST);

	if (!send_frame(wire, direction, packet->frame, packet->frame_len)) {
		verdict->cause = CAUSE_WRITE_FAILED;
		return;
	}
	/* A damaged segment is discarded by the receiver, so it has not delivered anything. */
	count_sent(wire, direction, packet->ip_len, flow, tcp && !verdict->corrupt, packet->seq,
		   packet->seq + packet__seq_len(packet));
	if (verdict->duplicate)
		verdict->duplicate = send_frame(wire, direction, packet->frame, packet->frame_len);
}

static void hold_packet(struct wire *wire, enum direction direction, const struct packet *packet,
			struct flow *flow, struct verdict *verdict)
{
	struct held_packet held = {
		.due_ns = verdict->due_ns,
		.flow = flow,
		.seq = packet->seq,
		.seq_end = packet->seq + packet__seq_len(packet),
		.direction = direction,
		.tcp = packet->l4 && packet->proto == IPPROTO_TCP && !verdict->corrupt &&
		       !(packet->tcp_flags & TCP_RST),
		.len = packet->frame_len,
		.ip_len = packet->ip_len,
	};

	if (hold__add(wire->hold, &held, packet->frame)) {
		verdict->cause = CAUSE_HOLD_FULL;
		return;
	}
	if (!verdict->duplicate)
		return;
	held.copy = true;
	if (hold__add(wire->hold, &held, packet->frame))
		verdict->duplicate = false;
}

static void count_packet(struct wire_counts *counts, const struct packet *packet)
{
	counts->packets++;
	counts->bytes += packet->ip_len;
	if (!packet->l4 || packet->proto != IPPROTO_TCP)
		return;
	counts->tcp_segments++;
	counts->data_segments += packet->payload_len > 0;
	counts->data_retransmitted +=
		packet->payload_len > 0 && !packet->new_data && !(packet->tcp_flags & TCP_RST);
	counts->syn += !!(packet->tcp_flags & TCP_SYN);
	counts->fin += !!(packet->tcp_flags & TCP_FIN);
	counts->rst += !!(packet->tcp_flags & TCP_RST);
}

/*
 * The reset is sent at once and past the hold queue, with the number that its receiver expects
 * next: the end of what it acknowledged or was handed without a hole. A flow that has only sent its
 * SYN is reset as if the other end refused it.
 */
static void reset_toward(struct wire *wire, struct flow *flow, enum direction direction, __u8 ttl)
{
	const struct flow_side *from = &flow->side[direction], *to = &flow->side[!direction];
	struct reset_spec spec = {
		.src = direction == OUT ? flow->key.near : flow->key.far,
		.dst = direction == OUT ? flow->key.far : flow->key.near,
		.sport = direction == OUT ? flow->key.near_port : flow->key.far_port,
		.dport = direction == OUT ? flow->key.far_port : flow->key.near_port,
		.seq = from->delivered_known ? from->delivered : 0,
		.ack = to->next_seq,
		.ttl = ttl,
		.family = flow->key.family,
	};
	__u8 ethernet[14], frame[128];
	unsigned int len;

	if (!to->seq_known)
		return;
	if (wire->tap) {
		/* The receiver's own frames carry both addresses, the other way round. */
		memcpy(ethernet, to->ethernet + 6, 6);
		memcpy(ethernet + 6, to->ethernet, 6);
		memcpy(ethernet + 12, to->ethernet + 12, 2);
		spec.ethernet = ethernet;
	}
	len = packet__forge_reset(&spec, frame);
	if (!send_frame(wire, direction, frame, len))
		return;
	wire->counts[direction].resets_injected++;
	flow->side[direction].resets_injected++;
}

static void reset_flow(struct wire *wire, struct flow *flow, enum toward toward, __u8 ttl)
{
	if (toward & TOWARD_FAR)
		reset_toward(wire, flow, OUT, ttl);
	if (toward & TOWARD_NEAR)
		reset_toward(wire, flow, IN, ttl);
}

/* Keeps the order within the flow, unless this packet may be overtaken. */
static void keep_order(struct flow *flow, enum direction direction, struct verdict *verdict)
{
	struct flow_side *side;

	if (!flow || verdict->loose)
		return;
	side = &flow->side[direction];
	if (verdict->due_ns < side->last_due_ns)
		verdict->due_ns = side->last_due_ns;
	side->last_due_ns = verdict->due_ns;
}

static void carry_out(struct wire *wire, enum direction direction, struct packet *packet,
		      struct flow *flow, struct verdict *verdict)
{
	struct wire_counts *counts = &wire->counts[direction];

	if (verdict->cause)
		return;
	keep_order(flow, direction, verdict);
	if (verdict->corrupt)
		verdict->corrupt = packet__corrupt(packet, verdict->corrupt_random);
	if (verdict->due_ns > wire->now_ns)
		hold_packet(wire, direction, packet, flow, verdict);
	else
		send_now(wire, direction, packet, flow, verdict);
	if (verdict->cause)
		return;
	counts->corrupted += verdict->corrupt;
	counts->duplicated += verdict->duplicate;
	counts->reordered += verdict->reorder;
	counts->delayed += verdict->due_ns > wire->now_ns;
}

static void handle(struct wire *wire, enum direction direction, unsigned int len)
{
	struct verdict verdict = {.due_ns = wire->now_ns};
	struct flow *flow = NULL;
	struct packet packet;

	if (packet__parse(&packet, wire->buffer, len, wire->tap))
		verdict.cause = CAUSE_MALFORMED;
	else if (packet.housekeeping && !wire->tap)
		verdict.cause = CAUSE_LINK_LOCAL;
	else
		flow = flow_table__account(wire->flows, &packet, direction, wire->now_ns);
	count_packet(&wire->counts[direction], &packet);
	if (!verdict.cause)
		rule_set__apply(wire->rules, direction, &packet, flow, &verdict);
	carry_out(wire, direction, &packet, flow, &verdict);
	if (verdict.cause)
		count_drop(wire, direction, verdict.cause, &packet, flow);
	if (verdict.reset && flow)
		reset_flow(wire, flow, verdict.reset, verdict.reset_ttl);
	packet_log__write(wire->log, direction, &packet, &verdict, wire->now_ns);
}

unsigned int wire__read(struct wire *wire, enum direction direction)
{
	unsigned int count;
	ssize_t len;

	wire->now_ns = clock_ns();
	wire__release(wire);
	for (count = 0; count < BATCH; count++) {
		len = read(tun__fd(wire->end[direction]), wire->buffer, sizeof(wire->buffer));
		if (len <= 0)
			break;
		handle(wire, direction, (unsigned int)len);
	}
	return count;
}

void wire__release(struct wire *wire)
{
	struct held_packet *held;
	struct packet packet;

	wire->now_ns = clock_ns();
	while ((held = hold__take(wire->hold, wire->now_ns))) {
		if (!send_frame(wire, held->direction, held->frame, held->len)) {
			if (!held->copy &&
			    !packet__parse(&packet, held->frame, held->len, wire->tap))
				count_drop(wire, held->direction, CAUSE_WRITE_FAILED, &packet,
					   held->flow);
		} else if (!held->copy) {
			count_sent(wire, held->direction, held->ip_len, held->flow, held->tcp,
				   held->seq, held->seq_end);
		}
		free(held);
	}
}

__u64 wire__next_ns(const struct wire *wire)
{
	return hold__next_ns(wire->hold);
}

struct reset_all {
	struct wire *wire;
	const struct rule *rule;
	unsigned int flows;
};

static int reset_if_matching(struct flow *flow, void *arg)
{
	struct reset_all *all = arg;

	if (flow->key.proto != IPPROTO_TCP || flow->closed ||
	    !match__covers_flow(&all->rule->match, &flow->key))
		return 0;
	reset_flow(all->wire, flow, all->rule->toward, all->rule->ttl);
	flow->closed = all->rule->toward == TOWARD_BOTH;
	all->flows++;
	return 0;
}

unsigned int wire__reset(struct wire *wire, const struct rule *rule)
{
	struct reset_all all = {.wire = wire, .rule = rule};

	flow_table__each(wire->flows, reset_if_matching, &all);
	return all.flows;
}

struct rule_set *wire__rules(struct wire *wire)
{
	return wire->rules;
}

struct flow_table *wire__flows(struct wire *wire)
{
	return wire->flows;
}

struct packet_log *wire__log(struct wire *wire)
{
	return wire->log;
}

struct tun *wire__end(struct wire *wire, enum direction reading)
{
	return wire->end[reading];
}

const struct wire_counts *wire__counts(const struct wire *wire, enum direction direction)
{
	return &wire->counts[direction];
}

__u64 wire__held(const struct wire *wire, enum direction direction)
{
	return hold__count(wire->hold, direction);
}
