/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A state directory for a test, and what looks into its store from outside.
 */
#ifndef TESTS_UNIT_KEEP_STAGE_H
#define TESTS_UNIT_KEEP_STAGE_H

#include <glob.h>
#include <jansson.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "keep/store.h"

struct stage {
	char dir[64];
	char path[128]; /* of the store's file */
	struct store *store;
};

static inline struct stage *stage_new(void)
{
	struct stage *stage = calloc(1, sizeof(*stage));

	log_set_level(LOG_LEVEL_ERROR);
	strcpy(stage->dir, "/tmp/faultline-keep-XXXXXX");
	assert_non_null(mkdtemp(stage->dir));
	snprintf(stage->path, sizeof(stage->path), "%s/" STORE_FILE, stage->dir);
	return stage;
}

static inline size_t stage_files(const struct stage *stage, const char *pattern, bool remove)
{
	char all[128];
	glob_t found = {};
	size_t count = 0;

	snprintf(all, sizeof(all), "%s/%s", stage->dir, pattern);
	if (glob(all, 0, NULL, &found) == 0) {
		count = found.gl_pathc;
		for (size_t i = 0; remove && i < count; i++)
			unlink(found.gl_pathv[i]);
		globfree(&found);
	}
	return count;
}

static inline void stage_free(struct stage *stage)
{
	store__free(stage->store);
	stage_files(stage, "*", true);
	assert_int_equal(rmdir(stage->dir), 0);
	free(stage);
}

/* A connection of somebody else to the same file. */
static inline sqlite3 *stage_connect(const struct stage *stage)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(stage->path, &db), SQLITE_OK);
	return db;
}

static inline void stage_run(sqlite3 *db, const char *sql)
{
	char *why = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
}

/* The first column of every row, each followed by a space.  The caller frees it. */
static inline char *stage_ask(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	while (sqlite3_step(statement) == SQLITE_ROW) {
		const unsigned char *column = sqlite3_column_text(statement, 0);

		fprintf(out, "%s ", column ? (const char *)column : "null");
	}
	sqlite3_finalize(statement);
	fclose(out);
	return text;
}

/* What a question about the file gives, asked from outside. */
static inline void stage_expect(const struct stage *stage, const char *sql, const char *expected)
{
	sqlite3 *db = stage_connect(stage);
	char *text = stage_ask(db, sql);

	assert_string_equal(text, expected);
	free(text);
	sqlite3_close(db);
}

#endif
