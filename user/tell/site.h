/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What this sensor answers over HTTP: metrics, health, a JSON interface, and the status page.
 */
#ifndef FAULTLINE_SITE_H
#define FAULTLINE_SITE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "tell/metrics.h"

struct config;
struct health;
struct judge;
struct sample;
struct site;
struct store;

#define SITE_PAGERS_MAX 16

struct site_options {
	sd_event *loop;
	const struct config *config; /* must stay until site__reload() or __free() */
	const char *host;
	const struct judge *judge;
	const struct health *health;	 /* of the sensor; NULL: not known */
	struct store *store;		 /* of what was; NULL: nothing was kept */
	json_t *(*links)(void *context); /* makes the object of `links --json` */
	/* Fills at most @room entries; returns their number.  May be NULL. */
	size_t (*pagers)(void *context, struct metrics_pager *pagers, size_t room);
	void *links_context, *pagers_context;
};

/* NULL with errno. */
struct site *site__new(const struct site_options *options);

/*
 * Begins to answer over HTTP; with listen "" in the configuration, nobody.  0 or -errno with @why,
 * and then the site is as before.
 */
int site__listen(struct site *site, char *why, size_t why_len);

void site__free(struct site *site);

/* An incident event, for the page and its listeners.  Borrowed. */
void site__incident(struct site *site, json_t *event);

/* Once a tick: the sample just judged, which stays until the next call. */
void site__tick(struct site *site, const struct sample *sample);

/* The object of status_json__new(), for who asks by other ways; NULL without memory. */
json_t *site__status(const struct site *site);

/* listen cannot change while the sensor runs. */
void site__reload(struct site *site, const struct config *config);

#endif
