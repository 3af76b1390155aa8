/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages that wait for a pager, by a clock of their own: nothing is lost, nothing is held up, and
 * the tries become rare.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tell/page_line.h"

#define DISK_MAX 4096

struct stage {
	struct page_line *line;
	int64_t next_id;
	uint64_t now_ms;
	bool on_disk[DISK_MAX]; /* by id */
	unsigned tried;
};

static void keep(void *context, enum line_change change, const struct waiting_page *page)
{
	struct stage *stage = context;

	assert_in_range(page->id, 0, DISK_MAX - 1);
	if (change == LINE_TRIED)
		stage->tried++;
	else
		stage->on_disk[page->id] = change == LINE_ADDED;
}

static void set_up_line(struct stage *stage, size_t max)
{
	page_line__free(stage->line);
	*stage = (struct stage){.now_ms = 1000};
	stage->line = page_line__new(7, max, keep, stage);
	assert_non_null(stage->line);
}

static int set_up(void **state)
{
	struct stage *stage = calloc(1, sizeof(*stage));

	set_up_line(stage, PAGE_LINE_MAX);
	*state = stage;
	return 0;
}

static int tear_down(void **state)
{
	struct stage *stage = *state;

	page_line__free(stage->line);
	free(stage);
	return 0;
}

static json_t *event_of(const char *change, const char *incident, int seq, const char *severity)
{
	return json_pack("{s:s, s:s, s:i, s:s}", "event", change, "id", incident, "seq", seq,
			 "severity", severity);
}

static void put(struct stage *stage, const char *change, const char *incident, int seq,
		const char *severity)
{
	json_t *event = event_of(change, incident, seq, severity);

	assert_int_equal(page_line__add(stage->line, stage->next_id++, event), 0);
	json_decref(event);
}

/* Tries what is due and expects it to be this one. */
static void expect(struct stage *stage, const char *incident, unsigned seq, enum answer answer)
{
	const struct waiting_page *page = page_line__next(stage->line, stage->now_ms);

	assert_non_null(page);
	assert_string_equal(page->incident, incident);
	assert_int_equal(page->seq, seq);
	assert_null(page_line__next(stage->line, stage->now_ms));
	page_line__answered(stage->line, answer, 0, "why", stage->now_ms);
}

/* Lets the time pass until something may be tried. */
static void wait_until_due(struct stage *stage)
{
	uint64_t due_ms = page_line__due_ms(stage->line);

	if (due_ms > stage->now_ms)
		stage->now_ms = due_ms;
}

static size_t count_on_disk(const struct stage *stage)
{
	size_t count = 0;

	for (size_t i = 0; i < DISK_MAX; i++)
		count += stage->on_disk[i];
	return count;
}

static void pages_go_in_order_and_leave_the_disk_once_delivered(void **state)
{
	struct stage *stage = *state;

	put(stage, "open", "a", 1, "page");
	put(stage, "open", "b", 1, "page");
	put(stage, "resolve", "a", 2, "page");
	assert_int_equal(count_on_disk(stage), 3);
	expect(stage, "a", 1, ANSWER_DELIVERED);
	assert_int_equal(count_on_disk(stage), 2);
	expect(stage, "b", 1, ANSWER_DELIVERED);
	expect(stage, "a", 2, ANSWER_DELIVERED);
	assert_int_equal(count_on_disk(stage), 0);
	assert_int_equal(page_line__due_ms(stage->line), UINT64_MAX);
	assert_int_equal(page_line__counts(stage->line)->delivered, 3);
}

static void the_same_event_is_taken_once(void **state)
{
	struct stage *stage = *state;

	put(stage, "open", "a", 1, "page");
	put(stage, "open", "a", 1, "page");
	assert_int_equal(page_line__length(stage->line), 1);
	assert_int_equal(count_on_disk(stage), 1);
}

static void an_update_gives_way_to_what_follows_and_nothing_else_does(void **state)
{
	struct stage *stage = *state;

	put(stage, "open", "a", 1, "page");
	put(stage, "update", "a", 2, "page");
	put(stage, "update", "b", 9, "page");
	put(stage, "update", "a", 3, "page");
	assert_int_equal(page_line__length(stage->line), 3);
	put(stage, "resolve", "a", 4, "page");
	put(stage, "open", "a", 5, "page");
	assert_int_equal(page_line__counts(stage->line)->merged, 2);
	expect(stage, "a", 1, ANSWER_DELIVERED);
	expect(stage, "b", 9, ANSWER_DELIVERED);
	expect(stage, "a", 4, ANSWER_DELIVERED);
	expect(stage, "a", 5, ANSWER_DELIVERED);
	assert_int_equal(count_on_disk(stage), 0);
}

