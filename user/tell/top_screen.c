/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Five panes: a list above, and below it what there is to say of the chosen row.
 *
 * Everything is cut to the width of the terminal; from 80 columns on nothing that matters is left
 * out.  On a low terminal the part below the list is short.
 */
#include "tell/top_screen.h"

#include <ncurses.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tell/top_draw.h"
#include "tell/top_links.h"
#include "tell/top_way.h"
#include "tell/top_words.h"
#include "tell/units.h"

#define ROWS_HIGH   18 /* a terminal from here on has room for all below the list */
#define DETAIL_HIGH 9  /* rows below the list, with the blank one */
#define DETAIL_LOW  4

/* Where nothing can be read, nothing is drawn; ncurses reads beyond a line of one column. */
#define ROWS_LEAST    4
#define COLUMNS_LEAST 20

static const char *say(const struct top_screen *screen, const char *english)
{
	return top_word(screen->language, english);
}

static json_t *list_of(const struct top_screen *screen, enum top_pane pane)
{
	static const char *const keys[] = {
		[TOP_LINKS] = "links",
		[TOP_INCIDENTS] = "incidents",
		[TOP_DEVICES] = "devices",
	};

	return pane < sizeof(keys) / sizeof(*keys) ? json_object_get(screen->status, keys[pane])
						   : NULL;
}

/* ---- the other panes --------------------------------------------------------------------- */

static void put_incident(const struct top_screen *screen, int row, json_t *incident, bool chosen)
{
	bool open = incident_is_open(incident);
	int column = top_draw__put(row, 0, 1, STYLE_PLAIN, chosen ? ">" : " ");
	char began[32];

	snprintf(began, sizeof(began), "%.19sZ", top_text_at(incident, "began"));
	column = top_draw__put(row, column, 7, open ? STYLE_BAD : STYLE_SOFT,
			       say(screen, open ? "open" : "over"));
	column = top_draw__put(row, column, 21, STYLE_PLAIN, began);
	column = top_draw__put(row, column, 8, STYLE_PLAIN,
			       say(screen, top_text_at(incident, "severity")));
	top_draw__put(row, column, COLS - column, chosen ? STYLE_HEAD : STYLE_PLAIN,
		      top_text_at(incident, "summary"));
}

static void put_device(const struct top_screen *screen, int row, json_t *device, bool chosen)
{
	int column = top_draw__put(row, 0, 1, STYLE_PLAIN, chosen ? ">" : " ");

	column = top_draw__put(row, column, 22, chosen ? STYLE_HEAD : STYLE_PLAIN,
			       top_text_at(device, "name"));
	column = top_draw__put(row, column, 1, STYLE_PLAIN, "");
	column = top_draw__state(row, column, screen->language, top_text_at(device, "state"));
	column = top_draw__put(row, column, 14, STYLE_PLAIN,
			       say(screen, top_text_at(device, "neighbour")));
	column = top_draw__put(row, column, 10, STYLE_PLAIN, top_text_at(device, "interface"));
	top_draw__put(row, column, COLS - column, STYLE_SOFT, top_text_at(device, "address"));
}

/* A field of the host pane: what it is, and how much. */
static int put_reading(const struct top_screen *screen, int row, const char *name, json_t *value,
		       const char *unit)
{
	int column = top_draw__put(row, 1, 35, STYLE_PLAIN, say(screen, name));
	char text[96];

	if (json_is_number(value))
		snprintf(text, sizeof(text), "%.6g %s", json_number_value(value),
			 say(screen, unit));
	else
		snprintf(text, sizeof(text), "%s", say(screen, "not available"));
	top_draw__put(row, column, COLS - column, STYLE_PLAIN, text);
	return row + 1;
}

static json_t *at_path(json_t *object, const char *group, const char *key)
{
	return json_object_get(json_object_get(object, group), key);
}

