/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bounded list of different strings, in the order in which they came.
 */
#ifndef FAULTLINE_NAMES_H
#define FAULTLINE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct names {
	const char **name; /* owned */
	size_t count;
	size_t turned_away; /* found the list full */
};

/* Adds a copy when it is not there yet; returns whether it was added.  Without memory it is not. */
bool names__add(struct names *names, const char *name, size_t limit);
void names__remove(struct names *names, const char *name);
bool names__has(const struct names *names, const char *name);
void names__clear(struct names *names);

#endif
