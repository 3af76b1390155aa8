/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages that are not delivered yet, on disk.
 *
 * The pagers work on a list of their own in memory; this is its copy that survives an end.  A page
 * is put in the same transaction as the event it is of: both are there after an end, or neither.
 */
#ifndef FAULTLINE_PAGE_QUEUE_H
#define FAULTLINE_PAGE_QUEUE_H

#include <stdint.h>

struct store;

struct queued_page {
	int64_t id;	   /* the caller's: above every one that is in the queue */
	const char *pager; /* which one, as the pagers name them */
	const char *incident;
	int64_t seq;
	const char *body; /* the event, as JSON */
	int64_t due_ms;	  /* UTC, ms since 1970 */
	int64_t tries;
	int64_t created_ms;
	const char *last_error; /* "" none */
};

/* Each waits until the next store__flush().  0 or -ENOMEM. */
int page_queue__add(struct store *store, const struct queued_page *page);
int page_queue__update(struct store *store, int64_t id, int64_t due_ms, int64_t tries,
		       const char *last_error);
int page_queue__remove(struct store *store, int64_t id);

/* Those on disk, by id.  The page is valid during the call.  0 or -errno. */
typedef void page_queue_each(void *context, const struct queued_page *page);
int page_queue__each(struct store *store, page_queue_each *each, void *context);

#endif
