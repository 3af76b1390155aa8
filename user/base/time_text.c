/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small parsers that take what they know from the front of a text and leave the rest; strptime()
 * would take "1:2" for a time, spaces anywhere, and the words of a locale.
 */
#include "base/time_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/duration.h"

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

/* ---- as people say it --------------------------------------------------------------------- */

#define MS_PER_SECOND 1000
#define EXPECTED                                                                             \
	"expected a time such as 10:32:15, \"yesterday 10:32\", 2026-11-22T10:32:15Z or 2h " \
	"(before "                                                                           \
	"now)"

static int64_t local_ms(struct tm broken, int ms)
{
	broken.tm_isdst = -1;
	return (int64_t)mktime(&broken) * MS_PER_SECOND + ms;
}

static bool take_word(const char **text, const char *word)
{
	size_t len = strlen(word);

	if (strncasecmp(*text, word, len) != 0 || ((*text)[len] && (*text)[len] != ' '))
		return false;
	*text += len;
	while (**text == ' ')
		(*text)++;
	return true;
}

/* "2h", "2h ago", "now". */
static bool parse_ago(const char *text, int64_t now_ms, int64_t *time_ms)
{
	const char *why, *space = strchr(text, ' ');
	char length[32];
	uint64_t ago_ns;

	if (!strcasecmp(text, "now")) {
		*time_ms = now_ms;
		return true;
	}
	if (space && strcasecmp(space, " ago") != 0)
		return false;
	snprintf(length, sizeof(length), "%.*s", space ? (int)(space - text) : 31, text);
	if (parse_duration(length, &ago_ns, &why))
		return false;
	*time_ms = now_ms - (int64_t)(ago_ns / NS_PER_MS);
	return true;
}

/* The day that @text begins with, as midnight here in @day; *given: the text names one. */
static bool take_day(const char **text, int64_t now_ms, struct tm *day, bool *given)
{
	time_t now = (time_t)(now_ms / MS_PER_SECOND);
	const char *start = *text;
	struct tm broken = {}, normal;

	localtime_r(&now, day);
	day->tm_hour = day->tm_min = day->tm_sec = 0;
	*given = true;
	if (take_word(text, "today"))
		return true;
	if (take_word(text, "yesterday")) {
		day->tm_mday--;
		return true;
	}
	if (!take_date(text, &broken)) {
		*text = start;
		*given = false;
		return true;
	}
	normal = broken;
	timegm(&normal);
	if (!same_day(&broken, &normal) || (**text && (!take_mark(text, "Tt ") || !**text)))
		return false;
	*day = broken;
	return true;
}

int parse_time(const char *text, int64_t now_ms, int64_t *time_ms, const char **why)
{
	bool day_given;
	int64_t found;
	struct tm day;
	int ms = 0;

	*why = EXPECTED;
	if (parse_rfc3339(text, &found) && !parse_ago(text, now_ms, &found)) {
		if (!take_day(&text, now_ms, &day, &day_given))
			return -EINVAL;
		if ((*text || !day_given) && (!take_time(&text, &day, &ms) || *text))
			return -EINVAL;
		found = local_ms(day, ms);
		if (!day_given && found > now_ms) {
			day.tm_mday--;
			found = local_ms(day, ms);
		}
	}
	if (found > now_ms || found < 0) {
		*why = "that is still to come";
		return -EINVAL;
	}
	*time_ms = found;
	return 0;
}

char *format_local_time(int64_t time_ms, bool with_zone, char text[LOCAL_TIME_LEN])
{
	time_t seconds = (time_t)(time_ms / MS_PER_SECOND);
	struct tm broken;

	text[0] = '\0';
	if (localtime_r(&seconds, &broken))
		strftime(text, LOCAL_TIME_LEN,
			 with_zone ? "%Y-%m-%d %H:%M:%S %Z" : "%Y-%m-%d %H:%M:%S", &broken);
	return text;
}

char *format_span(int64_t span_ms, char text[LOCAL_TIME_LEN])
{
	long long seconds = span_ms / MS_PER_SECOND, minutes = seconds / 60, hours = minutes / 60;

	if (seconds < 10)
		snprintf(text, LOCAL_TIME_LEN, "%.1fs", (double)(span_ms < 0 ? 0 : span_ms) / 1000);
	else if (minutes < 1)
		snprintf(text, LOCAL_TIME_LEN, "%llds", seconds);
	else if (minutes < 10)
		snprintf(text, LOCAL_TIME_LEN, "%lldm %llds", minutes, seconds % 60);
	else if (hours < 1)
		snprintf(text, LOCAL_TIME_LEN, "%lldm", minutes);
	else if (hours < 24)
		snprintf(text, LOCAL_TIME_LEN, "%lldh %lldm", hours, minutes % 60);
	else if (hours < 24 * 100)
		snprintf(text, LOCAL_TIME_LEN, "%lldd %lldh", hours / 24, hours % 24);
	else
		snprintf(text, LOCAL_TIME_LEN, "%lldd", hours / 24);
	return text;
}
