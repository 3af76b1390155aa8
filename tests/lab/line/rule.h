/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules: which packets, in which direction, and what happens to them. One table of actions and one
 * of matches drive parsing, applying and help.
 */
#ifndef LAB_LINE_RULE_H
#define LAB_LINE_RULE_H

#include <linux/types.h>
#include <stdio.h>

#include "flow.h"
#include "packet.h"
#include "random.h"
#include "words.h"

enum { RULES_MAX = 64, RULE_NAME_MAX = 31, RULE_NTH_MAX = 16 };

/* Why a packet did not get through. The first ones are actions of rules. */
enum cause {
	CAUSE_NONE,
	CAUSE_DROP,
	CAUSE_LOSS,
	CAUSE_BURST,
	CAUSE_NTH,
	CAUSE_RATE,
	CAUSE_MTU,
	CAUSE_RESET,
	CAUSE_HOLD_FULL,
	CAUSE_MALFORMED,
	CAUSE_LINK_LOCAL,
	CAUSE_WRITE_FAILED,
	CAUSES,
};

/* Name of a cause as the report and the log print it. */
const char *cause__name(enum cause cause);

/* Toward which end a forged reset goes. */
enum toward { TOWARD_NEAR = 1, TOWARD_FAR = 2, TOWARD_BOTH = 3 };

/* Everything in it must hold for a packet; unset members match all. */
struct match {
	struct prefix src, dst, host, near, far;
	bool has_src, has_dst, has_host, has_near, has_far;
	bool has_sport, has_dport, has_port, has_proto;
	bool data, syn, old;
	__u16 sport[2], dport[2], port[2]; /* first and last */
	__u8 proto, family;
	__u32 longer;
	__u64 skip, limit; /* limit 0: without */
};

struct rule_side {
	struct random_stream random;
	__u64 matched, acted;
	__u64 free_ns; /* rate: when the serialiser has sent everything it accepted */
	bool bad;      /* burst: the state of the chain */
};

struct action;

struct rule {
	char name[RULE_NAME_MAX + 1];
	char *spec; /* as it was given, behind the name */
	const struct action *action;
	struct match match;
	bool active[DIRECTIONS];
	__u32 id;
	unsigned int slot; /* in struct flow_side, for actions that count inside flows */
	__u64 made_ns;
	struct rule_side side[DIRECTIONS];
	double chance, leave, loss_bad, loss_good; /* fractions */
	__u64 delay_ns, jitter_ns, rate_bps, queue_bytes;
	__u32 nth[RULE_NTH_MAX], nth_count, times, mtu;
	enum toward toward;
	__u8 ttl;
	bool loose, eat;
};

/* What is to happen to one packet; rules add to it in their order. */
struct verdict {
	enum cause cause;
	const struct rule *rule; /* the rule that acted last; NULL when none did */
	__u64 due_ns;
	bool loose; /* need not keep the order within its flow */
	bool reorder, duplicate, corrupt;
	__u64 corrupt_random;
	enum toward reset; /* 0: none */
	__u8 reset_ttl;
};

struct rule_set;

/* NULL with errno; the caller frees it. Streams derive from @seed. */
struct rule_set *rule_set__new(__u64 seed);
void rule_set__free(struct rule_set *set);

/* Reads `NAME [DIRECTION] [MATCH...] ACTION ARG...`; replaces a rule of that name in place. */
int rule_set__put(struct rule_set *set, struct words *words, __u64 now_ns);

/* -ENOENT when there is none of that name. */
int rule_set__remove(struct rule_set *set, const char *name);
void rule_set__clear(struct rule_set *set);

/* Restarts the random streams of all rules. */
void rule_set__seed(struct rule_set *set, __u64 seed);
__u64 rule_set__get_seed(const struct rule_set *set);

/* Lets every matching rule act on @packet; verdict->due_ns is set to the arrival by the caller. */
void rule_set__apply(struct rule_set *set, enum direction direction, const struct packet *packet,
		     struct flow *flow, struct verdict *verdict);

/* The i-th rule in order; NULL behind the last. */
const struct rule *rule_set__at(const struct rule_set *set, unsigned int i);

/* Reads `[TOWARD] [ttl N]` and matches, as the command `reset` takes them, into @rule. */
int rule__parse_reset(struct rule *rule, struct words *words);

/* Does the match of @rule cover this flow? Length, payload and flags of packets play no part. */
bool match__covers_flow(const struct match *match, const struct flow_key *key);

/* Prints the matches and actions with their arguments. */
void rule__help(FILE *out);

/* Reads matches until a word that is none; used by the two readers above. */
int match__parse(struct match *match, struct words *words);
bool match__covers(const struct match *match, enum direction direction,
		   const struct packet *packet);
void match__help(FILE *out);

#endif
