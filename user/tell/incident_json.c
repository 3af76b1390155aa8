/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers are rounded to what they are good for, so that the text is short and the same everywhere:
 * a confidence to a ten-thousandth, weights to a thousandth, readings to six digits.
 */
#include "tell/incident_json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "base/utc.h"
#include "judge/confidence.h"
#include "judge/incident_event.h"

/* Puts a value under a key and owns it from then on; NULL is a failure of whoever made it. */
static int put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) ? -ENOMEM : 0;
}

static json_t *rounded_json(double value, double steps)
{
	return isfinite(value) ? json_real(round(value * steps) / steps) : json_null();
}

/* Six significant digits; null when it is not available. */
static json_t *reading_json(struct reading reading)
{
	char text[32];

	if (!reading.known || !isfinite(reading.value))
		return json_null();
	snprintf(text, sizeof(text), "%.6g", reading.value);
	return json_real(strtod(text, NULL));
}

static json_t *texts_json(const char *const *texts, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		if (json_array_append_new(list, json_name(texts[i]))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* Whose a place is in this event: of the far end it depends on whom the link leads to. */
static enum side side_of(const struct incident_event *event, enum place place)
{
	if (place == event->place)
		return event->side;
	for (size_t i = 0; i < event->alternative_count; i++) {
		if (event->alternatives[i].place == place)
			return event->alternatives[i].side;
	}
	return place_side(place, LINK_EXTERNAL);
}

#define SIDE_PLACE_LEN 32

static const char *side_place(const struct incident_event *event, enum place place,
			      char text[SIDE_PLACE_LEN])
{
	snprintf(text, SIDE_PLACE_LEN, "%s/%s", side_name(side_of(event, place)),
		 place_name(place));
	return text;
}

/* Only the places it says something about. */
static json_t *weights_json(const struct incident_event *event, const struct reason *reason)
{
	json_t *object = json_object();
	char text[SIDE_PLACE_LEN];
	int err = 0;

	for (unsigned place = 0; object && place < PLACE_COUNT; place++) {
		if (reason->weight[place] != 0)
			err |= put(object, side_place(event, place, text),
				   rounded_json(reason->weight[place], 1e3));
	}
	if (!err)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *reason_json(const struct incident_event *event, const struct reason *reason)
{
	/* For a verdict that names no place, what the row says of its own. */
	enum place place = event->place == PLACE_UNKNOWN ? reason->says : event->place;
	json_t *object = json_object();
	char text[SIDE_PLACE_LEN];
	int err = put(object, "signal", json_name(reason->signal));

	err |= put(object, "subject", json_name(reason->subject));
	err |= put(object, "value", reading_json(reason->value));
	err |= put(object, "unit", json_name(reason->unit));
	err |= put(object, "baseline", reading_json(reason->baseline));
	err |= put(object, "symptom", json_boolean(reason->symptom));
	err |= put(object, "says", json_string(side_place(event, reason->says, text)));
	err |= put(object, "weight", rounded_json(reason->weight[place], 1e3));
	err |= put(object, "text", json_name(reason->text));
	err |= put(object, "weights", weights_json(event, reason));
	if (!err)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *reasons_json(const struct incident_event *event, const struct reason *reasons,
			    size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		if (json_array_append_new(list, reason_json(event, &reasons[i]))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *alternatives_json(const struct incident_event *event)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < event->alternative_count; i++) {
		const struct alternative *other = &event->alternatives[i];
		json_t *item = json_pack("{s:s, s:s, s:o}", "side", side_name(other->side), "place",
					 place_name(other->place), "confidence",
					 rounded_json(other->confidence, 1e4));

		if (json_array_append_new(list, item)) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *processes_json(const struct incident_event *event)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < event->process_count; i++) {
		const struct incident_process *process = &event->processes[i];
		char comm[sizeof(process->comm) + 1];
		json_t *item;

		snprintf(comm, sizeof(comm), "%.*s", (int)sizeof(process->comm), process->comm);
		item = json_pack("{s:I, s:o}", "pid", (json_int_t)process->pid, "comm",
				 json_name(comm));
		if (json_array_append_new(list, item)) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *scope_json(const struct incident_event *event)
{
	return json_pack("{s:o, s:o, s:o}", "links", texts_json(event->links, event->link_count),
			 "devices", texts_json(event->devices, event->device_count), "peers",
			 texts_json(event->peers, event->peer_count));
}

static json_t *impact_json(const struct incident_event *event)
{
	return json_pack("{s:I, s:o, s:o}", "connections", (json_int_t)event->connections,
			 "processes", processes_json(event), "other_links",
			 json_name(event->other_links));
}

/* All places have a sum: what is not said of a place counts for it as much as for the others. */
static json_t *reckoning_json(const struct incident_event *event)
{
	const struct reckoning *reckoning = &event->reckoning;
	json_t *sums = json_object();
	char text[SIDE_PLACE_LEN];
	int err = 0;

	for (unsigned place = 0; place < PLACE_UNKNOWN; place++)
		err |= put(sums, side_place(event, place, text),
			   rounded_json(reckoning->sum[place], 1e3));
	if (err) {
		json_decref(sums);
		return NULL;
	}
	return json_pack("{s:o, s:f, s:o, s:o, s:o}", "sums", sums, "temperature",
			 confidence__temperature(), "probability",
			 rounded_json(reckoning->probability, 1e4), "calibrated",
			 rounded_json(reckoning->calibrated, 1e4), "left",
			 rounded_json(reckoning->left, 1e4));
}

static json_t *observed_json(const struct incident_event *event)
{
	return json_pack("{s:I, s:o}", "events_lost", (json_int_t)event->events_lost, "blind",
			 texts_json(event->blind, event->blind_count));
}

/* Who, when, and the verdict: what stands on top. */
static int put_head(json_t *object, const struct incident_event *event)
{
	char time[UTC_TEXT_LEN];
	int err = put(object, "schema", json_string(INCIDENT_SCHEMA));

	err |= put(object, "event", json_string(incident_change_name(event->change)));
	err |= put(object, "id", json_name(event->id));
	err |= put(object, "seq", json_integer(event->seq));
	err |= put(object, "time", json_string(utc_format(event->time, time)));
	err |= put(object, "began", json_string(utc_format(event->began, time)));
	err |= put(object, "host", json_name(event->host));
	err |= put(object, "severity", json_string(severity_name(event->severity)));
	err |= put(object, "side", json_string(side_name(event->side)));
	err |= put(object, "place", json_string(place_name(event->place)));
	err |= put(object, "confidence", rounded_json(event->confidence, 1e4));
	return err;
}

json_t *incident_json__new(const struct incident_event *event)
{
	json_t *object = json_object();
	int err = put_head(object, event);

	err |= put(object, "scope", scope_json(event));
	err |= put(object, "owner", json_name(event->owner));
	err |= put(object, "contact", json_name(event->contact));
	err |= put(object, "summary", json_name(event->summary));
	if (event->would_separate && event->would_separate[0])
		err |= put(object, "would_separate", json_name(event->would_separate));
	err |= put(object, "evidence", reasons_json(event, event->evidence, event->evidence_count));
	err |= put(object, "against", reasons_json(event, event->against, event->against_count));
	if (event->reckoning.known)
		err |= put(object, "reckoning", reckoning_json(event));
	err |= put(object, "alternatives", alternatives_json(event));
	err |= put(object, "impact", impact_json(event));
	err |= put(object, "observed", observed_json(event));
	if (event->closed_by && *event->closed_by)
		err |= put(object, "closed_by", json_name(event->closed_by));
	if (!err)
		return object;
	json_decref(object);
	return NULL;
}

int incident_json__print(const json_t *event, FILE *out)
{
	if (json_dumpf(event, out, INCIDENT_JSON_FLAGS) || fputc('\n', out) == EOF || fflush(out))
		return -EIO;
	return 0;
}
