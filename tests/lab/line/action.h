/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a rule can do to a packet.
 */
#ifndef LAB_LINE_ACTION_H
#define LAB_LINE_ACTION_H

#include "rule.h"

struct action {
	const char *name, *arguments, *about;
	bool counts_in_flows; /* needs a slot in struct flow_side */
	int (*parse)(struct rule *rule, struct words *words);
	/* Adds to @verdict; returns whether it changed anything. @flow may be NULL. */
	bool (*apply)(struct rule *rule, enum direction direction, const struct packet *packet,
		      struct flow *flow, struct verdict *verdict);
};

/* Reads the action's name and arguments into @rule. */
int action__parse(struct rule *rule, struct words *words);

/* Reads the arguments of `reset`. */
int action__parse_reset(struct rule *rule, struct words *words);

void action__help(FILE *out);

#endif
