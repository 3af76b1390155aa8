/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities: which the sensor uses, for what, until when, and what is lost without each.
 */
#ifndef FAULTLINE_PRIVILEGES_H
#define FAULTLINE_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum privilege_use {
	PRIVILEGE_START,      /* at the start alone; dropped when everything is attached */
	PRIVILEGE_KEPT,	      /* for ever */
	PRIVILEGE_NAMESPACES, /* for ever with `scope: all`, else never */
	PRIVILEGE_IF_REFUSED, /* for ever where this host refuses without it, which is tried */
};

struct privilege {
	int capability; /* CAP_… */
	const char *name;
	enum privilege_use use;
	const char *reason; /* what it is for */
	const char *lost;   /* what is missed without it */
};

/* Every capability that the sensor uses; no other one survives the start. */
#define PRIVILEGE_COUNT 10
extern const struct privilege privilege_table[PRIVILEGE_COUNT];

/* Is it in the effective set of this thread?  Also true where capabilities cannot be asked. */
bool privilege_held(int capability);

/*
 * The first capability without which programs cannot be loaded, or NULL when all are there.
 */
const struct privilege *privileges_missing_to_load(void);

/* "start", "always", "scope: all", "where refused": when a row is needed. */
const char *privilege_use_name(enum privilege_use use);

struct privileges_options {
	bool all_namespaces;
	int map_fd;	       /* of a BPF map: may it still be asked about?  -1: do not try */
	const char *directory; /* that must stay writable; NULL: none */
};

/*
 * Gives up every capability that is not needed from here on, for ever: the bounding and ambient
 * sets are emptied where that is allowed, user 0 is no more than any other, and no program started
 * from here gains any right.  In *kept a bit for each capability that stays.  0 or -errno, with
 * nothing half done that would matter: fewer rights at most.
 */
int privileges_drop(const struct privileges_options *options, uint64_t *kept);

/* The same with nothing kept at all. */
int privileges_drop_all(void);

/* "cap_net_admin cap_sys_admin", or "none". */
const char *privileges_text(uint64_t set, char *text, size_t room);

/* Does this row matter to a sensor of this scope, and is it missing although nobody dropped it? */
bool privilege_missed(const struct privilege *privilege, bool all_namespaces, uint64_t kept);

#endif
