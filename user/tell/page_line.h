/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pages that wait for one pager: in which order they are tried, and when again.
 *
 * Time is an argument and every change is told to whoever keeps the copy on disk, so that a test
 * walks through an hour of a dead pager in no time.
 */
#ifndef FAULTLINE_PAGE_LINE_H
#define FAULTLINE_PAGE_LINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "judge/incident_event.h"

#define PAGE_LINE_MAX	   1000 /* pages that wait for one pager */
#define PAGE_WAIT_FIRST_MS 1000
#define PAGE_WAIT_MAX_MS   300000
#define PAGE_GAP_MAX_MS	   5000	   /* the longest rest of a whole pager between two tries */
#define PAGE_LATER_MAX_MS  3600000 /* of what a pager itself asks for */
#define PAGE_ERROR_LEN	   256

enum answer {
	ANSWER_DELIVERED,
	ANSWER_AGAIN,	     /* not now: no answer, too many, or a fault of theirs */
	ANSWER_REFUSED_US,   /* they do not let us: a key, an address; a person must act */
	ANSWER_REFUSED_PAGE, /* this page will never be taken */
};

struct waiting_page {
	int64_t id; /* in the queue on disk; rises */
	char *incident;
	unsigned seq;
	enum incident_change change;
	enum severity severity;
	json_t *event;
	unsigned tries;
	uint64_t not_before_ms; /* of the clock that the caller passes */
	char last_error[PAGE_ERROR_LEN];
};

/* What became of a page, for who keeps the copy on disk. */
enum line_change { LINE_ADDED, LINE_TRIED, LINE_REMOVED };
typedef void page_line_sink(void *context, enum line_change change,
			    const struct waiting_page *page);

struct page_line_counts {
	uint64_t delivered;
	uint64_t failed;    /* tries, not pages */
	uint64_t refused;   /* pages that the pager will never take */
	uint64_t merged;    /* updates that a later event of their incident took the place of */
	uint64_t discarded; /* pages given up because too many waited */
};

struct page_line;

/* @seed: of the jitter.  @max: at most so many wait.  NULL with errno. */
struct page_line *page_line__new(uint64_t seed, size_t max, page_line_sink *sink, void *context);
void page_line__free(struct page_line *line);

/*
 * Puts an event behind the others.  One that is there already (incident and seq) is not taken
 * twice.  An update or the end of an incident takes the place of updates that were not tried yet; a
 * beginning and an end are never lost that way.  When too many wait, the least important gives
 * way: updates, then what wakes nobody, the oldest first; and is counted.  @id must be above all
 * ids in the line.  0; -EINVAL it is no incident event; -ENOMEM.
 */
int page_line__add(struct page_line *line, int64_t id, json_t *event);

/* The same of what was on disk, which the sink is not told of. */
int page_line__restore(struct page_line *line, int64_t id, json_t *event, unsigned tries);

/*
 * The page to try now, which from then on is under way until page_line__answered(); NULL when there
 * is none, one is under way, or it is too early.  Valid until it was answered.
 */
const struct waiting_page *page_line__next(struct page_line *line, uint64_t now_ms);

/* When page_line__next() may give one, UINT64_MAX: not before something changes. */
uint64_t page_line__due_ms(const struct page_line *line);

/*
 * What became of the page under way.  @later_ms: the pager asked to be left alone for so long; 0:
 * it did not.  @why: a sentence for people, "" when delivered.
 */
void page_line__answered(struct page_line *line, enum answer answer, uint64_t later_ms,
			 const char *why, uint64_t now_ms);

/* The page under way; NULL when there is none. */
const struct waiting_page *page_line__under_way(const struct page_line *line);

/* The page under way was not told, and nobody knows of a failure: it waits as before. */
void page_line__cancel(struct page_line *line);

size_t page_line__length(const struct page_line *line);
unsigned page_line__failures(const struct page_line *line); /* since the last success */
const struct page_line_counts *page_line__counts(const struct page_line *line);

/* Everything that waits, in order of arrival; for who has to give it up or count it. */
const struct waiting_page *page_line__at(const struct page_line *line, size_t index);

/* Who is told of changes from now on. */
void page_line__set_sink(struct page_line *line, page_line_sink *sink, void *context);

/* Does anything of an incident wait here or is under way? */
bool page_line__has(const struct page_line *line, const char *incident);

#endif
