/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two lines for each: what fits a table, then its name (for `explain`) and the summary.
 */
#include "tell/incidents_text.h"

#include <string.h>

#include "base/json_text.h"
#include "base/time_text.h"
#include "tell/units.h"

#define FIXED_COLUMNS 70 /* all but the links */

char *verdict_text(const json_t *object, char text[VERDICT_TEXT_LEN])
{
	const char *side = json_text(object, "side"), *place = json_text(object, "place");

	if (!strcmp(side, "unknown") || !*side)
		snprintf(text, VERDICT_TEXT_LEN, "unknown");
	else
		snprintf(text, VERDICT_TEXT_LEN, "%.30s/%.30s", side, place);
	return text;
}

char *names_text(const json_t *names, char *text, size_t room)
{
	size_t used = 0, i;
	const json_t *name;

	snprintf(text, room, "-");
	json_array_foreach(names, i, name) {
		if (used < room)
			used += (size_t)snprintf(text + used, room - used, "%s%s", i ? ", " : "",
						 json_string_value(name) ? json_string_value(name)
									 : "?");
	}
	return text;
}

/* "rates-feed +2", for a narrow column. */
static void scope_text(const json_t *event, size_t columns, char *out, size_t room)
{
	const json_t *scope = json_object_get(event, "scope");
	const json_t *names = json_object_get(scope, "links");
	char more[24] = "";
	size_t count;

	if (!json_array_size(names))
		names = json_object_get(scope, "devices");
	count = json_array_size(names);
	if (count > 1)
		snprintf(more, sizeof(more), " +%zu", count - 1);
	fit_text(count ? json_string_value(json_array_get(names, 0)) : "-", columns - strlen(more),
		 out, room - sizeof(more));
	strcat(out, more);
}

static void write_one(const json_t *incident, int64_t now_ms, unsigned columns, FILE *out)
{
	const json_t *event = json_object_get(incident, "event");
	const json_t *resolved = json_object_get(incident, "resolved_ms");
	const json_t *turned_out = json_object_get(incident, "turned_out");
	int64_t began_ms = json_integer_value(json_object_get(incident, "began_ms"));
	int64_t end_ms = resolved ? json_integer_value(resolved) : now_ms;
	char when[LOCAL_TIME_LEN], span[LOCAL_TIME_LEN], verdict[VERDICT_TEXT_LEN], scope[512];
	char severity[16], other[VERDICT_TEXT_LEN], summary[512];
	const char *id = json_text(incident, "id");
	size_t links = columns - FIXED_COLUMNS, scope_bytes;

	scope_text(event, links, scope, sizeof(scope));
	scope_bytes = links + strlen(scope) - text_columns(scope);
	fprintf(out, "%-19s  %-6s  %-19s  %-*s  %-7s  %s\n",
		format_local_time(began_ms, false, when),
		fit_text(json_text(event, "severity"), 6, severity, sizeof(severity)),
		verdict_text(event, verdict), (int)scope_bytes, scope,
		format_span(end_ms - began_ms, span), resolved ? "resolved" : "open");
	fprintf(out, "  %s", id);
	if (turned_out)
		fprintf(out, "  turned out to be %s", verdict_text(turned_out, other));
	fprintf(out, "\n  %s\n",
		fit_text(json_text(event, "summary"), columns - 2, summary, sizeof(summary)));
}

void incidents_text__write(const json_t *incidents, int64_t now_ms, unsigned columns, FILE *out)
{
	const json_t *incident;
	size_t i;

	fprintf(out, "%-19s  %-6s  %-19s  %-*s  %-7s  %s\n", "BEGAN", "LEVEL", "VERDICT",
		(int)(columns - FIXED_COLUMNS), "LINKS", "LASTED", "STATE");
	json_array_foreach(incidents, i, incident)
		write_one(incident, now_ms, columns, out);
}
