/* SPDX-License-Identifier: BSD-2-Clause */
#include "keep/judge_memory.h"

#include <errno.h>
#include <stdlib.h>

#include "keep/sql.h"
#include "keep/store.h"

static int apply(sqlite3 *db, const json_t *write)
{
	char *body = json_dumps(json_object_get(write, "saved"), JSON_COMPACT);
	int64_t time_ms = json_integer_value(json_object_get(write, "time_ms"));
	int err = body ? sql_run(db,
				 "INSERT OR REPLACE INTO memory (name, time_ms, body)"
				 " VALUES ('judge', ?, ?)",
				 "is", time_ms, body)
		       : -ENOMEM;

	free(body);
	return err;
}

/* Only the newest counts: while the disk is away, one waits. */
static const struct store_kind kind = {"memory", 1, NULL, apply, NULL};

int judge_memory__put(struct store *store, json_t *saved, struct timespec now)
{
	json_int_t time_ms = (json_int_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;

	return store__put(store, &kind, NULL,
			  json_pack("{s:I, s:o}", "time_ms", time_ms, "saved", saved));
}

static int take_body(void *context, sqlite3_stmt *row)
{
	*(json_t **)context = json_loads(sql_text(row, 0), 0, NULL);
	return 1;
}

json_t *judge_memory__get(struct store *store)
{
	json_t *saved = NULL;
	int err = sql_rows(store__db(store), "SELECT body FROM memory WHERE name = 'judge'",
			   take_body, &saved, "");

	store__report(store, err);
	return saved;
}
