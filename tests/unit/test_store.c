/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store when all is well, and when the disk is full, read-only, locked, damaged or gone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/stat.h>

#include "keep/sql.h"
#include "keep/store_schema.h"
#include "keep_stage.h"

/* ---- writes of this test ------------------------------------------------------------------ */

static int apply_line(sqlite3 *db, const json_t *write)
{
	return sql_run(db, "INSERT INTO memory (name, time_ms, body) VALUES (?, 1, ?)", "ss",
		       json_string_value(json_object_get(write, "name")),
		       json_string_value(json_object_get(write, "body")));
}

static bool is_small(const json_t *write)
{
	return json_string_length(json_object_get(write, "body")) == 1;
}

static void count_commit(void *context, const json_t *write)
{
	(void)write;
	++*(unsigned *)context;
}

static const struct store_kind kind_line = {"line", 1000, NULL, apply_line, count_commit};
static const struct store_kind kind_few = {"few", 3, is_small, apply_line, NULL};

static unsigned commits;

static void put(struct stage *stage, const struct store_kind *kind, const char *name,
		const char *body)
{
	assert_int_equal(store__put(stage->store, kind, &commits,
				    json_pack("{s:s, s:s}", "name", name, "body", body)),
			 0);
}

/* A write that takes several pages. */
static void put_long(struct stage *stage, const char *name)
{
	char body[20001];

	memset(body, 'x', sizeof(body) - 1);
	body[sizeof(body) - 1] = '\0';
	put(stage, &kind_line, name, body);
}

static int set_up(void **state)
{
	struct stage *stage = stage_new();

	commits = 0;
	*state = stage;
	return store__new(stage->dir, &stage->store);
}

static int tear_down(void **state)
{
	stage_free(*state);
	return 0;
}

static const char names[] = "SELECT name FROM memory ORDER BY rowid";

/* ---- all is well -------------------------------------------------------------------------- */

static void what_was_flushed_is_there_in_order(void **state)
{
	struct stage *stage = *state;

	put(stage, &kind_line, "b", "1");
	put(stage, &kind_line, "a", "2");
	assert_int_equal(store__waiting(stage->store), 2);
	assert_int_equal(store__flush(stage->store), 0);
	assert_int_equal(store__waiting(stage->store), 0);
	assert_int_equal(commits, 2);
	assert_null(store__trouble(stage->store));
	assert_null(store__news(stage->store));
	stage_expect(stage, names, "b a ");
	stage_expect(stage, "PRAGMA journal_mode", "wal ");
}

static void what_was_not_flushed_is_not_there(void **state)
{
	struct stage *stage = *state;

	put(stage, &kind_line, "a", "1");
	stage_expect(stage, names, "");
}

static void closing_flushes(void **state)
{
	struct stage *stage = *state;

	for (int i = 0; i < 700; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d", i);
		put(stage, &kind_line, name, "1");
	}
	store__free(stage->store);
	stage->store = NULL;
	assert_int_equal(commits, 700);
	stage_expect(stage, "SELECT count(*) FROM memory", "700 ");
}

static void the_file_is_for_nobody_else(void **state)
{
	struct stage *stage = *state;
	struct stat status;

	put(stage, &kind_line, "a", "1");
	assert_int_equal(store__flush(stage->store), 0);
	assert_int_equal(stat(stage->path, &status), 0);
	assert_int_equal(status.st_mode & 0007, 0);
}

/* ---- the disk ------------------------------------------------------------------------------ */

static void a_full_disk_makes_writes_wait_and_then_they_are_written_in_order(void **state)
{
	struct stage *stage = *state;
	sqlite3 *db = store__db(stage->store);

	put(stage, &kind_line, "before", "1");
	assert_int_equal(store__flush(stage->store), 0);
	stage_run(db, "PRAGMA max_page_count = 1"); /* no more than there are now */
	put_long(stage, "first");
	assert_int_equal(store__flush(stage->store), -ENOSPC);
	put(stage, &kind_line, "second", "1");
	put_long(stage, "third");
	assert_int_equal(store__flush(stage->store), -ENOSPC);
	assert_int_equal(store__waiting(stage->store), 3);
	assert_non_null(strstr(store__trouble(stage->store), "full"));
	assert_non_null(strstr(store__trouble(stage->store), stage->path));
	stage_expect(stage, names, "before ");

	stage_run(db, "PRAGMA max_page_count = 1000000");
	assert_int_equal(store__flush(stage->store), 0);
	assert_null(store__trouble(stage->store));
	stage_expect(stage, names, "before first second third ");
	assert_int_equal(commits, 4);
}

