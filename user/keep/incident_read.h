/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Incidents out of the store, for people and for other programs.
 */
#ifndef FAULTLINE_INCIDENT_READ_H
#define FAULTLINE_INCIDENT_READ_H

#include <jansson.h>
#include <stdint.h>

#include "keep/incident_log.h"

struct store;

struct incident_filter {
	int64_t since_ms, until_ms; /* those that were open at some time between; 0: no bound */
	const char *link;	    /* in their scope, as a link or a device; NULL: any */
	int64_t limit;		    /* the latest so many; 0: all */
};

/*
 * An array, oldest first, of {"id", "opened_ms", "began_ms", "resolved_ms" (absent: open), "event"
 * (the last event's object), "turned_out" ({"side", "place"} by the last note that says it, else
 * absent)}.  0 and a new reference, or -errno.
 */
int incident_read__list(const struct store *store, const struct incident_filter *filter,
			json_t **list);

/*
 * The incident that @name means: an id, the beginning of one alone, or "last".  0 and its id in
 * @id; -ENOENT none, -EEXIST several; both with a sentence in @why.
 */
int incident_read__find(const struct store *store, const char *name, char *id, size_t id_len,
			char *why, size_t why_len);

/*
 * {"events": [every event, oldest first], "notes": [every note], and the rest as in a list}.
 * 0; -ENOENT; another -errno.
 */
int incident_read__whole(const struct store *store, const char *id, json_t **whole);

#endif
