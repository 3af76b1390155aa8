/* SPDX-License-Identifier: BSD-2-Clause */
#include "keep/log_audit.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/time_text.h"
#include "keep/sql.h"
#include "keep/store.h"

struct walk {
	struct log_audit *audit;
	unsigned char expected[CHAIN_HASH_LEN]; /* the hash of the entry before */
	int64_t last_n;				/* by the file's own count */
	unsigned char last_hash[CHAIN_HASH_LEN];
	bool begun;
};

static void __attribute__((format(printf, 3, 4)))
mistake(struct walk *walk, int64_t n, const char *format, ...)
{
	struct log_audit *audit = walk->audit;
	va_list arguments;

	if (audit->mistakes++)
		return;
	audit->mistake_n = n;
	va_start(arguments, format);
	vsnprintf(audit->mistake, sizeof(audit->mistake), format, arguments);
	va_end(arguments);
}

static int take_hash(sqlite3_stmt *row, int column, unsigned char *hash)
{
	if (sqlite3_column_bytes(row, column) != CHAIN_HASH_LEN)
		return -EINVAL;
	memcpy(hash, sqlite3_column_blob(row, column), CHAIN_HASH_LEN);
	return 0;
}

/* Where the chain is said to begin and end. */
static int take_ends(void *context, sqlite3_stmt *row)
{
	struct walk *walk = context;

	walk->audit->first_n = sqlite3_column_int64(row, 0);
	walk->last_n = sqlite3_column_int64(row, 2);
	walk->begun = !take_hash(row, 1, walk->expected) && !take_hash(row, 3, walk->last_hash);
	return 1;
}

static bool same_text(const json_t *body, const char *key, const char *column)
{
	const char *text = json_string_value(json_object_get(body, key));

	return text && !strcmp(text, column);
}

/* Do the columns by which an entry is found say what is in it? */
static bool columns_agree(const json_t *body, const char *kind, const char *incident, int64_t seq,
			  int64_t time_ms)
{
	const char *time = json_string_value(json_object_get(body, "time"));
	bool note = !strcmp(kind, "note");
	int64_t said_ms = -1;

	return time && !parse_rfc3339(time, &said_ms) && said_ms == time_ms &&
	       same_text(body, note ? "incident" : "id", incident) &&
	       (note || json_integer_value(json_object_get(body, "seq")) == seq) &&
	       (note || !strcmp(kind, "event"));
}

/* Columns: n, kind, incident, seq, time_ms, body, prev, hash. */
static int check_entry(void *context, sqlite3_stmt *row)
{
	struct walk *walk = context;
	struct log_audit *audit = walk->audit;
	int64_t n = sqlite3_column_int64(row, 0), expected_n = audit->last_n + 1;
	const char *kind = sql_text(row, 1), *incident = sql_text(row, 2);
	unsigned char prev[CHAIN_HASH_LEN] = "", hash[CHAIN_HASH_LEN] = "", made[CHAIN_HASH_LEN];
	const char *text = sql_text(row, 5);
	size_t len = (size_t)sqlite3_column_bytes(row, 5);
	json_t *body = json_loadb(text, len, 0, NULL);
	int err = chain_hash(walk->expected, text, len, made);

	if (n > expected_n)
		mistake(walk, n, "%lld entries before it are missing", (long long)(n - expected_n));
	else if (take_hash(row, 6, prev) || memcmp(prev, walk->expected, sizeof(prev)) != 0)
		mistake(walk, n,
			"it does not follow the entry before it (an entry was put in or "
			"taken out, or the one before was changed)");
	else if (take_hash(row, 7, hash) || memcmp(hash, made, sizeof(hash)) != 0)
		mistake(walk, n, "its text is not what was written (incident %.100s)", incident);
	else if (!columns_agree(body, kind, incident, sqlite3_column_int64(row, 3),
				sqlite3_column_int64(row, 4)))
		mistake(walk, n, "it is filed under what its text does not say (incident %.100s)",
			incident);
	if (!audit->events && !audit->notes)
		audit->first_ms = sqlite3_column_int64(row, 4);
	*(strcmp(kind, "note") ? &audit->events : &audit->notes) += 1;
	audit->last_ms = sqlite3_column_int64(row, 4);
	audit->last_n = n;
	/* On from what the entry claims, so that one change is one mistake and not thousands. */
	if (take_hash(row, 7, walk->expected))
		memset(walk->expected, 0, sizeof(walk->expected));
	json_decref(body);
	return err;
}

/* Columns: the incident's id, and what its row and its last event say of it. */
static int check_incident(void *context, sqlite3_stmt *row)
{
	struct walk *walk = context;

	mistake(walk, sqlite3_column_int64(row, 1),
		"the list of incidents says something else of %.100s than this, its last event",
		sql_text(row, 0));
	return 0;
}

static int walk_all(sqlite3 *db, struct walk *walk)
{
	struct log_audit *audit = walk->audit;
	int err = sql_rows(db, "SELECT first_n, first_prev, last_n, last_hash FROM chain",
			   take_ends, walk, "");

	if (err)
		return err;
	audit->last_n = audit->first_n - 1;
	if (!walk->begun)
		mistake(walk, 0, "where the chain begins and ends is not in the file any more");
	err = sql_rows(db,
		       "SELECT n, kind, incident, seq, time_ms, body, prev, hash FROM event"
		       " ORDER BY n",
		       check_entry, walk, "");
	if (err)
		return err;
	if (walk->begun && walk->last_n > audit->last_n)
		mistake(walk, audit->last_n + 1, "the last %lld entries are missing",
			(long long)(walk->last_n - audit->last_n));
	else if (walk->begun && (walk->last_n != audit->last_n ||
				 memcmp(walk->expected, walk->last_hash, CHAIN_HASH_LEN) != 0))
		mistake(walk, audit->last_n, "it is not the entry that was written last");
	chain_text(walk->expected, audit->last_hash);
	return sql_rows(db,
			"SELECT i.id, e.n FROM incident i JOIN event e ON e.incident = i.id"
			" AND e.kind = 'event' AND e.seq = i.last_seq WHERE json_valid(e.body)"
			" AND (i.side <> json_extract(e.body, '$.side')"
			" OR i.place <> json_extract(e.body, '$.place')"
			" OR i.severity <> json_extract(e.body, '$.severity')"
			" OR (i.resolved_ms IS NULL) <>"
			" (json_extract(e.body, '$.event') <> 'resolve')) ORDER BY e.n",
			check_incident, walk, "");
}

int log_audit__run(const struct store *store, struct log_audit *audit)
{
	struct log_audit made = {};
	struct walk walk = {.audit = &made};
	sqlite3 *db = store__db(store);
	int err, end;

	/* One look, though the sensor writes meanwhile. */
	err = sql_run(db, "BEGIN", "");
	if (err)
		return err;
	err = walk_all(db, &walk);
	end = sql_run(db, "ROLLBACK", "");
	if (!err)
		err = end;
	if (!err)
		*audit = made;
	return err;
}
