/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The routes.
 *
 * Everything is made when it is asked for, from the same object that `links --json` prints, so that
 * no two answers disagree; only the curves and the last event of each incident are kept.  Each tick
 * a listener of the stream gets the whole state anew, and one who comes late has missed nothing.
 */
#include "tell/site.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/duration.h"
#include "judge/judge.h"
#include "tell/http_server.h"
#include "tell/page_assets.h"
#include "tell/site_past.h"
#include "tell/status_json.h"
#include "tell/trail.h"

/* Incidents on the page: all that are open, and the latest that are over. */
#define INCIDENTS_SHOWN 64
/* No tick for so many intervals: the loop hangs, and whoever watches us should know. */
#define STALE_INTERVALS 10

struct site {
	struct site_options options;
	struct http_server *server; /* NULL: nobody can ask */
	struct trails *trails;
	json_t *incidents; /* array, newest first: the last event of each */
	const struct sample *sample;
	uint64_t ticks;
	uint64_t tick_ns; /* CLOCK_MONOTONIC */
};

/* ---- answers ----------------------------------------------------------------------------- */

/* Hands an object over as the body, and drops it.  0 or -errno. */
static int reply_json(struct http_reply *reply, json_t *object)
{
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	if (!text)
		return -ENOMEM;
	reply->body = text;
	reply->len = strlen(text);
	reply->owned = true;
	return 0;
}

static int reply_text(struct http_reply *reply, int status, const char *text)
{
	reply->status = status;
	reply->type = "text/plain; charset=utf-8";
	reply->body = text;
	reply->len = strlen(text);
	return 0;
}

static json_t *links_of(const struct site *site)
{
	return site->options.links(site->options.links_context);
}

static size_t pagers_of(const struct site *site, struct metrics_pager pagers[SITE_PAGERS_MAX])
{
	if (!site->options.pagers)
		return 0;
	return site->options.pagers(site->options.pagers_context, pagers, SITE_PAGERS_MAX);
}

static json_t *status_of(const struct site *site, bool trails)
{
	struct metrics_pager pagers[SITE_PAGERS_MAX];
	struct status_source source = {
		.links = links_of(site),
		.incidents = site->incidents,
		.config = site->options.config,
		.judge = site->options.judge,
		.trails = trails ? site->trails : NULL,
		.pagers = pagers,
		.pager_count = pagers_of(site, pagers),
		.health = site->options.health,
	};
	json_t *object = source.links ? status_json__new(&source) : NULL;

	json_decref(source.links);
	return object;
}

static size_t open_incidents(const struct site *site)
{
	size_t i, open = 0;
	json_t *event;

	json_array_foreach(site->incidents, i, event) {
		const char *change = json_string_value(json_object_get(event, "event"));

		open += !change || strcmp(change, "resolve") != 0;
	}
	return open;
}

static int answer_metrics(void *context, const struct http_request *request,
			  struct http_reply *reply)
{
	struct site *site = context;
	struct metrics_pager pagers[SITE_PAGERS_MAX];
	struct metrics_source source = {
		.links = links_of(site),
		.sample = site->sample,
		.pagers = pagers,
		.pager_count = pagers_of(site, pagers),
		.incidents_open = open_incidents(site),
	};

	char *text;

	if (!source.links)
		return -ENOMEM;
	text = metrics_text(&source, &reply->len);
	json_decref(source.links);
	reply->type = METRICS_CONTENT_TYPE;
	reply->body = text;
	reply->owned = true;
	if (text && !http_request__takes(request, "application/openmetrics-text")) {
		reply->type = METRICS_CLASSIC_TYPE;
		reply->body = metrics_classic_text(text, &reply->len);
		free(text);
	}
	return reply->body ? 0 : -ENOMEM;
}

static bool is_stale(const struct site *site)
{
	return clock_monotonic_ns() - site->tick_ns >
	       STALE_INTERVALS * site->options.config->interval_ns;
}

/* Alive: the loop turns. */
static int answer_healthz(void *context, const struct http_request *request,
			  struct http_reply *reply)
{
	struct site *site = context;

	(void)request;
	if (site->ticks && is_stale(site))
		return reply_text(reply, 503, "no tick for too long\n");
	return reply_text(reply, 200, "ok\n");
}

/* Ready: something was judged, and lately. */
static int answer_readyz(void *context, const struct http_request *request,
			 struct http_reply *reply)
{
	struct site *site = context;

	(void)request;
	if (!site->ticks)
		return reply_text(reply, 503, "nothing was judged yet\n");
	if (is_stale(site))
		return reply_text(reply, 503, "no tick for too long\n");
	return reply_text(reply, 200, "ready\n");
}

static int answer_links(void *context, const struct http_request *request, struct http_reply *reply)
{
	(void)request;
	return reply_json(reply, links_of(context));
}

static int answer_devices(void *context, const struct http_request *request,
			  struct http_reply *reply)
{
	json_t *links = links_of(context);
	json_t *object = json_pack("{s:s, s:O, s:O}", "schema", "faultline.devices/1", "time",
				   json_object_get(links, "time"), "devices",
				   json_object_get(links, "devices"));

	(void)request;
	json_decref(links);
	return reply_json(reply, object);
}

static int answer_status(void *context, const struct http_request *request,
			 struct http_reply *reply)
{
	(void)request;
	return reply_json(reply, status_of(context, true));
}

static int answer_asset(struct http_reply *reply, const struct page_asset *asset)
{
	reply->type = asset->type;
	reply->body = asset->bytes;
	reply->len = (size_t)(asset->end - asset->bytes);
	return 0;
}

static int answer_page(void *context, const struct http_request *request, struct http_reply *reply)
{
	(void)context, (void)request;
	return answer_asset(reply, page_asset__find("page.html"));
}

