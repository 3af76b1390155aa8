/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trading sessions: text to a weekly window of local time.
 *
 * A session is written in the exchange's own time zone and stays in it, since the hours of a market
 * do not move when our own country changes its clocks.  The zone is looked up once, here, so that a
 * misspelt one is a mistake in the configuration and not silently UTC.
 */
#include "base/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"

#define ZONE_FOLDER  "/usr/share/zoneinfo/"
#define ZONE_LEN     64
#define DAYS_OF_WEEK 7

static const char day_names[DAYS_OF_WEEK][4] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

static int parse_day(const char **cursor, unsigned *day)
{
	for (unsigned i = 0; i < DAYS_OF_WEEK; i++) {
		if (strncmp(*cursor, day_names[i], 3) == 0) {
			*cursor += 3;
			*day = i;
			return 0;
		}
	}
	return -EINVAL;
}

/* "Mon-Wed,Fri": a comma list of days and ranges; a range may run over the end of the week. */
static int parse_days(const char **cursor, uint8_t *days)
{
	unsigned first, last;
	uint8_t found = 0;

	for (;;) {
		if (parse_day(cursor, &first) != 0)
			return -EINVAL;
		last = first;
		if (**cursor == '-') {
			(*cursor)++;
			if (parse_day(cursor, &last) != 0)
				return -EINVAL;
		}
		for (unsigned day = first;; day = (day + 1) % DAYS_OF_WEEK) {
			found |= 1u << day;
			if (day == last)
				break;
		}
		if (**cursor != ',')
			break;
		(*cursor)++;
	}
	*days = found;
	return 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "22:30", always five characters; *minute is 0 … 1440. */
static int parse_clock(const char **cursor, unsigned *minute)
{
	const char *at = *cursor;
	unsigned hours, minutes;

	if (!is_digit(at[0]) || !is_digit(at[1]) || at[2] != ':' || !is_digit(at[3]) ||
	    !is_digit(at[4]))
		return -EINVAL;
	hours = (at[0] - '0') * 10 + (at[1] - '0');
	minutes = (at[3] - '0') * 10 + (at[4] - '0');
	if (hours > 24 || minutes > 59 || (hours == 24 && minutes > 0))
		return -EINVAL;
	*cursor += 5;
	*minute = hours * 60 + minutes;
	return 0;
}

/* "22:30-05:00"; both in 0 … 1439. */
static int parse_clocks(const char **cursor, unsigned *begin, unsigned *end)
{
	if (parse_clock(cursor, begin) != 0 || *begin == 24 * 60 || **cursor != '-')
		return -EINVAL;
	(*cursor)++;
	if (parse_clock(cursor, end) != 0)
		return -EINVAL;
	*end %= 24 * 60; /* 24:00 is 00:00 of the next day */
	return 0;
}

bool zone_exists(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_+-/";
	char path[sizeof(ZONE_FOLDER) + ZONE_LEN];
	size_t len = strlen(name);
	char magic[4];
	ssize_t got;
	int fd;

	/* Without a dot no component can lead upwards, without a slash in front none can start
	 * anew. */
	if (len == 0 || len > ZONE_LEN || strspn(name, allowed) != len || name[0] == '/')
		return false;
	if (strcmp(name, "UTC") == 0)
		return true;
	snprintf(path, sizeof(path), "%s%s", ZONE_FOLDER, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	got = read(fd, magic, sizeof(magic)); /* fails for a folder */
	close(fd);
	return got == sizeof(magic) && memcmp(magic, "TZif", sizeof(magic)) == 0;
}

int parse_session(const char *text, struct session_window *window, const char **why)
{
	unsigned begin, end;
	uint8_t days;

	if (parse_days(&text, &days) != 0 || (*text != ' ' && *text != '\0')) {
		*why = "no days in front; expected a session such as Mon-Fri 22:30-05:00 "
		       "Asia/Tokyo, "
		       "with days from Mon Tue Wed Thu Fri Sat Sun";
		return -EINVAL;
	}
	text += *text == ' ';
	if (parse_clocks(&text, &begin, &end) != 0) {
		*why = "no times behind the days; expected HH:MM-HH:MM such as 22:30-05:00";
		return -EINVAL;
	}
	if (*text != ' ' || text[1] == '\0') {
		*why = "no time zone behind the times; expected a name such as Asia/Tokyo";
		return -EINVAL;
	}
	text++;
	if (!zone_exists(text)) {
		*why = "unknown time zone; expected a name from " ZONE_FOLDER " such as Asia/Tokyo";
		return -EINVAL;
	}
	window->days = days;
	window->begin_minute = begin;
	window->end_minute = end;
	window->zone = (char *)text;
	return 0;
}