static void an_update_under_way_is_not_taken_from_under_it(void **state)
{
	struct stage *stage = *state;

	put(stage, "update", "a", 2, "page");
	assert_non_null(page_line__next(stage->line, stage->now_ms));
	put(stage, "update", "a", 3, "page");
	assert_int_equal(page_line__length(stage->line), 2);
	page_line__answered(stage->line, ANSWER_DELIVERED, 0, "", stage->now_ms);
	expect(stage, "a", 3, ANSWER_DELIVERED);
}

/* An hour of a pager that is dead: an incident a minute, and all of them arrive, in order. */
static void a_pager_dead_for_an_hour_loses_nothing(void **state)
{
	struct stage *stage = *state;
	uint64_t end_ms = stage->now_ms + 3600000, next_ms = stage->now_ms, due_ms;
	unsigned opened = 0, delivered = 0;
	char name[16];

	while (stage->now_ms < end_ms) {
		if (stage->now_ms >= next_ms) {
			snprintf(name, sizeof(name), "i%u", opened++);
			put(stage, "open", name, 1, "page");
			put(stage, "resolve", name, 2, "page");
			next_ms += 60000;
		}
		if (page_line__next(stage->line, stage->now_ms))
			page_line__answered(stage->line, ANSWER_AGAIN, 0, "refused", stage->now_ms);
		due_ms = page_line__due_ms(stage->line);
		assert_true(due_ms > stage->now_ms);
		stage->now_ms = due_ms < next_ms ? due_ms : next_ms;
	}
	assert_int_equal(count_on_disk(stage), 2 * opened);
	/* A try every few seconds at most: it is not hammered. */
	assert_in_range(stage->tried, 60, 3600000 / (PAGE_GAP_MAX_MS / 2) + 20);

	wait_until_due(stage);
	while (page_line__next(stage->line, stage->now_ms)) {
		page_line__answered(stage->line, ANSWER_DELIVERED, 0, "", stage->now_ms);
		delivered++;
	}
	assert_int_equal(delivered, 2 * opened);
	assert_int_equal(count_on_disk(stage), 0);
}

static void waits_double_up_to_five_minutes(void **state)
{
	struct stage *stage = *state;
	uint64_t wait_ms = 0, low_ms = PAGE_WAIT_FIRST_MS / 2, high_ms = PAGE_WAIT_FIRST_MS;

	put(stage, "open", "a", 1, "page");
	for (int i = 0; i < 14; i++) {
		expect(stage, "a", 1, ANSWER_AGAIN);
		wait_ms = page_line__due_ms(stage->line) - stage->now_ms;
		assert_in_range(wait_ms, low_ms, high_ms);
		assert_null(page_line__next(stage->line, stage->now_ms + wait_ms - 1));
		stage->now_ms += wait_ms;
		high_ms = high_ms * 2 < PAGE_WAIT_MAX_MS ? high_ms * 2 : PAGE_WAIT_MAX_MS;
		low_ms = high_ms / 2;
	}
}

static void a_pager_is_left_alone_for_as_long_as_it_asks(void **state)
{
	struct stage *stage = *state;

	put(stage, "open", "a", 1, "page");
	assert_non_null(page_line__next(stage->line, stage->now_ms));
	page_line__answered(stage->line, ANSWER_AGAIN, 30000, "429", stage->now_ms);
	put(stage, "open", "b", 1, "page");
	assert_null(page_line__next(stage->line, stage->now_ms + 29999));
	assert_int_equal(page_line__due_ms(stage->line), stage->now_ms + 30000);
	stage->now_ms += 30000;
	expect(stage, "b", 1, ANSWER_DELIVERED);
	/* One that asks for a year is asked again within the hour. */
	expect(stage, "a", 1, ANSWER_AGAIN);
	wait_until_due(stage);
	assert_non_null(page_line__next(stage->line, stage->now_ms));
	page_line__answered(stage->line, ANSWER_AGAIN, 1ULL << 40, "429", stage->now_ms);
	assert_int_equal(page_line__due_ms(stage->line), stage->now_ms + PAGE_LATER_MAX_MS);
}

