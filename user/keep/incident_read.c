/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The objects of events are given as they stand in the log.  One that cannot be read any more,
 * since somebody changed the file, is left out; the audit tells of it.
 */
#include "keep/incident_read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "keep/sql.h"
#include "keep/store.h"

#define COLUMNS                                                                              \
	"SELECT i.id, i.opened_ms, i.began_ms, i.resolved_ms, e.body,"                       \
	" (SELECT json_extract(n.body, '$.turned_out') FROM event n WHERE n.incident = i.id" \
	" AND n.kind = 'note' AND json_valid(n.body)"                                        \
	" AND json_type(n.body, '$.turned_out') = 'object' ORDER BY n.n DESC LIMIT 1), e.n"  \
	" FROM incident i JOIN event e ON e.incident = i.id AND e.kind = 'event'"            \
	" AND e.seq = i.last_seq "

/* An incident from a row of COLUMNS; NULL when its event cannot be read. */
static json_t *incident_json(sqlite3_stmt *row)
{
	json_t *event = json_loads(sql_text(row, 4), 0, NULL), *object;
	json_t *turned_out = json_loads(sql_text(row, 5), 0, NULL);

	object = json_is_object(event)
			 ? json_pack("{s:s, s:I, s:I, s:O}", "id", sql_text(row, 0), "opened_ms",
				     sqlite3_column_int64(row, 1), "began_ms",
				     sqlite3_column_int64(row, 2), "event", event)
			 : NULL;
	if (object && sqlite3_column_type(row, 3) != SQLITE_NULL)
		json_object_set_new(object, "resolved_ms",
				    json_integer(sqlite3_column_int64(row, 3)));
	if (object && turned_out)
		json_object_set(object, "turned_out", turned_out);
	json_decref(event);
	json_decref(turned_out);
	return object;
}

static int add_incident(void *context, sqlite3_stmt *row)
{
	json_t *incident = incident_json(row);

	return incident ? json_array_append_new(context, incident) ? -ENOMEM : 0 : 0;
}

int incident_read__list(const struct store *store, const struct incident_filter *filter,
			json_t **list)
{
	json_t *found = json_array();
	int err = found ? 0 : -ENOMEM;

	if (!err)
		err = sql_rows(store__db(store),
			       "SELECT * FROM (" COLUMNS
			       "WHERE (?1 = 0 OR i.resolved_ms IS NULL OR i.resolved_ms >= ?1)"
			       " AND (?2 = 0 OR i.began_ms <= ?2) AND (?3 IS NULL"
			       " OR EXISTS (SELECT 1 FROM json_each(i.links) WHERE value = ?3)"
			       " OR EXISTS (SELECT 1 FROM json_each(i.devices) WHERE value = ?3))"
			       " ORDER BY i.opened_ms DESC, e.n DESC LIMIT ?4)"
			       " ORDER BY opened_ms, n",
			       add_incident, found, "iisi", filter->since_ms, filter->until_ms,
			       filter->link, filter->limit ? filter->limit : -1);
	if (err)
		json_decref(found);
	else
		*list = found;
	return err;
}

/* ---- one ---------------------------------------------------------------------------------- */

struct match {
	char first[INCIDENT_NAME_LEN];
	char second[INCIDENT_NAME_LEN];
	unsigned count;
};

static int take_match(void *context, sqlite3_stmt *row)
{
	struct match *match = context;

	if (match->count < 2)
		snprintf(match->count ? match->second : match->first, sizeof(match->first), "%s",
			 sql_text(row, 0));
	match->count++;
	return 0;
}

int incident_read__find(const struct store *store, const char *name, char *id, size_t id_len,
			char *why, size_t why_len)
{
	sqlite3 *db = store__db(store);
	struct match match = {};
	int err;

	if (!strcmp(name, "last"))
		err = sql_rows(db,
			       "SELECT id FROM incident ORDER BY opened_ms DESC, id DESC LIMIT 1",
			       take_match, &match, "");
	else
		err = sql_rows(db, "SELECT id FROM incident WHERE id = ?", take_match, &match, "s",
			       name);
	if (!err && !match.count && *name)
		err = sql_rows(db,
			       "SELECT id FROM incident WHERE substr(id, 1, length(?1)) = ?1"
			       " ORDER BY id LIMIT 3",
			       take_match, &match, "s", name);
	if (err) {
		snprintf(why, why_len, "the store cannot be read: %s", strerror(-err));
		return err;
	}
	if (match.count == 1) {
		snprintf(id, id_len, "%s", match.first);
		return 0;
	}
	if (match.count)
		snprintf(why, why_len, "\"%s\" begins the names of several incidents: %s, %s%s",
			 name, match.first, match.second, match.count > 2 ? ", …" : "");
	else if (!strcmp(name, "last"))
		snprintf(why, why_len, "there was no incident yet");
	else
		snprintf(why, why_len,
			 "there is no incident \"%s\" (faultline incidents lists them)", name);
	return match.count ? -EEXIST : -ENOENT;
}

static int take_incident(void *context, sqlite3_stmt *row)
{
	*(json_t **)context = incident_json(row);
	return 1;
}

static int add_entry(void *context, sqlite3_stmt *row)
{
	json_t *entry = json_loads(sql_text(row, 1), 0, NULL);
	const char *list = strcmp(sql_text(row, 0), "note") ? "events" : "notes";

	if (!entry)
		return 0;
	return json_array_append_new(json_object_get(context, list), entry) ? -ENOMEM : 0;
}

int incident_read__whole(const struct store *store, const char *id, json_t **whole)
{
	json_t *found = NULL;
	int err = sql_rows(store__db(store), COLUMNS "WHERE i.id = ?", take_incident, &found, "s",
			   id);

	if (!err && !found)
		err = -ENOENT;
	if (!err && (json_object_set_new(found, "events", json_array()) ||
		     json_object_set_new(found, "notes", json_array())))
		err = -ENOMEM;
	if (!err)
		err = sql_rows(store__db(store),
			       "SELECT kind, body FROM event WHERE incident = ? ORDER BY n",
			       add_entry, found, "s", id);
	if (err)
		json_decref(found);
	else
		*whole = found;
	return err;
}
