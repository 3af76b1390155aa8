/* SPDX-License-Identifier: BSD-2-Clause */
#include "tell/page_event.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/time_text.h"
#include "tell/safe_text.h"

static int read_time(const char *text, struct timespec *time)
{
	int64_t time_ms;

	if (parse_rfc3339(text, &time_ms))
		return -EINVAL;
	*time = (struct timespec){time_ms / 1000, time_ms % 1000 * 1000000};
	return 0;
}

static bool read_change(const char *text, enum incident_change *change)
{
	for (int i = INCIDENT_OPEN; i <= INCIDENT_RESOLVE; i++) {
		if (!strcmp(text, incident_change_name(i))) {
			*change = i;
			return true;
		}
	}
	return false;
}

/* A severity that is not known is one to wake somebody for. */
static enum severity read_severity(const char *text)
{
	for (int i = SEVERITY_INFO; i < SEVERITY_PAGE; i++) {
		if (!strcmp(text, severity_name(i)))
			return i;
	}
	return SEVERITY_PAGE;
}

static enum side read_side(const char *text)
{
	for (int i = SIDE_UNKNOWN; i <= SIDE_INTERNAL; i++) {
		if (!strcmp(text, side_name(i)))
			return i;
	}
	return SIDE_UNKNOWN;
}

static const json_t *list(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_array(value) ? value : NULL;
}

static void read_rest(struct page_event *event)
{
	const json_t *clean = event->clean, *scope = json_object_get(clean, "scope");

	event->severity = read_severity(json_text(clean, "severity"));
	event->side = read_side(json_text(clean, "side"));
	event->place = place_by_name(json_text(clean, "place"));
	event->host = json_text(clean, "host");
	event->owner = json_text(clean, "owner");
	event->contact = json_text(clean, "contact");
	event->summary = json_text(clean, "summary");
	event->seq = (unsigned)json_integer_value(json_object_get(clean, "seq"));
	event->confidence = json_number_value(json_object_get(clean, "confidence"));
	read_time(json_text(clean, "time"), &event->time);
	if (read_time(json_text(clean, "began"), &event->began))
		event->began = event->time;
	event->links = list(scope, "links");
	event->devices = list(scope, "devices");
	event->peers = list(scope, "peers");
	event->processes = list(json_object_get(clean, "impact"), "processes");
	event->evidence = list(clean, "evidence");
	event->against = list(clean, "against");
	event->alternatives = list(clean, "alternatives");
}

int page_event__read(const json_t *object, struct page_event *event)
{
	struct page_event read = {};

	if (!json_is_object(object))
		return -EINVAL;
	read.clean = safe_json(object);
	if (!read.clean)
		return -ENOMEM;
	read.id = json_text(read.clean, "id");
	if (strcmp(json_text(read.clean, "schema"), INCIDENT_SCHEMA) != 0 || !read.id[0] ||
	    !read_change(json_text(read.clean, "event"), &read.change)) {
		json_decref(read.clean);
		return -EINVAL;
	}
	read_rest(&read);
	*event = read;
	return 0;
}

void page_event__release(struct page_event *event)
{
	json_decref(event->clean);
	*event = (struct page_event){};
}

const char *page_event__subject(const struct page_event *event, size_t *more)
{
	bool device = event->place == PLACE_GATEWAY || event->place == PLACE_NIC ||
		      !json_array_size(event->links);
	const json_t *names =
		device && json_array_size(event->devices) ? event->devices : event->links;
	const char *first = json_string_value(json_array_get(names, 0));

	*more = first ? json_array_size(names) - 1 : 0;
	return first ? first : event->host;
}

double page_event__percent(const struct page_event *event)
{
	double percent = event->confidence * 100;

	return percent > 99 ? 99 : percent;
}
