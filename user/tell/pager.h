/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a sort of pager is: a row of operations.
 *
 * A pager turns a page into a delivery (a request or a command), which others send, and judges what
 * came back.  It keeps no state: what it needs is in the configuration and in the page.
 */
#ifndef FAULTLINE_PAGER_H
#define FAULTLINE_PAGER_H

#include <jansson.h>
#include <stddef.h>
#include <time.h>

#include "base/config.h"
#include "tell/page_event.h"
#include "tell/page_line.h"
#include "tell/page_text.h"

#define PAGER_WHY_LEN	   PAGE_ERROR_LEN
#define DELIVERY_LINES_MAX 8

/* One event, ready to be told. */
struct page {
	const struct page_event *event; /* strings made harmless */
	const json_t *object;		/* as it came from the judge */
	const struct page_event *told;	/* what this pager was told of the incident last; or NULL */
	const struct page_text *text;
	enum config_language language;
	struct timespec now;
};

/* All owned by the object; the lines end with NULL. */
struct delivery {
	char *url; /* NULL: it is a command */
	char *body;
	size_t len;
	char *lines[DELIVERY_LINES_MAX + 1]; /* headers; of a command its environment */
	size_t line_count;
};

struct pager_kind {
	const char *name;
	/* It forgets what it is not told again while it lasts. */
	bool repeats;
	/* What it is told stays open there until it is told that it is over. */
	bool holds;
	/* Reads its secrets, and fills in a delivery.  0 or -errno with a sentence in @why. */
	int (*prepare)(const struct config_pager *pager, const struct page *page,
		       struct delivery *delivery, char why[PAGER_WHY_LEN]);
	/* Of the answer to a request; NULL: by its status alone. */
	enum answer (*judge)(long status, const char *body);
	/* In place of a delivery: tells it at once.  @why as above. */
	enum answer (*tell)(const struct page *page, char why[PAGER_WHY_LEN]);
};

const struct pager_kind *pager_kind(enum pager_type type);

extern const struct pager_kind pager_alertmanager, pager_pagerduty, pager_slack, pager_webhook,
	pager_exec, pager_syslog, pager_datadog;

/* What a status means where the pager's own documentation says no more. */
enum answer judge_status(long status);

/* Is a page for this pager, by the filters of its configuration? */
bool pager_wants(const struct config_pager *pager, const struct page_event *event);

/* The same for the same destination, whatever else changes: "slack-00c5…"; without secrets. */
#define PAGER_KEY_LEN 40
void pager_key(const struct config_pager *pager, char key[PAGER_KEY_LEN]);

/* Can its secrets be read now?  0, or -errno with a sentence in @why. */
int pager_check_secrets(const struct config_pager *pager, char why[PAGER_WHY_LEN]);

/* A line "NAME: value"; 0, -ENOMEM, or -E2BIG. */
int delivery__line(struct delivery *delivery, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The body is JSON; the reference is taken over, also when it is NULL (-ENOMEM). */
int delivery__json(struct delivery *delivery, json_t *object);

/* @base, and behind it @path where it has none of its own. */
int delivery__url(struct delivery *delivery, const char *base, const char *path);

void delivery__drop_lines(struct delivery *delivery);

/* Overwrites what may be secret. */
void delivery__release(struct delivery *delivery);

#endif
