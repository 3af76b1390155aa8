/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fields of text on the terminal, for what `faultline top` draws.
 */
#ifndef FAULTLINE_TOP_DRAW_H
#define FAULTLINE_TOP_DRAW_H

#include <jansson.h>
#include <stddef.h>

#include "base/config.h"

#define TOP_LINE_BYTES 1024

enum top_style { STYLE_PLAIN, STYLE_GOOD, STYLE_WARN, STYLE_BAD, STYLE_SOFT, STYLE_HEAD };

/* Sets colours up; to be called once after initscr(). */
void top_draw__init(void);

/*
 * Writes UTF-8 text into a field of @width columns, cut in its middle or blank to its end, and
 * nothing beyond the terminal; returns the column behind it.
 */
int top_draw__put(int row, int column, int width, enum top_style style, const char *text);

/* The state of a link or device, with its sign; in a field of 15 columns. */
int top_draw__state(int row, int column, enum config_language language, const char *state);

/* A string of an object; "" when there is none.  Borrowed. */
const char *top_text_at(json_t *object, const char *key);

#endif
