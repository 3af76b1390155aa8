/* SPDX-License-Identifier: BSD-2-Clause */
#include "keep/page_queue.h"

#include <errno.h>
#include <jansson.h>

#include "base/json_text.h"
#include "keep/sql.h"
#include "keep/store.h"

#define WAITING_MAX 8192

static int64_t number_of(const json_t *write, const char *key)
{
	return json_integer_value(json_object_get(write, key));
}

static int apply_add(sqlite3 *db, const json_t *write)
{
	return sql_run(db,
		       "INSERT OR REPLACE INTO page_queue (id, pager, incident, seq, body, due_ms,"
		       " tries, created_ms, last_error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		       "issisiiis", number_of(write, "id"), json_text(write, "pager"),
		       json_text(write, "incident"), number_of(write, "seq"),
		       json_text(write, "body"), number_of(write, "due_ms"),
		       number_of(write, "tries"), number_of(write, "created_ms"),
		       json_text(write, "last_error"));
}

static int apply_update(sqlite3 *db, const json_t *write)
{
	return sql_run(db,
		       "UPDATE page_queue SET due_ms = ?, tries = ?, last_error = ? WHERE id = ?",
		       "iisi", number_of(write, "due_ms"), number_of(write, "tries"),
		       json_text(write, "last_error"), number_of(write, "id"));
}

static int apply_remove(sqlite3 *db, const json_t *write)
{
	return sql_run(db, "DELETE FROM page_queue WHERE id = ?", "i", number_of(write, "id"));
}

static const struct store_kind kind_add = {"page", WAITING_MAX, NULL, apply_add, NULL};
static const struct store_kind kind_update = {"try", WAITING_MAX, NULL, apply_update, NULL};
static const struct store_kind kind_remove = {"delivery", WAITING_MAX, NULL, apply_remove, NULL};

int page_queue__add(struct store *store, const struct queued_page *page)
{
	return store__put(store, &kind_add, NULL,
			  json_pack("{s:I, s:s, s:s, s:I, s:s, s:I, s:I, s:I, s:s}", "id",
				    (json_int_t)page->id, "pager", page->pager, "incident",
				    page->incident, "seq", (json_int_t)page->seq, "body",
				    page->body, "due_ms", (json_int_t)page->due_ms, "tries",
				    (json_int_t)page->tries, "created_ms",
				    (json_int_t)page->created_ms, "last_error",
				    page->last_error ? page->last_error : ""));
}

int page_queue__update(struct store *store, int64_t id, int64_t due_ms, int64_t tries,
		       const char *last_error)
{
	return store__put(store, &kind_update, NULL,
			  json_pack("{s:I, s:I, s:I, s:s}", "id", (json_int_t)id, "due_ms",
				    (json_int_t)due_ms, "tries", (json_int_t)tries, "last_error",
				    last_error ? last_error : ""));
}

int page_queue__remove(struct store *store, int64_t id)
{
	return store__put(store, &kind_remove, NULL, json_pack("{s:I}", "id", (json_int_t)id));
}

struct walk {
	page_queue_each *each;
	void *context;
};

static int each_row(void *context, sqlite3_stmt *row)
{
	struct walk *walk = context;
	struct queued_page page = {
		.id = sqlite3_column_int64(row, 0),
		.pager = sql_text(row, 1),
		.incident = sql_text(row, 2),
		.seq = sqlite3_column_int64(row, 3),
		.body = sql_text(row, 4),
		.due_ms = sqlite3_column_int64(row, 5),
		.tries = sqlite3_column_int64(row, 6),
		.created_ms = sqlite3_column_int64(row, 7),
		.last_error = sql_text(row, 8),
	};

	walk->each(walk->context, &page);
	return 0;
}

int page_queue__each(struct store *store, page_queue_each *each, void *context)
{
	struct walk walk = {each, context};
	int err = sql_rows(store__db(store),
			   "SELECT id, pager, incident, seq, body, due_ms, tries, created_ms,"
			   " last_error FROM page_queue ORDER BY id",
			   each_row, &walk, "");

	store__report(store, err);
	return err;
}
