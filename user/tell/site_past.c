/* SPDX-License-Identifier: BSD-2-Clause */
#include "tell/site_past.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/time_text.h"
#include "keep/history.h"
#include "keep/incident_read.h"
#include "keep/store.h"

/* Answers are bounded, whatever is asked for. */
#define INCIDENTS_MAX 500
#define MINUTES_MAX   1440
#define MINUTE_MS     60000
/* Of "at": so many minutes before and behind. */
#define AROUND_MINUTES 1

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* NULL leaves @time_ms as it is.  0 or -EINVAL with @why. */
static int read_time(const char *name, const char *text, int64_t *time_ms, char *why,
		     size_t why_len)
{
	const char *wrong = "";

	if (!text || !parse_time(text, now_ms(), time_ms, &wrong))
		return 0;
	snprintf(why, why_len, "%s: \"%s\": %s", name, text, wrong);
	return -EINVAL;
}

/* From the entries of a list to their last events, newest first. */
static json_t *last_events(json_t *list)
{
	json_t *events = json_array();

	for (size_t i = json_array_size(list); events && i-- > 0;) {
		json_t *entry = json_array_get(list, i);

		if (json_array_append(events, json_object_get(entry, "event"))) {
			json_decref(events);
			return NULL;
		}
	}
	return events;
}

static int events_of(const struct store *store, const struct incident_filter *filter,
		     json_t **events)
{
	json_t *list = NULL;
	int err = incident_read__list(store, filter, &list);

	if (err)
		return err;
	*events = last_events(list);
	json_decref(list);
	return *events ? 0 : -ENOMEM;
}

int site_past_open(const struct store *store, json_t **events)
{
	struct incident_filter filter = {.limit = INCIDENTS_MAX};
	json_t *list = NULL;
	int err = incident_read__list(store, &filter, &list);

	if (err)
		return err;
	for (size_t i = json_array_size(list); i-- > 0;) {
		if (json_object_get(json_array_get(list, i), "resolved_ms"))
			json_array_remove(list, i);
	}
	*events = last_events(list);
	json_decref(list);
	return *events ? 0 : -ENOMEM;
}

int site_past_incidents(const struct store *store, const struct site_past_arguments *arguments,
			json_t **answer, char *why, size_t why_len)
{
	struct incident_filter filter = {.link = arguments->link, .limit = INCIDENTS_MAX};
	json_t *events = NULL;
	int err = read_time("since", arguments->since, &filter.since_ms, why, why_len);

	if (!err)
		err = read_time("until", arguments->until, &filter.until_ms, why, why_len);
	if (!err)
		err = events_of(store, &filter, &events);
	if (err)
		return err;
	*answer = json_pack("{s:s, s:o}", "schema", "faultline.incidents/1", "incidents", events);
	return *answer ? 0 : -ENOMEM;
}

int site_past_incident(const struct store *store, const struct site_past_arguments *arguments,
		       json_t **answer, char *why, size_t why_len)
{
	json_t *whole = NULL;
	char id[128];
	int err = incident_read__find(store, arguments->id, id, sizeof(id), why, why_len);

	if (err == -EEXIST)
		return -EINVAL;
	if (!err)
		err = incident_read__whole(store, id, &whole);
	if (err)
		return err;
	*answer = json_pack("{s:s, s:o}", "schema", "faultline.incident-log/1", "incident", whole);
	return *answer ? 0 : -ENOMEM;
}

/* The times asked for, whole minutes. */
static int read_span(const struct site_past_arguments *arguments, int64_t *since_ms,
		     int64_t *until_ms, char *why, size_t why_len)
{
	int64_t at_ms = now_ms();
	int err = read_time("at", arguments->at, &at_ms, why, why_len);

	*since_ms = at_ms - at_ms % MINUTE_MS - AROUND_MINUTES * MINUTE_MS;
	*until_ms = at_ms - at_ms % MINUTE_MS + (AROUND_MINUTES + 1) * MINUTE_MS;
	if (!err && arguments->since)
		err = read_time("since", arguments->since, since_ms, why, why_len);
	if (!err && arguments->until)
		err = read_time("until", arguments->until, until_ms, why, why_len);
	if (err)
		return err;
	if (*until_ms > *since_ms && *until_ms - *since_ms <= MINUTES_MAX * (int64_t)MINUTE_MS)
		return 0;
	snprintf(why, why_len, "until has to be behind since, by a day at most");
	return -EINVAL;
}

/* Gives each row its time as text. */
static int name_times(json_t *rows)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		time_t second = json_integer_value(json_object_get(row, "minute_ms")) / 1000;
		char text[32];
		struct tm utc;

		if (!gmtime_r(&second, &utc) ||
		    !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc) ||
		    json_object_set_new(row, "time", json_string(text)))
			return -ENOMEM;
	}
	return 0;
}

int site_past_history(const struct store *store, const struct site_past_arguments *arguments,
		      json_t **answer, char *why, size_t why_len)
{
	struct incident_filter filter = {.link = arguments->link, .limit = INCIDENTS_MAX};
	json_t *rows = NULL, *events = NULL;
	int err;

	if (!arguments->link) {
		snprintf(why, why_len, "link: which link or device?");
		return -EINVAL;
	}
	err = read_span(arguments, &filter.since_ms, &filter.until_ms, why, why_len);
	if (!err)
		err = history_read(store, arguments->link, filter.since_ms, filter.until_ms, &rows);
	if (!err)
		err = name_times(rows);
	if (!err)
		err = events_of(store, &filter, &events);
	if (err) {
		json_decref(rows);
		return err;
	}
	*answer = json_pack("{s:s, s:s, s:o, s:o}", "schema", "faultline.history/1", "name",
			    arguments->link, "minutes", rows, "incidents", events);
	return *answer ? 0 : -ENOMEM;
}
