/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Durations, rates and sessions as people write them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "base/config.h"
#include "base/duration.h"
#include "base/session.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define NOT_A_DURATION "not a duration; expected a whole number and ms, s, m, h or d, such as 2s"
#define NO_UNIT	       "a duration without a unit; expected ms, s, m, h or d behind the number"
#define TOO_LONG       "duration too long; expected at most 36500d"

static void durations_are_read(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} cases[] = {
		{"0s", 0},
		{"250ms", 250000000},
		{"1s", 1000000000},
		{"2m", 120000000000},
		{"1h", 3600000000000},
		{"30d", 2592000000000000},
		{"007s", 7000000000},
		{"36500d", 3153600000000000000},
		{"3153600000000ms", 3153600000000000000},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *why = NULL;
		uint64_t ns = 1;

		assert_int_equal(parse_duration(cases[i].text, &ns, &why), 0);
		assert_true(ns == cases[i].ns);
	}
}

static void bad_durations_say_why(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", NOT_A_DURATION},
		{"s", NOT_A_DURATION},
		{"-1s", NOT_A_DURATION},
		{"+1s", NOT_A_DURATION},
		{" 1s", NOT_A_DURATION},
		{"1 s", NOT_A_DURATION},
		{"1s ", NOT_A_DURATION},
		{"1.5s", NOT_A_DURATION},
		{"1S", NOT_A_DURATION},
		{"1us", NOT_A_DURATION},
		{"1h30m", NOT_A_DURATION},
		{"5", NO_UNIT},
		{"36501d", TOO_LONG},
		{"3153600000001ms", TOO_LONG},
		{"18446744073709551617s", TOO_LONG},
		{"99999999999999999999999999999999ms", TOO_LONG},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *why = NULL;
		uint64_t ns = 42;

		if (parse_duration(cases[i].text, &ns, &why) != -EINVAL)
			fail_msg("\"%s\" was taken", cases[i].text);
		assert_string_equal(why, cases[i].why);
		assert_true(ns == 42);
	}
}

static void rates_are_read(void **state)
{
	static const struct {
		const char *text;
		double per_day;
	} cases[] = {
		{"1 per 30d", 1.0 / 30}, {"2 per 1d", 2},	{"0.5 per 1d", 0.5},
		{"1 per 1h", 24},	 {"1.25 per 12h", 2.5},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *why = NULL;
		double per_day = 0;

		assert_int_equal(parse_rate(cases[i].text, &per_day, &why), 0);
		assert_true(per_day > cases[i].per_day * (1 - 1e-9));
		assert_true(per_day < cases[i].per_day * (1 + 1e-9));
	}
}

static void bad_rates_say_why(void **state)
{
#define NOT_A_RATE "not a rate; expected a number, \"per\" and a duration, such as 1 per 30d"
#define NOTHING	   "a rate of or per nothing; expected a number and a duration above zero"
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", NOT_A_RATE},
		{"1", NOT_A_RATE},
		{"1 in 30d", NOT_A_RATE},
		{"1 per", NOT_A_RATE},
		{"1per 30d", NOT_A_RATE},
		{"one per 30d", NOT_A_RATE},
		{"-1 per 30d", NOT_A_RATE},
		{"1. per 30d", NOT_A_RATE},
		{".5 per 30d", NOT_A_RATE},
		{"1e3 per 30d", NOT_A_RATE},
		{"inf per 30d", NOT_A_RATE},
		{"1  per 30d", NOT_A_RATE},
		{"1 per 30", NO_UNIT},
		{"1 per day", NOT_A_DURATION},
		{"1 per 99999d", TOO_LONG},
		{"0 per 30d", NOTHING},
		{"0.0 per 30d", NOTHING},
		{"1 per 0d", NOTHING},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *why = NULL;
		double per_day = 42;

		if (parse_rate(cases[i].text, &per_day, &why) != -EINVAL)
			fail_msg("\"%s\" was taken", cases[i].text);
		assert_string_equal(why, cases[i].why);
		assert_true(per_day == 42);
	}
}

