/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * History: what a minute remembers of its ticks, what is read back, and the bounds on it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>

#include "keep/history.h"
#include "keep/retention.h"
#include "keep_stage.h"

#define MINUTE 28333333ll /* since 1970: in November 2023 */
#define MS     60000ll

static const struct history_shape shape = {"link", "rtt_p50:s reset_rate:1/s", 2};
static const struct history_shape device_shape = {"device", "carrier:1", 1};

static struct history *history;

static int set_up(void **state)
{
	struct stage *stage = stage_new();

	*state = stage;
	if (store__new(stage->dir, &stage->store))
		return -1;
	history = history__new(stage->store);
	return history ? 0 : -1;
}

static int tear_down(void **state)
{
	history__free(history);
	stage_free(*state);
	return 0;
}

static void look(const char *name, double rtt, double normal)
{
	struct figure figures[2] = {{reading_of(rtt), reading_of(normal)}};

	history__figures(history, &shape, name, figures);
}

static void end_minute(struct stage *stage, int64_t minute)
{
	assert_int_equal(history__end_minute(history, minute), 0);
	assert_int_equal(store__flush(stage->store), 0);
}

static json_t *rows_of(struct stage *stage, const char *name)
{
	json_t *rows = NULL;

	assert_int_equal(history_read(stage->store, name, 0, INT64_MAX, &rows), 0);
	return rows;
}

static double figure_of(const json_t *row, const char *key, const char *part)
{
	const json_t *figure = json_object_get(json_object_get(row, "figures"), key);
	const json_t *value = json_object_get(figure, part);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

static void a_minute_keeps_the_mean_the_most_and_the_worst_state(void **state)
{
	struct stage *stage = *state;
	json_t *rows, *row;

	history__state(history, &shape, "feed", LINK_STATE_HEALTHY);
	look("feed", 0.001, 0.002);
	history__state(history, &shape, "feed", LINK_STATE_FAULTY);
	look("feed", 0.009, 0.002);
	history__state(history, &shape, "feed", LINK_STATE_HEALTHY);
	history__state(history, &shape, "feed", LINK_STATE_NOT_OBSERVED);
	look("feed", 0.002, 0.002);
	end_minute(stage, MINUTE);
	rows = rows_of(stage, "feed");
	assert_int_equal(json_array_size(rows), 1);
	row = json_array_get(rows, 0);
	assert_int_equal(json_integer_value(json_object_get(row, "minute_ms")), MINUTE * MS);
	assert_string_equal(json_string_value(json_object_get(row, "state")), "faulty");
	assert_float_equal(figure_of(row, "rtt_p50", "mean"), 0.004, 1e-6);
	assert_float_equal(figure_of(row, "rtt_p50", "most"), 0.009, 1e-6);
	assert_float_equal(figure_of(row, "rtt_p50", "normal"), 0.002, 1e-6);
	/* What was never available is absent, not nought. */
	assert_null(json_object_get(json_object_get(row, "figures"), "reset_rate"));
	json_decref(rows);
}

static void minutes_are_apart_and_in_order(void **state)
{
	struct stage *stage = *state;
	json_t *rows = NULL;

	for (int i = 0; i < 5; i++) {
		look("feed", i, 1);
		end_minute(stage, MINUTE + i);
	}
	rows = rows_of(stage, "feed");
	assert_int_equal(json_array_size(rows), 5);
	for (int i = 0; i < 5; i++)
		assert_float_equal(figure_of(json_array_get(rows, i), "rtt_p50", "mean"), i, 1e-6);
	json_decref(rows);
	assert_int_equal(history_read(stage->store, "feed", (MINUTE + 1) * MS + 59999,
				      (MINUTE + 3) * MS, &rows),
			 0);
	assert_int_equal(json_array_size(rows), 3);
	json_decref(rows);
}

static void what_is_gone_has_no_row_and_what_is_unknown_is_said(void **state)
{
	struct stage *stage = *state;
	json_t *rows = NULL, *subjects = NULL;
	struct figure carrier = {reading_of(1), READING_NOT_AVAILABLE};

	look("feed", 1, 1);
	history__figures(history, &device_shape, "router", &carrier);
	end_minute(stage, MINUTE);
	end_minute(stage, MINUTE + 1);
	rows = rows_of(stage, "feed");
	assert_int_equal(json_array_size(rows), 1);
	json_decref(rows);
	assert_int_equal(history_read(stage->store, "nobody", 0, INT64_MAX, &rows), -ENOENT);
	assert_int_equal(history_subjects(stage->store, &subjects), 0);
	assert_int_equal(json_array_size(subjects), 2);
	json_decref(subjects);
	/* Of a subject whose state nobody judges, none is claimed; no normal, none either. */
	rows = rows_of(stage, "router");
	assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 0), "state")),
			    "");
	assert_float_equal(figure_of(json_array_get(rows, 0), "carrier", "mean"), 1, 1e-6);
	assert_true(isnan(figure_of(json_array_get(rows, 0), "carrier", "normal")));
	json_decref(rows);
}

static void subjects_in_a_minute_are_bounded(void **state)
{
	struct stage *stage = *state;
	char name[32];

	for (int i = 0; i < HISTORY_SUBJECTS_MAX + 10; i++) {
		snprintf(name, sizeof(name), "link-%d", i);
		look(name, 1, 1);
	}
	assert_int_equal(history__left_out(history), 10);
	end_minute(stage, MINUTE);
	stage_expect(stage, "SELECT count(*) FROM history", "2048 ");
}

static void old_minutes_go(void **state)
{
	struct stage *stage = *state;
	struct retention retention = retention_default();

	retention.history_days = 1;
	look("feed", 1, 1);
	end_minute(stage, MINUTE);
	look("feed", 1, 1);
	end_minute(stage, MINUTE + 10);
	retention__put(stage->store, &retention, (MINUTE + 1440 + 5) * MS);
	assert_int_equal(store__flush(stage->store), 0);
	stage_expect(stage, "SELECT count(*) FROM history", "1 ");
}

static void beyond_the_bytes_the_oldest_go_and_the_file_stays_within(void **state)
{
	struct stage *stage = *state;
	struct retention retention = retention_default();
	sqlite3 *db = store__db(stage->store);
	char name[32], *text;
	long long pages;

	retention.file_bytes = 400000;
	for (int minute = 0; minute < 1000; minute++) {
		for (int i = 0; i < 20; i++) {
			snprintf(name, sizeof(name), "link-%d", i);
			look(name, minute, 1);
		}
		history__end_minute(history, MINUTE + minute);
		retention__put(stage->store, &retention, (MINUTE + minute) * MS);
		if (minute % 20 == 0)
			assert_int_equal(store__flush(stage->store), 0);
	}
	assert_int_equal(store__flush(stage->store), 0);
	text = stage_ask(db, "PRAGMA page_count");
	pages = atoll(text);
	free(text);
	print_message("# %lld bytes after 20000 rows, bound 400000\n", pages * 4096);
	assert_true(pages * 4096 < 800000);
	/* The newest are there. */
	stage_expect(stage, "SELECT max(minute) - 28333333 FROM history", "999 ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_minute_keeps_the_mean_the_most_and_the_worst_state),
		TEST(minutes_are_apart_and_in_order),
		TEST(what_is_gone_has_no_row_and_what_is_unknown_is_said),
		TEST(subjects_in_a_minute_are_bounded),
		TEST(old_minutes_go),
		TEST(beyond_the_bytes_the_oldest_go_and_the_file_stays_within),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
