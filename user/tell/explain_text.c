/* SPDX-License-Identifier: BSD-2-Clause */
#include "tell/explain_text.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/json_text.h"
#include "base/time_text.h"
#include "tell/evidence_text.h"
#include "tell/incidents_text.h"
#include "tell/owners_json.h"
#include "tell/page_text.h"
#include "tell/paragraph.h"

#define LABEL_WIDTH 10

static int64_t time_of(const json_t *object, const char *key)
{
	int64_t time_ms = 0;

	parse_rfc3339(json_text(object, key), &time_ms);
	return time_ms;
}

static void title(const char *text, FILE *out)
{
	fprintf(out, "\n%s\n", text);
}

/* ---- what it is --------------------------------------------------------------------------- */

static void write_names(const struct explain_text *text, const char *label, const json_t *names,
			FILE *out)
{
	char list[2048];

	if (json_array_size(names))
		write_field(out, text->columns, LABEL_WIDTH, label,
			    names_text(names, list, sizeof(list)));
}

static void write_processes(const struct explain_text *text, const json_t *processes, FILE *out)
{
	char list[1024] = "";
	const json_t *process;
	size_t used = 0, i;

	json_array_foreach(processes, i, process) {
		char place[OWNER_TEXT_LEN];

		if (used < sizeof(list))
			used += (size_t)snprintf(
				list + used, sizeof(list) - used, "%s%s (%lld)%s", i ? ", " : "",
				json_text(process, "comm"),
				(long long)json_integer_value(json_object_get(process, "pid")),
				owner_text(process, place));
	}
	if (used)
		write_field(out, text->columns, LABEL_WIDTH, "processes", list);
}

static const char *closed_by(const json_t *event)
{
	const char *why = json_text(event, "closed_by");

	if (!strcmp(why, "restart"))
		return " (closed when the sensor was restarted)";
	if (!strcmp(why, "reload"))
		return " (closed when its link was taken out of the configuration)";
	return "";
}

static void write_times(const struct explain_text *text, const json_t *event, FILE *out)
{
	const json_t *resolved = json_object_get(text->incident, "resolved_ms");
	int64_t began_ms = time_of(event, "began");
	int64_t end_ms = resolved ? json_integer_value(resolved) : text->now_ms;
	char local[LOCAL_TIME_LEN], span[LOCAL_TIME_LEN], line[256];

	snprintf(line, sizeof(line), "%s (%.40s)", format_local_time(began_ms, true, local),
		 json_text(event, "began"));
	write_field(out, text->columns, LABEL_WIDTH, "began", line);
	format_span(end_ms - began_ms, span);
	if (resolved)
		snprintf(line, sizeof(line), "%s, after %s%s",
			 format_local_time(end_ms, true, local), span, closed_by(event));
	else
		snprintf(line, sizeof(line), "still open, for %s", span);
	write_field(out, text->columns, LABEL_WIDTH, resolved ? "resolved" : "state", line);
}

static void write_sensor(const struct explain_text *text, const json_t *observed, FILE *out)
{
	long long lost = (long long)json_integer_value(json_object_get(observed, "events_lost"));
	const json_t *blind = json_object_get(observed, "blind");
	char list[1024], line[1200];

	if (!lost && !json_array_size(blind))
		return;
	snprintf(line, sizeof(line), "lost %lld events; could not see: %s", lost,
		 json_array_size(blind) ? names_text(blind, list, sizeof(list)) : "nothing");
	write_field(out, text->columns, LABEL_WIDTH, "sensor", line);
}

static void write_facts(const struct explain_text *text, const json_t *event, FILE *out)
{
	const json_t *scope = json_object_get(event, "scope");
	const json_t *impact = json_object_get(event, "impact");
	const json_t *turned_out = json_object_get(text->incident, "turned_out");
	char verdict[VERDICT_TEXT_LEN], line[256];

	write_paragraph(out, text->columns, "", json_text(event, "summary"));
	snprintf(line, sizeof(line), "%.128s on %.100s", json_text(event, "id"),
		 json_text(event, "host"));
	write_paragraph(out, text->columns, "", line);
	fputc('\n', out);
	snprintf(line, sizeof(line), "%s, confidence %.2f", verdict_text(event, verdict),
		 json_number_value(json_object_get(event, "confidence")));
	write_field(out, text->columns, LABEL_WIDTH, "verdict", line);
	if (turned_out)
		write_field(out, text->columns, LABEL_WIDTH, "turned out",
			    verdict_text(turned_out, verdict));
	write_field(out, text->columns, LABEL_WIDTH, "severity", json_text(event, "severity"));
	write_times(text, event, out);
	write_names(text, "links", json_object_get(scope, "links"), out);
	write_names(text, "devices", json_object_get(scope, "devices"), out);
	write_names(text, "peers", json_object_get(scope, "peers"), out);
	write_processes(text, json_object_get(impact, "processes"), out);
	if (*json_text(impact, "other_links"))
		write_field(out, text->columns, LABEL_WIDTH, "elsewhere",
			    json_text(impact, "other_links"));
	if (*json_text(event, "owner"))
		write_field(out, text->columns, LABEL_WIDTH, "owner", json_text(event, "owner"));
	if (*json_text(event, "contact"))
		write_field(out, text->columns, LABEL_WIDTH, "contact",
			    json_text(event, "contact"));
	write_sensor(text, json_object_get(event, "observed"), out);
}

