/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of links.
 *
 * A column is a row in a table: its title, how much it is missed when the terminal is narrow, and
 * the function that makes a cell of a link.  All cells are made first, so that a column is as wide
 * as what is in it; then the least missed columns go until the rest fits, and the name takes what
 * is left.  Memory: some 200 bytes a link, for the time of writing.
 */
#include "tell/links_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tell/links_json.h"
#include "tell/units.h"

#define CELL_LEN   20
#define NAME_LEAST 20 /* columns: an IPv4 address and port, with some air */
#define UNKNOWN	   "-"

/* The integer at object[group][key], or object[key] without a group.  False: it is not known. */
static bool get_count(const json_t *object, const char *group, const char *key, uint64_t *count)
{
	const json_t *value;

	if (group)
		object = json_object_get(object, group);
	value = json_object_get(object, key);
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*count = (uint64_t)json_integer_value(value);
	return true;
}

static const char *get_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : UNKNOWN;
}

static void put_cell(char *cell, const char *text)
{
	fit_text(text, CELL_LEN - 1, cell, CELL_LEN);
}

static void count_cell(const json_t *link, const char *group, const char *key, char *cell)
{
	char text[UNITS_TEXT_LEN];
	uint64_t count;

	put_cell(cell, get_count(link, group, key, &count) ? format_count(count, text) : UNKNOWN);
}

static void kind_cell(const json_t *link, char *cell)
{
	put_cell(cell, get_text(link, "kind"));
}

static void state_cell(const json_t *link, char *cell)
{
	put_cell(cell, get_text(link, "state"));
}

static void sockets_cell(const json_t *link, char *cell)
{
	count_cell(link, NULL, "sockets", cell);
}

static void out_cell(const json_t *link, char *cell)
{
	count_cell(link, NULL, "segments_out", cell);
}

static void in_cell(const json_t *link, char *cell)
{
	count_cell(link, NULL, "segments_in", cell);
}

static void retransmits_cell(const json_t *link, char *cell)
{
	uint64_t part = 0, whole = 0;
	char text[UNITS_TEXT_LEN];

	/* Of segments with data where they are told apart: bare ACKs are never sent again. */
	if (!get_count(link, "retransmits", "segments", &part) ||
	    (!get_count(link, NULL, "data_segments_out", &whole) &&
	     !get_count(link, NULL, "segments_out", &whole)))
		put_cell(cell, UNKNOWN);
	else
		put_cell(cell, format_share(part, whole, text));
}

/* "in/out", each a dash when it cannot be seen. */
static void resets_cell(const json_t *link, char *cell)
{
	char in[CELL_LEN], out[CELL_LEN];

	count_cell(link, "resets", "received", in);
	count_cell(link, "resets", "sent", out);
	snprintf(cell, CELL_LEN, "%.9s/%.9s", in, out);
}

/* "made/failed": customers' connections count as made. */
static void connects_cell(const json_t *link, char *cell)
{
	static const char *const made_keys[] = {"ok", "accepted"};
	static const char *const failed_keys[] = {"refused", "timed_out", "unreachable",
						  "local_error"};
	char made_text[UNITS_TEXT_LEN], failed_text[UNITS_TEXT_LEN];
	uint64_t made = 0, failed = 0, count;

	if (!json_object_get(link, "connects")) {
		put_cell(cell, UNKNOWN);
		return;
	}
	for (size_t i = 0; i < sizeof(made_keys) / sizeof(made_keys[0]); i++)
		made += get_count(link, "connects", made_keys[i], &count) ? count : 0;
	for (size_t i = 0; i < sizeof(failed_keys) / sizeof(failed_keys[0]); i++)
		failed += get_count(link, "connects", failed_keys[i], &count) ? count : 0;
	snprintf(cell, CELL_LEN, "%.9s/%.9s", format_count(made, made_text),
		 format_count(failed, failed_text));
}

static void latency_cell(const json_t *link, const char *operation, const char *key, char *cell)
{
	const json_t *latency = json_object_get(link, "latency");
	char text[UNITS_TEXT_LEN];
	uint64_t us;

	put_cell(cell,
		 get_count(latency, operation, key, &us) ? format_duration_us(us, text) : UNKNOWN);
}

static void connect_cell(const json_t *link, char *cell)
{
	latency_cell(link, "connect", "p50_us", cell);
}

static void rtt_cell(const json_t *link, char *cell)
{
	latency_cell(link, "rtt", "p50_us", cell);
}

static void response_cell(const json_t *link, char *cell)
{
	latency_cell(link, "response", "p99_us", cell);
}

