/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lengths of time and rates: text to numbers.
 *
 * A unit is always demanded: "5" may be seconds to one reader and milliseconds to another.  There
 * are no fractions and no sums of units ("1h30m" is 90m), so that each length has few spellings.
 */
#include "base/duration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_NS (36500 * NS_PER_DAY)

static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	{"ms", NS_PER_MS},  {"s", NS_PER_SECOND}, {"m", NS_PER_MINUTE},
	{"h", NS_PER_HOUR}, {"d", NS_PER_DAY},
};

static uint64_t unit_ns(const char *name)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(units[i].name, name) == 0)
			return units[i].ns;
	}
	return 0;
}

int parse_duration(const char *text, uint64_t *duration_ns, const char **why)
{
	uint64_t number = 0, scale;
	const char *at = text;

	if (*at < '0' || *at > '9') {
		*why = "not a duration; expected a whole number and ms, s, m, h or d, such as 2s";
		return -EINVAL;
	}
	for (; *at >= '0' && *at <= '9'; at++) {
		number = number * 10 + (*at - '0');
		if (number > LONGEST_NS / NS_PER_MS)
			number = LONGEST_NS / NS_PER_MS + 1; /* too long in every unit */
	}
	if (*at == '\0') {
		*why = "a duration without a unit; expected ms, s, m, h or d behind the number";
		return -EINVAL;
	}
	scale = unit_ns(at);
	if (scale == 0) {
		*why = "not a duration; expected a whole number and ms, s, m, h or d, such as 2s";
		return -EINVAL;
	}
	if (number > LONGEST_NS / scale) {
		*why = "duration too long; expected at most 36500d";
		return -EINVAL;
	}
	*duration_ns = number * scale;
	return 0;
}

/* "12" or "0.5": digits with at most one point between them.  No sign, no exponent, no locale. */
static int parse_decimal(const char **cursor, double *value)
{
	const char *at = *cursor;
	double sum = 0, scale = 1;

	if (*at < '0' || *at > '9')
		return -EINVAL;
	for (; *at >= '0' && *at <= '9'; at++)
		sum = sum * 10 + (*at - '0');
	if (*at == '.') {
		at++;
		if (*at < '0' || *at > '9')
			return -EINVAL;
		for (; *at >= '0' && *at <= '9'; at++) {
			scale /= 10;
			sum += (*at - '0') * scale;
		}
	}
	*cursor = at;
	*value = sum;
	return 0;
}

int parse_rate(const char *text, double *per_day, const char **why)
{
	static const char word[] = " per ";
	uint64_t duration_ns;
	double number;
	int err;

	if (parse_decimal(&text, &number) != 0 || strncmp(text, word, strlen(word)) != 0) {
		*why = "not a rate; expected a number, \"per\" and a duration, such as 1 per 30d";
		return -EINVAL;
	}
	err = parse_duration(text + strlen(word), &duration_ns, why);
	if (err)
		return err;
	if (number <= 0 || duration_ns == 0) {
		*why = "a rate of or per nothing; expected a number and a duration above zero";
		return -EINVAL;
	}
	*per_day = number * NS_PER_DAY / duration_ns;
	return 0;
}
