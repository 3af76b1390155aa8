/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Some seventy counters out of four hundred.  The kernel's order of them differs by version, so
 * each name is looked up, by bisection in the sorted list.  The cost is that of the kernel, which
 * adds up its processors' counters for each reading.
 */
#include "sense/mib.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sense/proc_files.h"

#define NAME_LEN 64

static const char *const names[] = {
#define MIB_COUNTER_NAME(name) #name,
	MIB_COUNTERS(MIB_COUNTER_NAME)
#undef MIB_COUNTER_NAME
};

const char *mib_counter_name(enum mib_counter counter)
{
	return names[counter];
}

static int compare(const void *key, const void *entry)
{
	return strcmp(key, *(const char *const *)entry);
}

/* A counter of 64 bits beyond what a double holds exactly is still right to one part in 2^53. */
static void take(const char *name, const char *value, struct reading mib[MIB_COUNTER_COUNT])
{
	const char *const *found = bsearch(name, names, MIB_COUNTER_COUNT, sizeof(*names), compare);
	unsigned long long parsed;
	char *end;

	if (!found)
		return;
	errno = 0;
	parsed = strtoull(value, &end, 10);
	if (!errno && end != value && !*end && *value != '-')
		mib[found - names] = reading_of((double)parsed);
}

static void parse_pair(char *keys, char *values, struct reading mib[MIB_COUNTER_COUNT])
{
	char *keys_rest, *values_rest, name[NAME_LEN];
	char *protocol = strtok_r(keys, ":", &keys_rest);
	char *same = strtok_r(values, ":", &values_rest);
	char *key, *value;

	if (!protocol || !same || strcmp(protocol, same))
		return;
	for (;;) {
		key = strtok_r(NULL, " ", &keys_rest);
		value = strtok_r(NULL, " ", &values_rest);
		if (!key || !value)
			return;
		snprintf(name, sizeof(name), "%s%s", protocol, key);
		take(name, value, mib);
	}
}

void mib_parse(char *text, struct reading mib[MIB_COUNTER_COUNT])
{
	char *keys, *values;

	while ((keys = strsep(&text, "\n")) && (values = strsep(&text, "\n")))
		parse_pair(keys, values, mib);
}

void mib_parse_lines(char *text, struct reading mib[MIB_COUNTER_COUNT])
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		char *rest, *name = strtok_r(line, " \t", &rest);
		char *value = name ? strtok_r(NULL, " \t", &rest) : NULL;

		if (value)
			take(name, value, mib);
	}
}

void mib_read(struct proc_files *files, struct reading mib[MIB_COUNTER_COUNT])
{
	char *text;

	for (size_t i = 0; i < MIB_COUNTER_COUNT; i++)
		mib[i] = READING_NOT_AVAILABLE;
	if (!proc_files__read(files, "/proc/self/net/snmp", &text))
		mib_parse(text, mib);
	if (!proc_files__read(files, "/proc/self/net/netstat", &text))
		mib_parse(text, mib);
	/* Without IPv6 there is no such file, and nothing is amiss. */
	if (!proc_files__try(files, "/proc/self/net/snmp6", &text))
		mib_parse_lines(text, mib);
}
