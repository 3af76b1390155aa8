/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * OpenMetrics, written from the object that `links --json` prints.
 *
 * A counter is one row of a table: where it stands in the object of a link, the family it belongs
 * to, and what tells it from its siblings.  What is absent there, for its hook is missing, has no
 * series here: nought would be a lie.  Durations come from the histograms themselves, by powers of
 * four: thirteen buckets an operation and link.
 *
 * Families stand together, as the format demands, so the links are walked once for each family.
 */
#include "tell/metrics.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hist_set.h"
#include "base/text_stream.h"
#include "judge/sample.h"

/* A counter of a link.  Rows of one family stand together; the first has its help. */
struct counter_row {
	const char *family; /* without faultline_ and _total */
	const char *help;   /* NULL: as in the row before */
	const char *path;   /* in the object: "retransmits.rto" */
	const char *labels; /* beyond link, ready to print: ",reason=\"rto\"" */
};

static const struct counter_row link_counters[] = {
	{"link_segments", "TCP segments.", "segments_out", ",direction=\"out\""},
	{"link_segments", NULL, "segments_in", ",direction=\"in\""},
	{"link_data_segments", "TCP segments with data sent, retransmits included.",
	 "data_segments_out", ""},
	{"link_payload_bytes", "Payload, each byte once.", "bytes_out", ",direction=\"out\""},
	{"link_payload_bytes", NULL, "bytes_in", ",direction=\"in\""},
	{"link_retransmits", "Segments sent again, by reason.", "retransmits.rto",
	 ",reason=\"rto\""},
	{"link_retransmits", NULL, "retransmits.fast", ",reason=\"fast\""},
	{"link_retransmits", NULL, "retransmits.tlp", ",reason=\"tlp\""},
	{"link_retransmits", NULL, "retransmits.syn", ",reason=\"syn\""},
	{"link_retransmits", NULL, "retransmits.synack", ",reason=\"synack\""},
	{"link_retransmits", NULL, "retransmits.failed_local", ",reason=\"failed_local\""},
	{"link_loss_episodes", "Runs of retransmits within one flight.", "retransmits.episodes",
	 ""},
	{"link_connects", "Connects by outcome.", "connects.ok", ",outcome=\"ok\""},
	{"link_connects", NULL, "connects.refused", ",outcome=\"refused\""},
	{"link_connects", NULL, "connects.timed_out", ",outcome=\"timed_out\""},
	{"link_connects", NULL, "connects.unreachable", ",outcome=\"unreachable\""},
	{"link_connects", NULL, "connects.local_error", ",outcome=\"local_error\""},
	{"link_connects", NULL, "connects.accepted", ",outcome=\"accepted\""},
	{"link_zero_windows", "Times a window was seen closed.", "zero_window.ours",
	 ",side=\"ours\""},
	{"link_zero_windows", NULL, "zero_window.theirs", ",side=\"theirs\""},
};

/* Of the sensor itself, from the object "sensor". */
static const struct {
	const char *family, *type, *help, *key;
} sensor_figures[] = {
	{"sensor_events_lost", "counter", "Events that were not counted one by one.",
	 "events_lost"},
	{"sensor_kernel_events", "counter", "Hooks that ran for a watched socket.",
	 "kernel_events"},
	{"sensor_peers_evicted", "counter", "Peers that found the table full.", "peers_evicted"},
	{"sensor_peers", "gauge", "Peers in the kernel's table.", "peers"},
	{"sensor_cpu_seconds", "counter", "Processor time of the agent.", "cpu_seconds"},
	{"sensor_resident_bytes", "gauge", "Memory of the agent.", "rss_bytes"},
};

static const char *const link_states[] = {"healthy", "learning", "suspect", "faulty",
					  "not observed"};

#define ARRAY_LEN(array) (sizeof(array) / sizeof(*(array)))

static json_t *at_path(json_t *object, const char *path)
{
	const char *point = strchr(path, '.');
	char group[32];

	if (!point)
		return json_object_get(object, path);
	snprintf(group, sizeof(group), "%.*s", (int)(point - path), path);
	return json_object_get(json_object_get(object, group), point + 1);
}

/* A label's value: the three characters that the format reserves are escaped. */
static void write_label(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s=\"", name);
	for (; value && *value; value++) {
		if (*value == '\n')
			fputs("\\n", out);
		else if (*value == '"' || *value == '\\')
			fprintf(out, "\\%c", *value);
		else
			fputc(*value, out);
	}
	fputc('"', out);
}

static void write_head(FILE *out, const char *family, const char *type, const char *unit,
		       const char *help)
{
	fprintf(out, "# TYPE faultline_%s %s\n", family, type);
	if (unit)
		fprintf(out, "# UNIT faultline_%s %s\n", family, unit);
	fprintf(out, "# HELP faultline_%s %s\n", family, help);
}

