/* SPDX-License-Identifier: BSD-2-Clause */
#include "tell/top_way.h"

#include <stdio.h>
#include <string.h>

static const char *text_at(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

enum way_part way_part_of(const char *place)
{
	static const struct {
		const char *place;
		enum way_part part;
	} table[] = {
		{"app", WAY_HOST},	  {"cpu", WAY_HOST},	    {"memory", WAY_HOST},
		{"disk", WAY_HOST},	  {"kernel-net", WAY_HOST}, {"capacity", WAY_HOST},
		{"nic", WAY_INTERFACE},	  {"gateway", WAY_DEVICE},  {"middlebox", WAY_DEVICE},
		{"resolver", WAY_DEVICE}, {"path", WAY_LINE},	    {"peer-app", WAY_FAR},
		{"peer-host", WAY_FAR},	  {"name", WAY_FAR},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (!strcmp(table[i].place, place))
			return table[i].part;
	}
	return WAY_PARTS;
}

bool incident_is_open(json_t *incident)
{
	return strcmp(text_at(incident, "event"), "resolve") != 0;
}

static bool hits(json_t *incident, const char *link)
{
	json_t *name;
	size_t i;

	json_array_foreach(json_object_get(json_object_get(incident, "scope"), "links"), i, name) {
		if (json_is_string(name) && !strcmp(json_string_value(name), link))
			return true;
	}
	return false;
}

json_t *open_incident_of(json_t *status, const char *link)
{
	json_t *incident;
	size_t i;

	json_array_foreach(json_object_get(status, "incidents"), i, incident) {
		if (incident_is_open(incident) && hits(incident, link))
			return incident;
	}
	return NULL;
}

static void mark(struct way_line *line, json_t *incident)
{
	enum way_part part = way_part_of(text_at(incident, "place"));
	json_t *other;
	size_t i;

	if (part != WAY_PARTS) {
		line->faulty[part] = true;
		return;
	}
	json_array_foreach(json_object_get(incident, "alternatives"), i, other) {
		part = way_part_of(text_at(other, "place"));
		if (part != WAY_PARTS)
			line->suspect[part] = true;
	}
}

void way_line__of(json_t *status, json_t *link, struct way_line *line)
{
	json_t *way = json_object_get(link, "way"), *incident;
	json_t *peers = json_object_get(link, "peers");
	const char *interface =
		json_string_value(json_array_get(json_object_get(way, "interfaces"), 0));
	const char *device = json_string_value(json_array_get(json_object_get(way, "devices"), 0));
	const char *peer = json_string_value(json_array_get(peers, 0));
	size_t i;

	*line = (struct way_line){};
	snprintf(line->name[WAY_HOST], WAY_TEXT_LEN, "%s", text_at(status, "host"));
	snprintf(line->name[WAY_INTERFACE], WAY_TEXT_LEN, "%s", interface ? interface : "-");
	snprintf(line->name[WAY_DEVICE], WAY_TEXT_LEN, "%s", device ? device : "-");
	snprintf(line->name[WAY_LINE], WAY_TEXT_LEN, "line");
	if (json_array_size(peers) > 1)
		snprintf(line->name[WAY_FAR], WAY_TEXT_LEN, "%s +%zu", peer ? peer : "-",
			 json_array_size(peers) - 1);
	else
		snprintf(line->name[WAY_FAR], WAY_TEXT_LEN, "%s", peer ? peer : "-");
	json_array_foreach(json_object_get(status, "incidents"), i, incident) {
		if (incident_is_open(incident) && hits(incident, text_at(link, "name")))
			mark(line, incident);
	}
}
