/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prometheus Alertmanager, API v2: POST /api/v2/alerts takes a list of alerts.
 *
 * An alert is its labels: when the verdict changes they change, and the old alert is ended in the
 * same request that begins the new one.  Alertmanager forgets an alert at its end, so that one that
 * is open gets an end some minutes ahead and is told again each minute until it is over.  Should
 * the sensor die, the alert outlives it by these minutes.
 */
#include <errno.h>
#include <string.h>

#include "base/utc.h"
#include "tell/pager.h"

#define OPEN_SECONDS 900
#define PATH	     "/api/v2/alerts"

static const char *text_or_null(const char *text)
{
	return text[0] ? text : NULL;
}

/* Labels without a value are left out, as Alertmanager itself would. */
static json_t *labels_of(const struct page_event *event)
{
	const char *link = json_string_value(json_array_get(event->links, 0));
	const char *device = json_string_value(json_array_get(event->devices, 0));

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*, s:s*, s:s*, s:s*}", "alertname",
			 "FaultlineIncident", "incident", event->id, "side", side_name(event->side),
			 "place", place_name(event->place), "severity",
			 severity_name(event->severity), "link", link, "device", device, "owner",
			 text_or_null(event->owner), "instance", text_or_null(event->host));
}

static json_t *annotations_of(const struct page *page)
{
	return json_pack("{s:s, s:s, s:s*, s:s, s:s*}", "summary", page->text->summary,
			 "description", page->text->page, "ticket",
			 text_or_null(page->text->ticket), "notice", page->text->notice, "contact",
			 text_or_null(page->event->contact));
}

/* Alertmanager refuses an alert that ends before it starts. */
static json_t *alert(json_t *labels, json_t *annotations, struct timespec start,
		     struct timespec end)
{
	char starts[UTC_TEXT_LEN], ends[UTC_TEXT_LEN];

	if (start.tv_sec >= end.tv_sec)
		start = (struct timespec){end.tv_sec - 1, 0};
	return json_pack("{s:o, s:o*, s:s, s:s}", "labels", labels, "annotations", annotations,
			 "startsAt", utc_format(start, starts), "endsAt", utc_format(end, ends));
}

static int add_earlier(json_t *alerts, const struct page *page, const json_t *labels)
{
	json_t *earlier;

	if (!page->told)
		return 0;
	earlier = labels_of(page->told);
	if (!earlier)
		return -ENOMEM;
	if (json_equal(earlier, labels)) {
		json_decref(earlier);
		return 0;
	}
	return json_array_append_new(alerts,
				     alert(earlier, NULL, page->told->began, page->event->time))
		       ? -ENOMEM
		       : 0;
}

static int set_url(struct delivery *delivery, const char *base)
{
	size_t len = strlen(base);

	while (len && base[len - 1] == '/')
		len--;
	if (len >= strlen(PATH) && !strncmp(base + len - strlen(PATH), PATH, strlen(PATH)))
		len -= strlen(PATH);
	if (asprintf(&delivery->url, "%.*s" PATH, (int)len, base) < 0) {
		delivery->url = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int prepare(const struct config_pager *pager, const struct page *page,
		   struct delivery *delivery, char why[PAGER_WHY_LEN])
{
	json_t *alerts = json_array(), *labels = labels_of(page->event);
	struct timespec end = page->event->time;
	int err = alerts && labels ? 0 : -ENOMEM;

	(void)why;
	if (page->event->change != INCIDENT_RESOLVE)
		end = (struct timespec){page->now.tv_sec + OPEN_SECONDS, 0};
	if (!err)
		err = add_earlier(alerts, page, labels);
	if (!err)
		err = json_array_append_new(alerts, alert(json_incref(labels), annotations_of(page),
							  page->event->began, end))
			      ? -ENOMEM
			      : 0;
	json_decref(labels);
	if (err) {
		json_decref(alerts);
		return err;
	}
	err = delivery__json(delivery, alerts);
	return err ? err : set_url(delivery, pager->url);
}

/* Its answer is empty: another one comes from something in between. */
static enum answer judge(long status, const char *body)
{
	if (status == 200 && body[strspn(body, " \r\n")] == '<')
		return ANSWER_AGAIN;
	return judge_status(status);
}

const struct pager_kind pager_alertmanager = {
	.name = "alertmanager",
	.holds = true,
	.repeats = true,
	.prepare = prepare,
	.judge = judge,
};
