/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each pager has its line of pages (page_line), and at most one try under way, so that what is open
 * at once is bounded by the number of pagers.  One timer wakes whichever is due next.
 *
 * A pager hears of an incident to its end once it has heard of it, also when a later verdict would
 * not have been for it: else it would never be told that the incident is over.
 *
 * Some kinds forget what they are not told again (Alertmanager).  Each minute they are told anew of
 * what is open, one incident after the other, and after what waits; these repetitions are not
 * queued, for the next minute brings the next one.
 */
#include "tell/pagers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/duration.h"
#include "base/json_memory.h"
#include "base/log.h"
#include "keep/page_queue.h"
#include "keep/store.h"
#include "tell/health.h"
#include "tell/http_client.h"
#include "tell/pager.h"
#include "tell/pager_try.h"
#include "tell/pagers_parts.h"

#define REPEAT_MS 60000
#define KNOWN_MAX 1024 /* open incidents that a pager is known to have heard of */
#define ILL_TRIES 2    /* that fail in a row: one may be chance */

static void go(struct pager *pager);

static uint64_t now_ms(void)
{
	return clock_monotonic_ns() / NS_PER_MS;
}

/* ---- the copy on disk -------------------------------------------------------------------- */

static int64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void add_to_disk(struct pager *pager, const struct waiting_page *page)
{
	char *body = json_dumps(page->event, JSON_COMPACT | JSON_REAL_PRECISION(9));
	struct queued_page queued = {
		.id = page->id,
		.pager = pager->key,
		.incident = page->incident,
		.seq = page->seq,
		.body = body,
		.due_ms = wall_ms(),
		.created_ms = wall_ms(),
		.last_error = "",
	};

	if (!body || page_queue__add(pager->pagers->options.store, &queued))
		log_warning_limited("pager %s: no memory to keep a page on disk", pager->name);
	free(body);
}

void pager__on_line_change(void *context, enum line_change change, const struct waiting_page *page)
{
	struct pager *pager = context;
	struct store *store = pager->pagers->options.store;

	if (change == LINE_ADDED)
		add_to_disk(pager, page);
	else if (change == LINE_REMOVED)
		page_queue__remove(store, page->id);
	else
		page_queue__update(store, page->id,
				   wall_ms() + (int64_t)(page->not_before_ms - now_ms()),
				   page->tries, page->last_error);
}

/* ---- how it does ------------------------------------------------------------------------- */

static bool is_ill(const struct pager *pager)
{
	return page_line__failures(pager->line) >= ILL_TRIES || pager->repeat_failed ||
	       pager->refused;
}

void pager__state_health(struct pager *pager)
{
	const struct page_line_counts *counts = page_line__counts(pager->line);

	health__set(pager->pagers->options.health, "pager", pager->name, is_ill(pager),
		    "%s; %zu pages wait", pager->trouble, page_line__length(pager->line));
	if (counts->discarded > pager->discarded_told)
		log_error("pager %s: %llu pages were given up, for more than %d wait", pager->name,
			  (unsigned long long)(counts->discarded - pager->discarded_told),
			  PAGE_LINE_MAX);
	pager->discarded_told = counts->discarded;
}

/* What an event changes in a list of open incidents. */
static void note(json_t *list, const json_t *event)
{
	const char *id = json_text(event, "id");

	if (!strcmp(json_text(event, "event"), incident_change_name(INCIDENT_RESOLVE)))
		json_object_del(list, id);
	else if (json_object_get(list, id) || json_object_size(list) < KNOWN_MAX)
		json_object_set(list, id, (json_t *)event);
}

static void take_failure(struct pager *pager, const struct pager_outcome *outcome)
{
	snprintf(pager->trouble, sizeof(pager->trouble), "%s", outcome->why);
	log_debug("pager %s: %s", pager->name, outcome->why);
}

static void take_repetition(struct pager *pager, const struct pager_outcome *outcome)
{
	pager->repeated[0] = '\0';
	pager->repeat_failed = outcome->answer != ANSWER_DELIVERED;
	if (!pager->repeat_failed)
		return;
	take_failure(pager, outcome);
	/* The rest of the round would fare no better. */
	json_array_clear(pager->repeat);
}

