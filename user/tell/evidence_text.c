/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Weights are natural logarithms of how much likelier a reading is when the fault is at a place, so
 * they add up.  The sums are over all rows, also for places that have no column of their own, and
 * become probabilities by the judge's own rule (confidence.h).
 */
#include "tell/evidence_text.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/json_text.h"
#include "judge/confidence.h"
#include "judge/place.h"
#include "tell/paragraph.h"
#include "tell/units.h"

#define COLUMN_WIDTH  11
#define NAME_WIDTH    32
#define CANDIDATE_MAX 7
#define VERDICT_LEN   64

struct table {
	char candidate[CANDIDATE_MAX][VERDICT_LEN]; /* "external/peer-app" */
	size_t count;
	double sum[PLACE_COUNT];
	size_t rows;
};

static enum place place_of(const char *verdict)
{
	const char *slash = strchr(verdict, '/');

	return slash ? place_by_name(slash + 1) : PLACE_UNKNOWN;
}

static void add_candidate(struct table *table, size_t most, const char *verdict)
{
	if (table->count == most || place_of(verdict) == PLACE_UNKNOWN)
		return;
	for (size_t i = 0; i < table->count; i++) {
		if (!strcmp(table->candidate[i], verdict))
			return;
	}
	snprintf(table->candidate[table->count++], VERDICT_LEN, "%s", verdict);
}

/* The verdict first, then the alternatives in their order. */
static void choose(struct table *table, const json_t *event, unsigned columns)
{
	size_t most = (columns - NAME_WIDTH) / COLUMN_WIDTH, i;
	char verdict[VERDICT_LEN];
	const json_t *other;

	if (most > CANDIDATE_MAX)
		most = CANDIDATE_MAX;
	snprintf(verdict, sizeof(verdict), "%.30s/%.30s", json_text(event, "side"),
		 json_text(event, "place"));
	add_candidate(table, most, verdict);
	json_array_foreach(json_object_get(event, "alternatives"), i, other) {
		snprintf(verdict, sizeof(verdict), "%.30s/%.30s", json_text(other, "side"),
			 json_text(other, "place"));
		add_candidate(table, most, verdict);
	}
}

static void write_head(const struct table *table, FILE *out)
{
	fprintf(out, "%-*s", NAME_WIDTH, "");
	for (size_t i = 0; i < table->count; i++)
		fprintf(out, "%*.*s", COLUMN_WIDTH, (int)strcspn(table->candidate[i], "/"),
			table->candidate[i]);
	fprintf(out, "\n%-*s", NAME_WIDTH, "");
	for (size_t i = 0; i < table->count; i++)
		fprintf(out, "%*s", COLUMN_WIDTH, strchr(table->candidate[i], '/') + 1);
	fputc('\n', out);
}

static double weight_at(const json_t *weights, const char *verdict)
{
	return json_number_value(json_object_get(weights, verdict));
}

static void write_row(struct table *table, const json_t *reason, unsigned columns, FILE *out)
{
	json_t *weights = json_object_get(reason, "weights"), *weight;
	char name[160], fitted[NAME_WIDTH * 4];
	const char *verdict;

	snprintf(name, sizeof(name), "%.60s %.90s", json_text(reason, "signal"),
		 json_text(reason, "subject"));
	fit_text(name, NAME_WIDTH - 2, fitted, sizeof(fitted));
	fprintf(out, "  %s%*s", fitted, (int)(NAME_WIDTH - 2 - text_columns(fitted)), "");
	for (size_t i = 0; i < table->count; i++)
		fprintf(out, "%+*.3f", COLUMN_WIDTH, weight_at(weights, table->candidate[i]));
	fputc('\n', out);
	write_paragraph(out, columns, "    ", json_text(reason, "text"));
	json_object_foreach(weights, verdict, weight)
		table->sum[place_of(verdict)] += json_number_value(weight);
	table->rows++;
}

static void write_rows(struct table *table, const json_t *reasons, const char *title,
		       unsigned columns, FILE *out)
{
	const json_t *reason;
	size_t i;

	if (!json_array_size(reasons))
		return;
	fprintf(out, "%s\n", title);
	json_array_foreach(reasons, i, reason)
		write_row(table, reason, columns, out);
}

static void write_sums(const struct table *table, FILE *out)
{
	double share[PLACE_COUNT], shown = 0;

	confidence__shares(table->sum, share);
	fprintf(out, "%-*s", NAME_WIDTH, "sum");
	for (size_t i = 0; i < table->count; i++)
		fprintf(out, "%+*.3f", COLUMN_WIDTH, table->sum[place_of(table->candidate[i])]);
	fprintf(out, "\n%-*s", NAME_WIDTH, "probability from the sums");
	for (size_t i = 0; i < table->count; i++) {
		shown += share[place_of(table->candidate[i])];
		fprintf(out, "%*.1f%%", COLUMN_WIDTH - 1,
			share[place_of(table->candidate[i])] * 100);
	}
	fprintf(out, "\n%-*s%*.1f%%\n", NAME_WIDTH, "all other places together", COLUMN_WIDTH - 1,
		fabs(1 - shown) * 100);
}

void evidence_text__write(const json_t *event, unsigned columns, FILE *out)
{
	struct table table = {};

	choose(&table, event, columns);
	write_head(&table, out);
	write_rows(&table, json_object_get(event, "evidence"), "for", columns, out);
	write_rows(&table, json_object_get(event, "against"), "against, or ruled out", columns,
		   out);
	if (table.rows)
		write_sums(&table, out);
	else
		fputs("  the event holds no evidence\n", out);
	fprintf(out, "%-*s%*.1f%%  (calibrated)\n", NAME_WIDTH, "confidence that was stated",
		COLUMN_WIDTH - 1, json_number_value(json_object_get(event, "confidence")) * 100);
}
