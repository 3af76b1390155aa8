/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The figures of links, devices and the sensor as OpenMetrics text.
 */
#ifndef FAULTLINE_METRICS_H
#define FAULTLINE_METRICS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sample;

#define METRICS_CONTENT_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* How a pager does. */
struct metrics_pager {
	const char *name;
	uint64_t sent, failed, queued;
	bool well;
	const char *trouble; /* "" when it is well */
};

struct metrics_source {
	json_t *links;		     /* the object of `links --json` */
	const struct sample *sample; /* of the durations; NULL: they are left out */
	const struct metrics_pager *pagers;
	size_t pager_count;
	size_t incidents_open;
};

/*
 * The exposition, ending in "# EOF"; the caller frees it.  *len without the final zero.  Names are
 * faultline_*, units are base units, and labels are names of links and devices, never addresses of
 * far ends: what a link is called decides how many series there are.  NULL without memory.
 */
char *metrics_text(const struct metrics_source *source, size_t *len);

#define METRICS_CLASSIC_TYPE "text/plain; version=0.0.4; charset=utf-8"

/*
 * The same in the older text format, for who does not ask for OpenMetrics: made of @openmetrics,
 * which stays the caller's.  NULL without memory.
 */
char *metrics_classic_text(const char *openmetrics, size_t *len);

#endif
