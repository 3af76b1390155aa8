/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One page is under way at a time, and those of one incident go in their order.  Between incidents
 * the one with the fewest tries comes first, so that a page which a pager chokes on does not hold
 * up the others.
 *
 * After a failure a page waits twice as long as before, half of it by chance, at most five minutes.
 * The pager as a whole rests only for seconds: a new incident must not wait for minutes because an
 * old page could not be told.  The first success makes all that wait due at once.
 *
 * The line is an array in the order of arrival; with at most a thousand pages a walk over it costs
 * less than sending one.
 */
#include "tell/page_line.h"

#include "base/json_text.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct page_line {
	struct waiting_page **pages; /* by arrival */
	size_t count, max;
	struct waiting_page *under_way;
	uint64_t rest_until_ms; /* of the pager as a whole */
	uint64_t random;
	unsigned failures;
	struct page_line_counts counts;
	page_line_sink *sink;
	void *context;
};

static void free_page(struct waiting_page *page)
{
	if (!page)
		return;
	json_decref(page->event);
	free(page->incident);
	free(page);
}

struct page_line *page_line__new(uint64_t seed, size_t max, page_line_sink *sink, void *context)
{
	struct page_line *line = calloc(1, sizeof(*line));

	if (!line)
		return NULL;
	/* One more than may wait: the new one is weighed against the others. */
	line->pages = calloc(max + 1, sizeof(*line->pages));
	if (!line->pages) {
		free(line);
		errno = ENOMEM;
		return NULL;
	}
	line->max = max;
	line->random = seed;
	line->sink = sink;
	line->context = context;
	return line;
}

void page_line__free(struct page_line *line)
{
	if (!line)
		return;
	for (size_t i = 0; i < line->count; i++)
		free_page(line->pages[i]);
	free(line->pages);
	free(line);
}

static void remove_at(struct page_line *line, size_t index)
{
	struct waiting_page *page = line->pages[index];

	memmove(&line->pages[index], &line->pages[index + 1],
		(line->count - index - 1) * sizeof(*line->pages));
	line->count--;
	line->sink(line->context, LINE_REMOVED, page);
	free_page(page);
}

static void remove_page(struct page_line *line, const struct waiting_page *page)
{
	for (size_t i = 0; i < line->count; i++) {
		if (line->pages[i] == page) {
			remove_at(line, i);
			return;
		}
	}
}

/* ---- what comes in ----------------------------------------------------------------------- */

static int read_event(struct waiting_page *page, const json_t *event)
{
	const char *id = json_text(event, "id"), *change = json_text(event, "event");
	const char *severity = json_text(event, "severity");

	page->change = INCIDENT_OPEN;
	while (strcmp(change, incident_change_name(page->change)) != 0) {
		if (page->change == INCIDENT_RESOLVE)
			return -EINVAL;
		page->change++;
	}
	page->severity = !strcmp(severity, severity_name(SEVERITY_INFO))     ? SEVERITY_INFO
			 : !strcmp(severity, severity_name(SEVERITY_TICKET)) ? SEVERITY_TICKET
									     : SEVERITY_PAGE;
	page->seq = (unsigned)json_integer_value(json_object_get(event, "seq"));
	if (!id[0])
		return -EINVAL;
	page->incident = strdup(id);
	return page->incident ? 0 : -ENOMEM;
}

static bool is_there(const struct page_line *line, const struct waiting_page *page)
{
	for (size_t i = 0; i < line->count; i++) {
		if (line->pages[i]->seq == page->seq &&
		    !strcmp(line->pages[i]->incident, page->incident))
			return true;
	}
	return false;
}

/* Updates that nobody has heard of are out of date once @page is told. */
static void merge(struct page_line *line, const struct waiting_page *page)
{
	if (page->change == INCIDENT_OPEN)
		return;
	for (size_t i = line->count; i-- > 0;) {
		const struct waiting_page *old = line->pages[i];

		if (old->change != INCIDENT_UPDATE || old == line->under_way ||
		    strcmp(old->incident, page->incident) != 0)
			continue;
		remove_at(line, i);
		line->counts.merged++;
	}
}

/* How much it would be missed. */
static int rank(const struct waiting_page *page)
{
	return (page->change != INCIDENT_UPDATE) * 4 + (int)page->severity;
}

static void make_room(struct page_line *line)
{
	size_t victim = SIZE_MAX;

	for (size_t i = 0; i < line->count; i++) {
		if (line->pages[i] == line->under_way)
			continue;
		if (victim == SIZE_MAX || rank(line->pages[i]) < rank(line->pages[victim]))
			victim = i;
	}
	if (victim == SIZE_MAX)
		return;
	remove_at(line, victim);
	line->counts.discarded++;
}

static int add(struct page_line *line, int64_t id, json_t *event, unsigned tries, bool fresh)
{
	struct waiting_page *page = calloc(1, sizeof(*page));
	int err = page ? read_event(page, event) : -ENOMEM;

	if (err)
		goto out;
	page->id = id;
	page->tries = tries;
	page->event = json_incref(event);
	if (is_there(line, page))
		goto out;
	merge(line, page);
	line->pages[line->count++] = page;
	if (fresh)
		line->sink(line->context, LINE_ADDED, page);
	page = NULL;
	if (line->count > line->max)
		make_room(line);
out:
	free_page(page);
	return err;
}

