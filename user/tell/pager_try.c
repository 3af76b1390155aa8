/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever way it goes, the outcome comes from the loop and never from within the call that began
 * it: those who try need not think of being called while they call.
 */
#include "tell/pager_try.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/duration.h"
#include "tell/command_runner.h"
#include "tell/http_client.h"
#include "tell/pager.h"
#include "tell/units.h"

struct pager_try {
	const struct pager_kind *kind;
	struct pager_outcome outcome;
	struct http_exchange *exchange;
	struct command_run *run;
	sd_event_source *soon;
	uint64_t began_ns;
	pager_tried *done;
	void *context;
};

static void finish(struct pager_try *try)
{
	try->outcome.took_ms = (clock_monotonic_ns() - try->began_ns) / NS_PER_MS;
	if (try->outcome.answer == ANSWER_DELIVERED)
		try->outcome.why[0] = '\0';
	try->done(try->context, &try->outcome);
	pager_try__free(try);
}

static int on_soon(sd_event_source *source, void *context)
{
	(void)source;
	finish(context);
	return 0;
}

/* The status, and of what they say the first line: it often names the mistake. */
static void explain_status(struct pager_try *try, const struct http_answer *answer)
{
	char said[161], line[320];

	snprintf(said, sizeof(said), "%s", answer->body);
	said[strcspn(said, "\r\n")] = '\0';
	fit_text(said, 100, line, sizeof(line));
	snprintf(try->outcome.why, sizeof(try->outcome.why), "HTTP %ld%s%.180s%s", answer->status,
		 line[0] ? ": " : "", line,
		 answer->status >= 300 && answer->status < 400 ? " (redirects are not followed)"
							       : "");
}

static void on_answer(void *context, const struct http_answer *answer)
{
	struct pager_try *try = context;

	try->exchange = NULL;
	if (!answer->whole) {
		try->outcome.answer = ANSWER_AGAIN;
		snprintf(try->outcome.why, sizeof(try->outcome.why), "%s", answer->why);
	} else {
		try->outcome.answer = try->kind->judge
					      ? try->kind->judge(answer->status, answer->body)
					      : judge_status(answer->status);
		try->outcome.status = answer->status;
		try->outcome.later_ms = answer->later_ms;
		explain_status(try, answer);
	}
	finish(try);
}

static void on_end(void *context, const struct command_end *end)
{
	struct pager_try *try = context;

	try->run = NULL;
	try->outcome.answer = end->ended && !end->status ? ANSWER_DELIVERED : ANSWER_AGAIN;
	try->outcome.status = end->ended ? end->status : -1;
	snprintf(try->outcome.why, sizeof(try->outcome.why), "%s", end->why);
	finish(try);
}

static int send_delivery(struct pager_try *try, const struct pager_tools *tools,
			 const struct config_pager *pager, const struct delivery *delivery)
{
	struct http_request request = {
		.url = delivery->url,
		.headers = (const char *const *)delivery->lines,
		.body = delivery->body,
		.len = delivery->len,
	};

	if (delivery->url)
		return http_client__post(tools->http, &request, on_answer, try, &try->exchange);
	return command_run__new(tools->loop, tools->commands, pager->command,
				(char *const *)delivery->lines, delivery->body, delivery->len,
				on_end, try, &try->run);
}

/* 0: it is under way; else the outcome is known already. */
static int begin(struct pager_try *try, const struct pager_tools *tools,
		 const struct config_pager *pager, const struct page *page)
{
	struct delivery delivery = {};
	int err;

	if (try->kind->tell) {
		try->outcome.answer = try->kind->tell(page, try->outcome.why);
		return 1;
	}
	err = try->kind->prepare(pager, page, &delivery, try->outcome.why);
	if (!err)
		err = send_delivery(try, tools, pager, &delivery);
	delivery__release(&delivery);
	if (!err)
		return 0;
	/* Want of memory passes; a secret or a command that is not there needs a person. */
	try->outcome.answer = err == -ENOMEM ? ANSWER_AGAIN : ANSWER_REFUSED_US;
	if (!try->outcome.why[0])
		snprintf(try->outcome.why, sizeof(try->outcome.why), "%.160s%s%s",
			 pager->command ? pager->command[0] : "", pager->command ? ": " : "",
			 strerror(-err));
	return err;
}

/* Texts are made at each try: they cost little, and none has to be kept. */
static int make_and_begin(struct pager_try *try, const struct pager_tools *tools,
			  const struct config_pager *pager, const json_t *object,
			  const json_t *told_object)
{
	struct page_event event, told = {};
	struct page_text text;
	struct page page = {
		.event = &event,
		.object = object,
		.text = &text,
		.language = pager->language_set ? pager->language : tools->language,
	};
	int err = page_event__read(object, &event);

	clock_gettime(CLOCK_REALTIME, &page.now);
	if (err == -EINVAL) {
		try->outcome.answer = ANSWER_REFUSED_PAGE;
		snprintf(try->outcome.why, sizeof(try->outcome.why), "no incident event");
	}
	if (err)
		return err;
	if (told_object && !page_event__read(told_object, &told))
		page.told = &told;
	err = page_text__make(&event, page.language, tools->language, &text);
	if (!err) {
		err = begin(try, tools, pager, &page);
		page_text__release(&text);
	}
	page_event__release(&told);
	page_event__release(&event);
	return err;
}

int pager_try__new(const struct pager_tools *tools, const struct config_pager *pager,
		   const json_t *event, const json_t *told, pager_tried *done, void *context,
		   struct pager_try **try)
{
	struct pager_try *new = calloc(1, sizeof(*new));

	if (!new)
		return -ENOMEM;
	new->kind = pager_kind(pager->type);
	new->done = done;
	new->context = context;
	new->began_ns = clock_monotonic_ns();
	new->outcome = (struct pager_outcome){.answer = ANSWER_AGAIN, .status = -1};
	if (make_and_begin(new, tools, pager, event, told) &&
	    sd_event_add_defer(tools->loop, &new->soon, on_soon, new) < 0) {
		pager_try__free(new);
		return -ENOMEM;
	}
	*try = new;
	return 0;
}

void pager_try__free(struct pager_try *try)
{
	if (!try)
		return;
	if (try->exchange)
		http_exchange__cancel(try->exchange);
	command_run__free(try->run);
	sd_event_source_disable_unref(try->soon);
	free(try);
}
