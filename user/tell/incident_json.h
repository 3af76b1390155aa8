/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Incident events as the outside gets them: on the stream, in pages, in the store.
 */
#ifndef FAULTLINE_INCIDENT_JSON_H
#define FAULTLINE_INCIDENT_JSON_H

#include <jansson.h>

struct incident_event;

/*
 * The object of schema faultline.incident/1, keys in the order in which people read it.  Beyond the
 * fields that the schema began with: "subject" and "weights" (by "side/place") of each piece of
 * evidence, and "would_separate" of an unknown verdict.  The caller decrefs it; NULL without
 * memory.
 */
json_t *incident_json__new(const struct incident_event *event);

#endif