int page_line__add(struct page_line *line, int64_t id, json_t *event)
{
	return add(line, id, event, 0, true);
}

int page_line__restore(struct page_line *line, int64_t id, json_t *event, unsigned tries)
{
	return add(line, id, event, tries, false);
}

/* ---- what goes out ----------------------------------------------------------------------- */

/* Is it the first of its incident that waits? */
static bool is_first(const struct page_line *line, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (!strcmp(line->pages[i]->incident, line->pages[index]->incident))
			return false;
	}
	return true;
}

const struct waiting_page *page_line__next(struct page_line *line, uint64_t now_ms)
{
	struct waiting_page *best = NULL;

	if (line->under_way || now_ms < line->rest_until_ms)
		return NULL;
	for (size_t i = 0; i < line->count; i++) {
		struct waiting_page *page = line->pages[i];

		if (page->not_before_ms <= now_ms && (!best || page->tries < best->tries) &&
		    is_first(line, i))
			best = page;
	}
	line->under_way = best;
	return best;
}

uint64_t page_line__due_ms(const struct page_line *line)
{
	uint64_t due_ms = UINT64_MAX;

	if (line->under_way)
		return UINT64_MAX;
	for (size_t i = 0; i < line->count; i++) {
		if (line->pages[i]->not_before_ms < due_ms && is_first(line, i))
			due_ms = line->pages[i]->not_before_ms;
	}
	return due_ms < line->rest_until_ms ? line->rest_until_ms : due_ms;
}

/* splitmix64, by Sebastiano Vigna: enough to keep pagers from trying in step. */
static uint64_t next_random(struct page_line *line)
{
	uint64_t mixed = line->random += 0x9e3779b97f4a7c15ULL;

	mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
	mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
	return mixed ^ (mixed >> 31);
}

/* Twice as long each time, half of it by chance, at most @max_ms. */
static uint64_t wait_ms(struct page_line *line, unsigned tries, uint64_t max_ms)
{
	uint64_t wait = PAGE_WAIT_FIRST_MS;

	for (unsigned i = 1; i < tries && wait < max_ms; i++)
		wait *= 2;
	if (wait > max_ms)
		wait = max_ms;
	return wait / 2 + next_random(line) % (wait / 2 + 1);
}

static void failed(struct page_line *line, struct waiting_page *page, uint64_t later_ms,
		   const char *why, uint64_t now_ms)
{
	uint64_t rest_ms;

	line->failures++;
	line->counts.failed++;
	page->tries++;
	snprintf(page->last_error, sizeof(page->last_error), "%s", why);
	page->not_before_ms = now_ms + wait_ms(line, page->tries, PAGE_WAIT_MAX_MS);
	rest_ms = wait_ms(line, line->failures, PAGE_GAP_MAX_MS);
	if (later_ms > PAGE_LATER_MAX_MS)
		later_ms = PAGE_LATER_MAX_MS;
	line->rest_until_ms = now_ms + (later_ms > rest_ms ? later_ms : rest_ms);
	line->sink(line->context, LINE_TRIED, page);
}

void page_line__answered(struct page_line *line, enum answer answer, uint64_t later_ms,
			 const char *why, uint64_t now_ms)
{
	struct waiting_page *page = line->under_way;

	if (!page)
		return;
	line->under_way = NULL;
	if (answer == ANSWER_AGAIN || answer == ANSWER_REFUSED_US) {
		failed(line, page, later_ms, why, now_ms);
		return;
	}
	/* It answers: what waited because it did not need not wait longer. */
	if (line->failures) {
		for (size_t i = 0; i < line->count; i++)
			line->pages[i]->not_before_ms = 0;
	}
	line->failures = 0;
	line->rest_until_ms = 0;
	if (answer == ANSWER_DELIVERED)
		line->counts.delivered++;
	else
		line->counts.refused++;
	remove_page(line, page);
}

const struct waiting_page *page_line__under_way(const struct page_line *line)
{
	return line->under_way;
}

void page_line__cancel(struct page_line *line)
{
	line->under_way = NULL;
}

const struct waiting_page *page_line__at(const struct page_line *line, size_t index)
{
	return index < line->count ? line->pages[index] : NULL;
}

void page_line__set_sink(struct page_line *line, page_line_sink *sink, void *context)
{
	line->sink = sink;
	line->context = context;
}

size_t page_line__length(const struct page_line *line)
{
	return line->count;
}

unsigned page_line__failures(const struct page_line *line)
{
	return line->failures;
}

const struct page_line_counts *page_line__counts(const struct page_line *line)
{
	return &line->counts;
}

bool page_line__has(const struct page_line *line, const char *incident)
{
	for (size_t i = 0; i < line->count; i++) {
		if (!strcmp(line->pages[i]->incident, incident))
			return true;
	}
	return false;
}
