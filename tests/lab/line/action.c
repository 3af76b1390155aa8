/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The actions, each with its reader and what it does to a packet. Actions never touch the packet:
 * they add to the verdict, and the wire carries it out. Randomness comes from the rule's stream of
 * that direction only, and every decision draws one number whatever its outcome.
 */
#include "action.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NSEC_PER_SEC 1000000000ull

static bool chance(struct rule *rule, enum direction direction, double fraction)
{
	return random_stream__unit(&rule->side[direction].random) < fraction;
}

static bool drop(struct verdict *verdict, enum cause cause)
{
	verdict->cause = cause;
	return true;
}

static int parse_none(struct rule *rule, struct words *words)
{
	(void)rule;
	(void)words;
	return 0;
}

static bool apply_drop(struct rule *rule, enum direction direction, const struct packet *packet,
		       struct flow *flow, struct verdict *verdict)
{
	(void)rule;
	(void)direction;
	(void)packet;
	(void)flow;
	return drop(verdict, CAUSE_DROP);
}

static int parse_chance(struct rule *rule, struct words *words)
{
	return words__fraction(words, &rule->chance);
}

static bool apply_loss(struct rule *rule, enum direction direction, const struct packet *packet,
		       struct flow *flow, struct verdict *verdict)
{
	(void)packet;
	(void)flow;
	return chance(rule, direction, rule->chance) && drop(verdict, CAUSE_LOSS);
}

static int parse_burst(struct rule *rule, struct words *words)
{
	int err = words__fraction(words, &rule->chance);

	rule->loss_bad = 1.0;
	if (!err)
		err = words__fraction(words, &rule->leave);
	if (!err && words__peek(words))
		err = words__fraction(words, &rule->loss_bad);
	if (!err && words__peek(words))
		err = words__fraction(words, &rule->loss_good);
	return err;
}

/*
 * Gilbert–Elliott: two states, each with its own loss. The state moves before the packet is judged,
 * so the mean length of a bad period is 1 / leave packets.
 */
static bool apply_burst(struct rule *rule, enum direction direction, const struct packet *packet,
			struct flow *flow, struct verdict *verdict)
{
	struct rule_side *side = &rule->side[direction];

	(void)packet;
	(void)flow;
	if (chance(rule, direction, side->bad ? rule->leave : rule->chance))
		side->bad = !side->bad;
	return chance(rule, direction, side->bad ? rule->loss_bad : rule->loss_good) &&
	       drop(verdict, CAUSE_BURST);
}

static int parse_nth(struct rule *rule, struct words *words)
{
	const char *expected = "a list of at most 16 numbers from 1 such as 5 or 5,9";
	const char *word = words__take(words, expected);
	char *at = (char *)word;
	unsigned long number;
	__u64 times = 1;
	int err = 0;

	while (word) {
		number = strtoul(at, &at, 10);
		if (!number || number > ~0u || (*at && *at != ',') ||
		    rule->nth_count == RULE_NTH_MAX)
			return words__fail(words, "\"%s\": expected %s", word, expected);
		rule->nth[rule->nth_count++] = (__u32)number;
		if (!*at++)
			break;
	}
	if (!word)
		return -EINVAL;
	if (words__accept(words, "times"))
		err = words__number(words, 1, 1000, &times);
	rule->times = (__u32)times;
	return err;
}

/*
 * Counts segments with new payload. The chosen one is remembered by its sequence number, so that
 * its next transmissions can be dropped too; choosing another one ends that.
 */
static bool apply_nth(struct rule *rule, enum direction direction, const struct packet *packet,
		      struct flow *flow, struct verdict *verdict)
{
	struct flow_slot *slot;

	if (!flow || !packet->l4 || packet->proto != IPPROTO_TCP || !packet->payload_len)
		return false;
	slot = flow__slot(flow, direction, rule->slot, rule->id);
	if (packet->new_data) {
		slot->count++;
		for (unsigned int i = 0; i < rule->nth_count; i++) {
			if (slot->count == rule->nth[i]) {
				slot->seq = packet->seq;
				slot->left = rule->times;
			}
		}
	}
	if (!slot->left || packet->seq != slot->seq)
		return false;
	slot->left--;
	return drop(verdict, CAUSE_NTH);
}

