/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * faultline explain: one incident in full, from the store or from a file of events.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/json_text.h"
#include "base/time_text.h"
#include "cmd.h"
#include "cmd_store.h"
#include "keep/incident_read.h"
#include "tell/explain_text.h"
#include "tell/paragraph.h"
#include "tell/safe_text.h"
#include "tell/similar.h"

#define SIMILAR_MOST	5
#define SIMILAR_AMONG	2000 /* the latest incidents */
#define FILE_EVENTS_MAX 100000

static int print(const json_t *incident, const json_t *similar, const struct config *config,
		 bool json)
{
	json_t *safe = safe_json(incident), *safe_similar = similar ? safe_json(similar) : NULL;
	struct explain_text text = {
		.incident = safe,
		.similar = safe_similar,
		.language = config->language,
		.columns = terminal_columns(stdout),
		.now_ms = cmd_now_ms(),
	};
	int err = safe && (safe_similar || !similar) ? 0 : -ENOMEM;

	if (!err && json)
		err = json_dumpf(incident, stdout, JSON_COMPACT | JSON_REAL_PRECISION(15)) ||
				      putchar('\n') == EOF
			      ? -EIO
			      : 0;
	else if (!err)
		err = explain_text__write(&text, stdout);
	if (!err && fflush(stdout))
		err = -errno;
	json_decref(safe);
	json_decref(safe_similar);
	if (err)
		fprintf(stderr, "faultline explain: cannot write: %s\n", strerror(-err));
	return err ? EXIT_FAILED : EXIT_DONE;
}

/* ---- from the store ----------------------------------------------------------------------- */

static int explain_stored(const struct cmd_arguments *arguments, struct cmd_store *opened)
{
	struct incident_filter filter = {.limit = SIMILAR_AMONG};
	json_t *incident = NULL, *list = NULL, *similar;
	char id[INCIDENT_NAME_LEN], why[512];
	int err, code;

	if (incident_read__find(opened->store, arguments->operands[0], id, sizeof(id), why,
				sizeof(why))) {
		fprintf(stderr, "faultline explain: %s\n", why);
		return EXIT_FAILED;
	}
	err = incident_read__whole(opened->store, id, &incident);
	if (!err)
		err = incident_read__list(opened->store, &filter, &list);
	if (err) {
		json_decref(incident);
		return cmd_store__failed(opened, err);
	}
	similar = similar__find(json_object_get(incident, "event"), list, SIMILAR_MOST);
	if (similar)
		json_object_set(incident, "similar", similar);
	code = print(incident, similar, opened->config, arguments->json);
	json_decref(similar);
	json_decref(list);
	json_decref(incident);
	return code;
}

/* ---- from a file -------------------------------------------------------------------------- */

/* Every event of an incident in @file: of @wanted, or of the last event there. */
static json_t *read_events(FILE *file, const char *wanted, json_error_t *error)
{
	json_t *events = json_array(), *event, *of_one = json_array();
	char last[INCIDENT_NAME_LEN] = "";
	size_t i;

	while ((event = json_loadf(file, JSON_DISABLE_EOF_CHECK, error))) {
		/* Between them there is health, in what a sensor writes. */
		if (*json_text(event, "id") && *json_text(event, "event") &&
		    json_array_size(events) < FILE_EVENTS_MAX) {
			json_array_append(events, event);
			snprintf(last, sizeof(last), "%s", json_text(event, "id"));
		}
		json_decref(event);
	}
	if (wanted && strcmp(wanted, "last"))
		snprintf(last, sizeof(last), "%s", wanted);
	json_array_foreach(events, i, event) {
		if (!strcmp(json_text(event, "id"), last))
			json_array_append(of_one, event);
	}
	json_decref(events);
	return of_one;
}

/* As the store would give it. */
static json_t *incident_of(json_t *events)
{
	json_t *event = json_array_get(events, json_array_size(events) - 1), *incident;
	int64_t began_ms = 0, time_ms = 0;

	parse_rfc3339(json_text(event, "began"), &began_ms);
	parse_rfc3339(json_text(event, "time"), &time_ms);
	incident = json_pack("{s:s, s:I, s:O, s:O, s:[]}", "id", json_text(event, "id"), "began_ms",
			     (json_int_t)began_ms, "event", event, "events", events, "notes");
	if (!strcmp(json_text(event, "event"), "resolve"))
		json_object_set_new(incident, "resolved_ms", json_integer(time_ms));
	return incident;
}

static int explain_file(const struct cmd_arguments *arguments)
{
	const char *path = arguments->event,
		   *wanted = arguments->operand_count ? arguments->operands[0] : NULL;
	FILE *file = strcmp(path, "-") ? fopen(path, "r") : stdin;
	struct config *config = NULL;
	json_error_t error = {};
	json_t *events, *incident;
	int code;

	if (!file) {
		fprintf(stderr, "faultline explain: %s: %s\n", path, strerror(errno));
		return EXIT_FAILED;
	}
	code = config__load(arguments->config, &config, stderr);
	if (code) {
		if (file != stdin)
			fclose(file);
		return cmd_config_code(code);
	}
	events = read_events(file, wanted, &error);
	if (json_array_size(events)) {
		incident = incident_of(events);
		code = print(incident, NULL, config, arguments->json);
		json_decref(incident);
	} else {
		fprintf(stderr, "faultline explain: %s: no event of an incident%s%s is in it%s%s\n",
			path, wanted ? " " : "", wanted ? wanted : "",
			error.position > 0 ? "; it ends with: " : "",
			error.position > 0 ? error.text : "");
		code = EXIT_FAILED;
	}
	json_decref(events);
	config__free(config);
	if (file != stdin)
		fclose(file);
	return code;
}

int cmd_explain(const struct cmd_arguments *arguments)
{
	struct cmd_store opened;
	int code;

	if (arguments->event)
		return explain_file(arguments);
	if (!arguments->operand_count)
		return cmd_operand_missing("explain",
					   "which incident? an ID, its beginning, or last");
	code = cmd_store__open(arguments, "explain", &opened);
	if (code)
		return code;
	code = explain_stored(arguments, &opened);
	cmd_store__close(&opened);
	return code;
}
