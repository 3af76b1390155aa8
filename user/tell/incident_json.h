/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Incident events as the outside gets them: on the stream, in pages, in the store.
 */
#ifndef FAULTLINE_INCIDENT_JSON_H
#define FAULTLINE_INCIDENT_JSON_H

#include <jansson.h>
#include <stdio.h>

struct incident_event;

/* How an event is written as text: one line, ASCII, 0.97 and not 0.96999999999999997. */
#define INCIDENT_JSON_FLAGS (JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15))

/*
 * The object of schema faultline.incident/1, keys in the order in which people read it.  Beyond the
 * fields that the schema began with: "subject" and "weights" (by "side/place") of each piece of
 * evidence, and "would_separate" of an unknown verdict.  The caller decrefs it; NULL without
 * memory.
 */
json_t *incident_json__new(const struct incident_event *event);

/* Writes the object as a line and flushes it.  0, or -EIO. */
int incident_json__print(const json_t *event, FILE *out);

#endif
