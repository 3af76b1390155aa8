/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole sample: what is known of the host, of the links, and the facts since the last one.
 */
#ifndef FAULTLINE_SAMPLE_JOIN_H
#define FAULTLINE_SAMPLE_JOIN_H

#include "judge/sample.h"

/* Facts that are kept between two samples; further ones are counted as lost. */
#define FACTS_SAMPLED 512

struct link_table;
struct sample_join;

struct sample_sources {
	uint64_t time_ns;	   /* CLOCK_MONOTONIC: now */
	struct timespec wall;	   /* CLOCK_REALTIME: now */
	const struct sample *host; /* NULL: our own side cannot be looked at */
	const struct link_table *links;
	uint64_t census_ns; /* CLOCK_MONOTONIC of the last census; 0: there is none */
	uint32_t census; /* the last: gauges of an earlier one are of sockets that are gone */
	struct sensor_sample sensor;
};

/* NULL with errno. */
struct sample_join *sample_join__new(void);
void sample_join__free(struct sample_join *join);

/* Keeps a copy of a fact for the next sample. */
void sample_join__add_fact(struct sample_join *join, const struct fact *fact);
uint64_t sample_join__facts_lost(const struct sample_join *join); /* they found no room */

/*
 * The sample of this moment.  Hands out the facts that were added since the last call, so that each
 * is in one sample alone.  Valid until the next call or until a source changes; NULL without
 * memory, and then the facts wait for the next.
 */
const struct sample *sample_join__make(struct sample_join *join,
				       const struct sample_sources *sources);

#endif
