/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The object "faultline.links/1": every link with its counters, the devices, and the sensor's cost.
 */
#ifndef FAULTLINE_LINKS_JSON_H
#define FAULTLINE_LINKS_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "sense/link_table.h"

struct device_sample;
struct owners;
struct sample;

#define LINKS_SCHEMA	   "faultline.links/1"
#define LINKS_PEERS_LISTED 32 /* of one link; when it has more, "peers_total" says how many */

/*
 * What this kernel let the sensor see.  A key whose hook is missing is absent: nought would claim
 * that nothing happened.
 */
struct links_capabilities {
	bool retransmit_reasons; /* without: only the sum, from the sockets themselves */
	bool synack;		 /* SYN-ACKs sent again are seen */
	bool resets_received;
	bool resets_sent;
	bool arrivals; /* packets that come in are looked at: the hops of resets, ICMP */
	bool drops;    /* … and those that our kernel throws away */
	uint32_t measured_operations; /* bit 1 << enum hist_operation: the others are absent */
	/*
	 * The kernel's name of an enum sk_rst_reason, such as "SK_RST_REASON_TCP_ABORT_ON_CLOSE",
	 * or NULL when it has none.  NULL: this kernel gives no reasons and "reasons" is absent.
	 */
	const char *(*reset_reason_name)(void *context, unsigned reason);
	void *context;
};

struct links_device {
	const char *name;
	const char *address;
	const char *interface; /* NULL: not known, and so for the next two */
	const char *neighbour;
	const char *state; /* NULL: "learning" */
};

/* What the sensor itself did, cost and lost. */
struct links_sensor {
	uint64_t events_lost;
	uint64_t peers; /* live ones */
	uint64_t peers_evicted;
	bool census_known;  /* this kernel lets its sockets be walked; without, null is printed */
	uint64_t census_us; /* processor time of the last walk over every socket */
	uint64_t census_age_ms; /* … and how long ago it was: so old are segments and bytes */
	bool kernel_ns_known;	/* the kernel keeps run-time statistics; without, null is printed */
	uint64_t kernel_ns;
	uint64_t kernel_events;
	bool calls_traced; /* the beginnings of system calls are traced at the moment */
	double cpu_seconds;
	uint64_t rss_bytes;
};

struct links_report {
	struct timespec time;	 /* CLOCK_REALTIME: now */
	struct timespec started; /* CLOCK_REALTIME */
	uint64_t now_ns;	 /* CLOCK_MONOTONIC: now */
	uint32_t census; /* the last: gauges of an earlier one are of sockets that are gone */
	const char *host;
	const struct link_table *table;
	const struct links_capabilities *capabilities;
	/* What a judge says: a state of the contract, NULL for no opinion.  May be NULL itself. */
	const char *(*state_of)(void *context, const struct link_view *link);
	/* The same of a device; no opinion: by its neighbour state alone. */
	const char *(*device_state_of)(void *context, const struct device_sample *device);
	void *state_context;
	const struct links_device *devices; /* in use only without a sample */
	size_t device_count;
	const struct owners *owners; /* NULL: nothing is said of processes */
	const struct sample *sample; /* of our own side; NULL: it cannot be looked at */
	uint64_t retransmits_not_attributed;
	bool resets_sent_not_attributed_known;
	uint64_t resets_sent_not_attributed;
	struct links_sensor sensor;
};

/* The object, its keys in the order of the contract; the caller decrefs it.  NULL: no memory. */
json_t *links_json__new(const struct links_report *report);

#endif
