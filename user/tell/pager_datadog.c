/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Datadog, Events API v1: an event for each change, joined by the id of the incident.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tell/pager.h"
#include "tell/safe_text.h"
#include "tell/secret_file.h"

#define PATH		 "/api/v1/events"
#define TITLE_CHARACTERS 100
#define TEXT_CHARACTERS	 4000
#define KEY_CHARACTERS	 100
/* An event may not be older than 18 hours; one that is gets the time of its arrival. */
#define OLDEST_SECONDS (18 * 3600 - 60)

static const char *type_of(const struct page_event *event)
{
	if (event->change == INCIDENT_RESOLVE)
		return "success";
	return event->severity == SEVERITY_PAGE	    ? "error"
	       : event->severity == SEVERITY_TICKET ? "warning"
						    : "info";
}

/*
 * A copy that has at most @characters; the caller frees it.  An @ would notify whoever is named
 * behind it, which is not for the name of a process to decide.
 */
static char *copy(const char *text, size_t characters)
{
	char *copied = strdup(text);

	for (char *at = copied; at && *at; at++) {
		if (*at == '@')
			*at = '*';
	}
	return copied ? cut_text(copied, characters) : NULL;
}

static json_t *tags_of(const struct page_event *event)
{
	json_t *tags = json_pack("[s]", "source:faultline");
	size_t more;

	json_array_append_new(tags, json_sprintf("side:%s", side_name(event->side)));
	json_array_append_new(tags, json_sprintf("place:%s", place_name(event->place)));
	json_array_append_new(tags, json_sprintf("severity:%s", severity_name(event->severity)));
	json_array_append_new(tags, json_sprintf("subject:%s", page_event__subject(event, &more)));
	if (event->owner[0])
		json_array_append_new(tags, json_sprintf("owner:%s", event->owner));
	return tags;
}

static json_t *body_of(const struct page *page)
{
	const struct page_event *event = page->event;
	char *whole = page_text__whole(page->text, page->language);
	char *title = copy(page->text->summary, TITLE_CHARACTERS);
	char *text = whole ? copy(whole, TEXT_CHARACTERS) : NULL;
	char *key = copy(event->id, KEY_CHARACTERS);
	json_t *body = NULL;

	if (title && text && key)
		body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*, s:o}", "title", title, "text",
				 text, "aggregation_key", key, "alert_type", type_of(event),
				 "priority", event->severity == SEVERITY_INFO ? "low" : "normal",
				 "host", event->host[0] ? event->host : NULL, "tags",
				 tags_of(event));
	if (body && page->now.tv_sec - event->time.tv_sec < OLDEST_SECONDS)
		json_object_set_new(body, "date_happened", json_integer(event->time.tv_sec));
	free(key);
	free(text);
	free(title);
	free(whole);
	return body;
}

static int prepare(const struct config_pager *pager, const struct page *page,
		   struct delivery *delivery, char why[PAGER_WHY_LEN])
{
	char key[SECRET_LEN];
	int err = secret_file__read(pager->api_key_file, key, why, PAGER_WHY_LEN);

	if (err)
		return err;
	err = delivery__json(delivery, body_of(page));
	if (!err)
		err = delivery__url(delivery, pager->url, PATH);
	if (!err)
		err = delivery__line(delivery, "DD-API-KEY: %s", key);
	secret__forget(key);
	return err;
}

/* "202 Accepted" (older: 200) with the event and a status of its own. */
static enum answer judge(long status, const char *body)
{
	json_t *answer;
	bool taken;

	if (status < 200 || status > 299)
		return judge_status(status);
	answer = json_loads(body, 0, NULL);
	taken = !strcmp(json_text(answer, "status"), "ok");
	json_decref(answer);
	return taken ? ANSWER_DELIVERED : ANSWER_AGAIN;
}

const struct pager_kind pager_datadog = {
	.name = "datadog",
	.prepare = prepare,
	.judge = judge,
};
