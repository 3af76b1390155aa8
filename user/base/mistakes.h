/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mistakes in a file that a person wrote: one line each, with their place.
 */
#ifndef FAULTLINE_MISTAKES_H
#define FAULTLINE_MISTAKES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define MISTAKES_SHOWN 100 /* further ones are counted, and one line says that there are more */
#define QUOTED_BYTES   80  /* of a text; behind them it is cut */
#define QUOTED_LEN     (4 * QUOTED_BYTES + 8) /* each byte escaped, quotes, dots, zero byte */

/* Where in the file, for people: both from 1.  Columns count characters, not bytes. */
struct place {
	size_t line;
	size_t column;
};

struct mistakes {
	const char *file; /* name for the messages, not owned */
	FILE *out;	  /* not owned */
	size_t count;
};

/* Writes "FILE:LINE:COL: " and the message.  A @path that is not empty goes in front of it. */
void mistake(struct mistakes *mistakes, struct place place, const char *path, const char *format,
	     ...) __attribute__((format(printf, 4, 5)));

/* No further mistake would be shown: a good moment to stop looking. */
bool mistakes_enough(const struct mistakes *mistakes);

/*
 * @text in double quotes, with control characters, quotes and backslashes escaped and a long text
 * cut, so that no file can play tricks on the terminal of who reads the message; returns @quoted.
 */
char *quote(const char *text, size_t len, char quoted[QUOTED_LEN]);

/* Does @text hold a control character (of ASCII or of C1, in UTF-8)? */
bool has_control_character(const char *text, size_t len);

/*
 * Looks for the word that was probably meant: call nearest_try() for each word allowed and take
 * .best, which is NULL when none is near.
 */
struct nearest {
	const char *wrong; /* set this, zero for the rest */
	const char *best;
	size_t best_distance;
};

void nearest_try(struct nearest *nearest, const char *word);

/* "; did you mean \"WORD\"?", or the empty text when nothing is near; returns @hint. */
char *nearest_hint(const struct nearest *nearest, char hint[QUOTED_LEN]);

#endif
