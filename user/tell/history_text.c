/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line for each minute with the figures that most questions are about, then, of one minute, every
 * figure against what was normal.  Where the sensor kept nothing, that is said: a minute without a
 * row is no good minute.
 */
#include "tell/history_text.h"

#include <stdbool.h>
#include <string.h>

#include "base/json_text.h"
#include "base/time_text.h"
#include "tell/incidents_text.h"
#include "tell/units.h"

#define MS_PER_MINUTE 60000
#define CELL_LEN      32

/* The columns of a minute's line, those that its row has. */
static const struct {
	const char *key, *head;
} brief[] = {
	{"response_p50", "RESPONSE"},	 {"rtt_p50", "RTT"},
	{"retransmit_share", "RETRANS"}, {"request_rate", "REQUESTS"},
	{"silence", "SILENCE"},		 {"answers", "ANSWERS"},
	{"carrier", "CARRIER"},		 {"unconfirmed", "UNCONFIRMED"},
	{"cpu_waiting", "CPU WAIT"},	 {"memory_waiting", "MEM WAIT"},
};

#define BRIEF_COUNT (sizeof(brief) / sizeof(*brief))
#define BRIEF_MOST  5
#define BRIEF_WIDTH 11

/* A number with its unit, in the size that people read: "14ms", "0.12%", "8.3/s", "3". */
static char *value_text(const json_t *value, const char *unit, char text[CELL_LEN])
{
	double number = json_number_value(value);

	if (!json_is_number(value))
		snprintf(text, CELL_LEN, "-");
	else if (!strcmp(unit, "s") && number >= 1)
		snprintf(text, CELL_LEN, "%.3gs", number);
	else if (!strcmp(unit, "s") && number >= 0.001)
		snprintf(text, CELL_LEN, "%.3gms", number * 1e3);
	else if (!strcmp(unit, "s"))
		snprintf(text, CELL_LEN, "%.3gus", number * 1e6);
	else if (!strcmp(unit, "1/s"))
		snprintf(text, CELL_LEN, "%.3g/s", number);
	else if (!strcmp(unit, "%"))
		snprintf(text, CELL_LEN, "%.3g%%", number);
	else
		snprintf(text, CELL_LEN, "%.4g", number);
	return text;
}

/* A share is written as per cent; a count of events that has no unit is not. */
static char *figure_text(const char *key, const json_t *figure, const char *part,
			 char text[CELL_LEN])
{
	const json_t *value = json_object_get(figure, part);
	size_t len = strlen(key);

	if (json_is_number(value) && len > 6 && !strcmp(key + len - 6, "_share")) {
		snprintf(text, CELL_LEN, "%.3g%%", json_number_value(value) * 100);
		return text;
	}
	return value_text(value, json_text(figure, "unit"), text);
}

/* Which columns: those that some row has. */
static size_t choose(const json_t *rows, size_t chosen[BRIEF_MOST])
{
	size_t count = 0, j;
	const json_t *row;

	for (size_t i = 0; i < BRIEF_COUNT && count < BRIEF_MOST; i++) {
		bool found = false;

		json_array_foreach(rows, j, row)
			found = found ||
				json_object_get(json_object_get(row, "figures"), brief[i].key);
		if (found)
			chosen[count++] = i;
	}
	return count;
}

static void write_gap(int64_t from_ms, int64_t until_ms, FILE *out)
{
	char first[LOCAL_TIME_LEN];
	long long minutes = (long long)((until_ms - from_ms) / MS_PER_MINUTE);

	if (minutes > 0)
		fprintf(out,
			"%.16s  nothing was kept for %lld minute%s: no sensor ran, or its disk "
			"failed\n",
			format_local_time(from_ms, false, first), minutes, minutes > 1 ? "s" : "");
}

static void write_minutes(const struct history_text *text, FILE *out)
{
	size_t chosen[BRIEF_MOST], count = choose(text->rows, chosen), i;
	int64_t expected_ms = 0;
	const json_t *row;

	fprintf(out, "%-16s  %-12s", "MINUTE", "STATE");
	for (size_t j = 0; j < count; j++)
		fprintf(out, "%*s", BRIEF_WIDTH - (j == 0), brief[chosen[j]].head);
	fputc('\n', out);
	json_array_foreach(text->rows, i, row) {
		int64_t minute_ms = json_integer_value(json_object_get(row, "minute_ms"));
		const json_t *figures = json_object_get(row, "figures");
		char local[LOCAL_TIME_LEN], cell[CELL_LEN];

		if (expected_ms)
			write_gap(expected_ms, minute_ms, out);
		expected_ms = minute_ms + MS_PER_MINUTE;
		fprintf(out, "%.16s  %-12s", format_local_time(minute_ms, false, local),
			*json_text(row, "state") ? json_text(row, "state") : "-");
		for (size_t j = 0; j < count; j++) {
			const char *key = brief[chosen[j]].key;

			fprintf(out, "%*s", BRIEF_WIDTH - (j == 0),
				figure_text(key, json_object_get(figures, key), "mean", cell));
		}
		fputc('\n', out);
	}
}

static const json_t *row_at(const json_t *rows, int64_t at_ms)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		int64_t minute_ms = json_integer_value(json_object_get(row, "minute_ms"));

		if (at_ms >= minute_ms && at_ms < minute_ms + MS_PER_MINUTE)
			return row;
	}
	return NULL;
}

/* "3.2x": how many times the normal the worst was; "" when it cannot be said. */
static char *times_text(const json_t *figure, char text[CELL_LEN])
{
	double normal = json_number_value(json_object_get(figure, "normal"));
	double most = json_number_value(json_object_get(figure, "most"));

	text[0] = '\0';
	if (normal > 0)
		snprintf(text, CELL_LEN, most < 100 * normal ? "%.3gx" : "%.0fx", most / normal);
	return text;
}

static void write_minute(const struct history_text *text, FILE *out)
{
	const json_t *row = row_at(text->rows, text->at_ms), *figure;
	char local[LOCAL_TIME_LEN];
	const char *key;

	fprintf(out, "\n%s in the minute of %s\n", text->name,
		format_local_time(text->at_ms, true, local));
	if (!row) {
		fputs("  nothing was kept of it: no sensor ran then, or its disk failed\n", out);
		return;
	}
	if (*json_text(row, "state"))
		fprintf(out, "  state %s\n", json_text(row, "state"));
	fprintf(out, "\n  %-24s%12s%12s%12s%14s\n", "FIGURE", "MEAN", "MOST", "NORMAL",
		"MOST/NORMAL");
	json_object_foreach(json_object_get(row, "figures"), key, figure) {
		char mean[CELL_LEN], most[CELL_LEN], normal[CELL_LEN], times[CELL_LEN];

		fprintf(out, "  %-24s%12s%12s%12s%14s\n", key,
			figure_text(key, figure, "mean", mean),
			figure_text(key, figure, "most", most),
			figure_text(key, figure, "normal", normal), times_text(figure, times));
	}
}

void history_text__write(const struct history_text *text, FILE *out)
{
	if (json_array_size(text->rows))
		write_minutes(text, out);
	else
		fprintf(out,
			"nothing was kept of %s in that time:\n"
			"no sensor ran, or it is longer ago than the history goes back\n",
			text->name);
	if (text->at_ms)
		write_minute(text, out);
	fputs("\nincidents in that time\n", out);
	if (json_array_size(text->incidents))
		incidents_text__write(text->incidents, text->now_ms, text->columns, out);
	else
		fprintf(out, "  none with %s in their scope\n", text->name);
}
