/* SPDX-License-Identifier: BSD-2-Clause */
#include "sense/snmp.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SNMP_PATH "/proc/self/net/snmp"

/* The next two lines, when they are of the protocol; 1 when not, -ENOENT at the end. */
static int read_pair(FILE *stream, const char *protocol, char **names, char **values, size_t len[2])
{
	size_t prefix = strlen(protocol);

	if (getline(names, &len[0], stream) < 0 || getline(values, &len[1], stream) < 0)
		return -ENOENT;
	if (strncmp(*names, protocol, prefix) || (*names)[prefix] != ':')
		return 1;
	return strncmp(*values, *names, prefix + 1) ? -EINVAL : 0;
}

/* Walks names and values in step. */
static int find_value(char *names, char *values, const char *name, uint64_t *value)
{
	char *names_rest, *values_rest;
	char *key = strtok_r(names, " \n", &names_rest);
	char *text = strtok_r(values, " \n", &values_rest);

	while (key && text) {
		if (!strcmp(key, name)) {
			char *end;
			uint64_t parsed;

			errno = 0;
			parsed = strtoull(text, &end, 10);
			if (errno || *end || end == text)
				return -EINVAL;
			*value = parsed;
			return 0;
		}
		key = strtok_r(NULL, " \n", &names_rest);
		text = strtok_r(NULL, " \n", &values_rest);
	}
	return key || text ? -EINVAL : -ENOENT;
}

int snmp_parse(FILE *stream, const char *protocol, const char *name, uint64_t *value)
{
	char *names = NULL, *values = NULL;
	size_t len[2] = {};
	int err;

	do {
		err = read_pair(stream, protocol, &names, &values, len);
	} while (err == 1);
	if (!err)
		err = find_value(names, values, name, value);
	free(names);
	free(values);
	return err;
}

int snmp_read(const char *protocol, const char *name, uint64_t *value)
{
	FILE *stream = fopen(SNMP_PATH, "re");
	int err;

	if (!stream)
		return -errno;
	err = snmp_parse(stream, protocol, name, value);
	fclose(stream);
	return err;
}
