/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Removed in chunks, so that the loop is never held up for long; what is freed within the file is
 * used again, so that the file grows to its bound and stays there.
 */
#include "keep/retention.h"

#include <errno.h>
#include <jansson.h>

#include "base/duration.h"
#include "keep/sql.h"
#include "keep/store.h"

#define MS_PER_DAY	((int64_t)(NS_PER_DAY / NS_PER_MS))
#define MINUTES_PER_DAY 1440
#define LOG_CHUNK	500 /* entries */
#define HISTORY_CHUNK	120 /* minutes */

struct retention retention_default(void)
{
	return (struct retention){RETENTION_INCIDENT_DAYS, RETENTION_HISTORY_DAYS,
				  RETENTION_FILE_BYTES};
}

/* Entries up to and with @last go; the chain begins behind them. */
static int cut_log(sqlite3 *db, int64_t last)
{
	int err = sql_run(db,
			  "UPDATE chain SET first_n = ?1 + 1,"
			  " first_prev = (SELECT hash FROM event WHERE n = ?1)",
			  "i", last);

	return err ? err : sql_run(db, "DELETE FROM event WHERE n <= ?", "i", last);
}

static int apply_log(sqlite3 *db, const json_t *write)
{
	int64_t cutoff_ms = json_integer_value(json_object_get(write, "incidents_ms"));
	int64_t first = 0, kept = INT64_MAX, last = 0;
	int err;

	err = sql_number(db, "SELECT first_n FROM chain", &first, "");
	if (!err)
		err = sql_number(db,
				 "SELECT n FROM event WHERE time_ms >= ? OR incident IN"
				 " (SELECT id FROM incident WHERE resolved_ms IS NULL)"
				 " ORDER BY n LIMIT 1",
				 &kept, "i", cutoff_ms);
	if (!err)
		err = sql_number(db, "SELECT max(n) FROM event WHERE n < ? AND n < ?", &last, "ii",
				 kept, first + LOG_CHUNK);
	if (!err && last >= first)
		err = cut_log(db, last);
	if (!err)
		err = sql_run(db,
			      "DELETE FROM incident WHERE resolved_ms < ? AND NOT EXISTS"
			      " (SELECT 1 FROM event WHERE event.incident = incident.id)",
			      "i", cutoff_ms);
	return err;
}

/* In use, which is less than the file's length once something was removed. */
static int used_bytes(sqlite3 *db, int64_t *bytes)
{
	int64_t pages = 0, free_pages = 0, page_bytes = 0;
	int err = sql_number(db, "PRAGMA page_count", &pages, "");

	if (!err)
		err = sql_number(db, "PRAGMA freelist_count", &free_pages, "");
	if (!err)
		err = sql_number(db, "PRAGMA page_size", &page_bytes, "");
	if (!err)
		*bytes = (pages - free_pages) * page_bytes;
	return err;
}

static int apply_history(sqlite3 *db, const json_t *write)
{
	int64_t cutoff = json_integer_value(json_object_get(write, "history_minute"));
	int64_t oldest = INT64_MAX, bytes = 0;
	int err;

	err = sql_number(db, "SELECT min(minute) FROM history", &oldest, "");
	if (!err)
		err = used_bytes(db, &bytes);
	if (err || oldest == INT64_MAX)
		return err;
	if (bytes > json_integer_value(json_object_get(write, "bytes")))
		cutoff = oldest + HISTORY_CHUNK;
	if (cutoff > oldest + HISTORY_CHUNK)
		cutoff = oldest + HISTORY_CHUNK;
	return sql_run(db, "DELETE FROM history WHERE minute < ?", "i", cutoff);
}

static int apply(sqlite3 *db, const json_t *write)
{
	int err = apply_log(db, write);

	return err ? err : apply_history(db, write);
}

static const struct store_kind kind = {"retention", 1, NULL, apply, NULL};

int retention__put(struct store *store, const struct retention *retention, int64_t now_ms)
{
	json_int_t incidents_ms = now_ms - retention->incident_days * MS_PER_DAY;
	json_int_t minute = now_ms / 60000 - (int64_t)retention->history_days * MINUTES_PER_DAY;

	return store__put(store, &kind, NULL,
			  json_pack("{s:I, s:I, s:I}", "incidents_ms", incidents_ms,
				    "history_minute", minute, "bytes",
				    (json_int_t)retention->file_bytes));
}
