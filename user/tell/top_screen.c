/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Five panes: a list above, and below it what there is to say of the chosen row.
 *
 * Everything is cut to the width of the terminal; from 80 columns on nothing that matters is left
 * out.  A state has a sign of its own, for colours may be missing.  Control characters of names are
 * made harmless by fit_text().
 */
#include "tell/top_screen.h"

#include <ncurses.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tell/top_way.h"
#include "tell/units.h"

#define LINE_MAX_BYTES	1024
#define DETAIL_ROWS	9 /* below the list */
#define FIGURE_TEXT_LEN (2 * UNITS_TEXT_LEN + 4)

enum style { STYLE_PLAIN, STYLE_GOOD, STYLE_WARN, STYLE_BAD, STYLE_SOFT, STYLE_HEAD };

static const struct {
	const char *state, *sign;
	enum style style;
} states[] = {
	{"faulty", "x", STYLE_BAD},	   {"suspect", "!", STYLE_WARN},
	{"healthy", "+", STYLE_GOOD},	   {"learning", ".", STYLE_SOFT},
	{"not observed", "-", STYLE_SOFT},
};

void top_screen__init(void)
{
	if (!has_colors())
		return;
	start_color();
	use_default_colors();
	init_pair(STYLE_GOOD, COLOR_GREEN, -1);
	init_pair(STYLE_WARN, COLOR_YELLOW, -1);
	init_pair(STYLE_BAD, COLOR_RED, -1);
}

