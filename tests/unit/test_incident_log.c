/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The incident log: numbers, what is no news, what outlives a damaged file, retention, and the
 * queue of pages in the same transaction.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "base/utc.h"
#include "keep/incident_log.h"
#include "keep/incident_read.h"
#include "keep/judge_memory.h"
#include "keep/log_audit.h"
#include "keep/page_queue.h"
#include "keep/retention.h"
#include "keep/sql.h"
#include "keep_stage.h"

#define MS_PER_DAY 86400000ll
#define DAY_0	   1700000000000ll

static struct incident_log *incidents;

static int set_up(void **state)
{
	struct stage *stage = stage_new();

	*state = stage;
	if (store__new(stage->dir, &stage->store))
		return -1;
	incidents = incident_log__new(stage->store);
	return incidents ? 0 : -1;
}

static int tear_down(void **state)
{
	struct stage *stage = *state;

	store__free(stage->store);
	stage->store = NULL;
	incident_log__free(incidents);
	stage_free(stage);
	return 0;
}

/* As after an end and a new start. */
static void restart(struct stage *stage)
{
	store__free(stage->store);
	incident_log__free(incidents);
	assert_int_equal(store__new(stage->dir, &stage->store), 0);
	incidents = incident_log__new(stage->store);
	assert_non_null(incidents);
}

static json_t *event_at(const char *change, const char *id, int seq, int64_t time_ms)
{
	struct timespec time = {time_ms / 1000, time_ms % 1000 * 1000000};
	char text[UTC_TEXT_LEN];

	utc_format(time, text);
	return json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:f, s:{s:[s], s:[]}, s:s}",
			 "schema", "faultline.incident/1", "event", change, "id", id, "seq", seq,
			 "time", text, "began", text, "severity", "page", "side", "external",
			 "place", "path", "confidence", 0.9, "scope", "links", "feed", "devices",
			 "summary", "a summary");
}

/* Puts an event; the number it got, or -errno. */
static int put_at(const char *change, const char *id, int seq, int64_t time_ms)
{
	json_t *event = event_at(change, id, seq, time_ms);
	json_t *kept = incident_log__put(incidents, event);
	int got = kept ? (int)json_integer_value(json_object_get(kept, "seq")) : -errno;

	json_decref(event);
	json_decref(kept);
	return got;
}

static int put(const char *change, const char *id, int seq)
{
	return put_at(change, id, seq, DAY_0);
}

static void assert_whole(struct stage *stage, uint64_t entries)
{
	struct log_audit audit;

	assert_int_equal(log_audit__run(stage->store, &audit), 0);
	if (audit.mistakes)
		fail_msg("entry %lld: %s", (long long)audit.mistake_n, audit.mistake);
	assert_int_equal(audit.events + audit.notes, entries);
}

static void an_incident_goes_through_its_life(void **state)
{
	struct stage *stage = *state;

	assert_int_equal(put("open", "a", 1), 1);
	assert_int_equal(put("update", "a", 2), 2);
	assert_int_equal(incident_log__open_count(incidents), 1);
	assert_int_equal(store__flush(stage->store), 0);
	stage_expect(stage, "SELECT resolved_ms IS NULL FROM incident", "1 ");
	assert_int_equal(put("resolve", "a", 3), 3);
	assert_int_equal(store__flush(stage->store), 0);
	assert_int_equal(incident_log__open_count(incidents), 0);
	stage_expect(stage, "SELECT resolved_ms FROM incident", "1700000000000 ");
	stage_expect(stage, "SELECT seq FROM event ORDER BY n", "1 2 3 ");
	assert_whole(stage, 3);
}

static void what_is_no_event_is_refused(void **state)
{
	json_t *object = json_object();

	(void)state;
	assert_null(incident_log__put(incidents, object));
	assert_int_equal(errno, EINVAL);
	assert_null(incident_log__put(incidents, NULL));
	json_decref(object);
	assert_int_equal(put("open", "", 1), -EINVAL);
}

static void numbers_go_on_from_the_log_when_the_judge_remembers_less(void **state)
{
	struct stage *stage = *state;

	put("open", "a", 1);
	put("update", "a", 2);
	restart(stage);
	assert_int_equal(incident_log__open_count(incidents), 1);
	/* Its memory was of before the update. */
	assert_int_equal(put("update", "a", 2), 3);
	assert_int_equal(put("resolve", "a", 3), 4);
	assert_int_equal(store__flush(stage->store), 0);
	stage_expect(stage, "SELECT seq FROM event ORDER BY n", "1 2 3 4 ");
	assert_whole(stage, 4);
}

static void a_second_end_is_no_news(void **state)
{
	struct stage *stage = *state;

	put("open", "a", 1);
	put("resolve", "a", 2);
	assert_int_equal(store__flush(stage->store), 0);
	assert_int_equal(put("resolve", "a", 2), -EALREADY);
	restart(stage);
	assert_int_equal(put("resolve", "a", 2), -EALREADY);
	/* But one that goes on after all is open again. */
	assert_int_equal(put("update", "a", 2), 3);
	assert_int_equal(store__flush(stage->store), 0);
	stage_expect(stage, "SELECT resolved_ms IS NULL FROM incident", "1 ");
}

