/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * faultline incidents: past and open ones.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "cmd_store.h"
#include "keep/incident_read.h"
#include "tell/incident_json.h"
#include "tell/incidents_text.h"
#include "tell/paragraph.h"

static int print_json(const json_t *incidents)
{
	const json_t *incident;
	size_t i;

	json_array_foreach(incidents, i, incident) {
		if (incident_json__print(json_object_get(incident, "event"), stdout))
			return -EIO;
	}
	return 0;
}

static int print(const json_t *incidents, bool json)
{
	if (json)
		return print_json(incidents);
	if (!json_array_size(incidents))
		puts("no incidents");
	else
		incidents_text__write(incidents, cmd_now_ms(), terminal_columns(stdout), stdout);
	return fflush(stdout) ? -errno : 0;
}

int cmd_incidents(const struct cmd_arguments *arguments)
{
	struct incident_filter filter = {.link = arguments->link};
	struct cmd_store opened;
	json_t *incidents = NULL;
	int err, code;

	code = cmd_time("incidents", "since", arguments->since, &filter.since_ms);
	if (!code)
		code = cmd_store__open(arguments, "incidents", &opened);
	if (code)
		return code;
	err = incident_read__list(opened.store, &filter, &incidents);
	if (err) {
		code = cmd_store__failed(&opened, err);
	} else if (print(incidents, arguments->json)) {
		fprintf(stderr, "faultline incidents: cannot write: %s\n", strerror(errno));
		code = EXIT_FAILED;
	}
	json_decref(incidents);
	cmd_store__close(&opened);
	return code;
}
