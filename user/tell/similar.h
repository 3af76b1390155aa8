/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Earlier incidents that looked like one, and what they turned out to be.
 */
#ifndef FAULTLINE_SIMILAR_H
#define FAULTLINE_SIMILAR_H

#include <jansson.h>
#include <stddef.h>

#define SIMILAR_LEAST 0.5 /* of 1, to be shown at all */

/*
 * The @most earlier incidents of @list (as of incident_read__list()) that are most like @event, the
 * likest first: {"incident": the list's entry, "likeness": 0 … 1, "why": "same links, same
 * verdict, signals in common: feed.silence"}.  The likeness is the mean of three shares: names of
 * links and devices in common, signals of the evidence in common (each as intersection over union),
 * and the verdict (the same place and side 1, the same side a half).  A new array, or NULL.
 */
json_t *similar__find(const json_t *event, const json_t *list, size_t most);

#endif