static void idle_cell(const json_t *link, char *cell)
{
	char text[UNITS_TEXT_LEN];
	uint64_t ms;

	put_cell(cell, get_count(link, NULL, "last_data_ms", &ms)
			       ? format_duration_us(ms * 1000, text)
			       : UNKNOWN);
}

static const struct column {
	const char *title;
	unsigned worth; /* the least goes first */
	bool left;
	void (*make)(const json_t *link, char *cell);
} columns[] = {
	{"KIND", 2, true, kind_cell},
	{"STATE", 100, true, state_cell},
	{"SOCKS", 7, false, sockets_cell},
	{"OUT", 6, false, out_cell},
	{"IN", 5, false, in_cell},
	{"RETR", 99, false, retransmits_cell},
	{"RST in/out", 98, false, resets_cell},
	{"CONN ok/bad", 97, false, connects_cell},
	{"CONN p50", 1, false, connect_cell},
	{"RTT p50", 4, false, rtt_cell},
	{"RESP p99", 8, false, response_cell},
	{"IDLE", 3, false, idle_cell},
};

#define COLUMN_COUNT (sizeof(columns) / sizeof(columns[0]))

struct table {
	size_t row_count;
	char (*cell)[COLUMN_COUNT][CELL_LEN];
	size_t width[COLUMN_COUNT];
	bool shown[COLUMN_COUNT];
	size_t name_width;
};

static void measure(struct table *table, const json_t *links)
{
	size_t row;
	json_t *link;

	table->name_width = strlen("LINK");
	for (size_t c = 0; c < COLUMN_COUNT; c++) {
		table->width[c] = strlen(columns[c].title);
		table->shown[c] = true;
	}
	json_array_foreach(links, row, link) {
		size_t width = text_columns(get_text(link, "name"));

		if (width > table->name_width)
			table->name_width = width;
		for (size_t c = 0; c < COLUMN_COUNT; c++) {
			columns[c].make(link, table->cell[row][c]);
			width = text_columns(table->cell[row][c]);
			if (width > table->width[c])
				table->width[c] = width;
		}
	}
}

static bool is_empty(const struct table *table, size_t column)
{
	for (size_t row = 0; row < table->row_count; row++) {
		if (strcmp(table->cell[row][column], UNKNOWN) != 0)
			return false;
	}
	return true;
}

/* Drops columns, those with nothing but dashes first, until the rest leaves the name its room. */
static void fit_columns(struct table *table, size_t width)
{
	for (;;) {
		size_t used = 0, least = COLUMN_COUNT, name_least = table->name_width;
		unsigned least_worth = 0;

		for (size_t c = 0; c < COLUMN_COUNT; c++) {
			unsigned worth = columns[c].worth + (is_empty(table, c) ? 0 : 1000);

			if (!table->shown[c])
				continue;
			used += table->width[c] + 1;
			if (least == COLUMN_COUNT || worth < least_worth) {
				least = c;
				least_worth = worth;
			}
		}
		if (name_least > NAME_LEAST)
			name_least = NAME_LEAST;
		if (used + name_least <= width || least == COLUMN_COUNT) {
			size_t room = width > used ? width - used : name_least;

			if (table->name_width > room)
				table->name_width = room;
			return;
		}
		table->shown[least] = false;
	}
}

static const char *state_colour(const char *state)
{
	static const struct {
		const char *state, *colour;
	} colours[] = {
		{"healthy", "\033[32m"}, {"suspect", "\033[33m"},     {"faulty", "\033[1;31m"},
		{"learning", "\033[2m"}, {"not observed", "\033[2m"},
	};

	for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++) {
		if (strcmp(colours[i].state, state) == 0)
			return colours[i].colour;
	}
	return NULL;
}

static void write_padding(FILE *out, size_t count)
{
	while (count--)
		fputc(' ', out);
}

static void write_cell(FILE *out, const char *text, size_t width, bool left, const char *colour)
{
	size_t used = text_columns(text), pad = width > used ? width - used : 0;

	fputc(' ', out);
	if (!left)
		write_padding(out, pad);
	fprintf(out, "%s%s%s", colour ? colour : "", text, colour ? "\033[0m" : "");
	if (left)
		write_padding(out, pad);
}

static void write_table(const struct table *table, const json_t *links, bool colour, FILE *out)
{
	size_t row;
	json_t *link;

	fprintf(out, "%-*s", (int)table->name_width, "LINK");
	for (size_t c = 0; c < COLUMN_COUNT; c++) {
		if (table->shown[c])
			write_cell(out, columns[c].title, table->width[c], columns[c].left, NULL);
	}
	fputc('\n', out);
	json_array_foreach(links, row, link) {
		char name[512];

		fit_text(get_text(link, "name"), table->name_width, name, sizeof(name));
		fputs(name, out);
		write_padding(out, table->name_width - text_columns(name));
		for (size_t c = 0; c < COLUMN_COUNT; c++) {
			const char *text = table->cell[row][c];
			bool paint = colour && columns[c].make == state_cell;

			if (table->shown[c])
				write_cell(out, text, table->width[c], columns[c].left,
					   paint ? state_colour(text) : NULL);
		}
		fputc('\n', out);
	}
}

