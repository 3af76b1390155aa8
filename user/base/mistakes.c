/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mistakes in a file that a person wrote, one line each: "FILE:LINE:COL: PATH: what is wrong".
 *
 * The form is that of a compiler, so that editors jump to the place.  Nothing is gathered: a line
 * is written when the mistake is found.  The word that was meant is looked for by the number of
 * letters to insert, drop, change or swap; the table for that is bounded, longer words get no hint.
 */
#include "base/mistakes.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#define WORD_LEN 64

void mistake(struct mistakes *mistakes, struct place place, const char *path, const char *format,
	     ...)
{
	va_list arguments;

	mistakes->count++;
	if (mistakes->count > MISTAKES_SHOWN + 1)
		return;
	fprintf(mistakes->out, "%s:%zu:%zu: ", mistakes->file, place.line, place.column);
	if (mistakes->count == MISTAKES_SHOWN + 1) {
		fprintf(mistakes->out, "more than %d mistakes; the rest is not shown\n",
			MISTAKES_SHOWN);
		return;
	}
	if (path[0])
		fprintf(mistakes->out, "%s: ", path);
	va_start(arguments, format);
	vfprintf(mistakes->out, format, arguments);
	va_end(arguments);
	fputc('\n', mistakes->out);
}

bool mistakes_enough(const struct mistakes *mistakes)
{
	return mistakes->count > MISTAKES_SHOWN;
}

static bool is_control(const char *at, size_t left)
{
	unsigned char byte = at[0];

	if (byte < ' ' || byte == 0x7f)
		return true;
	/* U+0080 to U+009F, which some terminals obey like escape sequences. */
	return byte == 0xc2 && left > 1 && ((unsigned char)at[1] & 0xe0) == 0x80;
}

bool has_control_character(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (is_control(text + i, len - i))
			return true;
	}
	return false;
}

static bool is_continuation(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

char *quote(const char *text, size_t len, char quoted[QUOTED_LEN])
{
	size_t limit = len, out = 0;

	if (limit > QUOTED_BYTES) {
		limit = QUOTED_BYTES;
		while (limit > 0 && is_continuation(text[limit]))
			limit--;
	}
	quoted[out++] = '"';
	for (size_t i = 0; i < limit; i++) {
		if (text[i] == '"' || text[i] == '\\') {
			quoted[out++] = '\\';
			quoted[out++] = text[i];
		} else if (is_control(text + i, limit - i)) {
			/* Of a C1 character both bytes; the second alone is no control character.
			 */
			bool two = (unsigned char)text[i] == 0xc2;

			out += snprintf(quoted + out, 5, "\\x%02x",
					(unsigned char)text[two ? ++i : i]);
		} else {
			quoted[out++] = text[i];
		}
	}
	snprintf(quoted + out, QUOTED_LEN - out, "%s\"", limit < len ? "..." : "");
	return quoted;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters to insert, drop, change or swap with a neighbour; both words at most WORD_LEN bytes. */
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	uint8_t row[3][WORD_LEN + 1];
	uint8_t *before = row[0], *last = row[1], *now = row[2];

	for (size_t j = 0; j <= b_len; j++)
		last[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		uint8_t *spare = before;

		now[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t best = smaller(last[j], now[j - 1]) + 1;

			best = smaller(best, last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = smaller(best, before[j - 2] + 1);
			now[j] = best;
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[b_len];
}

void nearest_try(struct nearest *nearest, const char *word)
{
	size_t wrong_len = strlen(nearest->wrong), word_len = strlen(word);
	size_t limit = smaller(wrong_len, word_len) / 3 + 1;
	size_t distance;

	if (wrong_len == 0 || wrong_len > WORD_LEN || word_len == 0 || word_len > WORD_LEN)
		return;
	distance = edit_distance(nearest->wrong, wrong_len, word, word_len);
	/* At least one letter must be left of the word itself. */
	if (distance > limit || distance >= word_len || distance >= wrong_len)
		return;
	if (!nearest->best || distance < nearest->best_distance) {
		nearest->best = word;
		nearest->best_distance = distance;
	}
}

char *nearest_hint(const struct nearest *nearest, char hint[QUOTED_LEN])
{
	if (nearest->best)
		snprintf(hint, QUOTED_LEN, "; did you mean \"%s\"?", nearest->best);
	else
		hint[0] = '\0';
	return hint;
}