static int answer_file(void *context, const struct http_request *request, struct http_reply *reply)
{
	const struct page_asset *asset = page_asset__find(http_request__rest(request));

	(void)context;
	if (!asset)
		return reply_text(reply, 404, "there is nothing here\n");
	return answer_asset(reply, asset);
}

/* What was: from the store, by the arguments of the query. */
static int answer_past(void *context, const struct http_request *request, struct http_reply *reply,
		       site_past_query *ask, const char *missing)
{
	struct site *site = context;
	char why[256] = "";
	struct site_past_arguments arguments = {
		.id = http_request__rest(request),
		.link = http_request__argument(request, "link"),
		.at = http_request__argument(request, "at"),
		.since = http_request__argument(request, "since"),
		.until = http_request__argument(request, "until"),
	};
	json_t *object;
	int err;

	if (!site->options.store)
		return reply_text(reply, 503, "there is no store\n");
	err = ask(site->options.store, &arguments, &object, why, sizeof(why));
	if (!err)
		return reply_json(reply, object);
	if (err == -ENOENT)
		return reply_text(reply, 404, missing);
	if (err != -EINVAL)
		return err;
	reply->status = 400;
	return reply_json(reply, json_pack("{s:s}", "error", why)) ? -ENOMEM : 0;
}

static int answer_incidents(void *context, const struct http_request *request,
			    struct http_reply *reply)
{
	return answer_past(context, request, reply, site_past_incidents, "there are none\n");
}

static int answer_incident(void *context, const struct http_request *request,
			   struct http_reply *reply)
{
	return answer_past(context, request, reply, site_past_incident,
			   "there is no incident of this name\n");
}

static int answer_history(void *context, const struct http_request *request,
			  struct http_reply *reply)
{
	return answer_past(context, request, reply, site_past_history,
			   "nothing is known of that time\n");
}

static const struct http_route routes[] = {
	{"/", answer_page},
	{"/page/", answer_file},
	{"/metrics", answer_metrics},
	{"/healthz", answer_healthz},
	{"/readyz", answer_readyz},
	{"/api/status", answer_status},
	{"/api/links", answer_links},
	{"/api/devices", answer_devices},
	{"/api/incidents", answer_incidents},
	{"/api/incidents/", answer_incident},
	{"/api/history", answer_history},
};

/* ---- what happens ------------------------------------------------------------------------ */

static bool same_id(json_t *left, json_t *right)
{
	return json_equal(json_object_get(left, "id"), json_object_get(right, "id"));
}

/* The newest that is over makes room first: what is open is never left out for it. */
static void trim(json_t *incidents)
{
	for (size_t i = json_array_size(incidents); i-- > 0;) {
		json_t *event = json_array_get(incidents, i);
		const char *change = json_string_value(json_object_get(event, "event"));

		if (json_array_size(incidents) <= INCIDENTS_SHOWN)
			return;
		if (change && !strcmp(change, "resolve"))
			json_array_remove(incidents, i);
	}
	while (json_array_size(incidents) > INCIDENTS_SHOWN)
		json_array_remove(incidents, json_array_size(incidents) - 1);
}

static void publish_status(struct site *site)
{
	json_t *status;
	char *text;

	if (!site->server || !http_server__listeners(site->server))
		return;
	status = status_of(site, false);
	text = status ? json_dumps(status, JSON_COMPACT) : NULL;
	if (text)
		http_server__publish(site->server, "status", text);
	free(text);
	json_decref(status);
}

void site__incident(struct site *site, json_t *event)
{
	json_t *known;
	size_t i;

	json_array_foreach(site->incidents, i, known) {
		if (same_id(known, event)) {
			json_array_set(site->incidents, i, event);
			publish_status(site);
			return;
		}
	}
	json_array_insert(site->incidents, 0, event);
	trim(site->incidents);
	publish_status(site);
}

void site__tick(struct site *site, const struct sample *sample)
{
	site->sample = sample;
	site->tick_ns = clock_monotonic_ns();
	site->ticks++;
	if (!site->server)
		return;
	for (size_t i = 0; i < sample->link_count; i++) {
		struct link_figures figures;

		judge__figures(site->options.judge, sample->links[i].name, &figures);
		trails__add(site->trails, sample->links[i].name, &figures);
	}
	trails__end_round(site->trails);
	publish_status(site);
}

json_t *site__status(const struct site *site)
{
	return status_of(site, false);
}

void site__reload(struct site *site, const struct config *config)
{
	site->options.config = config;
}

/* ---- start and stop ---------------------------------------------------------------------- */

int site__listen(struct site *site, char *why, size_t why_len)
{
	struct http_options options = {
		.loop = site->options.loop,
		.listen = site->options.config->listen,
		.host = site->options.host,
		.routes = routes,
		.route_count = sizeof(routes) / sizeof(*routes),
		.context = site,
	};

	if (!options.listen[0])
		return 0;
	return http_server__new(&options, &site->server, why, why_len);
}

/* What was open when the sensor ended is on the page from its start. */
static void take_open_incidents(struct site *site)
{
	json_t *events = NULL;

	if (!site->options.store || site_past_open(site->options.store, &events))
		return;
	json_decref(site->incidents);
	site->incidents = events;
}

struct site *site__new(const struct site_options *options)
{
	struct site *site = calloc(1, sizeof(*site));

	if (site) {
		site->options = *options;
		site->incidents = json_array();
		site->trails = trails__new();
	}
	if (!site || !site->incidents || !site->trails) {
		site__free(site);
		errno = ENOMEM;
		return NULL;
	}
	take_open_incidents(site);
	return site;
}

void site__free(struct site *site)
{
	if (!site)
		return;
	http_server__free(site->server);
	trails__free(site->trails);
	json_decref(site->incidents);
	free(site);
}
