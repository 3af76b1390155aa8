/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/names.h"

#include <stdlib.h>
#include <string.h>

bool names__has(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (!strcmp(names->name[i], name))
			return true;
	}
	return false;
}

bool names__add(struct names *names, const char *name, size_t limit)
{
	const char **grown;
	char *copy;

	if (names__has(names, name))
		return false;
	if (names->count >= limit) {
		names->turned_away++;
		return false;
	}
	copy = strdup(name);
	if (!copy)
		return false;
	grown = reallocarray(names->name, names->count + 1, sizeof(*grown));
	if (!grown) {
		free(copy);
		return false;
	}
	names->name = grown;
	names->name[names->count++] = copy;
	return true;
}

void names__remove(struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->name[i], name) != 0)
			continue;
		free((char *)names->name[i]);
		memmove(&names->name[i], &names->name[i + 1],
			(names->count - i - 1) * sizeof(*names->name));
		names->count--;
		return;
	}
}

void names__clear(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free((char *)names->name[i]);
	free(names->name);
	memset(names, 0, sizeof(*names));
}
