/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which packets a rule means. One table gives each match its name, its argument and its reader; the
 * test itself is one function, in which members that are not set cost one comparison.
 */
#include <errno.h>
#include <string.h>

#include "rule.h"

static int parse_proto(struct match *match, struct words *words)
{
	static const struct {
		const char *name;
		__u8 proto;
	} known[] = {{"tcp", IPPROTO_TCP}, {"udp", IPPROTO_UDP}, {"icmp", IPPROTO_ICMP}};
	__u64 number = 0;
	int err = 0;

	match->has_proto = true;
	for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (words__accept(words, known[i].name)) {
			match->proto = known[i].proto;
			return 0;
		}
	}
	err = words__number(words, 0, 255, &number);
	if (err)
		return words__fail(words, "\"%s\": expected tcp, udp, icmp or a number to 255",
				   words->at ? words->word[words->at - 1] : "");
	match->proto = (__u8)number;
	return 0;
}

static int parse_src(struct match *match, struct words *words)
{
	match->has_src = true;
	return words__prefix(words, &match->src);
}

static int parse_dst(struct match *match, struct words *words)
{
	match->has_dst = true;
	return words__prefix(words, &match->dst);
}

static int parse_host(struct match *match, struct words *words)
{
	match->has_host = true;
	return words__prefix(words, &match->host);
}

static int parse_near(struct match *match, struct words *words)
{
	match->has_near = true;
	return words__prefix(words, &match->near);
}

static int parse_far(struct match *match, struct words *words)
{
	match->has_far = true;
	return words__prefix(words, &match->far);
}

static int parse_sport(struct match *match, struct words *words)
{
	match->has_sport = true;
	return words__ports(words, &match->sport[0], &match->sport[1]);
}

static int parse_dport(struct match *match, struct words *words)
{
	match->has_dport = true;
	return words__ports(words, &match->dport[0], &match->dport[1]);
}

static int parse_port(struct match *match, struct words *words)
{
	match->has_port = true;
	return words__ports(words, &match->port[0], &match->port[1]);
}

static int parse_longer(struct match *match, struct words *words)
{
	__u64 number = 0;
	int err = words__number(words, 1, 65535, &number);

	match->longer = (__u32)number;
	return err;
}

static int parse_skip(struct match *match, struct words *words)
{
	return words__number(words, 1, ~0ull, &match->skip);
}

static int parse_limit(struct match *match, struct words *words)
{
	return words__number(words, 1, ~0ull, &match->limit);
}

static int parse_data(struct match *match, struct words *words)
{
	(void)words;
	match->data = true;
	return 0;
}

static int parse_syn(struct match *match, struct words *words)
{
	(void)words;
	match->syn = true;
	return 0;
}

static int parse_old(struct match *match, struct words *words)
{
	(void)words;
	match->old = true;
	return 0;
}

static int parse_v4(struct match *match, struct words *words)
{
	(void)words;
	match->family = 4;
	return 0;
}

static int parse_v6(struct match *match, struct words *words)
{
	(void)words;
	match->family = 6;
	return 0;
}

static const struct match_word {
	const char *name, *argument, *about;
	int (*parse)(struct match *match, struct words *words);
} match_words[] = {
	{"proto", "tcp|udp|icmp|N", "the IP protocol; icmp is that of either family", parse_proto},
	{"src", "PREFIX", "the source address", parse_src},
	{"dst", "PREFIX", "the destination address", parse_dst},
	{"host", "PREFIX", "either address", parse_host},
	{"near", "PREFIX", "the address on the side of end a", parse_near},
	{"far", "PREFIX", "the address on the side of end b", parse_far},
	{"sport", "P[-Q]", "the source port", parse_sport},
	{"dport", "P[-Q]", "the destination port", parse_dport},
	{"port", "P[-Q]", "either port", parse_port},
	{"longer", "N", "IP packets of more than N bytes", parse_longer},
	{"data", "", "TCP segments with payload", parse_data},
	{"syn", "", "TCP segments with SYN", parse_syn},
	{"v4", "", "IPv4", parse_v4},
	{"v6", "", "IPv6", parse_v6},
	{"old", "", "flows that were known before the rule was made", parse_old},
	{"skip", "K", "not the first K packets that match, per direction", parse_skip},
	{"limit", "K", "only K packets that match, per direction", parse_limit},
};

