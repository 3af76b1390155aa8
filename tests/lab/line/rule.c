/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ordered set of rules. A packet costs one match per rule; the set is bounded, because every
 * packet walks it. Each rule and direction draws from its own random stream, exactly once for every
 * packet that it matches and has to decide about.
 */
#include "rule.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "action.h"

struct rule_set {
	struct rule *rule[RULES_MAX];
	unsigned int count;
	__u32 next_id;
	__u64 seed;
};

struct rule_set *rule_set__new(__u64 seed)
{
	struct rule_set *set = calloc(1, sizeof(*set));

	if (set) {
		set->seed = seed;
		set->next_id = 1;
	}
	return set;
}

static void rule__free(struct rule *rule)
{
	if (!rule)
		return;
	free(rule->spec);
	free(rule);
}

void rule_set__clear(struct rule_set *set)
{
	while (set->count)
		rule__free(set->rule[--set->count]);
}

void rule_set__free(struct rule_set *set)
{
	if (!set)
		return;
	rule_set__clear(set);
	free(set);
}

static int find(const struct rule_set *set, const char *name)
{
	for (unsigned int i = 0; i < set->count; i++) {
		if (!strcmp(set->rule[i]->name, name))
			return (int)i;
	}
	return -ENOENT;
}

int rule_set__remove(struct rule_set *set, const char *name)
{
	int at = find(set, name);

	if (at < 0)
		return at;
	rule__free(set->rule[at]);
	set->count--;
	memmove(&set->rule[at], &set->rule[at + 1],
		(set->count - (unsigned int)at) * sizeof(set->rule[0]));
	return 0;
}

static void seed_rule(struct rule *rule, __u64 seed)
{
	for (int i = 0; i < DIRECTIONS; i++)
		random_stream__seed(&rule->side[i].random, seed, rule->name, i);
}

void rule_set__seed(struct rule_set *set, __u64 seed)
{
	set->seed = seed;
	for (unsigned int i = 0; i < set->count; i++)
		seed_rule(set->rule[i], seed);
}

__u64 rule_set__get_seed(const struct rule_set *set)
{
	return set->seed;
}

static int parse_name(struct rule *rule, struct words *words)
{
	const char *name = words__take(words, "the rule's name");
	size_t i;

	if (!name)
		return -EINVAL;
	for (i = 0; name[i] && i <= RULE_NAME_MAX; i++) {
		if (!isalnum((unsigned char)name[i]) && !strchr("-_.", name[i]))
			break;
	}
	if (name[i] || i > RULE_NAME_MAX)
		return words__fail(words,
				   "\"%s\": expected a name of at most %d letters, digits, - _ .",
				   name, RULE_NAME_MAX);
	strcpy(rule->name, name);
	return 0;
}

static void parse_direction(struct rule *rule, struct words *words)
{
	bool out = words__accept(words, "out"), in = !out && words__accept(words, "in");

	if (!out && !in)
		words__accept(words, "both");
	rule->active[OUT] = !in;
	rule->active[IN] = !out;
}

/* The words from @at on, as one string. The caller frees it. */
static char *join(const struct words *words, unsigned int at)
{
	char *text = calloc(1, sizeof(words->text));

	for (; text && at < words->count; at++) {
		strcat(text, words->word[at]);
		strcat(text, at + 1 < words->count ? " " : "");
	}
	return text;
}

/* A slot of the flows that no other rule in the set uses. */
static int choose_slot(const struct rule_set *set, struct rule *rule, int replaced,
		       struct words *words)
{
	bool used[FLOW_SLOTS] = {false};

	for (unsigned int i = 0; i < set->count; i++) {
		if ((int)i != replaced && set->rule[i]->action->counts_in_flows)
			used[set->rule[i]->slot] = true;
	}
	for (rule->slot = 0; rule->slot < FLOW_SLOTS; rule->slot++) {
		if (!used[rule->slot])
			return 0;
	}
	return words__fail(words, "at most %d rules can count inside flows at the same time",
			   FLOW_SLOTS);
}

static int parse_rule(const struct rule_set *set, struct rule *rule, struct words *words)
{
	int err = parse_name(rule, words);

	if (err)
		return err;
	rule->spec = join(words, words->at);
	if (!rule->spec)
		return words__fail(words, "out of memory");
	parse_direction(rule, words);
	err = match__parse(&rule->match, words);
	if (!err)
		err = action__parse(rule, words);
	if (!err)
		err = words__end(words);
	if (!err && rule->action->counts_in_flows)
		err = choose_slot(set, rule, find(set, rule->name), words);
	return err;
}

int rule_set__put(struct rule_set *set, struct words *words, __u64 now_ns)
{
	struct rule *rule = calloc(1, sizeof(*rule));
	int at, err;

	if (!rule)
		return words__fail(words, "out of memory");
	err = parse_rule(set, rule, words);
	if (err)
		goto out;
	at = find(set, rule->name);
	if (at < 0 && set->count == RULES_MAX) {
		err = words__fail(words, "there are %d rules already", RULES_MAX);
		goto out;
	}
	rule->id = set->next_id++;
	rule->made_ns = now_ns;
	seed_rule(rule, set->seed);
	if (at < 0) {
		set->rule[set->count++] = rule;
	} else {
		rule__free(set->rule[at]);
		set->rule[at] = rule;
	}
	rule = NULL;
out:
	rule__free(rule);
	return err;
}

int rule__parse_reset(struct rule *rule, struct words *words)
{
	int err = action__parse_reset(rule, words);

	if (!err)
		err = match__parse(&rule->match, words);
	return err ? err : words__end(words);
}

void rule_set__apply(struct rule_set *set, enum direction direction, const struct packet *packet,
		     struct flow *flow, struct verdict *verdict)
{
	for (unsigned int i = 0; i < set->count && !verdict->cause; i++) {
		struct rule *rule = set->rule[i];
		struct rule_side *side = &rule->side[direction];

		if (!rule->active[direction] || !match__covers(&rule->match, direction, packet))
			continue;
		if (rule->match.old && (!flow || flow->born_ns >= rule->made_ns))
			continue;
		side->matched++;
		if (side->matched <= rule->match.skip ||
		    (rule->match.limit && side->matched - rule->match.skip > rule->match.limit))
			continue;
		if (rule->action->apply(rule, direction, packet, flow, verdict)) {
			side->acted++;
			verdict->rule = rule;
		}
	}
}

const struct rule *rule_set__at(const struct rule_set *set, unsigned int i)
{
	return i < set->count ? set->rule[i] : NULL;
}

void rule__help(FILE *out)
{
	fprintf(out, "MATCH: all given must hold\n");
	match__help(out);
	fprintf(out, "ACTION:\n");
	action__help(out);
}