static int attributes_of(enum style style)
{
	int colour = has_colors() ? (int)COLOR_PAIR(style) : 0;

	switch (style) {
	case STYLE_GOOD:
		return colour;
	case STYLE_WARN:
		return colour | A_BOLD;
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

/* Writes text into a field of @width columns, blank to its end; returns the column behind it. */
static int put(int row, int column, int width, enum style style, const char *text)
{
	char fitted[LINE_MAX_BYTES];
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

static const char *text_at(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
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

static int put_state(int row, int column, const char *state)
{
	char text[32];

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		if (strcmp(states[i].state, state))
			continue;
		snprintf(text, sizeof(text), "%s %s", states[i].sign, state);
		return put(row, column, 15, states[i].style, text);
	}
	return put(row, column, 15, STYLE_SOFT, state);
}

/* ---- figures ----------------------------------------------------------------------------- */

static void seconds_text(json_t *value, char text[UNITS_TEXT_LEN])
{
	if (json_is_number(value))
		format_duration_us((uint64_t)(json_number_value(value) * 1e6), text);
	else
		strcpy(text, "-");
}

/* "12ms (11ms)": now, and what is normal. */
static void figure_text(json_t *link, const char *key, char text[FIGURE_TEXT_LEN])
{
	json_t *figure = json_object_get(json_object_get(link, "figures"), key);
	char now[UNITS_TEXT_LEN], normal[UNITS_TEXT_LEN];

	seconds_text(json_object_get(figure, "now"), now);
	seconds_text(json_object_get(figure, "normal"), normal);
	if (strcmp(normal, "-") != 0)
		snprintf(text, FIGURE_TEXT_LEN, "%s (%s)", now, normal);
	else
		snprintf(text, FIGURE_TEXT_LEN, "%s", now);
}

static void share_text(json_t *link, const char *key, char text[UNITS_TEXT_LEN])
{
	json_t *figure = json_object_get(json_object_get(link, "figures"), key);
	json_t *now = json_object_get(figure, "now");

	if (json_is_number(now))
		format_share((uint64_t)(json_number_value(now) * 1e6), 1000000, text);
	else
		strcpy(text, "-");
}

/* ---- links ------------------------------------------------------------------------------- */

/* The name takes what the fixed columns leave. */
static int name_width(void)
{
	int width = COLS - 1 - 15 - 10 - 6 - 15 - 15 - 8;

	return width < 10 ? 10 : width > 40 ? 40 : width;
}

static void put_link_head(int row)
{
	int column = put(row, 0, name_width() + 1, STYLE_SOFT, " LINK");

	column = put(row, column, 15, STYLE_SOFT, "STATE");
	column = put(row, column, 10, STYLE_SOFT, "KIND");
	column = put(row, column, 6, STYLE_SOFT, "LOSS");
	column = put(row, column, 15, STYLE_SOFT, "RESPONSE");
	column = put(row, column, 15, STYLE_SOFT, "PICKUP P99");
	put(row, column, 8, STYLE_SOFT, "RTT");
}

static void put_link(int row, json_t *link, bool chosen)
{
	char text[FIGURE_TEXT_LEN];
	json_t *rtt = json_object_get(json_object_get(json_object_get(link, "figures"), "rtt_p50"),
				      "now");
	int column = put(row, 0, 1, STYLE_PLAIN, chosen ? ">" : " ");

	column = put(row, column, name_width() - 1, chosen ? STYLE_HEAD : STYLE_PLAIN,
		     text_at(link, "name"));
	column = put(row, column, 1, STYLE_PLAIN, "");
	column = put_state(row, column, text_at(link, "state"));
	column = put(row, column, 10, STYLE_PLAIN, text_at(link, "kind"));
	share_text(link, "retransmit_share", text);
	column = put(row, column, 6, STYLE_PLAIN, text);
	figure_text(link, "response_p50", text);
	column = put(row, column, 15, STYLE_PLAIN, text);
	figure_text(link, "pickup_p99", text);
	column = put(row, column, 15, STYLE_PLAIN, text);
	seconds_text(rtt, text);
	put(row, column, 8, STYLE_PLAIN, text);
}

/* trader-1 --- eth0 --- edge-router --- line -x- 203.0.113.10:7001 */
static void put_way(int row, json_t *status, json_t *link)
{
	struct way_line line;
	int column = 1, share = (COLS - 2 - 4 * (WAY_PARTS - 1)) / WAY_PARTS;

	way_line__of(status, link, &line);
	for (int part = 0; part < WAY_PARTS; part++) {
		enum style style = line.faulty[part]	? STYLE_BAD
				   : line.suspect[part] ? STYLE_WARN
							: STYLE_PLAIN;
		int width = (int)text_columns(line.name[part]);
		int room = part == WAY_FAR ? COLS - column - 1 : share;

		if (part && line.faulty[part])
			column = put(row, column, 4, STYLE_BAD, "-x- ");
		else if (part)
			column = put(row, column, 4, line.suspect[part] ? STYLE_WARN : STYLE_SOFT,
				     line.suspect[part] ? "-?- " : "--- ");
		column = put(row, column, width < room ? width : room, style, line.name[part]);
		column = put(row, column, 1, STYLE_PLAIN, " ");
	}
}

static int put_reasons(int row, int last, json_t *list, const char *sign)
{
	json_t *reason;
	size_t i;

	json_array_foreach(list, i, reason) {
		char text[LINE_MAX_BYTES];

		if (row > last)
			break;
		snprintf(text, sizeof(text), "   %s %5.1f  %s", sign,
			 json_number_value(json_object_get(reason, "weight")),
			 text_at(reason, "text"));
		put(row++, 0, COLS, STYLE_PLAIN, text);
	}
	return row;
}

static void put_verdict(int row, json_t *incident)
{
	char text[LINE_MAX_BYTES];

	snprintf(text, sizeof(text), " %s/%s  %.0f %%  since %.19sZ  %s%s",
		 text_at(incident, "side"), text_at(incident, "place"),
		 json_number_value(json_object_get(incident, "confidence")) * 100,
		 text_at(incident, "began"), text_at(incident, "contact")[0] ? "call " : "",
		 text_at(incident, "contact"));
	put(row, 0, COLS, incident_is_open(incident) ? STYLE_BAD : STYLE_SOFT, text);
}

static void put_incident_detail(int row, int last, json_t *incident)
{
	char text[LINE_MAX_BYTES];

	snprintf(text, sizeof(text), " %s", text_at(incident, "summary"));
	put(row++, 0, COLS, STYLE_PLAIN, text);
	put_verdict(row++, incident);
	row = put_reasons(row, last, json_object_get(incident, "evidence"), "+");
	put_reasons(row, last, json_object_get(incident, "against"), "-");
}

static void put_link_detail(int row, int last, json_t *status, json_t *link)
{
	json_t *incident = open_incident_of(status, text_at(link, "name"));

	put_way(row++, status, link);
	if (incident)
		put_incident_detail(row, last, incident);
	else
		put(row, 0, COLS, STYLE_SOFT, " no incident");
}

/* ---- the other panes --------------------------------------------------------------------- */

static void put_incident(int row, json_t *incident, bool chosen)
{
	bool open = incident_is_open(incident);
	int column = put(row, 0, 1, STYLE_PLAIN, chosen ? ">" : " ");

	column = put(row, column, 6, open ? STYLE_BAD : STYLE_SOFT, open ? "open" : "over");
	column = put(row, column, 20, STYLE_PLAIN, text_at(incident, "began"));
	column = put(row, column, 8, STYLE_PLAIN, text_at(incident, "severity"));
	put(row, column, COLS - column, chosen ? STYLE_HEAD : STYLE_PLAIN,
	    text_at(incident, "summary"));
}

static void put_device(int row, json_t *device, bool chosen)
{
	int column = put(row, 0, 1, STYLE_PLAIN, chosen ? ">" : " ");

	column = put(row, column, 22, chosen ? STYLE_HEAD : STYLE_PLAIN, text_at(device, "name"));
	column = put(row, column, 1, STYLE_PLAIN, "");
	column = put_state(row, column, text_at(device, "state"));
	column = put(row, column, 14, STYLE_PLAIN, text_at(device, "neighbour"));
	column = put(row, column, 10, STYLE_PLAIN, text_at(device, "interface"));
	put(row, column, COLS - column, STYLE_SOFT, text_at(device, "address"));
}

static int put_reading(int row, const char *name, json_t *value, const char *unit)
{
	char text[96];

	if (json_is_number(value))
		snprintf(text, sizeof(text), "%-34s %.6g %s", name, json_number_value(value), unit);
	else
		snprintf(text, sizeof(text), "%-34s not available", name);
	return row + (put(row, 1, COLS - 1, STYLE_PLAIN, text), 1);
}

static json_t *at_path(json_t *object, const char *group, const char *key)
{
	return json_object_get(json_object_get(object, group), key);
}

static void put_pagers(int row, int last, json_t *status)
{
	json_t *pager;
	size_t i;

	json_array_foreach(json_object_get(status, "pagers"), i, pager) {
		bool well = json_is_true(json_object_get(pager, "well"));
		char text[LINE_MAX_BYTES];

		if (row > last)
			return;
		snprintf(text, sizeof(text),
			 "pager %-20s %s  %" JSON_INTEGER_FORMAT " waiting, %" JSON_INTEGER_FORMAT
			 " delivered  %s",
			 text_at(pager, "name"), well ? "well   " : "in trouble",
			 json_integer_value(json_object_get(pager, "queued")),
			 json_integer_value(json_object_get(pager, "delivered")),
			 text_at(pager, "trouble"));
		put(row++, 1, COLS - 1, well ? STYLE_PLAIN : STYLE_BAD, text);
	}
}

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
	};
	json_t *host = json_object_get(screen->status, "host_state");
	json_t *sensor = json_object_get(screen->status, "sensor");

	for (size_t i = 0; i < sizeof(readings) / sizeof(*readings) && row <= last; i++)
		row = put_reading(row, readings[i].name,
				  at_path(host, readings[i].group, readings[i].key),
				  readings[i].unit);
	row = put_reading(row, "sensor: events lost", json_object_get(sensor, "events_lost"), "");
	row = put_reading(row, "sensor: processor time", json_object_get(sensor, "cpu_seconds"),
			  "s");
	put_pagers(row + 1, last, screen->status);
}

static void draw_help(int row)
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
		"RESPONSE is the median of the last ten seconds, (what is normal).",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		put(row + (int)i, 2, COLS - 2, STYLE_PLAIN, lines[i]);
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

/* Pages that wait are news wherever one looks. */
static size_t count_waiting(json_t *pagers)
{
	json_t *pager;
	size_t i, waiting = 0;

	json_array_foreach(pagers, i, pager) {
		if (!json_is_true(json_object_get(pager, "well")))
			waiting += (size_t)json_integer_value(json_object_get(pager, "queued"));
	}
	return waiting;
}

static void draw_head(const struct top_screen *screen)
{
	size_t open = count_open(json_object_get(screen->status, "incidents"));
	size_t waiting = count_waiting(json_object_get(screen->status, "pagers"));
	char text[LINE_MAX_BYTES];

	snprintf(text, sizeof(text), " %s  %.19sZ  %zu link%s", text_at(screen->status, "host"),
		 text_at(screen->status, "time"),
		 json_array_size(json_object_get(screen->status, "links")),
		 json_array_size(json_object_get(screen->status, "links")) == 1 ? "" : "s");
	put(0, 0, COLS, STYLE_HEAD, text);
	if (screen->trouble)
		snprintf(text, sizeof(text), " %s", screen->trouble);
	else if (waiting)
		snprintf(text, sizeof(text), " %zu open; %zu pages cannot be delivered (h)", open,
			 waiting);
	else
		snprintf(text, sizeof(text), open ? " %zu incident%s open" : " nothing is wrong",
			 open, open == 1 ? "" : "s");
	put(1, 0, COLS, screen->trouble || open || waiting ? STYLE_BAD : STYLE_GOOD, text);
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
		column = put(LINES - 1, column, (int)strlen(names[pane]),
			     pane == (int)screen->pane ? STYLE_HEAD : STYLE_PLAIN, names[pane]);
		column = put(LINES - 1, column, 2, STYLE_PLAIN, "");
	}
	put(LINES - 1, column, COLS - column, STYLE_PLAIN, "q end");
}

