/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trails: the last minutes of a few figures of each link, for the small curves that people look at.
 */
#ifndef FAULTLINE_TRAIL_H
#define FAULTLINE_TRAIL_H

#include <jansson.h>

#include "judge/figures.h"

#define TRAIL_POINTS 120 /* of one tick each */
#define TRAILS_MAX   1024

/* The figures that leave a trail.  X(FIGURE, json key) */
#define TRAIL_FIGURES(X)              \
	X(RETRANSMITS, "retransmits") \
	X(RESPONSE_P50, "response")   \
	X(PICKUP_P99, "pickup")

struct trails;

/* NULL with errno. */
struct trails *trails__new(void);
void trails__free(struct trails *trails);

/* Adds a point of a link.  Beyond TRAILS_MAX links there are no trails. */
void trails__add(struct trails *trails, const char *link, const struct link_figures *figures);

/* To be called after each round of __add(): links that were not in it have no trail any more. */
void trails__end_round(struct trails *trails);

/*
 * {"retransmits": [0.001, null, …], …} with at most TRAIL_POINTS each, oldest first; null when
 * there are none.  NULL without memory.
 */
json_t *trails__json(const struct trails *trails, const char *link);

#endif
