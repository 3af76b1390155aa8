/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PagerDuty, Events API v2: trigger and resolve, told apart by the id of the incident.  A trigger
 * with a key that is open changes the alert and wakes nobody again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utc.h"
#include "tell/pager.h"
#include "tell/safe_text.h"
#include "tell/secret_file.h"

#define DEFAULT_URL	   "https://events.pagerduty.com"
#define PATH		   "/v2/enqueue"
#define SUMMARY_CHARACTERS 1024
#define KEY_LEN		   255

static const char *severity_of(enum severity severity)
{
	return severity == SEVERITY_PAGE     ? "critical"
	       : severity == SEVERITY_TICKET ? "warning"
					     : "info";
}

static json_t *details_of(const struct page *page)
{
	const struct page_event *event = page->event;

	return json_pack("{s:s, s:s, s:s, s:f, s:s, s:s, s:s, s:s, s:s}", "incident", event->id,
			 "side", side_name(event->side), "place", place_name(event->place),
			 "confidence", event->confidence, "owner", event->owner, "contact",
			 event->contact, "page", page->text->page, "ticket", page->text->ticket,
			 "notice", page->text->notice);
}

static json_t *payload_of(const struct page *page)
{
	const struct page_event *event = page->event;
	char *summary = strdup(page->text->summary), began[UTC_TEXT_LEN];
	json_t *payload = NULL;
	size_t more;

	if (summary)
		payload = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s++, s:o}", "summary",
				    cut_text(summary, SUMMARY_CHARACTERS), "source",
				    event->host[0] ? event->host : "faultline", "severity",
				    severity_of(event->severity), "timestamp",
				    utc_format(event->began, began), "component",
				    page_event__subject(event, &more), "group",
				    event->owner[0] ? event->owner : "faultline", "class",
				    side_name(event->side), "/", place_name(event->place),
				    "custom_details", details_of(page));
	free(summary);
	return payload;
}

static int prepare(const struct config_pager *pager, const struct page *page,
		   struct delivery *delivery, char why[PAGER_WHY_LEN])
{
	bool over = page->event->change == INCIDENT_RESOLVE;
	char key[SECRET_LEN], dedup[KEY_LEN + 1] = "";
	json_t *event;
	int err = secret_file__read(pager->routing_key_file, key, why, PAGER_WHY_LEN);

	if (err)
		return err;
	strncpy(dedup, page->event->id, KEY_LEN);
	event = json_pack("{s:s, s:s, s:s, s:s}", "routing_key", key, "event_action",
			  over ? "resolve" : "trigger", "dedup_key", dedup, "client", "Faultline");
	secret__forget(key);
	if (event && !over && json_object_set_new(event, "payload", payload_of(page))) {
		json_decref(event);
		event = NULL;
	}
	err = delivery__json(delivery, event);
	return err ? err : delivery__url(delivery, pager->url ? pager->url : DEFAULT_URL, PATH);
}

/* "202 Accepted" with a status of its own; anything else that looks well did not come from it. */
static enum answer judge(long status, const char *body)
{
	json_t *answer;
	bool taken;

	if (status < 200 || status > 299)
		return judge_status(status);
	answer = json_loads(body, 0, NULL);
	taken = status == 202 && !strcmp(json_text(answer, "status"), "success");
	json_decref(answer);
	return taken ? ANSWER_DELIVERED : ANSWER_AGAIN;
}

const struct pager_kind pager_pagerduty = {
	.name = "pagerduty",
	.holds = true,
	.prepare = prepare,
	.judge = judge,
};
