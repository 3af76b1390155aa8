/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happened on a link in the last ten seconds: a ring of five slots of two seconds, so that
 * memory is bounded whatever the traffic and whenever samples come.
 */
#ifndef FAULTLINE_LINK_WINDOW_H
#define FAULTLINE_LINK_WINDOW_H

#include <stdint.h>

#include "faultline/hist.h"

#define WINDOW_SLOTS   5
#define WINDOW_SLOT_NS 2000000000ULL

enum window_count {
	WINDOW_SEGMENTS_OUT,
	WINDOW_SEGMENTS_IN,
	WINDOW_DATA_OUT,
	WINDOW_EPISODES,
	WINDOW_REQUESTS,
	WINDOW_CONNECTS,
	WINDOW_CONNECTS_FAILED,
	WINDOW_RESETS,
	WINDOW_COUNTS,
};

struct link_window {
	uint64_t slot;	   /* the number of the newest: time / WINDOW_SLOT_NS */
	uint64_t began_ns; /* since when it has been counting */
	double count[WINDOW_SLOTS][WINDOW_COUNTS];
};

/* Moves on to @now_ns: what is older than the ring is forgotten. */
void link_window__advance(struct link_window *window, uint64_t now_ns);
void link_window__add(struct link_window *window, enum window_count count, double more);
double link_window__sum(const struct link_window *window, enum window_count count);
/* The time that the ring covers, in s; 0 before anything was counted. */
double link_window__seconds(const struct link_window *window, uint64_t now_ns);

/* Durations of the same time.  A bucket of a slot stops counting at 65,535. */
struct time_window {
	uint64_t slot;
	uint16_t bucket[WINDOW_SLOTS][HIST_BUCKETS];
	struct hist sum; /* of all slots; max_ns is not known and 0 */
};

void time_window__advance(struct time_window *window, uint64_t now_ns);
void time_window__add(struct time_window *window, const struct hist *delta);

/* *since = the durations of the slots from @from_ns on; that of @from_ns as a whole. */
void time_window__since(const struct time_window *window, uint64_t from_ns, struct hist *since);

#endif