static void take_page(struct pager *pager, const struct pager_outcome *outcome, const json_t *event)
{
	enum answer answer = outcome->answer;

	if (answer == ANSWER_DELIVERED) {
		if (!json_object_size(pager->delivered))
			pager->repeat_due_ms = now_ms() + REPEAT_MS;
		note(pager->delivered, event);
		pager->refused = pager->repeat_failed = false;
	} else {
		take_failure(pager, outcome);
	}
	if (answer == ANSWER_REFUSED_US || answer == ANSWER_REFUSED_PAGE)
		pager->refused = true;
	if (answer == ANSWER_REFUSED_PAGE)
		log_error("pager %s: incident %s, event %lld is refused for good: %s", pager->name,
			  json_text(event, "id"),
			  (long long)json_integer_value(json_object_get(event, "seq")),
			  outcome->why);
	page_line__answered(pager->line, answer, outcome->later_ms, outcome->why, now_ms());
}

static void set_timer(struct pagers *pagers);

static void on_tried(void *context, const struct pager_outcome *outcome)
{
	struct pager *pager = context;
	const struct waiting_page *page = page_line__under_way(pager->line);
	json_t *event = page ? json_incref(page->event) : NULL;

	pager->try = NULL;
	if (event)
		take_page(pager, outcome, event);
	else
		take_repetition(pager, outcome);
	json_decref(event);
	/* What was taken leaves the disk now, or a kill would have it told once more. */
	if (outcome->answer == ANSWER_DELIVERED)
		store__flush(pager->pagers->options.store);
	pager__state_health(pager);
	go(pager);
	set_timer(pager->pagers);
}

/* ---- what goes out ----------------------------------------------------------------------- */

static int begin(struct pager *pager, const json_t *event)
{
	const json_t *told = json_object_get(pager->delivered, json_text(event, "id"));

	return pager_try__new(&pager->pagers->tools, pager->config, event, told, on_tried, pager,
			      &pager->try);
}

/* Lists what is open, to be told again one by one. */
static void begin_round(struct pager *pager)
{
	const char *id;
	json_t *event;

	pager->repeat_due_ms = now_ms() + REPEAT_MS;
	json_array_clear(pager->repeat);
	json_object_foreach(pager->delivered, id, event)
		json_array_append_new(pager->repeat, json_string(id));
	if (!json_array_size(pager->repeat))
		pager->repeat_failed = false;
}

static void repeat(struct pager *pager)
{
	if (now_ms() >= pager->repeat_due_ms)
		begin_round(pager);
	while (!pager->try && json_array_size(pager->repeat)) {
		const char *id = json_string_value(json_array_get(pager->repeat, 0));
		const json_t *event = json_object_get(pager->delivered, id);

		snprintf(pager->repeated, sizeof(pager->repeated), "%s", id);
		json_array_remove(pager->repeat, 0);
		/* What waits in the line is newer, and is told first. */
		if (!event || page_line__has(pager->line, pager->repeated))
			continue;
		if (begin(pager, event))
			return;
	}
}

static void go(struct pager *pager)
{
	const struct waiting_page *page =
		pager->try ? NULL : page_line__next(pager->line, now_ms());

	if (page && begin(pager, page->event))
		page_line__answered(pager->line, ANSWER_AGAIN, 0, "out of memory", now_ms());
	if (!page && !pager->try && pager->kind->repeats)
		repeat(pager);
}

static uint64_t due_ms(const struct pager *pager)
{
	uint64_t due = pager->try ? UINT64_MAX : page_line__due_ms(pager->line);

	if (pager->kind->repeats && !pager->try && json_object_size(pager->delivered) &&
	    pager->repeat_due_ms < due)
		due = pager->repeat_due_ms;
	return due;
}

