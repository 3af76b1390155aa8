/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A row a link, and below the list the way of the chosen one with what speaks for its verdict.
 *
 * On 80 columns a name has 17, and the kinds of time that are no answer are shown without what is
 * normal: that stands below, with the other figures.
 */
#include "tell/top_links.h"

#include <ncurses.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tell/top_draw.h"
#include "tell/top_way.h"
#include "tell/top_words.h"
#include "tell/units.h"

#define FIGURE_TEXT_LEN (2 * UNITS_TEXT_LEN + 4)
#define NAME_LEAST	12
#define NAME_MOST	40
#define WIDE_COLUMNS	100
#define NUMBER_MOST	1e9 /* seconds, or a share */
#define DAY_BYTES	11  /* "2026-11-22T" */

/* ---- figures ----------------------------------------------------------------------------- */

static void number_text(json_t *value, bool share, char text[UNITS_TEXT_LEN])
{
	double number = json_number_value(value);

	/* What no link can have is not shown as if it had. */
	if (!json_is_number(value) || !(number >= 0 && number < NUMBER_MOST))
		snprintf(text, UNITS_TEXT_LEN, "-");
	else if (share)
		format_share((uint64_t)(number * 1e6), 1000000, text);
	else
		format_duration_us((uint64_t)(number * 1e6), text);
}

static bool is_share(const char *key)
{
	return strstr(key, "_share") != NULL;
}

static void now_text(json_t *link, const char *key, char text[UNITS_TEXT_LEN])
{
	json_t *figure = json_object_get(json_object_get(link, "figures"), key);

	number_text(json_object_get(figure, "now"), is_share(key), text);
}

/* "12ms (11ms)": now, and what is normal. */
static void figure_text(json_t *link, const char *key, char text[FIGURE_TEXT_LEN])
{
	json_t *figure = json_object_get(json_object_get(link, "figures"), key);
	json_t *usual = json_object_get(figure, "normal");
	char now[UNITS_TEXT_LEN], normal[UNITS_TEXT_LEN];

	now_text(link, key, now);
	number_text(usual, is_share(key), normal);
	if (json_is_number(usual))
		snprintf(text, FIGURE_TEXT_LEN, "%s (%s)", now, normal);
	else
		snprintf(text, FIGURE_TEXT_LEN, "%s", now);
}

static void put_figures(int row, int last, enum config_language language, json_t *link)
{
	static const struct {
		const char *key, *name;
	} figures[] = {
		{"response_p50", "response p50"}, {"retransmit_share", "loss"},
		{"response_p99", "response p99"}, {"connect_failure_share", "connects that failed"},
		{"pickup_p99", "pickup p99"},	  {"silence", "silence"},
		{"rtt_p50", "round trip p50"},	  {"connect_p99", "connect p99"},
	};

	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++) {
		char text[FIGURE_TEXT_LEN];
		int at = row + (int)i / 2, column = i % 2 ? COLS / 2 : 3;

		if (at > last)
			return;
		figure_text(link, figures[i].key, text);
		column = top_draw__put(at, column, 21, STYLE_SOFT,
				       top_word(language, figures[i].name));
		top_draw__put(at, column, COLS / 2 - 24, STYLE_PLAIN, text);
	}
}

/* ---- rows -------------------------------------------------------------------------------- */

struct link_columns {
	int name, state, kind, loss, response, pickup, rtt;
	bool wide;
};

/* The name takes what the other columns leave. */
static struct link_columns columns_of_link(void)
{
	struct link_columns at = {
		.state = 15, .kind = 9, .loss = 8, .response = 15, .pickup = 7, .rtt = 7};

	at.wide = COLS >= WIDE_COLUMNS;
	if (at.wide)
		at.pickup = 15;
	at.name = COLS - 2 - at.state - at.kind - at.loss - at.response - at.pickup - at.rtt;
	at.name = at.name < NAME_LEAST ? NAME_LEAST : at.name > NAME_MOST ? NAME_MOST : at.name;
	return at;
}

void top_links__put_head(int row, enum config_language language)
{
	struct link_columns at = columns_of_link();
	const struct {
		const char *word;
		int width;
	} heads[] = {
		{"LINK", at.name + 1}, {"STATE", at.state},	  {"KIND", at.kind},
		{"LOSS", at.loss},     {"RESPONSE", at.response}, {"PICKUP", at.pickup},
		{"RTT", at.rtt},
	};
	int column = top_draw__put(row, 0, 1, STYLE_PLAIN, "");

	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		column = top_draw__put(row, column, heads[i].width, STYLE_SOFT,
				       top_word(language, heads[i].word));
}

