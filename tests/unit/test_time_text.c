/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Times as people write them, read in Tokyo, where it is always nine hours past UTC, and in New
 * York, where the clock changes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/time_text.h"

#define NOW "2026-11-22T03:00:00Z" /* noon in Tokyo, a Sunday */

static int64_t at(const char *rfc3339)
{
	int64_t time_ms = -1;

	assert_int_equal(parse_rfc3339(rfc3339, &time_ms), 0);
	return time_ms;
}

static int in_tokyo(void **state)
{
	(void)state;
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	return 0;
}

static void rfc3339_is_read(void **state)
{
	(void)state;
	assert_int_equal(at("1970-01-01T00:00:00Z"), 0);
	assert_int_equal(at("2026-11-22T13:15:01.250Z"), 1795353301250);
	assert_int_equal(at("2026-11-22 13:15:01z"), 1795353301000);
	assert_int_equal(at("2026-11-22T22:15:01.25+09:00"), 1795353301250);
	assert_int_equal(at("2026-11-22T08:15:01.2509999-05:00"), 1795353301250);
	assert_int_equal(at("2024-02-29T00:00:00Z"), 1709164800000);
}

static void what_is_no_rfc3339_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"2026",
		"2026-11-22",
		"2026-11-22T13:15:01",
		"2026-11-22T13:15:01.Z",
		"2026-11-22T13:15:01ZZ",
		"2026-11-22T24:00:00Z",
		"2026-02-29T00:00:00Z",
		"2026-13-01T00:00:00Z",
		"2026-11-31T00:00:00Z",
		"2026-1-01T00:00:00Z",
		"2026-11-22T13:15:01+0900",
		" 2026-11-22T13:15:01Z",
	};
	int64_t time_ms = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(parse_rfc3339(wrong[i], &time_ms), -EINVAL);
	assert_int_equal(time_ms, 77);
}

static void times_are_read_as_people_say_them(void **state)
{
	static const struct {
		const char *said, *meant;
	} rows[] = {
		{"10:32:15", "2026-11-22T01:32:15Z"},
		{"10:32", "2026-11-22T01:32:00Z"},
		{"12:00:00", "2026-11-22T03:00:00Z"},
		{"12:00:01", "2026-11-21T03:00:01Z"}, /* still to come: yesterday's */
		{"10:32:15.5", "2026-11-22T01:32:15.500Z"},
		{"today 10:32", "2026-11-22T01:32:00Z"},
		{"yesterday 10:32", "2026-11-21T01:32:00Z"},
		{"Yesterday 23:59:59", "2026-11-21T14:59:59Z"},
		{"yesterday", "2026-11-20T15:00:00Z"},
		{"today", "2026-11-21T15:00:00Z"},
		{"2026-11-20", "2026-11-19T15:00:00Z"},
		{"2026-11-20 10:32", "2026-11-20T01:32:00Z"},
		{"2026-11-20T10:32:15", "2026-11-20T01:32:15Z"},
		{"2026-11-20T10:32:15Z", "2026-11-20T10:32:15Z"},
		{"2h", "2026-11-22T01:00:00Z"},
		{"2h ago", "2026-11-22T01:00:00Z"},
		{"30d", "2026-10-23T03:00:00Z"},
		{"now", NOW},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *why;
		int64_t found = -1;

		if (parse_time(rows[i].said, at(NOW), &found, &why) || found != at(rows[i].meant))
			fail_msg("\"%s\" was read as %lld, not %s", rows[i].said, (long long)found,
				 rows[i].meant);
	}
}

static void what_is_no_time_is_refused_with_what_was_expected(void **state)
{
	static const char *const wrong[] = {
		"",
		"noon",
		"10",
		"10:60",
		"25:00",
		"10:32:15 JST",
		"2026-11-31",
		"2026-11-20 ",
		"2 h",
		"yesterday noon",
		"yesterdays",
		"10:32pm",
		"2026-11-20x",
		"2h ago yes",
		"-2h",
		"2026-11-20T",
	};
	int64_t found = 77;
	const char *why = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		if (!parse_time(wrong[i], at(NOW), &found, &why))
			fail_msg("\"%s\" was taken for a time", wrong[i]);
		assert_non_null(strstr(why, "10:32:15"));
	}
	assert_int_equal(found, 77);
}

static void what_is_still_to_come_is_refused(void **state)
{
	int64_t found = 77;
	const char *why = NULL;

	(void)state;
	assert_int_equal(parse_time("2026-11-23", at(NOW), &found, &why), -EINVAL);
	assert_non_null(strstr(why, "still to come"));
	assert_int_equal(parse_time("today 12:01", at(NOW), &found, &why), -EINVAL);
}

static void the_night_the_clock_changes_has_its_own_length(void **state)
{
	int64_t now = at("2026-11-01T18:00:00Z"), found;
	const char *why;

	(void)state;
	setenv("TZ", "America/New_York", 1);
	tzset();
	/* The clock went back at two: the day before is 25 hours long. */
	assert_int_equal(parse_time("today", now, &found, &why), 0);
	assert_int_equal(found, at("2026-11-01T04:00:00Z"));
	assert_int_equal(parse_time("today 12:00", now, &found, &why), 0);
	assert_int_equal(found, at("2026-11-01T17:00:00Z"));
	assert_int_equal(parse_time("yesterday 12:00", now, &found, &why), 0);
	assert_int_equal(found, at("2026-10-31T16:00:00Z"));
}

static void times_and_spans_are_written(void **state)
{
	char text[LOCAL_TIME_LEN];

	(void)state;
	in_tokyo(NULL);
	assert_string_equal(format_local_time(at(NOW), true, text), "2026-11-22 12:00:00 JST");
	assert_string_equal(format_local_time(at(NOW), false, text), "2026-11-22 12:00:00");
	assert_string_equal(format_span(-5, text), "0.0s");
	assert_string_equal(format_span(1150, text), "1.1s");
	assert_string_equal(format_span(59999, text), "59s");
	assert_string_equal(format_span(250000, text), "4m 10s");
	assert_string_equal(format_span(750000, text), "12m");
	assert_string_equal(format_span(7500000, text), "2h 5m");
	assert_string_equal(format_span(273600000ll, text), "3d 4h");
	assert_string_equal(format_span(63158400000ll, text), "731d");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc3339_is_read),
		cmocka_unit_test(what_is_no_rfc3339_is_refused),
		cmocka_unit_test_setup(times_are_read_as_people_say_them, in_tokyo),
		cmocka_unit_test_setup(what_is_no_time_is_refused_with_what_was_expected, in_tokyo),
		cmocka_unit_test_setup(what_is_still_to_come_is_refused, in_tokyo),
		cmocka_unit_test(the_night_the_clock_changes_has_its_own_length),
		cmocka_unit_test(times_and_spans_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