static void set_timer(struct pagers *pagers)
{
	uint64_t due = UINT64_MAX;

	for (size_t i = 0; i < pagers->count; i++) {
		uint64_t own = due_ms(&pagers->pager[i]);

		due = own < due ? own : due;
	}
	if (due == UINT64_MAX) {
		sd_event_source_set_enabled(pagers->timer, SD_EVENT_OFF);
		return;
	}
	sd_event_source_set_time(pagers->timer, due * 1000);
	sd_event_source_set_enabled(pagers->timer, SD_EVENT_ONESHOT);
}

static int on_due(sd_event_source *source, uint64_t due_us, void *context)
{
	(void)source, (void)due_us;
	pagers__go(context);
	return 0;
}

void pagers__go(struct pagers *pagers)
{
	for (size_t i = 0; i < pagers->count; i++)
		go(&pagers->pager[i]);
	set_timer(pagers);
}

/* ---- what comes in ----------------------------------------------------------------------- */

void pagers__queue(struct pagers *pagers, json_t *event)
{
	struct page_event read;
	int err = page_event__read(event, &read);

	if (err) {
		log_error("an event cannot be paged: %s", strerror(-err));
		return;
	}
	for (size_t i = 0; i < pagers->count; i++) {
		struct pager *pager = &pagers->pager[i];

		if (!pager_wants(pager->config, &read) &&
		    !json_object_get(pager->known, json_text(event, "id")))
			continue;
		err = page_line__add(pager->line, pagers->next_id++, event);
		if (err)
			log_error("pager %s: a page is lost: %s", pager->name, strerror(-err));
		note(pager->known, event);
		pager__state_health(pager);
	}
	page_event__release(&read);
}

void pagers__open(struct pagers *pagers, const json_t *open)
{
	struct page_event read;
	const char *id;
	json_t *event;

	for (size_t i = 0; i < pagers->count; i++) {
		struct pager *pager = &pagers->pager[i];

		json_object_foreach((json_t *)open, id, event) {
			if (page_event__read(event, &read))
				continue;
			if (pager_wants(pager->config, &read)) {
				note(pager->known, event);
				note(pager->delivered, event);
			}
			page_event__release(&read);
		}
	}
}

/* ---- start and stop ---------------------------------------------------------------------- */

/* Pagers for the same destination are told apart by their order. */
static void name_pager(struct pagers *pagers, size_t index)
{
	struct pager *pager = &pagers->pager[index];
	unsigned of_kind = 1, same = 1;
	char key[PAGER_KEY_LEN];

	pager_key(pager->config, key);
	for (size_t i = 0; i < index; i++) {
		of_kind += pagers->pager[i].kind == pager->kind;
		same += !strncmp(pagers->pager[i].key, key, strlen(key));
	}
	snprintf(pager->key, sizeof(pager->key), "%s-%u", key, same);
	snprintf(pager->name, sizeof(pager->name), "%s", pager->kind->name);
	if (of_kind > 1)
		snprintf(pager->name, sizeof(pager->name), "%s %u", pager->kind->name, of_kind);
}

static void free_pager(struct pager *pager)
{
	pager_try__free(pager->try);
	page_line__free(pager->line);
	json_decref(pager->known);
	json_decref(pager->delivered);
	json_decref(pager->repeat);
}

static int make_pager(struct pagers *pagers, size_t index, const struct config_pager *config)
{
	struct pager *pager = &pagers->pager[index];

	*pager = (struct pager){
		.pagers = pagers,
		.config = config,
		.kind = pager_kind(config->type),
		.known = json_object(),
		.delivered = json_object(),
		.repeat = json_array(),
	};
	name_pager(pagers, index);
	pager->line = page_line__new(clock_monotonic_ns() + index, PAGE_LINE_MAX,
				     pager__on_line_change, pager);
	/* Said now, and not only when somebody is to be woken. */
	pager->refused = pager_check_secrets(config, pager->trouble) != 0;
	return pager->line && pager->known && pager->delivered && pager->repeat ? 0 : -ENOMEM;
}

void pagers__free_list(struct pager *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free_pager(&list[i]);
	free(list);
}

