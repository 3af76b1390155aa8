/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events go into the log, what follows from them into the queue of pages, and the judge's memory
 * beside them, and then all is committed together: after kill -9 the next start finds all of it or
 * nothing.  Only then it is told; who was not told yet finds it in the queue.
 *
 * While the disk cannot be written, all of it waits in memory.  A kill then loses what waits; the
 * log may also be ahead of the memory when a file was damaged.  Either way the log decides at the
 * next start (incident_log.h).
 */
#include "tell/desk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/control.h"
#include "base/json_text.h"
#include "base/log.h"
#include "judge/judge.h"
#include "keep/diary.h"
#include "keep/incident_log.h"
#include "keep/judge_memory.h"
#include "keep/note_request.h"
#include "keep/retention.h"
#include "keep/store.h"
#include "tell/health.h"
#include "tell/metrics.h"
#include "tell/pagers.h"
#include "tell/site.h"

#define MEMORY_SECONDS 60

struct desk {
	struct desk_options options;
	struct store *store;
	struct incident_log *log;
	struct diary *diary;
	struct pagers *pagers;
	struct site *site; /* NULL: it could not be had */
	json_t *orphans;   /* to be closed at the first tick */
	int64_t saved_s;   /* of the wall clock: when the memory was put last */
	struct control_request requests[2];
	bool renewed; /* the store's file is new, and holds no memory yet */
};

static void state_health(struct desk *desk)
{
	const char *trouble = store__trouble(desk->store), *news;
	size_t waiting = store__waiting(desk->store);

	health__set(desk->options.health, "store", STORE_FILE, trouble != NULL,
		    "%s; %zu writes wait in memory", trouble ? trouble : "", waiting);
	while ((news = store__news(desk->store)))
		log_warning("store: %s", news);
}

static void save_memory(struct desk *desk, struct timespec now)
{
	json_t *saved = judge__save(desk->options.judge);

	if (saved)
		judge_memory__put(desk->store, saved, now);
	desk->saved_s = now.tv_sec;
	desk->renewed = false;
}

static void on_renewed(void *context)
{
	((struct desk *)context)->renewed = true;
}

static int restore(struct desk *desk)
{
	struct timespec now;
	json_t *memory = judge_memory__get(desk->store);
	int err = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	desk->saved_s = now.tv_sec;
	if (memory)
		err = judge__restore(desk->options.judge, memory, now);
	if (err == -EINVAL) {
		log_warning("store: what the judge had learned cannot be read; it learns anew");
		json_decref(memory);
		memory = NULL;
		err = 0;
	}
	if (!err)
		desk->orphans = incident_log__orphans(desk->log, memory);
	json_decref(memory);
	return err;
}

/* A refusal is an answer too: the socket itself has no room for a reason. */
static int answer_note(void *context, const char *argument, char **reply, size_t *len)
{
	struct desk *desk = context;
	json_t *request = json_loads(argument, 0, NULL), *answer;
	char id[INCIDENT_NAME_LEN] = "", why[512] = "";
	int err = note_request__take(desk->store, desk->log, request, id, sizeof(id), why,
				     sizeof(why));

	json_decref(request);
	answer = json_pack("{s:b, s:b, s:s, s:s}", "kept", !err || err == -EAGAIN, "waits",
			   err == -EAGAIN, "incident", id, "why", why);
	*reply = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	json_decref(answer);
	if (!*reply)
		return -ENOMEM;
	*len = strlen(*reply);
	return 0;
}

/* All there is to see, for `faultline top`. */
static int answer_status(void *context, const char *argument, char **reply, size_t *len)
{
	struct desk *desk = context;
	json_t *status = desk->site ? site__status(desk->site) : NULL;

	(void)argument;
	*reply = status ? json_dumps(status, JSON_COMPACT) : NULL;
	json_decref(status);
	if (!*reply)
		return -ENOMEM;
	*len = strlen(*reply);
	return 0;
}

/* How the pagers do, for the metrics. */
static size_t pager_figures(void *context, struct metrics_pager *figures, size_t room)
{
	struct desk *desk = context;
	size_t count = pagers__count(desk->pagers);

	for (size_t i = 0; i < count && i < room; i++) {
		struct pager_status status = pagers__at(desk->pagers, i);

		figures[i] = (struct metrics_pager){
			.name = status.name,
			.sent = status.delivered,
			.failed = status.failed + status.refused + status.discarded,
			.queued = status.queued,
			.well = status.well,
			.trouble = status.trouble,
		};
	}
	return count < room ? count : room;
}

/* A sensor that nobody can ask still watches. */
static void open_site(struct desk *desk)
{
	struct site_options options = {
		.loop = desk->options.loop,
		.config = desk->options.config,
		.host = desk->options.host,
		.judge = desk->options.judge,
		.health = desk->options.health,
		.store = desk->store,
		.links = desk->options.links,
		.links_context = desk->options.context,
		.pagers = pager_figures,
		.pagers_context = desk,
	};
	char why[256] = "out of memory";
	int err = -ENOMEM;

	desk->site = site__new(&options);
	if (desk->site)
		err = site__listen(desk->site, why, sizeof(why));
	health__set(desk->options.health, "http", options.config->listen, err != 0,
		    "%s: there are no metrics and no status page", why);
}