static int parse_delay(struct rule *rule, struct words *words)
{
	int err = words__time(words, &rule->delay_ns);

	if (!err && words__accept(words, "jitter")) {
		err = words__time(words, &rule->jitter_ns);
		rule->loose = !err && words__accept(words, "loose");
	}
	return err;
}

static bool apply_delay(struct rule *rule, enum direction direction, const struct packet *packet,
			struct flow *flow, struct verdict *verdict)
{
	double jitter_ns = (double)rule->jitter_ns;

	(void)packet;
	(void)flow;
	verdict->due_ns += rule->delay_ns;
	if (rule->jitter_ns)
		verdict->due_ns +=
			(__u64)(jitter_ns * random_stream__unit(&rule->side[direction].random));
	verdict->loose |= rule->loose;
	return true;
}

static int parse_reorder(struct rule *rule, struct words *words)
{
	int err = words__fraction(words, &rule->chance);

	return err ? err : words__time(words, &rule->delay_ns);
}

static bool apply_reorder(struct rule *rule, enum direction direction, const struct packet *packet,
			  struct flow *flow, struct verdict *verdict)
{
	(void)packet;
	(void)flow;
	if (!chance(rule, direction, rule->chance))
		return false;
	verdict->due_ns += rule->delay_ns;
	verdict->loose = verdict->reorder = true;
	return true;
}

static bool apply_duplicate(struct rule *rule, enum direction direction,
			    const struct packet *packet, struct flow *flow, struct verdict *verdict)
{
	(void)packet;
	(void)flow;
	if (!chance(rule, direction, rule->chance))
		return false;
	verdict->duplicate = true;
	return true;
}

static bool apply_corrupt(struct rule *rule, enum direction direction, const struct packet *packet,
			  struct flow *flow, struct verdict *verdict)
{
	__u64 random;

	(void)flow;
	if (!chance(rule, direction, rule->chance))
		return false;
	random = random_stream__next(&rule->side[direction].random);
	/* A second flip could undo the first, and what has no checksum cannot be caught. */
	if (verdict->corrupt || !packet->family ||
	    (!packet->payload_len && packet->proto != IPPROTO_TCP))
		return false;
	verdict->corrupt = true;
	verdict->corrupt_random = random;
	return true;
}

static int parse_rate(struct rule *rule, struct words *words)
{
	int err = words__bit_rate(words, &rule->rate_bps);

	if (err)
		return err;
	if (!words__accept(words, "queue"))
		return words__fail(words, "expected \"queue BYTES\" behind the rate");
	return words__bytes(words, &rule->queue_bytes);
}

/*
 * A serialiser with a queue in front of it. Its backlog is the time until it is free, times the
 * rate, so nothing has to be stored; a packet that finds it idle always passes.
 */
static bool apply_rate(struct rule *rule, enum direction direction, const struct packet *packet,
		       struct flow *flow, struct verdict *verdict)
{
	struct rule_side *side = &rule->side[direction];
	__u64 start_ns = side->free_ns > verdict->due_ns ? side->free_ns : verdict->due_ns;
	double backlog = (double)(start_ns - verdict->due_ns) * (double)rule->rate_bps / 8e9;
	__u64 send_ns = packet->ip_len * 8ull * NSEC_PER_SEC / rule->rate_bps;

	(void)flow;
	if (start_ns > verdict->due_ns && backlog + packet->ip_len > (double)rule->queue_bytes)
		return drop(verdict, CAUSE_RATE);
	side->free_ns = start_ns + send_ns;
	verdict->due_ns = side->free_ns;
	return true;
}

static int parse_mtu(struct rule *rule, struct words *words)
{
	__u64 mtu = 0;
	int err = words__number(words, 68, 65535, &mtu);

	rule->mtu = (__u32)mtu;
	return err;
}

static bool apply_mtu(struct rule *rule, enum direction direction, const struct packet *packet,
		      struct flow *flow, struct verdict *verdict)
{
	(void)direction;
	(void)flow;
	return packet->family && packet->ip_len > rule->mtu && drop(verdict, CAUSE_MTU);
}

