/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where memory ends jansson says many things: that a text is no JSON, that a key is not there, or
 * nothing, and the value is shorter.  What is made of that would be a lie: a log that is whole
 * would be told as changed, a list would lack an incident.  So its requests for memory go through
 * here, and those that failed are counted; who reads a text or ends a piece of work looks whether
 * the count rose.  The count is the program's, for jansson's hooks are.
 */
#include "base/json_memory.h"

#include <errno.h>
#include <stdlib.h>

static uint64_t failures;

static void *get_memory(size_t size)
{
	void *memory = malloc(size);

	failures += !memory;
	return memory;
}

void json_memory_watch(void)
{
	json_set_alloc_funcs(get_memory, free);
}

uint64_t json_memory_failures(void)
{
	return failures;
}

int json_read(const char *text, size_t len, json_t **value)
{
	uint64_t before = failures;
	json_t *read = json_loadb(text, len, 0, NULL);

	if (failures != before) {
		json_decref(read);
		return -ENOMEM;
	}
	if (!read)
		return -EINVAL;
	*value = read;
	return 0;
}
