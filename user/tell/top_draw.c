/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything that reaches the terminal goes through top_draw__put(), where fit_text() makes control
 * characters harmless and the terminal's edge is respected.  A state has a sign of its own, for
 * colours may be missing.
 */
#include "tell/top_draw.h"

#include <ncurses.h>
#include <stdio.h>
#include <string.h>

#include "tell/top_words.h"
#include "tell/units.h"

#define STATE_COLUMNS 15

static const struct {
	const char *state, *sign;
	enum top_style style;
} states[] = {
	{"faulty", "x", STYLE_BAD},	   {"suspect", "!", STYLE_WARN},
	{"healthy", "+", STYLE_GOOD},	   {"learning", ".", STYLE_SOFT},
	{"not observed", "-", STYLE_SOFT},
};

void top_draw__init(void)
{
	if (!has_colors())
		return;
	start_color();
	use_default_colors();
	init_pair(STYLE_GOOD, COLOR_GREEN, -1);
	init_pair(STYLE_WARN, COLOR_YELLOW, -1);
	init_pair(STYLE_BAD, COLOR_RED, -1);
}

static int attributes_of(enum top_style style)
{
	int colour = has_colors() ? (int)COLOR_PAIR(style) : 0;

	switch (style) {
	case STYLE_GOOD:
		return colour;
	case STYLE_WARN:
	case STYLE_BAD:
		return colour | A_BOLD;
	case STYLE_SOFT:
		return A_DIM;
	case STYLE_HEAD:
		return A_REVERSE;
	default:
		return A_NORMAL;
	}
}

int top_draw__put(int row, int column, int width, enum top_style style, const char *text)
{
	char fitted[TOP_LINE_BYTES];
	int room = COLS - column;

	if (width > room)
		width = room;
	if (row < 0 || row >= LINES || width <= 0)
		return column;
	fit_text(text, (size_t)width, fitted, sizeof(fitted));
	attrset(attributes_of(style));
	mvprintw(row, column, "%s", fitted);
	for (int used = (int)text_columns(fitted); used < width; used++)
		addch(' ');
	attrset(A_NORMAL);
	return column + width;
}

int top_draw__state(int row, int column, enum config_language language, const char *state)
{
	char text[64];

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		if (strcmp(states[i].state, state) != 0)
			continue;
		snprintf(text, sizeof(text), "%s %s", states[i].sign, top_word(language, state));
		return top_draw__put(row, column, STATE_COLUMNS, states[i].style, text);
	}
	return top_draw__put(row, column, STATE_COLUMNS, STYLE_SOFT, state);
}

const char *top_text_at(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}