static void a_read_only_disk_makes_writes_wait(void **state)
{
	struct stage *stage = *state;

	stage_run(store__db(stage->store), "PRAGMA query_only = ON");
	put(stage, &kind_line, "a", "1");
	assert_int_equal(store__flush(stage->store), -EROFS);
	assert_non_null(strstr(store__trouble(stage->store), "read-only"));
	stage_run(store__db(stage->store), "PRAGMA query_only = OFF");
	assert_int_equal(store__flush(stage->store), 0);
	stage_expect(stage, names, "a ");
}

static void another_writer_makes_writes_wait(void **state)
{
	struct stage *stage = *state;
	sqlite3 *other = stage_connect(stage);

	stage_run(other, "BEGIN IMMEDIATE");
	put(stage, &kind_line, "a", "1");
	assert_int_equal(store__flush(stage->store), -EBUSY);
	assert_non_null(strstr(store__trouble(stage->store), "locked"));
	stage_run(other, "ROLLBACK");
	assert_int_equal(store__flush(stage->store), 0);
	sqlite3_close(other);
	stage_expect(stage, names, "a ");
}

static void a_reader_is_not_in_the_way(void **state)
{
	struct stage *stage = *state;
	sqlite3 *other = stage_connect(stage);

	stage_run(other, "BEGIN; SELECT * FROM memory");
	put(stage, &kind_line, "a", "1");
	assert_int_equal(store__flush(stage->store), 0);
	sqlite3_close(other);
}

static void a_directory_that_comes_later_will_do(void **state)
{
	struct stage *stage = *state;
	struct store *store = NULL;
	char dir[128];

	snprintf(dir, sizeof(dir), "%s/sub", stage->dir);
	assert_int_equal(store__new(dir, &store), 0);
	assert_non_null(store__trouble(store));
	assert_null(store__db(store));
	assert_int_equal(store__put(store, &kind_line, &commits,
				    json_pack("{s:s, s:s}", "name", "a", "body", "1")),
			 0);
	assert_int_not_equal(store__flush(store), 0);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(store__flush(store), 0);
	assert_null(store__trouble(store));
	assert_int_equal(commits, 1);
	store__free(store);
	stage_files(stage, "sub/*", true);
	assert_int_equal(rmdir(dir), 0);
}

static void a_file_removed_beneath_us_is_noticed(void **state)
{
	struct stage *stage = *state;

	put(stage, &kind_line, "a", "1");
	assert_int_equal(store__flush(stage->store), 0);
	stage_files(stage, STORE_FILE "*", true);
	put(stage, &kind_line, "b", "1");
	assert_int_equal(store__flush(stage->store), 0);
	assert_non_null(strstr(store__news(stage->store), "removed"));
	stage_expect(stage, names, "b ");
}

/* ---- what waits is bounded ----------------------------------------------------------------- */

static void beyond_its_bound_a_kind_gives_up_the_dispensable_then_the_oldest(void **state)
{
	struct stage *stage = *state;

	put(stage, &kind_few, "one", "long");
	put(stage, &kind_few, "two", "s");
	put(stage, &kind_few, "three", "long");
	put(stage, &kind_line, "other", "1");
	put(stage, &kind_few, "four", "long"); /* "two" goes */
	put(stage, &kind_few, "five", "long"); /* "one" goes */
	assert_int_equal(store__waiting(stage->store), 4);
	assert_int_equal(store__given_up(stage->store), 2);
	assert_non_null(strstr(store__news(stage->store), "2 writes were given up"));
	assert_null(store__news(stage->store));
	assert_int_equal(store__flush(stage->store), 0);
	stage_expect(stage, names, "three other four five ");
}

static void a_write_that_never_can_be_does_not_block_the_others(void **state)
{
	struct stage *stage = *state;

	put(stage, &kind_line, "a", "1");
	assert_int_equal(
		store__put(stage->store, &kind_line, &commits, json_pack("{s:s}", "name", "bad")),
		0);
	put(stage, &kind_line, "b", "1");
	assert_int_equal(store__flush(stage->store), 0);
	assert_int_equal(store__given_up(stage->store), 1);
	stage_expect(stage, names, "a b ");
}

/* ---- damage -------------------------------------------------------------------------------- */

