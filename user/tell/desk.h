/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The desk: where what the judge said is kept, and from where it is told.
 *
 * Order matters and is in one place: an event is in the store before anybody hears of it, and a
 * page is in the queue on disk before it is sent.  Whatever is broken here never stops the sensor:
 * it becomes a line of health.
 */
#ifndef FAULTLINE_DESK_H
#define FAULTLINE_DESK_H

#include <jansson.h>
#include <stddef.h>
#include <systemd/sd-event.h>

struct command_helper;
struct config;
struct control_request;
struct desk;
struct health;
struct judge;
struct sample;

struct desk_options {
	sd_event *loop;
	const struct config *config; /* must stay until desk__reload() or __free() */
	const char *host;
	struct judge *judge; /* its memory is kept and given back; its figures are shown */
	struct health *health;
	struct command_helper *commands;
	json_t *(*links)(void *context); /* makes the object of `links --json`, for who asks */
	/* Gets every event when it was kept, as it was kept, for the stream.  May be NULL. */
	void (*told)(void *context, json_t *event);
	void *context;
};

/* 0; or -errno with @why.  A store or a page that cannot be had is health, not a failure. */
int desk__new(const struct desk_options *options, struct desk **desk, char *why, size_t why_len);
void desk__free(struct desk *desk);

/*
 * What the judge said of one sample: incident events as of incident_json__new(), in order.  They
 * are kept together with the judge's memory, all or none, and then told one by one.  Borrowed.
 */
void desk__incidents(struct desk *desk, const json_t *events);

/* Once a tick, after the sample was judged. */
void desk__tick(struct desk *desk, const struct sample *sample);

int desk__reload(struct desk *desk, const struct config *config);

/* What the control socket answers from here; the list is the desk's. */
const struct control_request *desk__requests(const struct desk *desk, size_t *count);

#endif