static void sessions_are_read(void **state)
{
	static const struct {
		const char *text;
		unsigned days, begin, end;
		const char *zone;
	} cases[] = {
		{"Mon-Fri 22:30-05:00 Asia/Tokyo", 0x1f, 1350, 300, "Asia/Tokyo"},
		{"Mon,Wed 09:00-15:00 Europe/London", 0x05, 540, 900, "Europe/London"},
		{"Sat-Mon 00:00-24:00 UTC", 0x61, 0, 0, "UTC"},
		{"Sun 23:59-00:00 America/Argentina/Buenos_Aires", 0x40, 1439, 0,
		 "America/Argentina/Buenos_Aires"},
		{"Mon-Tue,Thu-Fri,Mon 08:00-08:00 Etc/GMT+9", 0x1b, 480, 480, "Etc/GMT+9"},
		{"Wed-Wed 08:00-09:00 UTC", 0x04, 480, 540, "UTC"},
		{"Tue-Mon 08:00-09:00 UTC", 0x7f, 480, 540, "UTC"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct session_window window;
		const char *why = "";

		if (parse_session(cases[i].text, &window, &why) != 0)
			fail_msg("\"%s\" was refused: %s", cases[i].text, why);
		assert_int_equal(window.days, cases[i].days);
		assert_int_equal(window.begin_minute, cases[i].begin);
		assert_int_equal(window.end_minute, cases[i].end);
		assert_string_equal(window.zone, cases[i].zone);
	}
}

static void bad_sessions_say_why(void **state)
{
#define NO_DAYS                                                                         \
	"no days in front; expected a session such as Mon-Fri 22:30-05:00 Asia/Tokyo, " \
	"with days from Mon Tue Wed Thu Fri Sat Sun"
#define NO_TIMES "no times behind the days; expected HH:MM-HH:MM such as 22:30-05:00"
#define NO_ZONE	 "no time zone behind the times; expected a name such as Asia/Tokyo"
#define UNKNOWN	 "unknown time zone; expected a name from /usr/share/zoneinfo/ such as Asia/Tokyo"
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", NO_DAYS},
		{"22:30-05:00 Asia/Tokyo", NO_DAYS},
		{"mon-fri 22:30-05:00 Asia/Tokyo", NO_DAYS},
		{"Monday 22:30-05:00 Asia/Tokyo", NO_DAYS},
		{"Mon- 22:30-05:00 Asia/Tokyo", NO_DAYS},
		{"Mon, 22:30-05:00 Asia/Tokyo", NO_DAYS},
		{"Mon-Tue-Wed 22:30-05:00 Asia/Tokyo", NO_DAYS},
		{"Mon", NO_TIMES},
		{"Mon ", NO_TIMES},
		{"Mon 9:00-15:00 Asia/Tokyo", NO_TIMES},
		{"Mon 09:00 Asia/Tokyo", NO_TIMES},
		{"Mon 09:00-25:00 Asia/Tokyo", NO_TIMES},
		{"Mon 09:00-15:60 Asia/Tokyo", NO_TIMES},
		{"Mon 09:00-24:01 Asia/Tokyo", NO_TIMES},
		{"Mon 24:00-05:00 Asia/Tokyo", NO_TIMES},
		{"Mon 09:0", NO_TIMES},
		{"Mon  09:00-15:00 Asia/Tokyo", NO_TIMES},
		{"Mon 09:00-15:00", NO_ZONE},
		{"Mon 09:00-15:00 ", NO_ZONE},
		{"Mon 09:00-15:00:30 Asia/Tokyo", NO_ZONE},
		{"Mon 09:00-15:00 Asia/Atlantis", UNKNOWN},
		{"Mon 09:00-15:00 Asia", UNKNOWN},
		{"Mon 09:00-15:00 ../../../etc/localtime", UNKNOWN},
		{"Mon 09:00-15:00 /usr/share/zoneinfo/Asia/Tokyo", UNKNOWN},
		{"Mon 09:00-15:00 Asia/./Tokyo", UNKNOWN},
		{"Mon 09:00-15:00 tzdata.zi", UNKNOWN},
		{"Mon 09:00-15:00 Asia/Tokyo ", UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct session_window window = {.days = 0x55};
		const char *why = NULL;

		if (parse_session(cases[i].text, &window, &why) != -EINVAL)
			fail_msg("\"%s\" was taken", cases[i].text);
		assert_string_equal(why, cases[i].why);
		assert_int_equal(window.days, 0x55);
	}
}

static void overlong_zones_are_no_zones(void **state)
{
	char name[5000];

	(void)state;
	memset(name, 'A', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_false(zone_exists(name));
	assert_false(zone_exists(""));
	assert_true(zone_exists("UTC"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_read),
		cmocka_unit_test(bad_durations_say_why),
		cmocka_unit_test(rates_are_read),
		cmocka_unit_test(bad_rates_say_why),
		cmocka_unit_test(sessions_are_read),
		cmocka_unit_test(bad_sessions_say_why),
		cmocka_unit_test(overlong_zones_are_no_zones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