static void put_what_must_be_there(void *context)
{
	put(context, &kind_line, "kept", "1");
}

static void a_damaged_file_is_moved_aside_and_a_new_one_begun(void **state)
{
	struct stage *stage = *state;
	FILE *file;

	store__free(stage->store);
	file = fopen(stage->path, "w");
	for (int i = 0; i < 1000; i++)
		fputs("this is no database ", file);
	fclose(file);
	assert_int_equal(store__new(stage->dir, &stage->store), 0);
	assert_non_null(strstr(store__news(stage->store), "damaged"));
	assert_null(store__trouble(stage->store));
	put(stage, &kind_line, "a", "1");
	assert_int_equal(store__flush(stage->store), 0);
	stage_expect(stage, names, "a ");
	assert_int_equal(stage_files(stage, STORE_FILE ".damaged-*", false), 1);
}

static void damage_found_while_running_puts_first_what_must_be_there(void **state)
{
	struct stage *stage = *state;

	store__on_renewed(stage->store, put_what_must_be_there, stage);
	put(stage, &kind_line, "old", "1");
	assert_int_equal(store__flush(stage->store), 0);
	put(stage, &kind_line, "new", "1");
	store__report(stage->store, -EBADMSG);
	assert_int_equal(store__flush(stage->store), 0);
	stage_expect(stage, names, "kept new ");
	assert_int_equal(stage_files(stage, STORE_FILE ".damaged-*", false) > 0, 1);
}

static void only_the_last_damaged_files_are_kept(void **state)
{
	struct stage *stage = *state;

	for (int i = 0; i < STORE_DAMAGED_MAX + 3; i++) {
		put(stage, &kind_line, "a", "1");
		assert_int_equal(store__flush(stage->store), 0);
		store__report(stage->store, -EBADMSG);
		usleep(2000); /* their names are times in milliseconds */
	}
	assert_int_equal(store__flush(stage->store), 0);
	assert_int_equal(stage_files(stage, STORE_FILE ".damaged-*Z", false), STORE_DAMAGED_MAX);
}

static void fill(struct stage *stage)
{
	for (int i = 0; i < 60; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d", i);
		put(stage, &kind_line, name, "some text that takes a little room on its page");
	}
	store__free(stage->store);
	stage->store = NULL;
}

static void copy_damaged(const struct stage *stage, const char *whole, long size, long at)
{
	FILE *file = fopen(stage->path, "w");

	assert_int_equal(fwrite(whole, 1, size, file), size);
	fseek(file, at, SEEK_SET);
	for (int i = 0; i < 16; i++)
		fputc(whole[at + i < size ? at + i : at] ^ 0xa5, file);
	fclose(file);
}

/* Wherever bytes are turned, the sensor starts, writes, and says so or can still read. */
static void bytes_turned_anywhere_stop_nothing(void **state)
{
	struct stage *stage = *state;
	unsigned renewed = 0, tried = 0;
	long size;
	char *whole;
	FILE *file;

	fill(stage);
	file = fopen(stage->path, "r");
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	whole = malloc(size);
	assert_int_equal(fread(whole, 1, size, file), size);
	fclose(file);
	for (long at = 0; at < size; at += at < 4096 ? 16 : 509, tried++) {
		const char *news;

		stage_files(stage, "*", true);
		copy_damaged(stage, whole, size, at);
		assert_int_equal(store__new(stage->dir, &stage->store), 0);
		put(stage, &kind_line, "after", "1");
		if (store__flush(stage->store) == -EBADMSG) /* found in writing: once more */
			assert_int_equal(store__flush(stage->store), 0);
		/* A version that is not ours yet is left alone, and said. */
		if (!store__trouble(stage->store)) {
			stage_expect(stage, "SELECT name FROM memory WHERE name = 'after'",
				     "after ");
			news = store__news(stage->store);
			renewed += news && strstr(news, "damaged");
		} else {
			if (!strstr(store__trouble(stage->store), "newer"))
				fail_msg("at %ld: %s", at, store__trouble(stage->store));
		}
		store__free(stage->store);
		stage->store = NULL;
	}
	print_message("# turned bytes at %u places, a new file was begun %u times\n", tried,
		      renewed);
	assert_true(renewed > 10);
	free(whole);
}

/* ---- versions ------------------------------------------------------------------------------ */