static int put_pager(const struct top_screen *screen, int row, json_t *pager, bool well)
{
	enum top_style style = well ? STYLE_PLAIN : STYLE_BAD;
	char name[TOP_LINE_BYTES], counts[128], text[TOP_LINE_BYTES];
	int column;

	snprintf(name, sizeof(name), "%s %s", say(screen, "pager"), top_text_at(pager, "name"));
	snprintf(counts, sizeof(counts), say(screen, "%lld waiting, %lld delivered"),
		 json_integer_value(json_object_get(pager, "queued")),
		 json_integer_value(json_object_get(pager, "delivered")));
	snprintf(text, sizeof(text), "%s  %s  %s", say(screen, well ? "well" : "in trouble"),
		 counts, top_text_at(pager, "trouble"));
	column = top_draw__put(row, 1, 24, style, name);
	column = top_draw__put(row, column, 1, STYLE_PLAIN, "");
	top_draw__put(row, column, COLS - column, style, text);
	return row + 1;
}

/* Those that are well, or those that are not. */
static int put_pagers(const struct top_screen *screen, int row, int last, bool well)
{
	json_t *pager;
	size_t i;

	json_array_foreach(json_object_get(screen->status, "pagers"), i, pager) {
		if (row <= last && json_is_true(json_object_get(pager, "well")) == well)
			row = put_pager(screen, row, pager, well);
	}
	return row;
}

/* What is in trouble comes first: a low terminal has not room for all. */
static void draw_host(const struct top_screen *screen, int row, int last)
{
	static const struct {
		const char *name, *group, *key, *unit;
	} readings[] = {
		{"waiting for a processor", "pressure", "cpu_some_avg10", "% of time"},
		{"waiting for memory", "pressure", "memory_some_avg10", "% of time"},
		{"waiting for a disk", "pressure", "io_some_avg10", "% of time"},
		{"tasks that run or wait to", "load", "runnable", ""},
		{"processors", "load", "cpus", ""},
		{"connections tracked", "conntrack", "entries", ""},
		{"connections that can be", "conntrack", "limit", ""},
		{"ephemeral ports left", "ports", "left", ""},
		{"open files", "files", "open", ""},
		{"sensor: events lost", "", "events_lost", ""},
		{"sensor: processor time", "", "cpu_seconds", "s"},
	};
	json_t *host = json_object_get(screen->status, "host_state");
	json_t *sensor = json_object_get(screen->status, "sensor");

	row = put_pagers(screen, row, last, false);
	for (size_t i = 0; i < sizeof(readings) / sizeof(*readings) && row <= last; i++) {
		json_t *value = readings[i].group[0]
					? at_path(host, readings[i].group, readings[i].key)
					: json_object_get(sensor, readings[i].key);

		row = put_reading(screen, row, readings[i].name, value, readings[i].unit);
	}
	put_pagers(screen, row + (LINES >= ROWS_HIGH), last, true);
}

