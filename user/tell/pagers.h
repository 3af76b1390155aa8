/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All pagers of the configuration: who is told of what, each at its own pace.
 *
 * A page is in the queue on disk before it is sent, and leaves it when it was taken.  Pagers know
 * nothing of each other: one that is dead or slow delays no other.  What is not delivered is told
 * as health, counted, and never dropped in silence.
 */
#ifndef FAULTLINE_PAGERS_H
#define FAULTLINE_PAGERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

struct command_helper;
struct config;
struct health;
struct pagers;
struct store;

struct pagers_options {
	sd_event *loop;
	const struct config *config; /* must stay until pagers__reload() or __free() */
	struct store *store;	     /* of the queue; is freed before the pagers */
	struct health *health;
	struct command_helper *commands; /* may be NULL when no pager is a command */
};

/* Takes up what is in the queue on disk; nothing is sent yet.  0 or -errno. */
int pagers__new(const struct pagers_options *options, struct pagers **pagers);

/* What is under way is broken off, and goes out again at the next start. */
void pagers__free(struct pagers *pagers);

/* The incidents that are open at the start, by id: their last events.  Borrowed. */
void pagers__open(struct pagers *pagers, const json_t *open);

/*
 * Puts an event into the queue of every pager that wants it.  Borrowed.  It is on disk with the
 * next store__flush(), and pagers__go() has to follow that.
 */
void pagers__queue(struct pagers *pagers, json_t *event);

/* Tries what is due.  The loop calls it by itself later on. */
void pagers__go(struct pagers *pagers);

/* Pagers that stay the same keep their queues.  0, or -ENOMEM and the old ones stay. */
int pagers__reload(struct pagers *pagers, const struct config *config);

struct pager_status {
	const char *name; /* "slack", and "slack 2" for the second of its sort */
	bool well;
	const char *trouble; /* a sentence part; "" when it is well */
	size_t queued;
	uint64_t delivered, failed; /* pages; tries */
	uint64_t refused;	    /* pages that it will never take */
	uint64_t merged, discarded; /* page_line.h */
};

/* The status of the pager at @index, 0 to count - 1; valid until the loop goes on. */
size_t pagers__count(const struct pagers *pagers);
struct pager_status pagers__at(const struct pagers *pagers, size_t index);

#endif
