/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open incidents over a restart of the sensor, with the evidence as it was told last: an incident
 * that ended while the sensor was down is explained by nothing else.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/confidence.h"
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

static json_t *save_weights(const double weight[PLACE_COUNT])
{
	json_t *list = json_array();

	for (unsigned place = 0; list && place < PLACE_UNKNOWN; place++) {
		if (json_array_append_new(list, json_real(weight[place]))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *save_reading(struct reading reading)
{
	return reading.known ? json_real(reading.value) : json_null();
}

static json_t *save_reasons(const struct incident *incident)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < incident->reason_count; i++) {
		const struct reason *reason = &incident->reason[i].reason;
		json_t *saved = json_pack(
			"{s:s, s:s, s:o, s:o, s:s, s:s, s:o, s:b}", "signal", reason->signal,
			"subject", reason->subject, "value", save_reading(reason->value),
			"baseline", save_reading(reason->baseline), "says",
			place_name(reason->says), "text", reason->text, "weights",
			save_weights(reason->weight), "symptom", (int)reason->symptom);

		/* One that cannot be put in words of JSON is left out. */
		if (saved && json_array_append_new(list, saved)) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *save_evidence(const struct incident *incident)
{
	const struct reckoning *reckoning = &incident->reckoning;

	return json_pack("{s:o, s:b, s:f, s:f, s:f, s:o}", "rows", save_reasons(incident), "known",
			 (int)reckoning->known, "probability", reckoning->probability, "calibrated",
			 reckoning->calibrated, "left", reckoning->left, "sums",
			 save_weights(reckoning->sum));
}

json_t *incident__save(const struct incident *incident)
{
	return json_pack(
		"{s:s, s:i, s:s, s:s, s:s, s:s, s:f, s:f, s:I, s:I, s:I, s:s, s:s, s:s, "
		"s:b, s:o, s:o, s:o, s:o}",
		"id", incident->id, "seq", (int)incident->seq, "key", incident->key, "side",
		side_name(incident->side), "place", place_name(incident->place), "severity",
		severity_name(incident->severity), "confidence", incident->confidence, "stated",
		incident->stated, "began_s", (json_int_t)incident->began.tv_sec, "began_ns",
		(json_int_t)incident->began.tv_nsec, "hold_ns", (json_int_t)incident->hold_ns,
		"owner", incident->owner, "contact", incident->contact, "lead", incident->lead,
		"second_cause", (int)incident->second_cause, "links", save_names(&incident->links),
		"devices", save_names(&incident->devices), "peers", save_names(&incident->peers),
		"evidence", save_evidence(incident));
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

static bool restore_weights(const json_t *list, double weight[PLACE_COUNT])
{
	if (json_array_size(list) != PLACE_UNKNOWN)
		return false;
	for (unsigned place = 0; place < PLACE_UNKNOWN; place++)
		weight[place] = json_number_value(json_array_get(list, place));
	return true;
}

static struct reading restore_reading(const json_t *saved)
{
	return json_is_number(saved) ? reading_of(json_number_value(saved)) : (struct reading){};
}

static bool restore_reason(const json_t *saved, struct kept_reason *kept)
{
	const char *signal, *subject, *says, *text;
	json_t *value, *baseline, *weights;
	struct reason reason = {};
	unsigned evidence;
	int symptom = 0;

	if (json_unpack((json_t *)saved, "{s:s, s:s, s:o, s:o, s:s, s:s, s:o, s?b}", "signal",
			&signal, "subject", &subject, "value", &value, "baseline", &baseline,
			"says", &says, "text", &text, "weights", &weights, "symptom", &symptom) ||
	    !restore_weights(weights, reason.weight))
		return false;
	evidence = evidence_by_signal(signal);
	if (evidence == EVIDENCE_COUNT || place_by_name(says) == PLACE_UNKNOWN)
		return false;
	reason.signal = evidence_signal(evidence);
	reason.unit = evidence_unit(evidence);
	reason.value = restore_reading(value);
	reason.baseline = restore_reading(baseline);
	reason.says = place_by_name(says);
	reason.symptom = symptom;
	snprintf(reason.text, sizeof(reason.text), "%s", text);
	snprintf(kept->subject, sizeof(kept->subject), "%s", subject);
	kept->reason = reason;
	kept->reason.subject = kept->subject;
	return true;
}

/* All of it or nothing: what is missing is gathered again when the symptoms come back. */
static void restore_evidence(struct incident *incident, const json_t *saved)
{
	struct reckoning reckoning = {.known = true};
	struct kept_reason *reasons;
	json_t *rows, *sums, *row;
	int known;
	size_t i;

	if (!saved ||
	    json_unpack((json_t *)saved, "{s:o, s:b, s:F, s:F, s:F, s:o}", "rows", &rows, "known",
			&known, "probability", &reckoning.probability, "calibrated",
			&reckoning.calibrated, "left", &reckoning.left, "sums", &sums) ||
	    !known || !restore_weights(sums, reckoning.sum) || !json_array_size(rows) ||
	    json_array_size(rows) > INCIDENT_REASONS_MAX)
		return;
	reasons = calloc(json_array_size(rows), sizeof(*reasons));
	if (!reasons)
		return;
	json_array_foreach(rows, i, row) {
		if (!restore_reason(row, &reasons[i])) {
			free(reasons);
			return;
		}
	}
	incident->reason = reasons;
	incident->reason_count = json_array_size(rows);
	incident->reckoning = reckoning;
	confidence__shares(reckoning.sum, incident->share);
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
	for (unsigned each = 0; each < PLACE_COUNT; each++)
		incident->side_of_place[each] = place_side(each, LINK_EXTERNAL);
	incident->side_of_place[incident->place] = incident->side;
	restore_evidence(incident, json_object_get(saved, "evidence"));
	return incident;
}