static void an_older_file_is_brought_up_to_date_and_keeps_what_it_has(void **state)
{
	struct stage *stage = *state;
	sqlite3 *db;

	store__free(stage->store);
	stage_files(stage, "*", true);
	db = stage_connect(stage);
	assert_int_equal(store_schema__migrate_to(db, 1), 0);
	stage_run(db, "INSERT INTO memory VALUES ('old', 1, 'text')");
	sqlite3_close(db);
	stage_expect(stage, "PRAGMA user_version", "1 ");

	assert_int_equal(store__new(stage->dir, &stage->store), 0);
	assert_null(store__trouble(stage->store));
	put(stage, &kind_line, "new", "1");
	assert_int_equal(store__flush(stage->store), 0);
	stage_expect(stage, names, "old new ");
	stage_expect(stage, "SELECT count(*) FROM history", "0 ");
}

static void a_newer_file_is_left_as_it_is(void **state)
{
	struct stage *stage = *state;
	sqlite3 *db = stage_connect(stage);
	struct store *reader = NULL;
	char why[512] = "";

	store__free(stage->store);
	stage_run(db, "PRAGMA user_version = 9999");
	sqlite3_close(db);
	assert_int_equal(store__new(stage->dir, &stage->store), 0);
	assert_non_null(strstr(store__trouble(stage->store), "newer version"));
	put(stage, &kind_line, "a", "1");
	assert_int_equal(store__flush(stage->store), -EPROTO);
	assert_int_equal(store__waiting(stage->store), 1);
	assert_int_equal(store__open(stage->dir, &reader, why, sizeof(why)), -EPROTO);
	stage_expect(stage, names, "");
	assert_int_equal(stage_files(stage, "*damaged*", false), 0);
}

/* ---- readers ------------------------------------------------------------------------------- */

static void a_reader_sees_what_is_there_and_can_write_nothing(void **state)
{
	struct stage *stage = *state;
	struct store *reader = NULL;
	char why[512] = "";

	put(stage, &kind_line, "a", "1");
	assert_int_equal(store__flush(stage->store), 0);
	assert_int_equal(store__open(stage->dir, &reader, why, sizeof(why)), 0);
	assert_int_equal(sql_run(store__db(reader), "DELETE FROM memory", ""), -EROFS);
	store__free(reader);
	stage_expect(stage, names, "a ");
}

static void a_reader_without_a_store_is_told_how_to_get_one(void **state)
{
	struct store *reader = NULL;
	char why[512] = "";

	(void)state;
	assert_int_equal(store__open("/nowhere/at/all", &reader, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "/nowhere/at/all/" STORE_FILE));
	assert_non_null(strstr(why, "faultline run"));
}

static void a_reader_of_a_damaged_file_is_told(void **state)
{
	struct stage *stage = *state;
	struct store *reader = NULL;
	char why[512] = "";
	FILE *file;

	store__free(stage->store);
	stage->store = NULL;
	file = fopen(stage->path, "w");
	for (int i = 0; i < 1000; i++)
		fputs("this is no database ", file);
	fclose(file);
	assert_int_equal(store__open(stage->dir, &reader, why, sizeof(why)), -EBADMSG);
	assert_non_null(strstr(why, "damaged"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_flushed_is_there_in_order),
		TEST(what_was_not_flushed_is_not_there),
		TEST(closing_flushes),
		TEST(the_file_is_for_nobody_else),
		TEST(a_full_disk_makes_writes_wait_and_then_they_are_written_in_order),
		TEST(a_read_only_disk_makes_writes_wait),
		TEST(another_writer_makes_writes_wait),
		TEST(a_reader_is_not_in_the_way),
		TEST(a_directory_that_comes_later_will_do),
		TEST(a_file_removed_beneath_us_is_noticed),
		TEST(beyond_its_bound_a_kind_gives_up_the_dispensable_then_the_oldest),
		TEST(a_write_that_never_can_be_does_not_block_the_others),
		TEST(a_damaged_file_is_moved_aside_and_a_new_one_begun),
		TEST(damage_found_while_running_puts_first_what_must_be_there),
		TEST(only_the_last_damaged_files_are_kept),
		TEST(bytes_turned_anywhere_stop_nothing),
		TEST(an_older_file_is_brought_up_to_date_and_keeps_what_it_has),
		TEST(a_newer_file_is_left_as_it_is),
		TEST(a_reader_sees_what_is_there_and_can_write_nothing),
		TEST(a_reader_without_a_store_is_told_how_to_get_one),
		TEST(a_reader_of_a_damaged_file_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