int match__parse(struct match *match, struct words *words)
{
	unsigned int i, count = sizeof(match_words) / sizeof(match_words[0]);
	const char *word;
	int err = 0;

	while (!err && (word = words__peek(words))) {
		for (i = 0; i < count && strcmp(word, match_words[i].name); i++)
			;
		if (i == count)
			break;
		words->at++;
		err = match_words[i].parse(match, words);
	}
	return err;
}

void match__help(FILE *out)
{
	for (unsigned int i = 0; i < sizeof(match_words) / sizeof(match_words[0]); i++)
		fprintf(out, "  %-7s %-15s %s\n", match_words[i].name, match_words[i].argument,
			match_words[i].about);
}

static bool in_range(const __u16 range[2], __u16 port)
{
	return port >= range[0] && port <= range[1];
}

static bool same_proto(__u8 wanted, __u8 proto)
{
	return wanted == proto || (wanted == IPPROTO_ICMP && proto == IPPROTO_ICMPV6);
}

static bool covers_ends(const struct match *match, const struct in6_addr *src,
			const struct in6_addr *dst, __u16 sport, __u16 dport)
{
	if (match->has_src && !prefix__covers(&match->src, src))
		return false;
	if (match->has_dst && !prefix__covers(&match->dst, dst))
		return false;
	if (match->has_host && !prefix__covers(&match->host, src) &&
	    !prefix__covers(&match->host, dst))
		return false;
	if (match->has_sport && !in_range(match->sport, sport))
		return false;
	if (match->has_dport && !in_range(match->dport, dport))
		return false;
	return !match->has_port || in_range(match->port, sport) || in_range(match->port, dport);
}

static bool needs_ip(const struct match *match)
{
	return match->has_src || match->has_dst || match->has_host || match->has_near ||
	       match->has_far || match->has_sport || match->has_dport || match->has_port ||
	       match->has_proto || match->family || match->longer;
}

bool match__covers(const struct match *match, enum direction direction, const struct packet *packet)
{
	const struct in6_addr *near = direction == OUT ? &packet->src : &packet->dst;
	const struct in6_addr *far = direction == OUT ? &packet->dst : &packet->src;

	if (!packet->family && needs_ip(match))
		return false;
	if (match->family && match->family != packet->family)
		return false;
	if (match->has_proto && !same_proto(match->proto, packet->proto))
		return false;
	if (match->has_near && !prefix__covers(&match->near, near))
		return false;
	if (match->has_far && !prefix__covers(&match->far, far))
		return false;
	if (match->longer && packet->ip_len <= match->longer)
		return false;
	if (match->data && (packet->proto != IPPROTO_TCP || !packet->payload_len))
		return false;
	if (match->syn && !(packet->tcp_flags & TCP_SYN))
		return false;
	return covers_ends(match, &packet->src, &packet->dst, packet->sport, packet->dport);
}

bool match__covers_flow(const struct match *match, const struct flow_key *key)
{
	if (match->family && match->family != key->family)
		return false;
	if (match->has_proto && !same_proto(match->proto, key->proto))
		return false;
	if (match->has_near && !prefix__covers(&match->near, &key->near))
		return false;
	if (match->has_far && !prefix__covers(&match->far, &key->far))
		return false;
	/* A flow has packets both ways, so its source and destination are either end. */
	return covers_ends(match, &key->near, &key->far, key->near_port, key->far_port) ||
	       covers_ends(match, &key->far, &key->near, key->far_port, key->near_port);
}