void top_links__put_link(int row, enum config_language language, json_t *link, bool chosen)
{
	struct link_columns at = columns_of_link();
	char text[FIGURE_TEXT_LEN];
	int column = top_draw__put(row, 0, 1, STYLE_PLAIN, chosen ? ">" : " ");

	column = top_draw__put(row, column, at.name, chosen ? STYLE_HEAD : STYLE_PLAIN,
			       top_text_at(link, "name"));
	column = top_draw__put(row, column, 1, STYLE_PLAIN, "");
	column = top_draw__state(row, column, language, top_text_at(link, "state"));
	column = top_draw__put(row, column, at.kind, STYLE_PLAIN,
			       top_word(language, top_text_at(link, "kind")));
	now_text(link, "retransmit_share", text);
	column = top_draw__put(row, column, at.loss, STYLE_PLAIN, text);
	figure_text(link, "response_p50", text);
	column = top_draw__put(row, column, at.response, STYLE_PLAIN, text);
	(at.wide ? figure_text : now_text)(link, "pickup_p99", text);
	column = top_draw__put(row, column, at.pickup, STYLE_PLAIN, text);
	now_text(link, "rtt_p50", text);
	top_draw__put(row, column, at.rtt, STYLE_PLAIN, text);
}

/* ---- below the list ---------------------------------------------------------------------- */

/* trader-1 --- eth0 --- edge-router --- line -x- 203.0.113.10:7001 */
static void put_way(int row, enum config_language language, json_t *status, json_t *link)
{
	struct way_line line;
	int column = 1, share = (COLS - 2 - 4 * (WAY_PARTS - 1)) / WAY_PARTS;

	way_line__of(status, link, &line);
	for (int part = 0; part < WAY_PARTS; part++) {
		enum top_style style = line.faulty[part]    ? STYLE_BAD
				       : line.suspect[part] ? STYLE_WARN
							    : STYLE_PLAIN;
		const char *name =
			part == WAY_LINE ? top_word(language, line.name[part]) : line.name[part];
		int width = (int)text_columns(name);
		int room = part == WAY_FAR ? COLS - column - 5 : share;

		if (part || line.faulty[part] || line.suspect[part])
			column = top_draw__put(row, column, 4, style,
					       line.faulty[part]    ? "-x- "
					       : line.suspect[part] ? "-?- "
								    : "--- ");
		column = top_draw__put(row, column, width < room ? width : room, style, name);
		column = top_draw__put(row, column, 1, STYLE_PLAIN, " ");
	}
}

static int put_reasons(int row, int last, json_t *list, const char *sign)
{
	json_t *reason;
	size_t i;

	json_array_foreach(list, i, reason) {
		char text[TOP_LINE_BYTES];

		if (row > last)
			break;
		snprintf(text, sizeof(text), "   %s %5.1f  %s", sign,
			 json_number_value(json_object_get(reason, "weight")),
			 top_text_at(reason, "text"));
		top_draw__put(row++, 0, COLS, STYLE_PLAIN, text);
	}
	return row;
}

/* Whom to call has what is left of the row; the day stands in the list of incidents. */
static void put_verdict(int row, enum config_language language, json_t *incident)
{
	enum top_style style = incident_is_open(incident) ? STYLE_BAD : STYLE_SOFT;
	const char *contact = top_text_at(incident, "contact");
	const char *began = top_text_at(incident, "began");
	char text[TOP_LINE_BYTES], since[128], call[512];
	int column;

	snprintf(since, sizeof(since), top_word(language, "since %.8sZ"),
		 strlen(began) > DAY_BYTES ? began + DAY_BYTES : "");
	snprintf(text, sizeof(text), " %s/%s  %.0f %%  %s  ",
		 top_word(language, top_text_at(incident, "side")),
		 top_word(language, top_text_at(incident, "place")),
		 json_number_value(json_object_get(incident, "confidence")) * 100, since);
	column = top_draw__put(row, 0, (int)text_columns(text), style, text);
	if (!contact[0])
		return;
	snprintf(call, sizeof(call), top_word(language, "call %s"), contact);
	top_draw__put(row, column, COLS - column, style, call);
}

void top_links__put_incident_detail(int row, int last, enum config_language language,
				    json_t *incident)
{
	char text[TOP_LINE_BYTES];

	snprintf(text, sizeof(text), " %s", top_text_at(incident, "summary"));
	if (row <= last)
		top_draw__put(row++, 0, COLS, STYLE_PLAIN, text);
	if (row <= last)
		put_verdict(row++, language, incident);
	row = put_reasons(row, last, json_object_get(incident, "evidence"), "+");
	put_reasons(row, last, json_object_get(incident, "against"), "-");
}

void top_links__put_link_detail(int row, int last, enum config_language language, json_t *status,
				json_t *link)
{
	json_t *incident = open_incident_of(status, top_text_at(link, "name"));

	put_way(row++, language, status, link);
	if (incident) {
		top_links__put_incident_detail(row, last, language, incident);
		return;
	}
	if (row <= last)
		top_draw__put(row++, 1, COLS - 1, STYLE_SOFT, top_word(language, "no incident"));
	put_figures(row, last, language, link);
}