static const char *name_of(json_t *object)
{
	return json_string_value(json_object_get(object, "name"));
}

static void write_counter(FILE *out, const struct counter_row *row, json_t *links)
{
	size_t i;
	json_t *link;

	if (row->help)
		write_head(out, row->family, "counter", NULL, row->help);
	json_array_foreach(links, i, link) {
		json_t *value = at_path(link, row->path);

		if (!json_is_integer(value))
			continue;
		fprintf(out, "faultline_%s_total{", row->family);
		write_label(out, "link", name_of(link));
		fprintf(out, "%s} %" JSON_INTEGER_FORMAT "\n", row->labels,
			json_integer_value(value));
	}
}

static void write_reset(FILE *out, json_t *link, const char *direction, const char *reason,
			json_int_t count)
{
	fputs("faultline_link_resets_total{", out);
	write_label(out, "link", name_of(link));
	fprintf(out, ",direction=\"%s\",", direction);
	write_label(out, "reason", reason);
	fprintf(out, "} %" JSON_INTEGER_FORMAT "\n", count);
}

/* The reasons of resets sent are the kernel's; what it does not name is "other". */
static void write_resets(FILE *out, json_t *links)
{
	json_t *link, *count;
	size_t i;

	write_head(out, "link_resets", "counter", NULL, "RST segments by direction and reason.");
	json_array_foreach(links, i, link) {
		json_t *received = at_path(link, "resets.received");
		json_t *sent = at_path(link, "resets.sent");
		json_int_t refused = json_integer_value(at_path(link, "resets.received_refused"));
		json_int_t named = 0;
		const char *reason;

		if (json_is_integer(received)) {
			write_reset(out, link, "in", "refused", refused);
			write_reset(out, link, "in", "other",
				    json_integer_value(received) - refused);
		}
		json_object_foreach(at_path(link, "resets.reasons"), reason, count) {
			write_reset(out, link, "out", reason, json_integer_value(count));
			named += json_integer_value(count);
		}
		if (json_is_integer(sent) && json_integer_value(sent) >= named)
			write_reset(out, link, "out", "other", json_integer_value(sent) - named);
	}
}

/* One state of each link is 1; a series that comes and goes could not be watched. */
static void write_states(FILE *out, const char *family, const char *label, json_t *objects)
{
	json_t *object;
	size_t i;

	write_head(out, family, "stateset", NULL, "The verdict about it now.");
	json_array_foreach(objects, i, object) {
		const char *state = json_string_value(json_object_get(object, "state"));

		for (size_t s = 0; s < ARRAY_LEN(link_states); s++) {
			fprintf(out, "faultline_%s{", family);
			write_label(out, label, name_of(object));
			fprintf(out, ",faultline_%s=\"%s\"} %d\n", family, link_states[s],
				state && !strcmp(state, link_states[s]));
		}
	}
}

static void write_histogram(FILE *out, const char *link, const char *operation,
			    const struct hist *hist)
{
	uint64_t below = 0;
	unsigned bucket = 0;

	for (unsigned octave = 2; octave <= HIST_OCTAVES; octave += 2) {
		unsigned end = octave * HIST_STEPS;

		for (; bucket < end; bucket++)
			below += hist->bucket[bucket];
		fputs("faultline_link_latency_seconds_bucket{", out);
		write_label(out, "link", link);
		/* The last bucket also holds what is longer than its end. */
		if (octave < HIST_OCTAVES)
			fprintf(out, ",operation=\"%s\",le=\"%.9g\"} %lu\n", operation,
				hist_lower_bound_ns(end) / 1e9, below);
		else
			fprintf(out, ",operation=\"%s\",le=\"+Inf\"} %lu\n", operation, below);
	}
	fputs("faultline_link_latency_seconds_sum{", out);
	write_label(out, "link", link);
	fprintf(out, ",operation=\"%s\"} %.9g\n", operation, hist->sum_ns / 1e9);
	fputs("faultline_link_latency_seconds_count{", out);
	write_label(out, "link", link);
	fprintf(out, ",operation=\"%s\"} %lu\n", operation, below);
}

static void write_latencies(FILE *out, const struct sample *sample)
{
	static const char *const operations[] = {
#define OPERATION_KEY(name, key) [HIST_##name] = key,
		HIST_OPERATIONS(OPERATION_KEY)
#undef OPERATION_KEY
	};

	write_head(out, "link_latency_seconds", "histogram", "seconds",
		   "Durations by operation: calls, response, pickup, round trips, gaps of a feed.");
	for (size_t i = 0; i < sample->link_count; i++) {
		const struct link_sample *link = &sample->links[i];

		for (unsigned o = 0; link->hists && o < HIST_OPERATION_COUNT; o++) {
			const struct hist *hist = hist_set__at(link->hists, o);

			if (hist)
				write_histogram(out, link->name, operations[o], hist);
		}
	}
}

