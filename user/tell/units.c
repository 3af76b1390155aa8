/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers with units, and text cut to a width.
 *
 * The width of a character is decided without the locale, by the blocks of Unicode that terminals
 * draw two columns wide; combining characters are taken for one column.
 */
#include "tell/units.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* "1.2" below ten of the unit, "34" above. */
static char *scaled(uint64_t value, uint64_t unit, const char *suffix, char text[UNITS_TEXT_LEN])
{
	unsigned long long whole = value / unit;

	if (whole < 10 && unit > 1)
		snprintf(text, UNITS_TEXT_LEN, "%llu.%llu%s", whole,
			 (unsigned long long)(value % unit * 10 / unit), suffix);
	else
		snprintf(text, UNITS_TEXT_LEN, "%llu%s", whole, suffix);
	return text;
}

char *format_count(uint64_t count, char text[UNITS_TEXT_LEN])
{
	static const char *const suffix[] = {"", "k", "M", "G", "T", "P", "E"};
	uint64_t unit = 1;
	size_t i = 0;

	for (; i < sizeof(suffix) / sizeof(suffix[0]) - 1 && count / unit >= 1000; i++)
		unit *= 1000;
	return scaled(count, unit, suffix[i], text);
}

char *format_bytes(uint64_t bytes, char text[UNITS_TEXT_LEN])
{
	static const char *const suffix[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	uint64_t unit = 1;
	size_t i = 0;

	for (; i < sizeof(suffix) / sizeof(suffix[0]) - 1 && bytes / unit >= 1024; i++)
		unit *= 1024;
	return scaled(bytes, unit, suffix[i], text);
}

char *format_duration_us(uint64_t duration_us, char text[UNITS_TEXT_LEN])
{
	static const struct {
		uint64_t from_us, unit_us;
		const char *suffix;
	} steps[] = {
		{2 * 86400000000ULL, 86400000000ULL, "d"},
		{2 * 3600000000ULL, 3600000000ULL, "h"},
		{2 * 60000000ULL, 60000000ULL, "m"},
		{1000000ULL, 1000000ULL, "s"},
		{1000ULL, 1000ULL, "ms"},
		{0, 1, "us"},
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (duration_us >= steps[i].from_us)
			return scaled(duration_us, steps[i].unit_us, steps[i].suffix, text);
	}
	return text;
}

char *format_share(uint64_t part, uint64_t whole, char text[UNITS_TEXT_LEN])
{
	double percent = whole ? 100.0 * (double)part / (double)whole : 0;

	if (!whole)
		snprintf(text, UNITS_TEXT_LEN, "-");
	else if (!part)
		snprintf(text, UNITS_TEXT_LEN, "0%%");
	else if (percent < 0.01)
		snprintf(text, UNITS_TEXT_LEN, "<0.01%%");
	else
		snprintf(text, UNITS_TEXT_LEN, "%.*f%%",
			 percent < 1	? 2
			 : percent < 10 ? 1
					: 0,
			 percent);
	return text;
}

/* The bytes of the UTF-8 character at @text, 1 for what is none; *columns is its width. */
static size_t character(const char *text, size_t *columns)
{
	unsigned char first = (unsigned char)text[0];
	size_t len = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	uint32_t code = first & (0xff >> (len + 1));

	*columns = 1;
	if (len == 1)
		return 1;
	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 1;
		code = code << 6 | ((unsigned char)text[i] & 0x3f);
	}
	if ((code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) ||
	    (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) ||
	    (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) ||
	    (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1f300 && code <= 0x1faff) ||
	    (code >= 0x20000 && code <= 0x3fffd))
		*columns = 2;
	return len;
}

size_t text_columns(const char *text)
{
	size_t sum = 0, columns;

	for (; *text; sum += columns)
		text += character(text, &columns);
	return sum;
}

static bool append(char *out, size_t room, size_t *used, const char *bytes, size_t len)
{
	if (*used + len + 1 > room)
		return false;
	memcpy(out + *used, bytes, len);
	*used += len;
	out[*used] = '\0';
	return true;
}

/* A character that a terminal would obey, or that is half of one, is shown as a question mark. */
static bool harmless(const char *text, size_t len)
{
	unsigned char first = (unsigned char)text[0];

	if (len == 1)
		return first >= 0x20 && first < 0x7f;
	return !(len == 2 && first == 0xc2 && (unsigned char)text[1] < 0xa0);
}

char *fit_text(const char *text, size_t columns, char *out, size_t room)
{
	static const char dots[] = "…";
	size_t all = text_columns(text), used = 0, at = 0, head, tail, width;
	bool cut = all > columns, cut_done = false;

	head = cut ? columns / 2 : all;
	tail = cut && columns ? columns - head - 1 : 0;
	out[0] = '\0';
	while (*text) {
		size_t len = character(text, &width);
		bool in_head = at + width <= head, in_tail = at >= all - tail;

		if (!cut || in_head || in_tail) {
			if (!append(out, room, &used, harmless(text, len) ? text : "?",
				    harmless(text, len) ? len : 1))
				break;
		} else if (!cut_done) {
			if (!append(out, room, &used, dots, sizeof(dots) - 1))
				break;
			cut_done = true;
		}
		at += width;
		text += len;
	}
	return out;
}
