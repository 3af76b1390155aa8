/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the fault lies, as a line from our process to the far end.
 */
#ifndef FAULTLINE_TOP_WAY_H
#define FAULTLINE_TOP_WAY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum way_part { WAY_HOST, WAY_INTERFACE, WAY_DEVICE, WAY_LINE, WAY_FAR, WAY_PARTS };

#define WAY_TEXT_LEN 128

struct way_line {
	char name[WAY_PARTS][WAY_TEXT_LEN];
	bool faulty[WAY_PARTS];	 /* the verdict of an open incident lies here */
	bool suspect[WAY_PARTS]; /* it may lie here */
};

/* On which part of the way a place lies; WAY_PARTS: on none ("unknown"). */
enum way_part way_part_of(const char *place);

/* The way of a link of a status object, with the open incidents that hit it. */
void way_line__of(json_t *status, json_t *link, struct way_line *line);

/* The first open incident with @link in its scope; NULL: none. */
json_t *open_incident_of(json_t *status, const char *link);

/* An incident is open unless its last event is "resolve". */
bool incident_is_open(json_t *incident);

#endif