/* Before anything is sent: what was not told before the restart comes first. */
static int start_pagers(struct desk *desk)
{
	struct pagers_options options = {
		.loop = desk->options.loop,
		.config = desk->options.config,
		.store = desk->store,
		.health = desk->options.health,
		.commands = desk->options.commands,
	};
	int err = pagers__new(&options, &desk->pagers);

	if (err)
		return err;
	pagers__open(desk->pagers, incident_log__open(desk->log));
	pagers__go(desk->pagers);
	return 0;
}

int desk__new(const struct desk_options *options, struct desk **desk, char *why, size_t why_len)
{
	struct desk *new = calloc(1, sizeof(*new));
	int err = new ? 0 : -ENOMEM;

	if (!err) {
		new->options = *options;
		new->requests[0] = (struct control_request){"note", answer_note, new};
		new->requests[1] = (struct control_request){"status", answer_status, new};
		err = store__new(options->config->state_dir, &new->store);
	}
	if (!err) {
		new->log = incident_log__new(new->store);
		err = new->log ? 0 : -errno;
	}
	if (!err) {
		new->diary = diary__new(new->store, options->host);
		err = new->diary ? 0 : -errno;
	}
	if (!err) {
		store__on_renewed(new->store, on_renewed, new);
		err = restore(new);
	}
	if (!err)
		err = start_pagers(new);
	if (err) {
		snprintf(why, why_len, "the store cannot be set up: %s", strerror(-err));
		desk__free(new);
		return err;
	}
	open_site(new);
	state_health(new);
	*desk = new;
	return 0;
}

void desk__free(struct desk *desk)
{
	struct timespec now;

	if (!desk)
		return;
	site__free(desk->site);
	diary__free(desk->diary);
	if (desk->log) {
		clock_gettime(CLOCK_REALTIME, &now);
		save_memory(desk, now);
		store__flush(desk->store);
	}
	json_decref(desk->orphans);
	store__free(desk->store);
	pagers__free(desk->pagers);
	incident_log__free(desk->log);
	free(desk);
}

/* Into the list of what is to be written, and its pages; as it will stand in the log, or NULL. */
static json_t *keep_event(struct desk *desk, json_t *event)
{
	json_t *kept = incident_log__put(desk->log, event);

	if (!kept && errno == EALREADY)
		return NULL;
	/* One that cannot be kept is told all the same. */
	if (!kept) {
		log_error("incident %s: an event is told that could not be kept: %s",
			  json_text(event, "id"), strerror(errno));
		kept = json_incref(event);
	}
	pagers__queue(desk->pagers, kept);
	return kept;
}

static void tell_event(struct desk *desk, json_t *event)
{
	if (desk->options.told)
		desk->options.told(desk->options.context, event);
	if (desk->site)
		site__incident(desk->site, event);
}

void desk__incidents(struct desk *desk, const json_t *events)
{
	json_t *kept, *event;
	struct timespec now;
	size_t i;

	if (!json_array_size(events))
		return;
	kept = json_array();
	json_array_foreach(events, i, event) {
		json_t *put = keep_event(desk, event);

		if (put && json_array_append_new(kept, put))
			log_error("no memory to tell of incident %s", json_text(event, "id"));
	}
	clock_gettime(CLOCK_REALTIME, &now);
	save_memory(desk, now);
	store__flush(desk->store);
	state_health(desk);
	pagers__go(desk->pagers);
	json_array_foreach(kept, i, event)
		tell_event(desk, event);
	json_decref(kept);
}

void desk__tick(struct desk *desk, const struct sample *sample)
{
	int64_t since_s = sample->wall.tv_sec - desk->saved_s;
	struct retention retention = retention_default();

	if (desk->orphans) {
		desk__incidents(desk, desk->orphans);
		json_decref(desk->orphans);
		desk->orphans = NULL;
	}
	diary__tick(desk->diary, sample, desk->options.judge);
	if (desk->renewed || since_s >= MEMORY_SECONDS || since_s < 0) {
		save_memory(desk, sample->wall);
		retention__put(desk->store, &retention, (int64_t)sample->wall.tv_sec * 1000);
	}
	store__flush(desk->store);
	state_health(desk);
	if (desk->site)
		site__tick(desk->site, sample);
}

int desk__reload(struct desk *desk, const struct config *config)
{
	int err = pagers__reload(desk->pagers, config);

	if (err)
		return err;
	desk->options.config = config;
	if (desk->site)
		site__reload(desk->site, config);
	return 0;
}

const struct control_request *desk__requests(const struct desk *desk, size_t *count)
{
	*count = sizeof(desk->requests) / sizeof(*desk->requests);
	return desk->requests;
}
