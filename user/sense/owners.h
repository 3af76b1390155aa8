/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processes that own sockets, and where they live: container, pod, unit, cgroup.
 */
#ifndef FAULTLINE_OWNERS_H
#define FAULTLINE_OWNERS_H

#include <stddef.h>
#include <stdint.h>

#include "sense/container_name.h"

#define OWNERS_MAX 1024

struct owners;

struct owner {
	uint32_t pid; /* first, for it is the key */
	uint64_t start_ticks;
	uint64_t read_ns;  /* CLOCK_MONOTONIC when it was looked at, … */
	uint64_t named_ns; /* … and when it was named last */
	char comm[16];	   /* as it called itself then */
	struct container_name name;
};

/* @root: where /proc is; "" for the host's own.  NULL with errno. */
struct owners *owners__new(const char *root);
void owners__free(struct owners *owners);

/*
 * This process owns a socket now (@now_ns, CLOCK_MONOTONIC).  One that is new, or was looked at
 * half a minute ago, is looked at; one that is gone by then keeps what was known of it.
 */
void owners__note(struct owners *owners, uint32_t pid, uint64_t now_ns);

/* Forgets those that nobody named for a minute. */
void owners__forget_idle(struct owners *owners, uint64_t now_ns);

/* NULL when nothing is known.  Valid until the next call of any other function. */
const struct owner *owners__find(const struct owners *owners, uint32_t pid);

size_t owners__count(const struct owners *owners);

/* How many found no room. */
uint64_t owners__refused(const struct owners *owners);

#endif