int action__parse_reset(struct rule *rule, struct words *words)
{
	__u64 ttl = 64;
	int err = 0;

	if (words__accept(words, "near"))
		rule->toward = TOWARD_NEAR;
	else if (words__accept(words, "far"))
		rule->toward = TOWARD_FAR;
	else if (words__accept(words, "both"))
		rule->toward = TOWARD_BOTH;
	else
		return words__fail(words, "\"%s\": expected near, far or both: who gets the reset",
				   words__peek(words) ? words__peek(words) : "");
	if (words__accept(words, "ttl"))
		err = words__number(words, 1, 255, &ttl);
	rule->ttl = (__u8)ttl;
	return err;
}

static int parse_reset(struct rule *rule, struct words *words)
{
	__u64 times = 1;
	int err = action__parse_reset(rule, words);

	if (!err && words__accept(words, "times"))
		err = words__number(words, 1, 1000000, &times);
	rule->times = (__u32)times;
	rule->eat = !err && words__accept(words, "eat");
	return err;
}

/* The count of resets is kept with the flow's outward side, whichever way the packet goes. */
static bool apply_reset(struct rule *rule, enum direction direction, const struct packet *packet,
			struct flow *flow, struct verdict *verdict)
{
	struct flow_slot *slot;

	(void)direction;
	if (!flow || packet->proto != IPPROTO_TCP || !packet->l4 || packet->tcp_flags & TCP_RST)
		return false;
	slot = flow__slot(flow, OUT, rule->slot, rule->id);
	if (slot->count < rule->times) {
		slot->count++;
		verdict->reset = rule->toward;
		verdict->reset_ttl = rule->ttl;
	}
	if (rule->eat)
		drop(verdict, CAUSE_RESET);
	return verdict->reset || rule->eat;
}

static const struct action actions[] = {
	{"drop", "", "everything", false, parse_none, apply_drop},
	{"loss", "P%", "independent loss", false, parse_chance, apply_loss},
	{"burst", "ENTER% LEAVE% [BAD% [GOOD%]]",
	 "Gilbert-Elliott loss; 100% in the bad state, 0% in the good one", false, parse_burst,
	 apply_burst},
	{"nth", "N[,N...] [times K]",
	 "the N-th new data segment of each flow and direction, its first K transmissions", true,
	 parse_nth, apply_nth},
	{"delay", "TIME [jitter TIME [loose]]",
	 "plus 0 to jitter; flows keep their order unless loose", false, parse_delay, apply_delay},
	{"reorder", "P% TIME", "holds chosen packets longer, so that others overtake", false,
	 parse_reorder, apply_reorder},
	{"duplicate", "P%", "sends chosen packets twice", false, parse_chance, apply_duplicate},
	{"corrupt", "P%", "flips one bit that only the transport checksum covers", false,
	 parse_chance, apply_corrupt},
	{"rate", "BITS queue BYTES", "serialises, and drops what the queue cannot take", false,
	 parse_rate, apply_rate},
	{"mtu", "N", "drops longer IP packets and tells nobody", false, parse_mtu, apply_mtu},
	{"reset", "near|far|both [ttl N] [times K] [eat]",
	 "forges RSTs for the flow, K times; eat: drops the packet too", true, parse_reset,
	 apply_reset},
};

int action__parse(struct rule *rule, struct words *words)
{
	const char *name = words__take(words, "an action");
	unsigned int i, count = sizeof(actions) / sizeof(actions[0]);
	char detail[sizeof(words->error)];
	int err;

	if (!name)
		return -EINVAL;
	for (i = 0; i < count && strcmp(name, actions[i].name); i++)
		;
	if (i == count)
		return words__fail(words, "\"%s\": expected a match or an action, see help", name);
	rule->action = &actions[i];
	err = actions[i].parse(rule, words);
	if (err) {
		memcpy(detail, words->error, sizeof(detail));
		words__fail(words, "%s: %.200s", name, detail);
	}
	return err;
}

void action__help(FILE *out)
{
	for (unsigned int i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		fprintf(out, "  %-9s %-40s %s\n", actions[i].name, actions[i].arguments,
			actions[i].about);
}