static void write_devices(const json_t *devices, FILE *out)
{
	size_t index;
	json_t *device;

	json_array_foreach(devices, index, device) {
		static const char *const keys[] = {"name", "address", "interface", "neighbour",
						   "state"};

		fputs(index ? "       " : "\nvia    ", out);
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			char text[64];

			/* A device that nobody declared is named by its address: once is enough. */
			if (i == 1 &&
			    strcmp(get_text(device, keys[0]), get_text(device, keys[1])) == 0)
				continue;
			fprintf(out, "%s%s", i ? "  " : "",
				fit_text(get_text(device, keys[i]), 40, text, sizeof(text)));
		}
		fputc('\n', out);
	}
}

static void write_footer(const json_t *object, bool colour, FILE *out)
{
	const json_t *sensor = json_object_get(object, "sensor");
	char retransmits[CELL_LEN], resets[CELL_LEN], peers[CELL_LEN], lost_text[CELL_LEN];
	char evicted[CELL_LEN], rss[UNITS_TEXT_LEN];
	char kernel_time[UNITS_TEXT_LEN], event_count[UNITS_TEXT_LEN];
	uint64_t lost = 0, kernel_ns = 0, events = 0, rss_bytes = 0;
	double cpu_seconds = json_number_value(json_object_get(sensor, "cpu_seconds"));
	bool alarm;

	count_cell(object, "not_attributed", "retransmits", retransmits);
	count_cell(object, "not_attributed", "resets_sent", resets);
	count_cell(sensor, NULL, "peers", peers);
	count_cell(sensor, NULL, "peers_evicted", evicted);
	count_cell(sensor, NULL, "events_lost", lost_text);
	alarm = get_count(sensor, NULL, "events_lost", &lost) && lost && colour;
	fprintf(out, "\nof no link: %s retransmits, %s resets sent\n", retransmits, resets);
	fprintf(out, "sensor: %s%s events lost%s, %s peers, %s evicted\n",
		alarm ? "\033[1;31m" : "", lost_text, alarm ? "\033[0m" : "", peers, evicted);
	fprintf(out, "cost: %.1f s of CPU", cpu_seconds);
	if (get_count(sensor, NULL, "rss_bytes", &rss_bytes) && rss_bytes)
		fprintf(out, ", %s of memory", format_bytes(rss_bytes, rss));
	if (get_count(sensor, NULL, "kernel_ns", &kernel_ns) &&
	    get_count(sensor, NULL, "kernel_events", &events))
		fprintf(out, ", %s in the kernel for %s events",
			format_duration_us(kernel_ns / 1000, kernel_time),
			format_count(events, event_count));
	fputc('\n', out);
}

struct links_text_style links_text_style_for(FILE *out)
{
	struct links_text_style style = {.columns = LINKS_TEXT_COLUMNS_MOST};
	const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
	struct winsize size;

	if (!isatty(fileno(out)))
		return style;
	style.colour = !(no_colour && *no_colour) && terminal && strcmp(terminal, "dumb") != 0;
	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col)
		style.columns = size.ws_col;
	return style;
}

int links_text__write(const json_t *object, const struct links_text_style *style, FILE *out)
{
	const json_t *links = json_object_get(object, "links");
	struct table table = {.row_count = json_array_size(links)};
	size_t width = style->columns;
	char host[80];

	if (strcmp(get_text(object, "schema"), LINKS_SCHEMA) != 0 || !json_is_array(links))
		return -EINVAL;
	if (width < LINKS_TEXT_COLUMNS_LEAST)
		width = LINKS_TEXT_COLUMNS_LEAST;
	if (width > LINKS_TEXT_COLUMNS_MOST)
		width = LINKS_TEXT_COLUMNS_MOST;
	table.cell = calloc(table.row_count ? table.row_count : 1, sizeof(*table.cell));
	if (!table.cell)
		return -ENOMEM;
	measure(&table, links);
	fit_columns(&table, width);
	fprintf(out, "%s  %s  (since %s)\n\n",
		fit_text(get_text(object, "host"), 32, host, sizeof(host)),
		get_text(object, "time"), get_text(object, "started"));
	write_table(&table, links, style->colour, out);
	write_devices(json_object_get(object, "devices"), out);
	write_footer(object, style->colour, out);
	free(table.cell);
	return 0;
}
