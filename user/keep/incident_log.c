/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is written is hashed as it stands, byte for byte: whoever audits needs SHA-256 and nothing
 * of this program.
 *
 * Of each open incident the last event that is on disk is held in memory too: when the file is
 * damaged and a new one begun, these are put again, so that no open incident is lost.  Bounded: at
 * most OPEN_MAX are held.
 */
#include "keep/incident_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json_text.h"
#include "base/log.h"
#include "base/time_text.h"
#include "base/utc.h"
#include "keep/chain.h"
#include "keep/sql.h"
#include "keep/store.h"
#include "tell/incident_json.h"

#define WAITING_MAX 4096
#define OPEN_MAX    1024

struct incident_log {
	struct store *store;
	json_t *open;	 /* id: the last event put */
	json_t *on_disk; /* id: the last event committed, of open ones */
};

static int64_t time_of(const json_t *object, const char *key)
{
	int64_t time_ms = 0;

	parse_rfc3339(json_text(object, key), &time_ms);
	return time_ms;
}

static bool is_event(const json_t *event)
{
	int64_t time_ms;

	return *json_text(event, "id") && *json_text(event, "event") &&
	       json_is_integer(json_object_get(event, "seq")) &&
	       !parse_rfc3339(json_text(event, "time"), &time_ms);
}

static bool resolves(const json_t *event)
{
	return !strcmp(json_text(event, "event"), "resolve");
}

/* ---- onto the disk ----------------------------------------------------------------------- */

struct chain_end {
	int64_t n;
	unsigned char hash[CHAIN_HASH_LEN];
	bool found;
};

static int take_end(void *context, sqlite3_stmt *row)
{
	struct chain_end *end = context;

	if (sqlite3_column_bytes(row, 1) != CHAIN_HASH_LEN)
		return -EBADMSG;
	end->n = sqlite3_column_int64(row, 0);
	memcpy(end->hash, sqlite3_column_blob(row, 1), CHAIN_HASH_LEN);
	end->found = true;
	return 1;
}

/* Adds an entry behind the last one. */
static int append(sqlite3 *db, const char *kind, const char *incident, int64_t seq, int64_t time_ms,
		  const json_t *entry)
{
	char *body = json_dumps(entry, INCIDENT_JSON_FLAGS);
	unsigned char hash[CHAIN_HASH_LEN];
	struct chain_end end = {};
	int err = body ? 0 : -ENOMEM;

	if (!err)
		err = sql_rows(db, "SELECT last_n, last_hash FROM chain", take_end, &end, "");
	if (!err && !end.found)
		err = -EBADMSG;
	if (!err)
		err = chain_hash(end.hash, body, strlen(body), hash);
	if (!err)
		err = sql_run(
			db,
			"INSERT INTO event (n, kind, incident, seq, time_ms, body, prev, hash)"
			" VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			"issiisbb", end.n + 1, kind, incident, seq, time_ms, body, end.hash,
			sizeof(end.hash), hash, sizeof(hash));
	if (!err)
		err = sql_run(db, "UPDATE chain SET last_n = ?, last_hash = ?", "ib", end.n + 1,
			      hash, sizeof(hash));
	free(body);
	return err;
}

static int apply_event(sqlite3 *db, const json_t *event)
{
	const json_t *scope = json_object_get(event, "scope");
	char *links = json_dumps(json_object_get(scope, "links"), JSON_COMPACT | JSON_ENCODE_ANY);
	char *devices =
		json_dumps(json_object_get(scope, "devices"), JSON_COMPACT | JSON_ENCODE_ANY);
	int64_t seq = json_integer_value(json_object_get(event, "seq"));
	int64_t time_ms = time_of(event, "time");
	int err;

	err = append(db, "event", json_text(event, "id"), seq, time_ms, event);
	if (!err)
		err = sql_run(
			db,
			"INSERT INTO incident (id, opened_ms, began_ms, severity, side, place,"
			" confidence, links, devices, summary, last_seq)"
			" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
			" ON CONFLICT (id) DO UPDATE SET began_ms = excluded.began_ms,"
			" severity = excluded.severity, side = excluded.side,"
			" place = excluded.place, confidence = excluded.confidence,"
			" links = excluded.links, devices = excluded.devices,"
			" summary = excluded.summary, last_seq = excluded.last_seq",
			"siisssdsssi", json_text(event, "id"), time_ms, time_of(event, "began"),
			json_text(event, "severity"), json_text(event, "side"),
			json_text(event, "place"),
			json_number_value(json_object_get(event, "confidence")),
			links ? links : "[]", devices ? devices : "[]", json_text(event, "summary"),
			seq);
	if (!err)
		err = resolves(event)
			      ? sql_run(db, "UPDATE incident SET resolved_ms = ? WHERE id = ?",
					"is", time_ms, json_text(event, "id"))
			      : sql_run(db, "UPDATE incident SET resolved_ms = NULL WHERE id = ?",
					"s", json_text(event, "id"));
	free(links);
	free(devices);
	return err;
}

static int apply_note(sqlite3 *db, const json_t *note)
{
	return append(db, "note", json_text(note, "incident"), 0, time_of(note, "time"), note);
}

static void on_disk(void *context, const json_t *event)
{
	struct incident_log *log = context;
	json_t *copy;

	if (resolves(event)) {
		json_object_del(log->on_disk, json_text(event, "id"));
		return;
	}
	if (json_object_size(log->on_disk) >= OPEN_MAX)
		return;
	copy = json_deep_copy(event);
	if (copy)
		json_object_set_new(log->on_disk, json_text(event, "id"), copy);
}

