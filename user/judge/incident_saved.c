/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open incidents over a restart of the sensor: who they are about, not their evidence, which is
 * gathered again when their symptoms come back.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "judge/incident.h"

static json_t *save_names(const struct names *names)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < names->count; i++) {
		if (json_array_append_new(list, json_string(names->name[i]))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

json_t *incident__save(const struct incident *incident)
{
	return json_pack(
		"{s:s, s:i, s:s, s:s, s:s, s:s, s:f, s:f, s:I, s:I, s:I, s:s, s:s, s:s, "
		"s:b, s:o, s:o, s:o}",
		"id", incident->id, "seq", (int)incident->seq, "key", incident->key, "side",
		side_name(incident->side), "place", place_name(incident->place), "severity",
		severity_name(incident->severity), "confidence", incident->confidence, "stated",
		incident->stated, "began_s", (json_int_t)incident->began.tv_sec, "began_ns",
		(json_int_t)incident->began.tv_nsec, "hold_ns", (json_int_t)incident->hold_ns,
		"owner", incident->owner, "contact", incident->contact, "lead", incident->lead,
		"second_cause", (int)incident->second_cause, "links", save_names(&incident->links),
		"devices", save_names(&incident->devices), "peers", save_names(&incident->peers));
}

static bool restore_names(struct names *names, const json_t *list, size_t limit)
{
	size_t index;
	json_t *each;

	if (!json_is_array(list) || json_array_size(list) > limit)
		return false;
	json_array_foreach(list, index, each) {
		if (!json_is_string(each))
			return false;
		names__add(names, json_string_value(each), limit);
	}
	return true;
}

static enum side side_by_name(const char *name)
{
	for (unsigned side = SIDE_UNKNOWN; side <= SIDE_INTERNAL; side++) {
		if (!strcmp(side_name(side), name))
			return side;
	}
	return SIDE_UNKNOWN;
}

static enum severity severity_by_name(const char *name)
{
	for (unsigned severity = SEVERITY_INFO; severity < SEVERITY_PAGE; severity++) {
		if (!strcmp(severity_name(severity), name))
			return severity;
	}
	return SEVERITY_PAGE;
}

#define COPY(to, from) snprintf(to, sizeof(to), "%s", from)

struct incident *incident__restore(const json_t *saved)
{
	const char *id, *key, *side, *place, *severity, *owner, *contact, *lead;
	json_t *links, *devices, *peers;
	json_int_t began_s, began_ns, hold_ns;
	struct incident *incident;
	double confidence, stated;
	int seq, second_cause;

	if (json_unpack((json_t *)saved,
			"{s:s, s:i, s:s, s:s, s:s, s:s, s:F, s:F, s:I, s:I, s:I, s:s, s:s, s:s, "
			"s:b, s:o, s:o, s:o}",
			"id", &id, "seq", &seq, "key", &key, "side", &side, "place", &place,
			"severity", &severity, "confidence", &confidence, "stated", &stated,
			"began_s", &began_s, "began_ns", &began_ns, "hold_ns", &hold_ns, "owner",
			&owner, "contact", &contact, "lead", &lead, "second_cause", &second_cause,
			"links", &links, "devices", &devices, "peers", &peers) ||
	    seq < 1 || began_ns < 0 || began_ns >= 1000000000 || hold_ns <= 0 ||
	    hold_ns > 3600 * 1000000000LL) {
		errno = EINVAL;
		return NULL;
	}
	incident = incident__new();
	if (!incident)
		return NULL;
	if (!restore_names(&incident->links, links, INCIDENT_LINKS_MAX) ||
	    !restore_names(&incident->devices, devices, INCIDENT_DEVICES_MAX) ||
	    !restore_names(&incident->peers, peers, INCIDENT_PEERS_MAX)) {
		incident__free(incident);
		errno = EINVAL;
		return NULL;
	}
	COPY(incident->id, id);
	COPY(incident->key, key);
	COPY(incident->owner, owner);
	COPY(incident->contact, contact);
	COPY(incident->lead, lead);
	incident->seq = (unsigned)seq;
	incident->side = side_by_name(side);
	incident->place = incident->second = place_by_name(place);
	incident->severity = severity_by_name(severity);
	incident->confidence = confidence;
	incident->stated = stated;
	incident->began = (struct timespec){.tv_sec = began_s, .tv_nsec = began_ns};
	incident->hold_ns = (uint64_t)hold_ns;
	incident->second_cause = second_cause;
	incident->restored = true;
	incident->share[incident->place] = stated;
	return incident;
}