int pagers__make_list(struct pagers *pagers, const struct config *config)
{
	int err = 0;

	pagers->count = 0;
	pagers->pager =
		calloc(config->pager_count ? config->pager_count : 1, sizeof(*pagers->pager));
	if (!pagers->pager)
		return -ENOMEM;
	pagers->tools.language = config->language;
	for (size_t i = 0; i < config->pager_count && !err; i++) {
		pagers->count++;
		err = make_pager(pagers, i, &config->pagers[i]);
	}
	return err;
}

/* Of a pager that is configured no more: nobody can be told. */
static void restore(void *context, const struct queued_page *queued)
{
	struct pagers *pagers = context;
	json_t *event = NULL;
	int err = json_read(queued->body, strlen(queued->body), &event);

	if (queued->id >= pagers->next_id)
		pagers->next_id = queued->id + 1;
	if (err == -ENOMEM) { /* it stays on disk, for the next start */
		log_error("incident %s, event %lld cannot be told now: no memory", queued->incident,
			  (long long)queued->seq);
		return;
	}
	err = -ENOENT;
	for (size_t i = 0; event && i < pagers->count; i++) {
		struct pager *pager = &pagers->pager[i];

		if (strcmp(pager->key, queued->pager) != 0)
			continue;
		err = page_line__restore(pager->line, queued->id, event, (unsigned)queued->tries);
		if (!err)
			note(pager->known, event);
	}
	if (err) {
		log_error("incident %s, event %lld is given up: %s", queued->incident,
			  (long long)queued->seq,
			  !event ? "what the queue holds of it cannot be read"
				 : "its pager is configured no more");
		page_queue__remove(pagers->options.store, queued->id);
	}
	json_decref(event);
}

/* A new file took the place of a damaged one. */
static void put_again(void *context)
{
	struct pagers *pagers = context;

	for (size_t i = 0; i < pagers->count; i++) {
		struct pager *pager = &pagers->pager[i];

		for (size_t j = 0; j < page_line__length(pager->line); j++)
			add_to_disk(pager, page_line__at(pager->line, j));
	}
}

int pagers__new(const struct pagers_options *options, struct pagers **pagers)
{
	struct pagers *new = calloc(1, sizeof(*new));
	int err = -ENOMEM;

	if (!new)
		return err;
	new->options = *options;
	new->next_id = 1;
	new->tools.loop = options->loop;
	new->tools.commands = options->commands;
	new->tools.http = http_client__new(options->loop);
	if (!new->tools.http) {
		err = -errno;
		goto out;
	}
	err = sd_event_add_time(options->loop, &new->timer, CLOCK_MONOTONIC, UINT64_MAX, 1000,
				on_due, new);
	if (err < 0)
		goto out;
	err = pagers__make_list(new, options->config);
	if (err)
		goto out;
	sd_event_source_set_enabled(new->timer, SD_EVENT_OFF);
	if (page_queue__each(options->store, restore, new))
		log_warning("the queue of pages cannot be read; what it holds is not sent");
	for (size_t i = 0; i < new->count; i++)
		pager__state_health(&new->pager[i]);
	store__on_renewed(options->store, put_again, new);
	*pagers = new;
	new = NULL;
out:
	pagers__free(new);
	return err < 0 ? err : 0;
}

void pagers__free(struct pagers *pagers)
{
	if (!pagers)
		return;
	pagers__free_list(pagers->pager, pagers->count);
	http_client__free(pagers->tools.http);
	sd_event_source_disable_unref(pagers->timer);
	free(pagers);
}

size_t pagers__count(const struct pagers *pagers)
{
	return pagers->count;
}

struct pager_status pagers__at(const struct pagers *pagers, size_t index)
{
	const struct pager *pager = &pagers->pager[index];
	const struct page_line_counts *counts = page_line__counts(pager->line);

	return (struct pager_status){
		.name = pager->name,
		.well = !is_ill(pager),
		.trouble = is_ill(pager) ? pager->trouble : "",
		.queued = page_line__length(pager->line),
		.delivered = counts->delivered,
		.failed = counts->failed,
		.refused = counts->refused,
		.merged = counts->merged,
		.discarded = counts->discarded,
	};
}
