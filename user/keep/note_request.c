/* SPDX-License-Identifier: BSD-2-Clause */
#include "keep/note_request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "judge/place.h"
#include "keep/incident_read.h"
#include "keep/store.h"

#define WORD_LEN 32

static bool side_by_name(const char *name, enum side *side)
{
	for (enum side i = SIDE_UNKNOWN; i <= SIDE_INTERNAL; i++) {
		if (!strcmp(side_name(i), name)) {
			*side = i;
			return true;
		}
	}
	return false;
}

/* The far end may be our own service, and a device somebody else's; the rest is where it is. */
static bool goes_together(enum side side, enum place place)
{
	switch (place) {
	case PLACE_PEER_APP:
	case PLACE_PEER_HOST:
	case PLACE_GATEWAY:
	case PLACE_NIC:
	case PLACE_MIDDLEBOX:
	case PLACE_RESOLVER:
		return side != SIDE_UNKNOWN;
	default:
		return place_side(place, LINK_EXTERNAL) == side;
	}
}

static void list_places(char *text, size_t room)
{
	size_t used = 0;

	for (unsigned i = 0; i < PLACE_COUNT && used < room; i++)
		used += (size_t)snprintf(text + used, room - used, "%s%s/%s", i ? " " : "",
					 side_name(place_side(i, LINK_EXTERNAL)), place_name(i));
}

int parse_verdict(const char *text, char *side, char *place, char *why, size_t why_len)
{
	const char *slash = strchr(text, '/');
	char side_word[WORD_LEN], places[512];
	enum side found = SIDE_UNKNOWN;
	enum place where = PLACE_UNKNOWN;

	snprintf(side_word, sizeof(side_word), "%.*s", slash ? (int)(slash - text) : 0, text);
	if (slash)
		where = place_by_name(slash + 1);
	if (!slash || !side_by_name(side_word, &found) ||
	    strcmp(place_name(where), slash + 1) != 0 || !goes_together(found, where)) {
		list_places(places, sizeof(places));
		snprintf(why, why_len, "\"%s\" is no verdict; expected SIDE/PLACE, one of: %s",
			 text, places);
		return -EINVAL;
	}
	snprintf(side, WORD_LEN, "%s", side_word);
	snprintf(place, WORD_LEN, "%s", place_name(where));
	return 0;
}

static const char *text_of(const json_t *request, const char *key)
{
	return json_string_value(json_object_get(request, key));
}

static int check(const json_t *request, char *why, size_t why_len)
{
	const char *text = text_of(request, "text");

	if (!text_of(request, "incident") || !text || !text_of(request, "author"))
		snprintf(why, why_len, "the request has no incident, author or text");
	else if (!*text && !text_of(request, "turned_out"))
		snprintf(why, why_len, "the text is empty");
	else if (strlen(text) > NOTE_TEXT_MAX)
		snprintf(why, why_len, "the text has %zu bytes; the most is %d", strlen(text),
			 NOTE_TEXT_MAX);
	else
		return 0;
	return -EINVAL;
}

int note_request__take(struct store *store, struct incident_log *log, const json_t *request,
		       char *id, size_t id_len, char *why, size_t why_len)
{
	const char *turned_out = text_of(request, "turned_out");
	char side[WORD_LEN] = "", place[WORD_LEN] = "", found[INCIDENT_NAME_LEN];
	int err = check(request, why, why_len);

	if (!err && turned_out)
		err = parse_verdict(turned_out, side, place, why, why_len);
	if (!err)
		err = incident_read__find(store, text_of(request, "incident"), found, sizeof(found),
					  why, why_len);
	if (err)
		return err;
	err = incident_log__note(log, found, text_of(request, "author"), text_of(request, "text"),
				 turned_out ? side : NULL, turned_out ? place : NULL);
	if (err) {
		snprintf(why, why_len, "the note cannot be kept: %s", strerror(-err));
		return err;
	}
	snprintf(id, id_len, "%s", found);
	err = store__flush(store);
	if (!err)
		return 0;
	snprintf(why, why_len, "%s; the note waits in memory",
		 store__trouble(store) ? store__trouble(store) : strerror(-err));
	return -EAGAIN;
}