/* What lies between the beginning and the end of an incident can be missed first. */
static bool is_update(const json_t *event)
{
	return !strcmp(json_text(event, "event"), "update");
}

static const struct store_kind kind_event = {"event", WAITING_MAX, is_update, apply_event, on_disk};
static const struct store_kind kind_note = {"note", 256, NULL, apply_note, NULL};

/* A new file took the place of a damaged one. */
static void put_again(void *context)
{
	struct incident_log *log = context;
	const char *id;
	json_t *event;

	json_object_foreach(log->on_disk, id, event)
		store__put(log->store, &kind_event, log, json_deep_copy(event));
}

/* ---- start ------------------------------------------------------------------------------- */

static int take_open(void *context, sqlite3_stmt *row)
{
	struct incident_log *log = context;
	json_t *event = json_loads(sql_text(row, 0), 0, NULL);

	/* An entry that somebody changed: the audit tells. */
	if (!is_event(event)) {
		json_decref(event);
		return 0;
	}
	json_object_set(log->open, json_text(event, "id"), event);
	json_object_set(log->on_disk, json_text(event, "id"), event);
	json_decref(event);
	return 0;
}

struct incident_log *incident_log__new(struct store *store)
{
	struct incident_log *log = calloc(1, sizeof(*log));
	int err;

	if (!log)
		return NULL;
	log->store = store;
	log->open = json_object();
	log->on_disk = json_object();
	if (!log->open || !log->on_disk) {
		incident_log__free(log);
		errno = ENOMEM;
		return NULL;
	}
	err = sql_rows(store__db(store),
		       "SELECT event.body FROM incident JOIN event ON event.incident = incident.id"
		       " AND event.kind = 'event' AND event.seq = incident.last_seq"
		       " WHERE incident.resolved_ms IS NULL ORDER BY event.n DESC LIMIT 1024",
		       take_open, log, "");
	store__report(store, err);
	store__on_renewed(store, put_again, log);
	return log;
}

void incident_log__free(struct incident_log *log)
{
	if (!log)
		return;
	json_decref(log->open);
	json_decref(log->on_disk);
	free(log);
}

/* ---- events ------------------------------------------------------------------------------ */

/* The highest number that an incident has so far; 0: it is not known. */
static int64_t last_seq(const struct incident_log *log, const char *id)
{
	const json_t *open = json_object_get(log->open, id);
	int64_t seq = 0;

	if (open)
		return json_integer_value(json_object_get(open, "seq"));
	sql_number(store__db(log->store), "SELECT last_seq FROM incident WHERE id = ?", &seq, "s",
		   id);
	return seq;
}

json_t *incident_log__put(struct incident_log *log, const json_t *event)
{
	const char *id = json_text(event, "id");
	json_t *kept;
	int64_t seq;

	if (!is_event(event)) {
		errno = EINVAL;
		return NULL;
	}
	seq = last_seq(log, id);
	if (seq && resolves(event) && !json_object_get(log->open, id)) {
		errno = EALREADY;
		return NULL;
	}
	kept = json_deep_copy(event);
	if (!kept) {
		errno = ENOMEM;
		return NULL;
	}
	if (json_integer_value(json_object_get(kept, "seq")) <= seq)
		json_object_set_new(kept, "seq", json_integer(seq + 1));
	if (resolves(kept))
		json_object_del(log->open, id);
	else
		json_object_set(log->open, id, kept);
	if (store__put(log->store, &kind_event, log, json_incref(kept)))
		log_warning_limited("no memory to keep an event of incident %s", id);
	return kept;
}

/* Does a text stand anywhere within? */
static bool mentions(const json_t *within, const char *text)
{
	const char *key;
	const json_t *value;
	size_t i;

	if (json_is_string(within))
		return !strcmp(json_string_value(within), text);
	json_array_foreach(within, i, value)
		if (mentions(value, text))
			return true;
	json_object_foreach((json_t *)within, key, value)
		if (!strcmp(key, text) || mentions(value, text))
			return true;
	return false;
}

json_t *incident_log__orphans(const struct incident_log *log, const json_t *memory)
{
	json_t *orphans = json_array(), *event;
	char now[UTC_TEXT_LEN];
	const char *id;

	utc_now(now);
	json_object_foreach(log->open, id, event) {
		json_t *end;

		if (mentions(memory, id))
			continue;
		end = json_deep_copy(event);
		json_object_set_new(end, "event", json_string("resolve"));
		json_object_set_new(end, "time", json_string(now));
		json_object_set_new(
			end, "seq",
			json_integer(json_integer_value(json_object_get(event, "seq")) + 1));
		json_object_set_new(end, "closed_by", json_string("restart"));
		if (json_array_append_new(orphans, end)) {
			json_decref(orphans);
			return NULL;
		}
	}
	return orphans;
}

size_t incident_log__open_count(const struct incident_log *log)
{
	return json_object_size(log->open);
}

const json_t *incident_log__open(const struct incident_log *log)
{
	return log->open;
}

/* ---- notes ------------------------------------------------------------------------------- */

int incident_log__note(struct incident_log *log, const char *incident, const char *author,
		       const char *text, const char *side, const char *place)
{
	char now[UTC_TEXT_LEN];
	json_t *note;

	if (!last_seq(log, incident))
		return -ENOENT;
	note = json_pack("{s:s, s:s, s:s, s:s, s:s}", "schema", "faultline.note/1", "incident",
			 incident, "time", utc_now(now), "author", author, "text", text);
	if (!note)
		return -EINVAL;
	if (side && place)
		json_object_set_new(note, "turned_out",
				    json_pack("{s:s, s:s}", "side", side, "place", place));
	return store__put(log->store, &kind_note, NULL, note);
}
