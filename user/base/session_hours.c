/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a time is inside a session is plain arithmetic once the zone's distance from UTC is
 * known; only that distance needs the zone database, and it is looked up apart and seldom.
 *
 * On the night on which the clocks change a session that spans the change begins by the old and
 * ends by the new time, as people there live it.
 */
#include "base/session_hours.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/config.h"

#define SECONDS_A_DAY 86400
#define DAYS_OF_WEEK  7
#define EPOCH_WEEKDAY 3 /* 1 January 1970 was a Thursday; Monday is 0 */

int64_t zone_offset_s(const char *zone, int64_t wall_s)
{
	const char *former = getenv("TZ");
	char *kept = former ? strdup(former) : NULL;
	time_t when = (time_t)wall_s;
	int64_t offset = 0;
	struct tm local;

	if (former && !kept)
		return 0;
	if (setenv("TZ", zone, 1) == 0) {
		tzset();
		if (localtime_r(&when, &local))
			offset = local.tm_gmtoff;
	}
	if (kept)
		setenv("TZ", kept, 1);
	else
		unsetenv("TZ");
	tzset();
	free(kept);
	return offset;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

bool session_contains(const struct session_window *window, int64_t offset_s, int64_t wall_s)
{
	int64_t local = wall_s + offset_s, day = floor_div(local, SECONDS_A_DAY);
	int64_t second = local - day * SECONDS_A_DAY;
	int64_t begin = window->begin_minute * 60, end = window->end_minute * 60;
	unsigned today =
		(unsigned)(((day + EPOCH_WEEKDAY) % DAYS_OF_WEEK + DAYS_OF_WEEK) % DAYS_OF_WEEK);
	unsigned yesterday = (today + DAYS_OF_WEEK - 1) % DAYS_OF_WEEK;

	if (end > begin)
		return window->days >> today & 1 && second >= begin && second < end;
	return (window->days >> today & 1 && second >= begin) ||
	       (window->days >> yesterday & 1 && second < end);
}
