/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was, out of the store, for who asks over HTTP.
 */
#ifndef FAULTLINE_SITE_PAST_H
#define FAULTLINE_SITE_PAST_H

#include <jansson.h>
#include <stddef.h>

struct store;

/* As they stood in the query; NULL: not given. */
struct site_past_arguments {
	const char *id;
	const char *link;
	const char *at, *since, *until; /* times for parse_time() */
};

/*
 * 0 and a new reference; -ENOENT; -EINVAL with what is wrong and what was expected in @why; another
 * -errno.
 */
typedef int site_past_query(const struct store *store, const struct site_past_arguments *arguments,
			    json_t **answer, char *why, size_t why_len);

/* {"schema", "incidents": [the last event of each, newest first]}; by link, since and until. */
site_past_query site_past_incidents;
/* {"schema", "incident": {"events", "notes", …}}; by id. */
site_past_query site_past_incident;
/*
 * {"schema", "name", "minutes": [{"time", "state", "figures": {key: {"mean", "most", "normal",
 * "unit"}}}], "incidents": [those open then]}; by link (or device), and at, or since and until.
 */
site_past_query site_past_history;

/* The last event of each incident that is open, newest first: what the page starts with. */
int site_past_open(const struct store *store, json_t **events);

#endif
