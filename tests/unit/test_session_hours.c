/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions against hours that people can check on a calendar.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/session.h"
#include "base/session_hours.h"

#define HOUR 3600
/* Monday, 2 November 2026, 00:00 UTC. */
#define MONDAY 1793577600LL
#define DAY    86400LL

static struct session_window window_of(const char *text)
{
	struct session_window window = {};
	const char *why;

	assert_int_equal(parse_session(text, &window, &why), 0);
	return window;
}

static bool inside(const struct session_window *window, int64_t wall_s)
{
	return session_contains(window, zone_offset_s(window->zone, wall_s), wall_s);
}

static void a_day_session_ends_when_it_says(void **state)
{
	struct session_window window = window_of("Mon-Fri 09:00-17:30 UTC");

	(void)state;
	assert_false(inside(&window, MONDAY + 9 * HOUR - 1));
	assert_true(inside(&window, MONDAY + 9 * HOUR));
	assert_true(inside(&window, MONDAY + 17 * HOUR + 1799));
	assert_false(inside(&window, MONDAY + 17 * HOUR + 1800));
	assert_false(inside(&window, MONDAY - 12 * HOUR)); /* Sunday noon */
	assert_true(inside(&window, MONDAY + 4 * DAY + 12 * HOUR));
	assert_false(inside(&window, MONDAY + 5 * DAY + 12 * HOUR));
}

static void a_night_session_belongs_to_the_day_it_begins(void **state)
{
	struct session_window window = window_of("Mon-Fri 22:30-05:00 Asia/Tokyo");
	int64_t tokyo = MONDAY - 9 * HOUR; /* Monday, 00:00 there */

	(void)state;
	assert_false(inside(&window, tokyo + 1 * HOUR)); /* it would have begun on Sunday */
	assert_false(inside(&window, tokyo + 22 * HOUR));
	assert_true(inside(&window, tokyo + 22 * HOUR + 1800));
	assert_true(inside(&window, tokyo + DAY + 4 * HOUR));
	assert_false(inside(&window, tokyo + DAY + 5 * HOUR));
	assert_true(inside(&window, tokyo + 5 * DAY + 4 * HOUR)); /* Saturday morning */
	assert_false(inside(&window, tokyo + 6 * DAY + 4 * HOUR));
}

static void whole_days_and_times_before_1970(void **state)
{
	struct session_window all = window_of("Mon-Sun 00:00-00:00 UTC");
	struct session_window thursday = window_of("Thu 00:00-24:00 UTC");

	(void)state;
	for (int64_t at = -3 * DAY; at < 3 * DAY; at += 1801)
		assert_true(inside(&all, at));
	assert_true(inside(&thursday, 0)); /* 1 January 1970 */
	assert_true(inside(&thursday, DAY - 1));
	assert_false(inside(&thursday, DAY));
	assert_false(inside(&thursday, -1));
}

/* The clocks of New York went back on Sunday, 1 November 2026. */
static void clocks_that_change_move_the_session(void **state)
{
	struct session_window window = window_of("Mon-Fri 09:30-16:00 America/New_York");

	(void)state;
	assert_int_equal(zone_offset_s("America/New_York", MONDAY - 3 * DAY), -4 * HOUR);
	assert_int_equal(zone_offset_s("America/New_York", MONDAY), -5 * HOUR);
	assert_true(inside(&window, MONDAY - 3 * DAY + 13 * HOUR + 1800));
	assert_false(inside(&window, MONDAY + 13 * HOUR + 1800));
	assert_true(inside(&window, MONDAY + 14 * HOUR + 1800));
}

static void the_environment_is_left_as_it_was(void **state)
{
	(void)state;
	setenv("TZ", "Europe/Paris", 1);
	assert_int_equal(zone_offset_s("Asia/Tokyo", MONDAY), 9 * HOUR);
	assert_string_equal(getenv("TZ"), "Europe/Paris");
	unsetenv("TZ");
	assert_int_equal(zone_offset_s("Asia/Tokyo", MONDAY), 9 * HOUR);
	assert_null(getenv("TZ"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_session_ends_when_it_says),
		cmocka_unit_test(a_night_session_belongs_to_the_day_it_begins),
		cmocka_unit_test(whole_days_and_times_before_1970),
		cmocka_unit_test(clocks_that_change_move_the_session),
		cmocka_unit_test(the_environment_is_left_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
