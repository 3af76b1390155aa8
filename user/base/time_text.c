/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/time_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

/* Exactly @digits digits within @low … @high; moves *text on. */
static bool take_number(const char **text, int digits, int low, int high, int *number)
{
	int value = 0;

	for (int i = 0; i < digits; i++, (*text)++) {
		if (!isdigit((unsigned char)**text))
			return false;
		value = value * 10 + (**text - '0');
	}
	if (value < low || value > high)
		return false;
	*number = value;
	return true;
}

static bool take_mark(const char **text, const char *marks)
{
	if (!**text || !strchr(marks, **text))
		return false;
	(*text)++;
	return true;
}

/* "2026-11-22" into @broken. */
static bool take_date(const char **text, struct tm *broken)
{
	int year, month, day;

	if (!take_number(text, 4, 1970, 9999, &year) || !take_mark(text, "-") ||
	    !take_number(text, 2, 1, 12, &month) || !take_mark(text, "-") ||
	    !take_number(text, 2, 1, 31, &day))
		return false;
	broken->tm_year = year - 1900;
	broken->tm_mon = month - 1;
	broken->tm_mday = day;
	return true;
}

/* "10:32", "10:32:15", "10:32:15.250"; of the second's parts the first three digits count. */
static bool take_time(const char **text, struct tm *broken, int *ms)
{
	*ms = 0;
	broken->tm_sec = 0;
	if (!take_number(text, 2, 0, 23, &broken->tm_hour) || !take_mark(text, ":") ||
	    !take_number(text, 2, 0, 59, &broken->tm_min))
		return false;
	if (!take_mark(text, ":"))
		return true;
	if (!take_number(text, 2, 0, 60, &broken->tm_sec))
		return false;
	if (!take_mark(text, "."))
		return true;
	if (!isdigit((unsigned char)**text))
		return false;
	for (int scale = 100; isdigit((unsigned char)**text); scale /= 10, (*text)++)
		*ms += (**text - '0') * scale;
	return true;
}

/* "Z", "+09:00": *east_s seconds east of Greenwich. */
static bool take_zone(const char **text, int *east_s)
{
	bool west = **text == '-';
	int hours, minutes;

	if (take_mark(text, "Zz")) {
		*east_s = 0;
		return true;
	}
	if (!take_mark(text, "+-") || !take_number(text, 2, 0, 23, &hours) ||
	    !take_mark(text, ":") || !take_number(text, 2, 0, 59, &minutes))
		return false;
	*east_s = (hours * 60 + minutes) * (west ? -60 : 60);
	return true;
}

/* A day that the month does not have comes out of timegm() as another. */
static bool same_day(const struct tm *broken, const struct tm *normal)
{
	return broken->tm_mday == normal->tm_mday && broken->tm_mon == normal->tm_mon;
}

int parse_rfc3339(const char *text, int64_t *time_ms)
{
	struct tm broken = {}, day, normal;
	int ms, east_s;
	time_t seconds;

	if (!take_date(&text, &broken) || !take_mark(&text, "Tt ") ||
	    !take_time(&text, &broken, &ms) || !take_zone(&text, &east_s) || *text)
		return -EINVAL;
	day = (struct tm){
		.tm_year = broken.tm_year, .tm_mon = broken.tm_mon, .tm_mday = broken.tm_mday};
	normal = day;
	timegm(&normal);
	if (!same_day(&day, &normal))
		return -EINVAL;
	seconds = timegm(&broken);
	*time_ms = ((int64_t)seconds - east_s) * 1000 + ms;
	return 0;
}