static void what_the_judge_forgot_is_closed(void **state)
{
	struct stage *stage = *state;
	json_t *memory = json_pack("{s:[{s:s}]}", "incidents", "id", "known"), *orphans;

	put("open", "known", 1);
	put("open", "forgotten", 1);
	put("open", "over", 1);
	put("resolve", "over", 2);
	restart(stage);
	orphans = incident_log__orphans(incidents, memory);
	assert_int_equal(json_array_size(orphans), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(orphans, 0), "id")),
			    "forgotten");
	assert_string_equal(json_string_value(json_object_get(json_array_get(orphans, 0), "event")),
			    "resolve");
	json_decref(incident_log__put(incidents, json_array_get(orphans, 0)));
	json_decref(orphans);
	assert_int_equal(store__flush(stage->store), 0);
	orphans = incident_log__orphans(incidents, memory);
	assert_int_equal(json_array_size(orphans), 0);
	json_decref(orphans);
	/* Without any memory all that is open is closed. */
	orphans = incident_log__orphans(incidents, NULL);
	assert_int_equal(json_array_size(orphans), 1);
	json_decref(orphans);
	json_decref(memory);
	assert_whole(stage, 5);
}

static void open_incidents_outlive_a_damaged_file(void **state)
{
	struct stage *stage = *state;

	put("open", "a", 1);
	put("update", "a", 2);
	put("open", "b", 1);
	put("open", "over", 1);
	put("resolve", "over", 2);
	assert_int_equal(store__flush(stage->store), 0);
	put("update", "b", 2); /* waits while the damage is found */
	store__report(stage->store, -EBADMSG);
	assert_int_equal(store__flush(stage->store), 0);
	stage_expect(stage, "SELECT incident || seq FROM event ORDER BY n", "a2 b1 b2 ");
	stage_expect(stage, "SELECT id FROM incident WHERE resolved_ms IS NULL ORDER BY id",
		     "a b ");
	assert_whole(stage, 3);
}

static void events_that_waited_for_a_full_disk_are_chained_in_order(void **state)
{
	struct stage *stage = *state;
	char id[32];

	put("open", "a", 1);
	assert_int_equal(store__flush(stage->store), 0);
	stage_run(store__db(stage->store), "PRAGMA max_page_count = 1");
	for (int i = 0; i < 100; i++) {
		snprintf(id, sizeof(id), "b%d", i);
		put("open", id, 1);
		store__flush(stage->store);
	}
	assert_non_null(store__trouble(stage->store));
	assert_int_equal(incident_log__open_count(incidents), 101);
	stage_run(store__db(stage->store), "PRAGMA max_page_count = 1000000");
	assert_int_equal(store__flush(stage->store), 0);
	assert_whole(stage, 101);
}

/* ---- retention ---------------------------------------------------------------------------- */

static void prune(struct stage *stage, int64_t now_ms)
{
	struct retention retention = retention_default();

	assert_int_equal(retention__put(stage->store, &retention, now_ms), 0);
	assert_int_equal(store__flush(stage->store), 0);
}

static void what_is_old_goes_and_the_chain_goes_on(void **state)
{
	struct stage *stage = *state;

	put_at("open", "old", 1, DAY_0);
	put_at("resolve", "old", 2, DAY_0);
	put_at("open", "new", 1, DAY_0 + 300 * MS_PER_DAY);
	put_at("resolve", "new", 2, DAY_0 + 300 * MS_PER_DAY);
	assert_int_equal(store__flush(stage->store), 0);
	prune(stage, DAY_0 + 399 * MS_PER_DAY);
	assert_whole(stage, 4);
	prune(stage, DAY_0 + 401 * MS_PER_DAY);
	assert_whole(stage, 2);
	stage_expect(stage, "SELECT id FROM incident", "new ");
	stage_expect(stage, "SELECT first_n FROM chain", "3 ");
	put_at("open", "newer", 1, DAY_0 + 401 * MS_PER_DAY);
	assert_int_equal(store__flush(stage->store), 0);
	assert_whole(stage, 3);
	/* All of it may go, and the chain still goes on. */
	put_at("resolve", "newer", 2, DAY_0 + 401 * MS_PER_DAY);
	assert_int_equal(store__flush(stage->store), 0);
	prune(stage, DAY_0 + 2000 * MS_PER_DAY);
	assert_whole(stage, 0);
	put_at("open", "last", 1, DAY_0 + 2000 * MS_PER_DAY);
	assert_int_equal(store__flush(stage->store), 0);
	assert_whole(stage, 1);
	stage_expect(stage, "SELECT n FROM event", "7 ");
}

static void an_open_incident_is_kept_however_old(void **state)
{
	struct stage *stage = *state;

	put_at("open", "first", 1, DAY_0);
	put_at("resolve", "first", 2, DAY_0);
	put_at("open", "open", 1, DAY_0);
	put_at("open", "after", 1, DAY_0);
	put_at("resolve", "after", 2, DAY_0);
	assert_int_equal(store__flush(stage->store), 0);
	prune(stage, DAY_0 + 2000 * MS_PER_DAY);
	assert_whole(stage, 3);
	stage_expect(stage, "SELECT id FROM incident ORDER BY id", "after open ");
}

