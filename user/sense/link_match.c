/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The declared links, turned into rules and sorted so that the first rule that fits is the best.
 *
 * A rule is looked for once in the life of a peer, not at every tick, so a plain walk over the
 * sorted array is enough: 1,000 links of four endpoints cost some tens of microseconds a peer.
 */
#include "sense/link_match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct rule {
	struct endpoint endpoint; /* incoming: only the ports are used */
	uint8_t direction;	  /* enum peer_direction */
	bool by_process;
	char comm[PEER_COMM_LEN];
	int link;
};

struct link_match {
	size_t rule_count;
	struct rule rules[];
};

bool peer_key_is_overflow(const struct peer_key *key)
{
	static const uint8_t zero[sizeof(key->address)];

	return key->port == 0 && memcmp(key->address, zero, sizeof(zero)) == 0;
}

static int compare_rules(const void *left, const void *right)
{
	const struct rule *a = left, *b = right;
	int a_ports = a->endpoint.port_high - a->endpoint.port_low;
	int b_ports = b->endpoint.port_high - b->endpoint.port_low;

	if (a->endpoint.prefix_bits != b->endpoint.prefix_bits)
		return b->endpoint.prefix_bits - a->endpoint.prefix_bits;
	if (a_ports != b_ports)
		return a_ports - b_ports;
	if (a->by_process != b->by_process)
		return b->by_process - a->by_process;
	return a->link - b->link;
}

static void add_rule(struct link_match *match, const struct config *config, size_t link,
		     uint8_t direction, const struct endpoint *endpoint)
{
	struct rule *rule = &match->rules[match->rule_count++];
	const char *process = config->links[link].process;

	rule->endpoint = *endpoint;
	rule->direction = direction;
	rule->link = (int)link;
	rule->by_process = process != NULL;
	/* The kernel keeps fifteen characters of a command name, so only they can be compared. */
	if (process)
		memcpy(rule->comm, process, strnlen(process, PEER_COMM_LEN - 1));
}

struct link_match *link_match__new(const struct config *config)
{
	struct link_match *match;
	size_t rules = 0;

	for (size_t i = 0; i < config->link_count; i++)
		rules += config->links[i].endpoint_count + config->links[i].local_port_count;
	match = calloc(1, sizeof(*match) + rules * sizeof(match->rules[0]));
	if (!match)
		return NULL;
	for (size_t i = 0; i < config->link_count; i++) {
		const struct config_link *link = &config->links[i];

		for (size_t e = 0; e < link->endpoint_count; e++)
			add_rule(match, config, i, PEER_OUTGOING, &link->endpoints[e]);
		for (size_t p = 0; p < link->local_port_count; p++) {
			struct endpoint port = {.port_low = link->local_ports[p],
						.port_high = link->local_ports[p]};

			add_rule(match, config, i, PEER_INCOMING, &port);
		}
	}
	qsort(match->rules, match->rule_count, sizeof(match->rules[0]), compare_rules);
	return match;
}

void link_match__free(struct link_match *match)
{
	free(match);
}

static bool rule_fits(const struct rule *rule, const struct peer_key *key)
{
	struct address address;

	if (rule->direction != key->direction)
		return false;
	if (key->port < rule->endpoint.port_low || key->port > rule->endpoint.port_high)
		return false;
	if (rule->by_process && strncmp(rule->comm, key->comm, PEER_COMM_LEN - 1) != 0)
		return false;
	if (key->direction == PEER_INCOMING)
		return true;
	memcpy(address.byte, key->address, sizeof(address.byte));
	return endpoint_contains(&rule->endpoint, &address, key->port);
}

int link_match__find(const struct link_match *match, const struct peer_key *key)
{
	if (peer_key_is_overflow(key))
		return -1;
	for (size_t i = 0; i < match->rule_count; i++) {
		if (rule_fits(&match->rules[i], key))
			return match->rules[i].link;
	}
	return -1;
}
