/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An incident event as the texts and the pagers read it: the JSON object with every string made
 * harmless, its words looked up, and its times as numbers.
 *
 * Events come from the judge, from the store and from a queue on disk that an older version may
 * have written.  What is absent is therefore absent here as well, never a reason to send nothing.
 */
#ifndef FAULTLINE_PAGE_EVENT_H
#define FAULTLINE_PAGE_EVENT_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>

#include "base/json_text.h"
#include "judge/incident_event.h"

struct page_event {
	json_t *clean; /* what the pointers below point into */
	enum incident_change change;
	enum severity severity;
	enum side side;
	enum place place;
	const char *id;
	const char *host, *owner, *contact; /* "" none */
	const char *summary;		    /* as the judge wrote it; "" none */
	unsigned seq;
	double confidence;
	struct timespec time, began; /* .tv_sec 0: not said */
	const json_t *links, *devices, *peers, *processes, *evidence, *against, *alternatives;
};

/*
 * Takes the object of an incident event; it is copied.  0; -EINVAL when it is no incident event
 * (no schema of ours, no id, no word for what happened); -ENOMEM.  *event changes only on success.
 */
int page_event__read(const json_t *object, struct page_event *event);
void page_event__release(struct page_event *event);

/*
 * What the incident is about, for a title: the first link of its scope, or the device where the
 * fault is in one, else the host; *more says how many others there are.
 */
const char *page_event__subject(const struct page_event *event, size_t *more);

/* The confidence as a percentage; nothing is ever told as certain. */
double page_event__percent(const struct page_event *event);

#endif