/* A page on which the pager always fails must not stand in the way of the others. */
static void one_page_that_always_fails_delays_the_others_by_seconds(void **state)
{
	struct stage *stage = *state;
	char name[16];

	put(stage, "open", "bad", 1, "page");
	for (int i = 0; i < 12; i++) {
		wait_until_due(stage);
		expect(stage, "bad", 1, ANSWER_AGAIN);
	}
	for (int i = 0; i < 50; i++) {
		const struct waiting_page *page;
		uint64_t came_ms = stage->now_ms;

		snprintf(name, sizeof(name), "good%d", i);
		put(stage, "open", name, 1, "page");
		do {
			wait_until_due(stage);
			page = page_line__next(stage->line, stage->now_ms);
			assert_non_null(page);
			if (!strcmp(page->incident, name))
				break;
			page_line__answered(stage->line, ANSWER_AGAIN, 0, "500", stage->now_ms);
		} while (true);
		page_line__answered(stage->line, ANSWER_DELIVERED, 0, "", stage->now_ms);
		assert_in_range(stage->now_ms - came_ms, 0, PAGE_GAP_MAX_MS);
	}
	assert_true(page_line__has(stage->line, "bad"));
}

static void a_page_that_is_refused_is_counted_and_gone(void **state)
{
	struct stage *stage = *state;

	put(stage, "open", "a", 1, "page");
	put(stage, "open", "b", 1, "page");
	expect(stage, "a", 1, ANSWER_REFUSED_PAGE);
	expect(stage, "b", 1, ANSWER_DELIVERED);
	assert_int_equal(page_line__counts(stage->line)->refused, 1);
	assert_int_equal(count_on_disk(stage), 0);
}

static void when_too_many_wait_the_least_important_goes_first(void **state)
{
	struct stage *stage = *state;
	const char *const gone[] = {"u", "i1", "i2", "t"};

	set_up_line(stage, 5);
	put(stage, "open", "p1", 1, "page");
	put(stage, "open", "i1", 1, "info");
	put(stage, "update", "u", 2, "page");
	put(stage, "open", "i2", 1, "info");
	put(stage, "open", "t", 1, "ticket");
	for (int i = 0; i < 4; i++) {
		char name[16];

		assert_true(page_line__has(stage->line, gone[i]));
		snprintf(name, sizeof(name), "p%d", i + 2);
		put(stage, "open", name, 1, "page");
		assert_false(page_line__has(stage->line, gone[i]));
		assert_true(page_line__has(stage->line, name));
	}
	/* What is worth less than all that wait is not let in. */
	put(stage, "open", "late", 1, "info");
	assert_false(page_line__has(stage->line, "late"));
	put(stage, "open", "p6", 1, "page");
	assert_false(page_line__has(stage->line, "p1"));
	assert_int_equal(page_line__length(stage->line), 5);
	assert_int_equal(count_on_disk(stage), 5);
	assert_int_equal(page_line__counts(stage->line)->discarded, 6);
}

static void what_was_on_disk_is_sent_after_a_restart(void **state)
{
	struct stage *stage = *state;
	json_t *event = event_of("open", "a", 1, "page");

	assert_int_equal(page_line__restore(stage->line, 5, event, 40), 0);
	assert_int_equal(page_line__restore(stage->line, 6, event, 0), 0);
	stage->on_disk[5] = true;
	json_decref(event);
	assert_int_equal(page_line__length(stage->line), 1);
	expect(stage, "a", 1, ANSWER_DELIVERED);
	assert_false(stage->on_disk[5]);
}

static void what_is_no_event_is_not_taken(void **state)
{
	struct stage *stage = *state;
	json_t *event = event_of("lunch", "a", 1, "page");

	assert_int_equal(page_line__add(stage->line, 1, event), -EINVAL);
	json_decref(event);
	event = event_of("open", "", 1, "page");
	assert_int_equal(page_line__add(stage->line, 1, event), -EINVAL);
	json_decref(event);
	assert_int_equal(page_line__add(stage->line, 1, NULL), -EINVAL);
	assert_int_equal(page_line__length(stage->line), 0);
}

#define LINE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LINE_TEST(pages_go_in_order_and_leave_the_disk_once_delivered),
		LINE_TEST(the_same_event_is_taken_once),
		LINE_TEST(an_update_gives_way_to_what_follows_and_nothing_else_does),
		LINE_TEST(an_update_under_way_is_not_taken_from_under_it),
		LINE_TEST(a_pager_dead_for_an_hour_loses_nothing),
		LINE_TEST(waits_double_up_to_five_minutes),
		LINE_TEST(a_pager_is_left_alone_for_as_long_as_it_asks),
		LINE_TEST(one_page_that_always_fails_delays_the_others_by_seconds),
		LINE_TEST(a_page_that_is_refused_is_counted_and_gone),
		LINE_TEST(when_too_many_wait_the_least_important_goes_first),
		LINE_TEST(what_was_on_disk_is_sent_after_a_restart),
		LINE_TEST(what_is_no_event_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
