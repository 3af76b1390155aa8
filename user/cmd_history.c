/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * faultline history: what a link was like at a time.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "cmd_store.h"
#include "keep/history.h"
#include "keep/incident_read.h"
#include "tell/history_text.h"
#include "tell/paragraph.h"
#include "tell/safe_text.h"

#define MS_PER_MINUTE 60000
#define AROUND_MS     (5 * MS_PER_MINUTE)  /* shown before and after --at */
#define LATELY_MS     (30 * MS_PER_MINUTE) /* shown when no time is given */

struct span {
	int64_t since_ms, until_ms, at_ms;
};

/* 0 or an exit code. */
static int take_times(const struct cmd_arguments *arguments, struct span *span)
{
	int64_t now_ms = cmd_now_ms();
	int code;

	if (arguments->at && (arguments->since || arguments->until))
		return cmd_operand_missing("history",
					   "--at goes without --since and --until, or the "
					   "other way round");
	*span = (struct span){.since_ms = now_ms - LATELY_MS, .until_ms = now_ms};
	code = cmd_time("history", "at", arguments->at, &span->at_ms);
	if (!code)
		code = cmd_time("history", "since", arguments->since, &span->since_ms);
	if (!code)
		code = cmd_time("history", "until", arguments->until, &span->until_ms);
	if (code)
		return code;
	if (span->at_ms) {
		span->since_ms = span->at_ms - AROUND_MS;
		span->until_ms = span->at_ms + AROUND_MS;
	} else if (arguments->until && !arguments->since) {
		span->since_ms = span->until_ms - LATELY_MS;
	}
	if (span->since_ms <= span->until_ms)
		return 0;
	return cmd_operand_missing("history", "--until is before --since");
}

static int print_json(const char *name, const json_t *rows, const json_t *incidents)
{
	json_t *events = json_array(), *object;
	const json_t *incident;
	size_t i;
	int err;

	json_array_foreach(incidents, i, incident)
		json_array_append(events, json_object_get(incident, "event"));
	object = json_pack("{s:s, s:s, s:O, s:o}", "schema", "faultline.history/1", "name", name,
			   "minutes", rows, "incidents", events);
	err = json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(15));
	putchar('\n');
	json_decref(object);
	return err ? -EIO : 0;
}

static int print(const struct cmd_arguments *arguments, const struct span *span, const json_t *rows,
		 const json_t *incidents)
{
	struct history_text text = {
		.name = arguments->operands[0],
		.rows = rows,
		.incidents = incidents,
		.at_ms = span->at_ms,
		.now_ms = cmd_now_ms(),
		.columns = terminal_columns(stdout),
	};

	if (arguments->json)
		return print_json(arguments->operands[0], rows, incidents);
	history_text__write(&text, stdout);
	return fflush(stdout) ? -errno : 0;
}

/* Names that are known, for who got one wrong. */
static int unknown(const struct cmd_store *opened, const char *name)
{
	json_t *subjects = NULL;
	const json_t *subject;
	size_t i;

	if (history_subjects(opened->store, &subjects))
		subjects = json_array();
	fprintf(stderr, "faultline history: there is no history of \"%s\"; there is one of:", name);
	json_array_foreach(subjects, i, subject) {
		json_t *safe = safe_json(json_object_get(subject, "name"));

		if (i < 50)
			fprintf(stderr, "%s %s", i ? "," : "",
				safe ? json_string_value(safe) : "?");
		json_decref(safe);
	}
	fprintf(stderr, "%s\n", json_array_size(subjects) ? "" : " nothing yet");
	json_decref(subjects);
	return EXIT_FAILED;
}

int cmd_history(const struct cmd_arguments *arguments)
{
	struct incident_filter filter = {};
	json_t *rows = NULL, *incidents = NULL;
	struct cmd_store opened;
	struct span span;
	int err, code;

	if (!arguments->operand_count)
		return cmd_operand_missing("history", "of which link or device?");
	code = take_times(arguments, &span);
	if (!code)
		code = cmd_store__open(arguments, "history", &opened);
	if (code)
		return code;
	filter.link = arguments->operands[0];
	/* NOLINTNEXTLINE(clang-analyzer-core.*): without an error there are times. */
	filter.since_ms = span.since_ms;
	filter.until_ms = span.until_ms;
	err = history_read(opened.store, filter.link, span.since_ms, span.until_ms, &rows);
	if (!err)
		err = incident_read__list(opened.store, &filter, &incidents);
	if (err == -ENOENT)
		code = unknown(&opened, filter.link);
	else if (err)
		code = cmd_store__failed(&opened, err);
	else if (print(arguments, &span, rows, incidents))
		code = EXIT_FAILED;
	json_decref(rows);
	json_decref(incidents);
	cmd_store__close(&opened);
	return code;
}
