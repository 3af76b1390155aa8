/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One try to tell one event through one pager, from the texts to the judged answer.
 */
#ifndef FAULTLINE_PAGER_TRY_H
#define FAULTLINE_PAGER_TRY_H

#include <jansson.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/config.h"
#include "tell/page_line.h"

struct command_helper;
struct http_client;
struct pager_try;

struct pager_outcome {
	enum answer answer;
	long status;	   /* of HTTP, or the exit code of a command; -1: none came */
	uint64_t later_ms; /* the pager asks to be left alone for so long; 0: it does not */
	uint64_t took_ms;
	char why[PAGE_ERROR_LEN]; /* a sentence part; "" when delivered */
};

/* The outcome is valid during the call, after which the try is gone. */
typedef void pager_tried(void *context, const struct pager_outcome *outcome);

struct pager_tools {
	sd_event *loop;
	struct http_client *http;
	struct command_helper *commands;
	enum config_language language; /* the configuration's: of the sentences inside events */
};

/*
 * Begins a try.  @told: the event of this incident that the pager was told last, or NULL.  All are
 * borrowed for this call, but @tools for as long as the try lasts.  @done is called once, from the
 * loop.  0 or -ENOMEM.
 */
int pager_try__new(const struct pager_tools *tools, const struct config_pager *pager,
		   const json_t *event, const json_t *told, pager_tried *done, void *context,
		   struct pager_try **try);

/* Ends it without a word. */
void pager_try__free(struct pager_try *try);

#endif