static void write_number(FILE *out, json_t *value)
{
	if (json_is_real(value))
		fprintf(out, "%.9g\n", json_real_value(value));
	else
		fprintf(out, "%" JSON_INTEGER_FORMAT "\n", json_integer_value(value));
}

static void write_sensor(FILE *out, json_t *sensor)
{
	for (size_t i = 0; i < ARRAY_LEN(sensor_figures); i++) {
		json_t *value = json_object_get(sensor, sensor_figures[i].key);
		bool total = !strcmp(sensor_figures[i].type, "counter");

		if (!json_is_number(value))
			continue;
		write_head(out, sensor_figures[i].family, sensor_figures[i].type, NULL,
			   sensor_figures[i].help);
		fprintf(out, "faultline_%s%s ", sensor_figures[i].family, total ? "_total" : "");
		write_number(out, value);
	}
}

static void write_pagers(FILE *out, const struct metrics_source *source)
{
	static const char *const outcomes[] = {"sent", "failed"};

	write_head(out, "pages", "counter", NULL, "Pages by pager and outcome.");
	for (size_t i = 0; i < source->pager_count; i++) {
		const uint64_t counts[] = {source->pagers[i].sent, source->pagers[i].failed};

		for (size_t o = 0; o < ARRAY_LEN(outcomes); o++) {
			fputs("faultline_pages_total{", out);
			write_label(out, "pager", source->pagers[i].name);
			fprintf(out, ",outcome=\"%s\"} %lu\n", outcomes[o], counts[o]);
		}
	}
	write_head(out, "pages_queued", "gauge", NULL, "Pages that wait to be delivered.");
	for (size_t i = 0; i < source->pager_count; i++) {
		fputs("faultline_pages_queued{", out);
		write_label(out, "pager", source->pagers[i].name);
		fprintf(out, "} %lu\n", source->pagers[i].queued);
	}
}

char *metrics_text(const struct metrics_source *source, size_t *len)
{
	json_t *links = json_object_get(source->links, "links");
	char *text = NULL;
	FILE *out = text_stream__open(&text, len);

	if (!out)
		return NULL;
	write_states(out, "link_state", "link", links);
	for (size_t i = 0; i < ARRAY_LEN(link_counters); i++)
		write_counter(out, &link_counters[i], links);
	write_resets(out, links);
	if (source->sample)
		write_latencies(out, source->sample);
	write_states(out, "device_state", "device", json_object_get(source->links, "devices"));
	write_head(out, "incidents_open", "gauge", NULL, "Incidents that are open now.");
	fprintf(out, "faultline_incidents_open %zu\n", source->incidents_open);
	write_pagers(out, source);
	write_sensor(out, json_object_get(source->links, "sensor"));
	fputs("# EOF\n", out);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

/* "# TYPE name counter": the older format names the series there, and knows no state sets. */
static void write_classic_type(FILE *out, const char *line, size_t len)
{
	static const char counter[] = " counter", stateset[] = " stateset";

	if (len > strlen(counter) &&
	    !memcmp(line + len - strlen(counter), counter, strlen(counter)))
		fprintf(out, "%.*s_total%s\n", (int)(len - strlen(counter)), line, counter);
	else if (len > strlen(stateset) &&
		 !memcmp(line + len - strlen(stateset), stateset, strlen(stateset)))
		fprintf(out, "%.*s gauge\n", (int)(len - strlen(stateset)), line);
	else
		fprintf(out, "%.*s\n", (int)len, line);
}

/* "# HELP name text" follows its type, and for a counter bears the series' name as well. */
static void write_classic_help(FILE *out, const char *line, size_t len, bool counter)
{
	size_t name = strlen("# HELP ") + strcspn(line + strlen("# HELP "), " ");

	fprintf(out, "%.*s%s%.*s\n", (int)name, line, counter ? "_total" : "", (int)(len - name),
		line + name);
}

char *metrics_classic_text(const char *openmetrics, size_t *len)
{
	char *text = NULL;
	FILE *out = text_stream__open(&text, len);
	bool counter = false;

	if (!out)
		return NULL;
	for (const char *line = openmetrics; *line;) {
		size_t line_len = strcspn(line, "\n");

		if (!strncmp(line, "# TYPE ", 7)) {
			counter = line_len > 8 && !strncmp(line + line_len - 8, " counter", 8);
			write_classic_type(out, line, line_len);
		} else if (!strncmp(line, "# HELP ", 7)) {
			write_classic_help(out, line, line_len, counter);
		} else if (line[0] != '#') {
			fprintf(out, "%.*s\n", (int)line_len, line);
		}
		line += line_len + (line[line_len] == '\n');
	}
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}
