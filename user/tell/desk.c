/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An event is put into the log, what follows from it into the queue of pages, and then both are
 * committed together: after kill -9 the next start finds both or neither.  Only then it is told.
 *
 * The judge's memory is saved at the end of a tick in which something happened, not with the event:
 * the judge must not be asked while it speaks.  What a kill between the two leaves is set right at
 * the next start, where the log decides (incident_log.h).
 */
#include "tell/desk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/log.h"
#include "judge/judge.h"
#include "keep/incident_log.h"
#include "keep/judge_memory.h"
#include "keep/store.h"
#include "tell/health.h"
#include "tell/site.h"

#define MEMORY_SECONDS 60

struct desk {
	struct desk_options options;
	struct store *store;
	struct incident_log *log;
	struct site *site; /* NULL: it could not be had */
	json_t *orphans;     /* to be closed at the first tick */
	int64_t saved_s;     /* of the wall clock: when the memory was put last */
	bool memory_changed; /* an event came since */
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
	desk->memory_changed = false;
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

/* A sensor that nobody can ask still watches. */
static void open_site(struct desk *desk)
{
	struct site_options options = {
		.loop = desk->options.loop,
		.config = desk->options.config,
		.host = desk->options.host,
		.judge = desk->options.judge,
		.store = desk->store,
		.links = desk->options.links,
		.links_context = desk->options.context,
	};
	char why[256] = "";
	int err = site__new(&options, &desk->site, why, sizeof(why));

	health__set(desk->options.health, "http", options.config->listen, err != 0,
		    "%s: there are no metrics and no status page", why);
}

int desk__new(const struct desk_options *options, struct desk **desk, char *why, size_t why_len)
{
	struct desk *new = calloc(1, sizeof(*new));
	int err = new ? 0 : -ENOMEM;

	if (!err) {
		new->options = *options;
		err = store__new(options->config->state_dir, &new->store);
	}
	if (!err) {
		new->log = incident_log__new(new->store);
		err = new->log ? 0 : -errno;
	}
	if (!err)
		err = restore(new);
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
	if (desk->log) {
		clock_gettime(CLOCK_REALTIME, &now);
		save_memory(desk, now);
		store__flush(desk->store);
	}
	json_decref(desk->orphans);
	store__free(desk->store);
	incident_log__free(desk->log);
	free(desk);
}

void desk__incident(struct desk *desk, json_t *event)
{
	json_t *kept = incident_log__put(desk->log, event);

	if (!kept && errno == EALREADY)
		return;
	desk->memory_changed = true;
	store__flush(desk->store);
	state_health(desk);
	if (desk->site)
		site__incident(desk->site, kept ? kept : event);
	json_decref(kept);
}

static void close_orphans(struct desk *desk)
{
	json_t *orphans = desk->orphans, *event;
	size_t i;

	desk->orphans = NULL;
	json_array_foreach(orphans, i, event)
		desk__incident(desk, event);
	json_decref(orphans);
}

void desk__tick(struct desk *desk, const struct sample *sample)
{
	if (desk->orphans)
		close_orphans(desk);
	if (desk->memory_changed || sample->wall.tv_sec - desk->saved_s >= MEMORY_SECONDS ||
	    sample->wall.tv_sec < desk->saved_s)
		save_memory(desk, sample->wall);
	store__flush(desk->store);
	state_health(desk);
	if (desk->site)
		site__tick(desk->site, sample);
}

int desk__reload(struct desk *desk, const struct config *config)
{
	desk->options.config = config;
	if (desk->site)
		site__reload(desk->site, config);
	return 0;
}

const struct control_request *desk__requests(const struct desk *desk, size_t *count)
{
	(void)desk;
	*count = 0;
	return NULL;
}
