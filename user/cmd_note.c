/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * faultline note: what people found out, added to an incident.
 *
 * The running sensor is asked to write it; when none runs, and nobody else has its lock, it is
 * written here.
 */
#include <errno.h>
#include <jansson.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "base/control.h"
#include "base/control_client.h"
#include "base/instance.h"
#include "base/text_stream.h"
#include "cmd.h"
#include "cmd_store.h"
#include "keep/incident_log.h"
#include "keep/note_request.h"
#include "keep/store.h"

/* Who writes: behind sudo, who called it. */
static const char *author(void)
{
	const char *name = geteuid() == 0 ? getenv("SUDO_USER") : NULL;
	const struct passwd *user;

	if (name && *name)
		return name;
	user = getpwuid(getuid());
	return user ? user->pw_name : "unknown";
}

static int said(const char *id, const char *why)
{
	printf("noted on %s%s%s\n", id, *why ? "; " : "", why);
	return EXIT_DONE;
}

static int refused(const char *why)
{
	fprintf(stderr, "faultline note: %s\n", why);
	return EXIT_FAILED;
}

/* What the sensor answered. */
static int take_reply(const char *reply)
{
	json_t *answer = json_loads(reply, 0, NULL);
	const char *id = json_string_value(json_object_get(answer, "incident"));
	const char *why = json_string_value(json_object_get(answer, "why"));
	int code;

	if (json_is_true(json_object_get(answer, "kept")) && id)
		code = said(id, json_is_true(json_object_get(answer, "waits")) && why ? why : "");
	else
		code = refused(why ? why : "the sensor's answer is of another version");
	json_decref(answer);
	return code;
}

static int write_here(const struct config *config, const json_t *request)
{
	char why[512] = "", id[INCIDENT_NAME_LEN] = "", path[4096];
	struct incident_log *log = NULL;
	struct store *store = NULL;
	int lock, err;

	snprintf(path, sizeof(path), "%s/" STORE_FILE, config->state_dir);
	if (access(path, F_OK) < 0) {
		snprintf(why, sizeof(why), "%.400s: %s", path,
			 errno == ENOENT ? "there is no store" : strerror(errno));
		return refused(why);
	}
	lock = instance_lock(config->state_dir, why, sizeof(why));
	if (lock < 0)
		return refused(why);
	err = store__new(config->state_dir, &store);
	if (!err && store__trouble(store)) {
		snprintf(why, sizeof(why), "%s", store__trouble(store));
		err = -EIO;
	}
	if (!err) {
		log = incident_log__new(store);
		err = log ? note_request__take(store, log, request, id, sizeof(id), why,
					       sizeof(why))
			  : -ENOMEM;
	}
	/* Here nothing goes on to wait. */
	if (err == -EAGAIN)
		snprintf(why, sizeof(why), "%s",
			 store__trouble(store) ? store__trouble(store)
					       : "the disk did not take it");
	store__free(store);
	incident_log__free(log);
	close(lock);
	if (err)
		return refused(*why ? why : strerror(-err));
	return said(id, "");
}

static int send_note(const struct config *config, const json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT), *reply = NULL, *line = NULL, why[512];
	size_t len;
	int err, code;

	if (!text || asprintf(&line, "note %s", text) < 0) {
		free(text);
		return refused("out of memory");
	}
	err = control_client__ask(config->control, line, &reply, &len, why, sizeof(why));
	if (!err)
		code = take_reply(reply);
	else if (err == -ENOENT || err == -ECONNREFUSED)
		code = write_here(config, request);
	else
		code = refused(why);
	free(text);
	free(line);
	free(reply);
	return code;
}

/* Several words are one text: quotes are easily forgotten. */
static json_t *make_request(const struct cmd_arguments *arguments)
{
	json_t *request;
	char *text = NULL;
	size_t len = 0;
	FILE *out = text_stream__open(&text, &len);

	if (!out)
		return NULL;
	for (int i = 1; i < arguments->operand_count; i++)
		fprintf(out, "%s%s", i > 1 ? " " : "", arguments->operands[i]);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	request = json_pack("{s:s, s:s, s:s}", "incident", arguments->operands[0], "author",
			    author(), "text", text);
	if (request && arguments->turned_out)
		json_object_set_new(request, "turned_out", json_string(arguments->turned_out));
	free(text);
	return request;
}

int cmd_note(const struct cmd_arguments *arguments)
{
	char side[32], place[32], why[768];
	struct config *config = NULL;
	json_t *request;
	int err, code;

	if (!arguments->operand_count)
		return cmd_operand_missing("note", "which incident? an ID, its beginning, or last");
	if (arguments->operand_count < 2 && !arguments->turned_out)
		return cmd_operand_missing("note", "what is to be noted? a TEXT, or --turned-out");
	if (arguments->turned_out &&
	    parse_verdict(arguments->turned_out, side, place, why, sizeof(why))) {
		fprintf(stderr, "faultline note: --turned-out: %s\n", why);
		return EXIT_USAGE;
	}
	err = config__load(arguments->config, &config, stderr);
	if (err)
		return cmd_config_code(err);
	request = make_request(arguments);
	code = request ? send_note(config, request)
		       : refused("the text is no UTF-8, or memory is short");
	json_decref(request);
	config__free(config);
	return code;
}
