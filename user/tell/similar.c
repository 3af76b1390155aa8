/* SPDX-License-Identifier: BSD-2-Clause */
#include "tell/similar.h"

#include "base/json_text.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define WHY_LEN 512

/* A set of words is a JSON object with them as keys. */
static void add_words(json_t *set, const json_t *words)
{
	const json_t *word;
	size_t i;

	json_array_foreach(words, i, word) {
		if (json_is_string(word))
			json_object_set_new(set, json_string_value(word), json_true());
	}
}

static json_t *scope_of(const json_t *event)
{
	const json_t *scope = json_object_get(event, "scope");
	json_t *set = json_object();

	add_words(set, json_object_get(scope, "links"));
	add_words(set, json_object_get(scope, "devices"));
	return set;
}

static json_t *signals_of(const json_t *event)
{
	json_t *set = json_object();
	const json_t *reason;
	size_t i;

	json_array_foreach(json_object_get(event, "evidence"), i, reason) {
		/* What is the same in every incident says nothing. */
		if (*json_text(reason, "signal") && strcmp(json_text(reason, "signal"), "prior"))
			json_object_set_new(set, json_text(reason, "signal"), json_true());
	}
	return set;
}

/* Intersection over union; the words of both, after commas, into @common. */
static double overlap(json_t *one, json_t *other, char *common, size_t room)
{
	size_t both = 0, all, used = 0;
	const char *word;
	json_t *value;

	common[0] = '\0';
	json_object_foreach(one, word, value) {
		if (!json_object_get(other, word))
			continue;
		if (used < room)
			used += (size_t)snprintf(common + used, room - used, "%s%s",
						 both ? ", " : "", word);
		both++;
	}
	all = json_object_size(one) + json_object_size(other) - both;
	return all ? (double)both / (double)all : 0;
}

static double same_verdict(const json_t *one, const json_t *other)
{
	if (strcmp(json_text(one, "side"), json_text(other, "side")) != 0)
		return 0;
	return strcmp(json_text(one, "place"), json_text(other, "place")) != 0 ? 0.5 : 1;
}

static void add_reason(char *why, const char *reason, const char *detail)
{
	size_t used = strlen(why);

	snprintf(why + used, WHY_LEN - used, "%s%s%s", used ? "; " : "", reason, detail);
}

static double likeness(const json_t *event, const json_t *other, char *why)
{
	json_t *scope[2] = {scope_of(event), scope_of(other)};
	json_t *signals[2] = {signals_of(event), signals_of(other)};
	char names[160], common[160];
	double of_scope = overlap(scope[0], scope[1], names, sizeof(names));
	double of_signals = overlap(signals[0], signals[1], common, sizeof(common));
	double of_verdict = same_verdict(event, other);

	for (size_t i = 0; i < 2; i++) {
		json_decref(scope[i]);
		json_decref(signals[i]);
	}
	why[0] = '\0';
	if (of_scope >= 1)
		add_reason(why, "the same scope", "");
	else if (of_scope > 0)
		add_reason(why, "in both: ", names);
	if (of_signals >= 1)
		add_reason(why, "the same signals: ", common);
	else if (of_signals > 0)
		add_reason(why, "signals in common: ", common);
	if (of_verdict >= 1)
		add_reason(why, "the same verdict", "");
	else if (of_verdict > 0)
		add_reason(why, "the same side", "");
	return (of_scope + of_signals + of_verdict) / 3;
}

/* Keeps @found in order, and no longer than @most. */
static void insert(json_t *found, json_t *entry, double value, size_t most)
{
	size_t at = 0;

	while (at < json_array_size(found) &&
	       json_number_value(json_object_get(json_array_get(found, at), "likeness")) > value)
		at++;
	json_array_insert_new(found, at, entry);
	if (json_array_size(found) > most)
		json_array_remove(found, most);
}

json_t *similar__find(const json_t *event, const json_t *list, size_t most)
{
	json_t *found = json_array();
	const json_t *incident;
	char why[WHY_LEN];
	size_t i;

	/* Oldest first, so that of equals the latest comes first. */
	json_array_foreach(list, i, incident) {
		const json_t *other = json_object_get(incident, "event");
		double value;

		if (!strcmp(json_text(other, "id"), json_text(event, "id")) ||
		    strcmp(json_text(other, "began"), json_text(event, "began")) >= 0)
			continue;
		value = likeness(event, other, why);
		if (value >= SIMILAR_LEAST)
			insert(found,
			       json_pack("{s:O, s:f, s:s}", "incident", incident, "likeness", value,
					 "why", why),
			       value, most);
	}
	return found;
}
