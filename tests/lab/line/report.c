/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the line did, exactly. Counters of a direction never go back; those of a rule start when the
 * rule is made. Names of rules and their texts hold no character that JSON would have to escape,
 * because words hold neither quotes nor backslashes: the reader of rules refuses both.
 */
#include "report.h"

#include <arpa/inet.h>
#include <sys/resource.h>

#include "packet_log.h"
#include "tun.h"
#include "wire.h"

static double cpu_seconds(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage))
		return 0;
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void print_direction(struct wire *wire, enum direction direction, FILE *out)
{
	const struct wire_counts *c = wire__counts(wire, direction);
	__u64 dropped = 0;

	for (int i = 1; i < CAUSES; i++)
		dropped += c->drops[i];
	fprintf(out,
		"{\"packets\":%llu,\"bytes\":%llu,\"forwarded\":%llu,\"forwarded_bytes\":%llu,"
		"\"held\":%llu,\"dropped\":%llu,\"dropped_bytes\":%llu,\"drops\":{",
		c->packets, c->bytes, c->forwarded, c->forwarded_bytes, wire__held(wire, direction),
		dropped, c->dropped_bytes);
	for (int i = 1; i < CAUSES; i++)
		fprintf(out, "%s\"%s\":%llu", i > 1 ? "," : "", cause__name(i), c->drops[i]);
	fprintf(out,
		"},\"duplicated\":%llu,\"corrupted\":%llu,\"reordered\":%llu,\"delayed\":%llu,"
		"\"resets_injected\":%llu,\"tcp_segments\":%llu,\"data_segments\":%llu,"
		"\"data_retransmitted\":%llu,\"data_dropped\":%llu,\"syn\":%llu,\"fin\":%llu,"
		"\"rst\":%llu,\"lost_before_line\":%llu}",
		c->duplicated, c->corrupted, c->reordered, c->delayed, c->resets_injected,
		c->tcp_segments, c->data_segments, c->data_retransmitted, c->data_dropped, c->syn,
		c->fin, c->rst, tun__lost(wire__end(wire, direction)));
}

void report__print_rules(struct wire *wire, FILE *out)
{
	struct rule_set *rules = wire__rules(wire);
	const struct rule *rule;

	fprintf(out, "[");
	for (unsigned int i = 0; (rule = rule_set__at(rules, i)); i++) {
		const struct rule_side *o = &rule->side[OUT], *n = &rule->side[IN];

		fprintf(out,
			"%s{\"name\":\"%s\",\"spec\":\"%s\","
			"\"out\":{\"matched\":%llu,\"acted\":%llu},"
			"\"in\":{\"matched\":%llu,\"acted\":%llu}}",
			i ? "," : "", rule->name, rule->spec, o->matched, o->acted, n->matched,
			n->acted);
	}
	fprintf(out, "]");
}

static const char *print_addr(const struct in6_addr *addr, char text[INET6_ADDRSTRLEN])
{
	if (IN6_IS_ADDR_V4MAPPED(addr))
		return inet_ntop(AF_INET, addr->s6_addr + 12, text, INET6_ADDRSTRLEN);
	return inet_ntop(AF_INET6, addr, text, INET6_ADDRSTRLEN);
}

static void print_flow_side(const struct flow_side *side, const char *name, FILE *out)
{
	fprintf(out,
		"\"%s\":{\"packets\":%llu,\"bytes\":%llu,\"dropped\":%llu,\"data_segments\":%llu,"
		"\"data_retransmitted\":%llu,\"data_dropped\":%llu,\"resets_injected\":%llu}",
		name, side->packets, side->bytes, side->dropped, side->data_segments,
		side->data_retransmitted, side->data_dropped, side->resets_injected);
}

struct flow_print {
	FILE *out;
	unsigned int count;
};

static int print_flow(struct flow *flow, void *arg)
{
	char near[INET6_ADDRSTRLEN], far[INET6_ADDRSTRLEN], number[8];
	const struct flow_key *key = &flow->key;
	struct flow_print *print = arg;
	const char *proto = number;

	snprintf(number, sizeof(number), "%u", key->proto);
	if (key->proto == IPPROTO_TCP)
		proto = "tcp";
	else if (key->proto == IPPROTO_UDP)
		proto = "udp";
	else if (key->proto == IPPROTO_ICMP || key->proto == IPPROTO_ICMPV6)
		proto = "icmp";
	fprintf(print->out,
		"%s{\"proto\":\"%s\",\"near\":\"%s\",\"near_port\":%u,\"far\":\"%s\","
		"\"far_port\":%u,\"closed\":%s,",
		print->count++ ? "," : "", proto, print_addr(&key->near, near), key->near_port,
		print_addr(&key->far, far), key->far_port, flow->closed ? "true" : "false");
	print_flow_side(&flow->side[OUT], "out", print->out);
	fprintf(print->out, ",");
	print_flow_side(&flow->side[IN], "in", print->out);
	fprintf(print->out, "}");
	return 0;
}

void report__print(struct wire *wire, bool flows, FILE *out)
{
	struct flow_print print = {.out = out};

	packet_log__flush(wire__log(wire));
	fprintf(out, "{\"seed\":%llu,\"cpu_seconds\":%.6f,\"out\":",
		rule_set__get_seed(wire__rules(wire)), cpu_seconds());
	print_direction(wire, OUT, out);
	fprintf(out, ",\"in\":");
	print_direction(wire, IN, out);
	fprintf(out, ",\"flows_known\":%u,\"flows_evicted\":%llu,\"log_lost\":%llu,\"rules\":",
		flow_table__known(wire__flows(wire)), flow_table__evicted(wire__flows(wire)),
		packet_log__lost(wire__log(wire)));
	report__print_rules(wire, out);
	if (flows) {
		fprintf(out, ",\"flows\":[");
		flow_table__each(wire__flows(wire), print_flow, &print);
		fprintf(out, "]");
	}
	fprintf(out, "}");
}
