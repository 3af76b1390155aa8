/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the judge.  Only the judge*.c files include this.
 */
#ifndef FAULTLINE_JUDGE_PARTS_H
#define FAULTLINE_JUDGE_PARTS_H

#include "base/hash_table.h"
#include "judge/incident_book.h"
#include "judge/judge.h"
#include "judge/known_way.h"
#include "judge/link_watch.h"

#define DEVICE_TRACKS 64
#define HOST_LEN      256

/* A link that is known, by its name. */
struct known_link {
	const char *name; /* owned; first: the table's key */
	struct link_watch *watch;
	const struct config_link *config; /* NULL: not declared */
	struct track first, second;
	enum link_state state;
	uint64_t seen_ns; /* time of the last sample that had it; 0: none that compares */
	bool suspected;
	uint64_t connects;
	uint64_t connected_ns;
	struct known_way way;
	struct past_trouble past;
	struct scene *memory; /* of the trouble that it is in; NULL: none */
};

struct device_track {
	char name[64];
	struct track first, second;
};

struct judge {
	struct judge_options options;
	char host[HOST_LEN];
	struct hash_table *links;
	struct host_watch *watch;
	struct incident_book *book;
	struct device_track devices[DEVICE_TRACKS];
	size_t device_count;
	struct link_view *views; /* scratch, of room entries */
	struct suspicion *suspicions;
	size_t room, suspicion_room, suspicion_count;
	uint64_t taken_ns;
	uint64_t passed_over;
	struct names subjects;
	struct timespec said; /* the time of the last event, or sample */
	json_t *saved_links;  /* baselines of links that were not seen yet; NULL: none */
};

#endif