static void put_row(enum top_pane pane, int row, json_t *object, bool chosen)
{
	if (pane == TOP_LINKS)
		put_link(row, object, chosen);
	else if (pane == TOP_INCIDENTS)
		put_incident(row, object, chosen);
	else
		put_device(row, object, chosen);
}

/* How many rows of the list there is room for. */
static size_t list_rows(const struct top_screen *screen)
{
	int rows = LINES - 4 - (screen->pane == TOP_DEVICES ? 0 : DETAIL_ROWS);

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
		put_link_head(row++);
	for (size_t i = 0; i < rows && screen->first + i < count; i++)
		put_row(screen->pane, row + (int)i, json_array_get(list, screen->first + i),
			screen->first + i == screen->chosen);
	if (!count)
		put(row, 0, COLS, STYLE_SOFT, " none");
	detail = LINES - 1 - DETAIL_ROWS + 1;
	if (detail < row + 1 || !chosen)
		return;
	if (screen->pane == TOP_LINKS)
		put_link_detail(detail, LINES - 2, screen->status, chosen);
	else if (screen->pane == TOP_INCIDENTS)
		put_incident_detail(detail, LINES - 2, chosen);
}

void top_screen__draw(struct top_screen *screen)
{
	erase();
	draw_head(screen);
	if (screen->pane == TOP_HELP)
		draw_help(3);
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
