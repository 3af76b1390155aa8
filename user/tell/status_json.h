/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a person wants to see of this host on one page, as one object.
 */
#ifndef FAULTLINE_STATUS_JSON_H
#define FAULTLINE_STATUS_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct config;
struct health;
struct judge;
struct metrics_pager;
struct trails;

#define STATUS_SCHEMA "faultline.status/1"

struct status_source {
	json_t *links;	   /* the object of `links --json` */
	json_t *incidents; /* an array: the last event of each incident that is open or was lately
			    */
	const struct config *config;
	const struct judge *judge;
	const struct trails *trails; /* NULL: without the curves */
	const struct metrics_pager *pagers;
	size_t pager_count;
	const struct health *health; /* NULL: nothing is known of it */
};

/*
 * {"schema", "time", "host", "language", "links": [{name, kind, state, sockets, peers, way,
 * contact, figures: {key: {"now", "normal"}}, trail}], "devices", "interfaces", "host_state",
 * "incidents", "pagers", "health", "sensor"}.  What is not available is null.  The caller decrefs
 * it; NULL without memory.
 */
json_t *status_json__new(const struct status_source *source);

/* {"response_p50": {"now": 0.012, "normal": 0.011}, …} of a link. */
json_t *figures_json__new(const struct judge *judge, const char *link);

#endif
