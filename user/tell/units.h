/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers as a person reads them, in at most six columns.  Digits are cut off, not rounded: a
 * figure on the screen has been reached.
 */
#ifndef FAULTLINE_UNITS_H
#define FAULTLINE_UNITS_H

#include <stddef.h>
#include <stdint.h>

#define UNITS_TEXT_LEN 48

/* 999, 1.2k, 34k, 5.6M; returns @text. */
char *format_count(uint64_t count, char text[UNITS_TEXT_LEN]);

/* 850us, 2.1ms, 14ms, 1.2s, 59s, 3m, 2h, 5d; returns @text. */
char *format_duration_us(uint64_t duration_us, char text[UNITS_TEXT_LEN]);

/* 0%, <0.01%, 0.12%, 3.4%, 56%; "-" of nothing; returns @text. */
char *format_share(uint64_t part, uint64_t whole, char text[UNITS_TEXT_LEN]);

/* 512B, 8.1MiB; returns @text. */
char *format_bytes(uint64_t bytes, char text[UNITS_TEXT_LEN]);

/* The columns that UTF-8 text takes on a terminal; East Asian wide characters take two. */
size_t text_columns(const char *text);

/*
 * Copies @text into at most @columns columns and @room bytes, with "…" in the middle for what was
 * left out, and "?" for control characters; returns @out.
 */
char *fit_text(const char *text, size_t columns, char *out, size_t room);

#endif
