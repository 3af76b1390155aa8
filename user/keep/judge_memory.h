/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the judge remembers over a restart: one row in the store.
 */
#ifndef FAULTLINE_JUDGE_MEMORY_H
#define FAULTLINE_JUDGE_MEMORY_H

#include <jansson.h>
#include <time.h>

struct store;

/* On disk after the next store__flush(); takes over the reference.  0 or -ENOMEM. */
int judge_memory__put(struct store *store, json_t *saved, struct timespec now);

/* A new reference; NULL when there is none, or none that can be read. */
json_t *judge_memory__get(struct store *store);

#endif
