/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One step a version.  A step that was released is never changed: a new one is added below it.
 *
 * Times are milliseconds since 1970 in UTC, but a minute of history is counted in minutes.
 */
#include "keep/store_schema.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "keep/sql.h"

static const char *const steps[] = {
	/* 1: incidents, their log, the judge's memory, pages that are not delivered yet. */
	"CREATE TABLE incident ("
	" id TEXT PRIMARY KEY, opened_ms INTEGER NOT NULL, began_ms INTEGER NOT NULL,"
	" resolved_ms INTEGER, severity TEXT NOT NULL, side TEXT NOT NULL, place TEXT NOT NULL,"
	" confidence REAL, links TEXT NOT NULL, devices TEXT NOT NULL, summary TEXT NOT NULL,"
	" last_seq INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX incident_opened ON incident (opened_ms);"
	/* The log: events and notes in the order in which they came, chained by hash. */
	"CREATE TABLE event ("
	" n INTEGER PRIMARY KEY, kind TEXT NOT NULL, incident TEXT NOT NULL, seq INTEGER NOT NULL,"
	" time_ms INTEGER NOT NULL, body TEXT NOT NULL, prev BLOB NOT NULL, hash BLOB NOT NULL);"
	"CREATE INDEX event_incident ON event (incident, kind, seq);"
	/* Where the chain begins (what was pruned before it) and where it ends. */
	"CREATE TABLE chain ("
	" one INTEGER PRIMARY KEY CHECK (one = 1), first_n INTEGER NOT NULL,"
	" first_prev BLOB NOT NULL, last_n INTEGER NOT NULL, last_hash BLOB NOT NULL);"
	"INSERT INTO chain VALUES (1, 1, zeroblob(32), 0, zeroblob(32));"
	"CREATE TABLE memory (name TEXT PRIMARY KEY, time_ms INTEGER NOT NULL, body TEXT NOT NULL);"
	"CREATE TABLE page_queue ("
	" id INTEGER PRIMARY KEY, pager TEXT NOT NULL, incident TEXT NOT NULL,"
	" seq INTEGER NOT NULL, body TEXT NOT NULL, due_ms INTEGER NOT NULL,"
	" tries INTEGER NOT NULL DEFAULT 0, created_ms INTEGER NOT NULL,"
	" last_error TEXT NOT NULL DEFAULT '');",
	/* 2: what every link and device was like, minute by minute. */
	"CREATE TABLE history_subject ("
	" id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (kind, name));"
	"CREATE TABLE history_shape (id INTEGER PRIMARY KEY, keys TEXT NOT NULL UNIQUE);"
	"CREATE TABLE history ("
	" minute INTEGER NOT NULL, subject INTEGER NOT NULL, state TEXT NOT NULL,"
	" shape INTEGER NOT NULL, figures BLOB NOT NULL,"
	" PRIMARY KEY (minute, subject)) WITHOUT ROWID;",
};

#define STEP_COUNT ((int)(sizeof(steps) / sizeof(*steps)))

int store_schema_version(void)
{
	return STEP_COUNT;
}

static int run_step(sqlite3 *db, int step)
{
	char pragma[64];
	int err;

	err = sql_run(db, "BEGIN IMMEDIATE", "");
	if (err)
		return err;
	err = sql_errno(sqlite3_exec(db, steps[step], NULL, NULL, NULL));
	snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d", step + 1);
	if (!err)
		err = sql_run(db, pragma, "");
	if (!err)
		err = sql_run(db, "COMMIT", "");
	if (err)
		sql_run(db, "ROLLBACK", "");
	return err;
}

int store_schema__migrate_to(sqlite3 *db, int version)
{
	int64_t found = 0;
	int err = sql_number(db, "PRAGMA user_version", &found, "");

	if (!err && found > STEP_COUNT)
		err = -EPROTO;
	if (!err && found < 0)
		err = -EBADMSG;
	for (int step = (int)found; !err && step < version; step++)
		err = run_step(db, step);
	return err;
}

static int take_match(void *context, sqlite3_stmt *row)
{
	(void)row;
	*(bool *)context = true;
	return 1;
}

/* Is what a fresh file has under this name the same in the file? */
static int compare(void *context, sqlite3_stmt *row)
{
	bool same = false;
	int err = sql_rows(context, "SELECT 1 FROM sqlite_schema WHERE name = ? AND sql = ?",
			   take_match, &same, "ss", sql_text(row, 0), sql_text(row, 1));

	return err || same ? err : -EBADMSG;
}

int store_schema__check(sqlite3 *db)
{
	sqlite3 *fresh = NULL;
	int err = sql_errno(sqlite3_open(":memory:", &fresh));

	if (!err)
		err = store_schema__migrate(fresh);
	if (!err)
		err = sql_rows(fresh, "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL",
			       compare, db, "");
	sqlite3_close(fresh);
	return err;
}

int store_schema__migrate(sqlite3 *db)
{
	return store_schema__migrate_to(db, STEP_COUNT);
}