/* ---- what happened, and what people said --------------------------------------------------- */

static void write_timeline(const struct explain_text *text, FILE *out)
{
	const json_t *event;
	size_t i;

	title("TIMELINE", out);
	json_array_foreach(json_object_get(text->incident, "events"), i, event) {
		char local[LOCAL_TIME_LEN], verdict[VERDICT_TEXT_LEN], first[128], line[512];

		snprintf(first, sizeof(first), "  %s  ",
			 format_local_time(time_of(event, "time"), false, local));
		snprintf(line, sizeof(line), "%.16s: %s %.2f, %.16s: %.300s",
			 json_text(event, "event"), verdict_text(event, verdict),
			 json_number_value(json_object_get(event, "confidence")),
			 json_text(event, "severity"), json_text(event, "summary"));
		write_paragraph(out, text->columns, first, line);
	}
}

static void write_notes(const struct explain_text *text, FILE *out)
{
	const json_t *notes = json_object_get(text->incident, "notes"), *note;
	size_t i;

	if (!json_array_size(notes))
		return;
	title("NOTES", out);
	json_array_foreach(notes, i, note) {
		const json_t *turned_out = json_object_get(note, "turned_out");
		char local[LOCAL_TIME_LEN], verdict[VERDICT_TEXT_LEN], first[160];

		snprintf(first, sizeof(first),
			 "  %s  %.60s: ", format_local_time(time_of(note, "time"), false, local),
			 json_text(note, "author"));
		write_paragraph(out, text->columns, first, json_text(note, "text"));
		if (turned_out)
			fprintf(out, "    it turned out to be %s\n",
				verdict_text(turned_out, verdict));
	}
}

static void write_similar(const struct explain_text *text, FILE *out)
{
	const json_t *entry;
	size_t i;

	if (!text->similar)
		return;
	title("SIMILAR EARLIER INCIDENTS", out);
	if (!json_array_size(text->similar))
		fputs("  none\n", out);
	json_array_foreach(text->similar, i, entry) {
		const json_t *incident = json_object_get(entry, "incident");
		const json_t *turned_out = json_object_get(incident, "turned_out");
		const json_t *event = json_object_get(incident, "event");
		char local[LOCAL_TIME_LEN], verdict[VERDICT_TEXT_LEN], other[VERDICT_TEXT_LEN];
		char line[768];

		snprintf(line, sizeof(line), "%s  verdict %s, %s%s",
			 format_local_time(time_of(event, "began"), false, local),
			 verdict_text(event, verdict),
			 turned_out ? "turned out to be " : "nobody noted what it turned out to be",
			 turned_out ? verdict_text(turned_out, other) : "");
		write_paragraph(out, text->columns, "  ", json_text(incident, "id"));
		write_paragraph(out, text->columns, "    ", line);
		snprintf(line, sizeof(line), "like it by %.0f%%: %.600s",
			 json_number_value(json_object_get(entry, "likeness")) * 100,
			 json_text(entry, "why"));
		write_paragraph(out, text->columns, "    ", line);
	}
}

static int write_ticket(const struct explain_text *text, const json_t *event, FILE *out)
{
	struct page_event page;
	struct page_text made;
	int err = page_event__read(event, &page);

	/* One that cannot be paged has no ticket. */
	if (err)
		return err == -EINVAL ? 0 : err;
	err = page_text__make(&page, text->language, text->language, &made);
	page_event__release(&page);
	if (err)
		return err;
	if (*made.ticket) {
		title("FOR THEIR TICKET", out);
		write_paragraph(out, text->columns, "", made.ticket);
	}
	page_text__release(&made);
	return 0;
}

int explain_text__write(const struct explain_text *text, FILE *out)
{
	const json_t *event = json_object_get(text->incident, "event");

	write_facts(text, event, out);
	title("EVIDENCE", out);
	evidence_text__write(event, text->columns, out);
	if (*json_text(event, "would_separate")) {
		title("WHAT WOULD TELL THEM APART", out);
		write_paragraph(out, text->columns, "  ", json_text(event, "would_separate"));
	}
	write_timeline(text, out);
	write_notes(text, out);
	write_similar(text, out);
	return write_ticket(text, event, out);
}