static void a_long_log_goes_in_chunks(void **state)
{
	struct stage *stage = *state;
	char id[32];

	for (int i = 0; i < 600; i++) {
		snprintf(id, sizeof(id), "i%d", i);
		put("open", id, 1);
		put("resolve", id, 2);
	}
	while (store__flush(stage->store) == -EAGAIN)
		;
	prune(stage, DAY_0 + 401 * MS_PER_DAY);
	assert_whole(stage, 700);
	prune(stage, DAY_0 + 401 * MS_PER_DAY);
	assert_whole(stage, 200);
	prune(stage, DAY_0 + 401 * MS_PER_DAY);
	assert_whole(stage, 0);
	stage_expect(stage, "SELECT count(*) FROM incident", "0 ");
}

/* ---- beside the log ----------------------------------------------------------------------- */

static void count_page(void *context, const struct queued_page *page)
{
	assert_string_equal(page->pager, "slack 1");
	assert_string_equal(page->incident, "a");
	assert_string_equal(page->body, "{}");
	*(int64_t *)context = *(int64_t *)context * 100 + page->id * 10 + page->tries;
}

static void a_page_is_there_with_its_event_or_not_at_all(void **state)
{
	struct stage *stage = *state;
	struct queued_page page = {.id = 1,
				   .pager = "slack 1",
				   .incident = "a",
				   .seq = 1,
				   .body = "{}",
				   .due_ms = 5,
				   .created_ms = 5};
	int64_t seen = 0;

	put("open", "a", 1);
	page_queue__add(stage->store, &page);
	stage_run(store__db(stage->store), "PRAGMA query_only = ON");
	assert_int_equal(store__flush(stage->store), -EROFS);
	stage_expect(stage, "SELECT count(*) FROM event UNION ALL SELECT count(*) FROM page_queue",
		     "0 0 ");
	stage_run(store__db(stage->store), "PRAGMA query_only = OFF");
	page.id = 2;
	page_queue__add(stage->store, &page);
	page_queue__update(stage->store, 2, 9, 3, "no answer");
	assert_int_equal(store__flush(stage->store), 0);
	assert_int_equal(page_queue__each(stage->store, count_page, &seen), 0);
	assert_int_equal(seen, 1023);
	stage_expect(stage, "SELECT last_error FROM page_queue WHERE id = 2", "no answer ");
	page_queue__remove(stage->store, 1);
	page_queue__remove(stage->store, 2);
	assert_int_equal(store__flush(stage->store), 0);
	stage_expect(stage, "SELECT count(*) FROM page_queue", "0 ");
}

static void the_judges_memory_is_the_latest(void **state)
{
	struct stage *stage = *state;
	struct timespec now = {1700000000, 5000000};
	json_t *memory;

	assert_null(judge_memory__get(stage->store));
	judge_memory__put(stage->store, json_pack("{s:i}", "learned", 1), now);
	judge_memory__put(stage->store, json_pack("{s:i}", "learned", 2), now);
	assert_int_equal(store__flush(stage->store), 0);
	memory = judge_memory__get(stage->store);
	assert_int_equal(json_integer_value(json_object_get(memory, "learned")), 2);
	json_decref(memory);
	/* One that somebody spoilt is none. */
	stage_run(store__db(stage->store), "UPDATE memory SET body = '{'");
	assert_null(judge_memory__get(stage->store));
}

static void a_note_needs_an_incident(void **state)
{
	struct stage *stage = *state;
	json_t *whole = NULL;

	put("open", "a", 1);
	assert_int_equal(incident_log__note(incidents, "a", "alice", "text", NULL, NULL), 0);
	assert_int_equal(incident_log__note(incidents, "b", "alice", "text", NULL, NULL), -ENOENT);
	assert_int_equal(incident_log__note(incidents, "a", "alice", "\xff", NULL, NULL), -EINVAL);
	assert_int_equal(store__flush(stage->store), 0);
	assert_int_equal(incident_read__whole(stage->store, "a", &whole), 0);
	assert_int_equal(json_array_size(json_object_get(whole, "notes")), 1);
	json_decref(whole);
	assert_int_equal(incident_read__whole(stage->store, "b", &whole), -ENOENT);
	assert_whole(stage, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_incident_goes_through_its_life),
		TEST(what_is_no_event_is_refused),
		TEST(numbers_go_on_from_the_log_when_the_judge_remembers_less),
		TEST(a_second_end_is_no_news),
		TEST(what_the_judge_forgot_is_closed),
		TEST(open_incidents_outlive_a_damaged_file),
		TEST(events_that_waited_for_a_full_disk_are_chained_in_order),
		TEST(what_is_old_goes_and_the_chain_goes_on),
		TEST(an_open_incident_is_kept_however_old),
		TEST(a_long_log_goes_in_chunks),
		TEST(a_page_is_there_with_its_event_or_not_at_all),
		TEST(the_judges_memory_is_the_latest),
		TEST(a_note_needs_an_incident),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
