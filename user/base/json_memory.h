/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON and the end of memory.
 */
#ifndef FAULTLINE_JSON_MEMORY_H
#define FAULTLINE_JSON_MEMORY_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* From now on jansson's memory is watched; to be called before anything else of it. */
void json_memory_watch(void);

/* How often jansson got no memory since then. */
uint64_t json_memory_failures(void);

/*
 * Reads a whole text.  0 and a new reference in *value; -EINVAL it is no JSON; -ENOMEM, also where
 * jansson itself would have called it no JSON or read a part.
 */
int json_read(const char *text, size_t len, json_t **value);

#endif