static void draw_help(const struct top_screen *screen, int row)
{
	static const char *const lines[] = {
		"l  links        every link, and where its fault lies",
		"i  incidents    what is open, and what was lately",
		"d  devices      gateways, declared devices, resolvers",
		"h  host         this host, the sensor and the pagers",
		"Up Down PgUp PgDn Home End, or j k g G: choose a row",
		"Tab  the next pane        q  end",
		"",
		"A state: x faulty  ! suspect  + healthy  . learning  - not observed",
		"On the way: -x- the fault lies here   -?- it may",
		"Times are of the last ten seconds, (what is normal) behind them.",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		top_draw__put(row + (int)i, 2, COLS - 2, STYLE_PLAIN, say(screen, lines[i]));
}

/* ---- the frame --------------------------------------------------------------------------- */

static size_t count_open(json_t *incidents)
{
	json_t *incident;
	size_t i, open = 0;

	json_array_foreach(incidents, i, incident)
		open += incident_is_open(incident);
	return open;
}

/* Pages that cannot be delivered are news wherever one looks. */
static size_t count_troubled(json_t *pagers, size_t *waiting)
{
	json_t *pager;
	size_t i, troubled = 0;
	json_int_t queued;

	*waiting = 0;
	json_array_foreach(pagers, i, pager) {
		if (json_is_true(json_object_get(pager, "well")))
			continue;
		troubled++;
		queued = json_integer_value(json_object_get(pager, "queued"));
		*waiting += queued > 0 ? (size_t)queued : 0;
	}
	return troubled;
}

/* What is wrong, or that nothing is: a sensor that is away, incidents, pagers. */
static void draw_news(const struct top_screen *screen)
{
	size_t waiting, open = count_open(json_object_get(screen->status, "incidents"));
	size_t troubled = count_troubled(json_object_get(screen->status, "pagers"), &waiting);
	char incidents[128], pagers[128] = "", text[TOP_LINE_BYTES];

	snprintf(incidents, sizeof(incidents),
		 say(screen, !open	 ? "nothing is wrong"
			     : open == 1 ? "%zu incident open"
					 : "%zu incidents open"),
		 open);
	if (troubled)
		snprintf(pagers, sizeof(pagers),
			 say(screen, troubled == 1 ? "%zu pager in trouble, %zu pages wait (h)"
						   : "%zu pagers in trouble, %zu pages wait (h)"),
			 troubled, waiting);
	if (screen->trouble)
		snprintf(text, sizeof(text), " %s", screen->trouble);
	else if (troubled && !open)
		snprintf(text, sizeof(text), " %s", pagers);
	else
		snprintf(text, sizeof(text), " %s%s%s", incidents, troubled ? "; " : "", pagers);
	top_draw__put(1, 0, COLS, screen->trouble || open || troubled ? STYLE_BAD : STYLE_GOOD,
		      text);
}

static void draw_head(const struct top_screen *screen)
{
	size_t links = json_array_size(json_object_get(screen->status, "links"));
	char text[TOP_LINE_BYTES], count[128];

	snprintf(count, sizeof(count), say(screen, links == 1 ? "%zu link" : "%zu links"), links);
	snprintf(text, sizeof(text), " %s  %.19sZ  %s", top_text_at(screen->status, "host"),
		 top_text_at(screen->status, "time"), count);
	top_draw__put(0, 0, COLS, STYLE_HEAD, text);
	draw_news(screen);
}

static void draw_foot(const struct top_screen *screen)
{
	static const char *const names[] = {
		[TOP_LINKS] = "l links",     [TOP_INCIDENTS] = "i incidents",
		[TOP_DEVICES] = "d devices", [TOP_HOST] = "h host",
		[TOP_HELP] = "? help",
	};
	int column = 1;

	for (int pane = 0; pane < TOP_PANES; pane++) {
		const char *name = say(screen, names[pane]);

		column = top_draw__put(LINES - 1, column, (int)text_columns(name),
				       pane == (int)screen->pane ? STYLE_HEAD : STYLE_PLAIN, name);
		column = top_draw__put(LINES - 1, column, 2, STYLE_PLAIN, "");
	}
	top_draw__put(LINES - 1, column, COLS - column, STYLE_PLAIN, say(screen, "q end"));
}

static void put_row(const struct top_screen *screen, int row, json_t *object, bool chosen)
{
	if (screen->pane == TOP_LINKS)
		top_links__put_link(row, screen->language, object, chosen);
	else if (screen->pane == TOP_INCIDENTS)
		put_incident(screen, row, object, chosen);
	else
		put_device(screen, row, object, chosen);
}

static int detail_rows(void)
{
	return LINES >= ROWS_HIGH ? DETAIL_HIGH : DETAIL_LOW;
}

/* How many rows of the list there is room for. */
static size_t list_rows(const struct top_screen *screen)
{
	int rows = LINES - 4 - (screen->pane == TOP_DEVICES ? 0 : detail_rows());

	return rows < 1 ? 1 : (size_t)rows;
}

static void scroll_to_chosen(struct top_screen *screen, size_t count, size_t rows)
{
	if (screen->chosen >= count)
		screen->chosen = count ? count - 1 : 0;
	if (screen->chosen < screen->first)
		screen->first = screen->chosen;
	if (screen->chosen >= screen->first + rows)
		screen->first = screen->chosen - rows + 1;
	if (screen->first + rows > count)
		screen->first = count > rows ? count - rows : 0;
}

static void draw_list(struct top_screen *screen)
{
	json_t *list = list_of(screen, screen->pane);
	size_t count = json_array_size(list), rows = list_rows(screen);
	json_t *chosen;
	int row = 2, detail;

	scroll_to_chosen(screen, count, rows);
	chosen = json_array_get(list, screen->chosen);
	if (screen->pane == TOP_LINKS)
		top_links__put_head(row++, screen->language);
	for (size_t i = 0; i < rows && screen->first + i < count; i++)
		put_row(screen, row + (int)i, json_array_get(list, screen->first + i),
			screen->first + i == screen->chosen);
	if (!count)
		top_draw__put(row, 1, COLS - 1, STYLE_SOFT, say(screen, "none"));
	detail = LINES - detail_rows();
	if (detail < row + 1 || !chosen)
		return;
	if (screen->pane == TOP_LINKS)
		top_links__put_link_detail(detail, LINES - 2, screen->language, screen->status,
					   chosen);
	else if (screen->pane == TOP_INCIDENTS)
		top_links__put_incident_detail(detail, LINES - 2, screen->language, chosen);
}

void top_screen__draw(struct top_screen *screen)
{
	screen->language = strcmp(top_text_at(screen->status, "language"), "ja") == 0 ? LANGUAGE_JA
										      : LANGUAGE_EN;
	if (LINES < ROWS_LEAST || COLS < COLUMNS_LEAST) {
		untouchwin(stdscr); /* or getch() would draw */
		return;
	}
	erase();
	draw_head(screen);
	if (screen->pane == TOP_HELP)
		draw_help(screen, 3);
	else if (screen->pane == TOP_HOST)
		draw_host(screen, 3, LINES - 2);
	else
		draw_list(screen);
	draw_foot(screen);
	refresh();
}

static void show_pane(struct top_screen *screen, enum top_pane pane)
{
	screen->pane = pane;
	screen->chosen = 0;
	screen->first = 0;
}

/* Moves the choice by @rows; beyond an end it stays there. */
static void move_choice(struct top_screen *screen, long rows)
{
	long count = (long)json_array_size(list_of(screen, screen->pane));
	long chosen = (long)screen->chosen + rows;

	screen->chosen = (size_t)(chosen < 0 || !count ? 0 : chosen >= count ? count - 1 : chosen);
}

bool top_screen__key(struct top_screen *screen, int key)
{
	static const char panes[] = {'l', 'i', 'd', 'h', '?'};

	for (size_t i = 0; i < sizeof(panes); i++) {
		if (key == panes[i])
			show_pane(screen, i);
	}
	switch (key) {
	case 'q':
		return true;
	case '\t':
		show_pane(screen, (screen->pane + 1) % TOP_PANES);
		break;
	case KEY_UP:
	case 'k':
		move_choice(screen, -1);
		break;
	case KEY_DOWN:
	case 'j':
		move_choice(screen, 1);
		break;
	case KEY_PPAGE:
		move_choice(screen, -(long)list_rows(screen));
		break;
	case KEY_NPAGE:
		move_choice(screen, (long)list_rows(screen));
		break;
	case KEY_HOME:
	case 'g':
		move_choice(screen, INT32_MIN);
		break;
	case KEY_END:
	case 'G':
		move_choice(screen, INT32_MAX);
		break;
	default:
		break;
	}
	return false;
}
