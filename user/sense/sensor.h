/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sensing half of the program as one object: hooks, sweep, links, facts.
 */
#ifndef FAULTLINE_SENSOR_H
#define FAULTLINE_SENSOR_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "sense/changes.h"
#include "sense/fact_reader.h"

struct config;
struct discovery;
struct host;
struct kernel_side;
struct link_table;
struct owners;
struct sample;
struct sensor;
struct sensor_counts;
struct sweep_totals;

struct sensor_options {
	const struct config *config;
	const char *const *denied_hooks;
	size_t denied_hook_count;
	fact_handler *on_fact;
	change_handler *on_change; /* of the host; may be NULL */
	void *context;		   /* of both */
};

/*
 * Loads, finds the sockets that exist, attaches.  On return counting has begun.  0 and *sensor;
 * -ENOTSUP, -EPERM: the main job cannot run here; another -errno.  @why gets a sentence.
 */
int sensor__new(const struct sensor_options *options, struct sensor **sensor, char *why,
		size_t why_len);
void sensor__free(struct sensor *sensor);

/*
 * Brings the links up to date.  A caller that asks again within @min_age_ns gets what is there.
 * 0 or -errno; what could be read is there all the same.
 */
int sensor__sweep(struct sensor *sensor, uint64_t min_age_ns);

/* Takes another configuration, which must live until the next.  0 or -errno: nothing changed. */
int sensor__reload(struct sensor *sensor, const struct config *config);

/*
 * The judge's input as of the last sweep, with the facts since the last call: each is handed out
 * once.  Valid until the next call of any function that is not const.  NULL without memory.
 */
const struct sample *sensor__sample(struct sensor *sensor);

int sensor__facts_fd(const struct sensor *sensor);
int sensor__read_facts(struct sensor *sensor);

/* Readable when the host changed; -1 when it cannot be told. */
int sensor__host_fd(const struct sensor *sensor);
int sensor__read_host(struct sensor *sensor);

/* NULL when our own side cannot be looked at. */
const struct host *sensor__host(const struct sensor *sensor);

const struct kernel_side *sensor__kernel(const struct sensor *sensor);
const struct discovery *sensor__discovery(const struct sensor *sensor);
const struct link_table *sensor__links(const struct sensor *sensor);
/* NULL when there was no memory for them. */
const struct owners *sensor__owners(const struct sensor *sensor);
const struct sweep_totals *sensor__totals(const struct sensor *sensor);
struct timespec sensor__started(const struct sensor *sensor); /* CLOCK_REALTIME */

/* What the kernel side counted about itself at the last sweep. */
const struct sensor_counts *sensor__counts(const struct sensor *sensor);

/* Retransmits that belong to no peer, or that no hook was told of, at the last sweep. */
uint64_t sensor__retransmits_not_attributed(const struct sensor *sensor);

/* Of both, those that the kernel counted and kept from hooks that are in use. */
uint64_t sensor__events_withheld(const struct sensor *sensor);

/* Everything that happened and was not told, at the last sweep; most of it is counted all the same.
 */
uint64_t sensor__events_lost(const struct sensor *sensor);

/*
 * Resets sent that belong to no peer, at the last sweep.  0, or -ENODATA when nothing tells of
 * them: no hook, and several namespaces.
 */
int sensor__resets_not_attributed(const struct sensor *sensor, uint64_t *resets);

#endif
