/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * faultline page-test: a test page through every pager of the configuration, whatever its filters,
 * and what each answered.  Where a page stays open until it is resolved, the test is resolved, too.
 * It needs no sensor, and keeps nothing.
 */
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "base/config.h"
#include "base/utc.h"
#include "cmd.h"
#include "judge/incident_event.h"
#include "tell/command_helper.h"
#include "tell/http_client.h"
#include "tell/pager.h"
#include "tell/pager_try.h"

struct test {
	struct page_test *of;
	bool answered, held;
	struct pager_outcome outcome;
};

struct page_test {
	sd_event *loop;
	struct test *tests;
	size_t waiting;
};

static json_t *make_event(void)
{
	char host[256] = "localhost", id[300], now[UTC_TEXT_LEN];

	if (gethostname(host, sizeof(host) - 1))
		strcpy(host, "localhost");
	utc_now(now);
	snprintf(id, sizeof(id), "test-%s-%s", now, host);
	return json_pack("{s:s, s:s, s:s, s:i, s:b, s:s, s:s, s:s, s:s, s:s, s:s, s:f,"
			 " s:{s:[], s:[], s:[]}, s:s, s:s, s:s, s:[], s:[], s:[]}",
			 "schema", INCIDENT_SCHEMA, "event", "open", "id", id, "seq", 1, "test", 1,
			 "time", now, "began", now, "host", host, "severity", "page", "side",
			 "unknown", "place", "unknown", "confidence", 0.0, "scope", "links",
			 "devices", "peers", "owner", "", "contact", "", "summary",
			 "a test: nothing is wrong", "evidence", "against", "alternatives");
}

static void on_tried(void *context, const struct pager_outcome *outcome)
{
	struct test *test = context;

	test->answered = true;
	test->outcome = *outcome;
	test->of->waiting--;
}

static bool delivered(const struct test *test)
{
	return test->answered && test->outcome.answer == ANSWER_DELIVERED;
}

/* "slack 2     FAILED  404  31 ms  HTTP 404: no_service"; true when it was delivered. */
static bool show(const struct config *config, size_t index, const struct test *test)
{
	bool taken = delivered(test);
	const char *name = pager_kind(config->pagers[index].type)->name;
	unsigned of_kind = 1;
	char label[40], status[24] = "-";

	for (size_t i = 0; i < index; i++)
		of_kind += config->pagers[i].type == config->pagers[index].type;
	snprintf(label, sizeof(label), "%s", name);
	if (of_kind > 1)
		snprintf(label, sizeof(label), "%s %u", name, of_kind);
	if (test->outcome.status >= 0)
		snprintf(status, sizeof(status), "%ld", test->outcome.status);
	printf("%-16s %-9s %4s %6llu ms%s%s\n", label, taken ? "delivered" : "FAILED", status,
	       (unsigned long long)test->outcome.took_ms, taken ? "" : "  ",
	       taken		? ""
	       : test->answered ? test->outcome.why
				: "it could not be tried");
	return taken;
}

static int try_one(const struct pager_tools *tools, const struct config_pager *pager,
		   const json_t *event, struct test *test)
{
	struct pager_try *try;
	int err;

	test->answered = false;
	test->outcome = (struct pager_outcome){.status = -1};
	err = pager_try__new(tools, pager, event, NULL, on_tried, test, &try);
	if (!err)
		test->of->waiting++;
	return err;
}

/* Until all that were begun have answered.  0 or -errno. */
static int wait_for_answers(struct page_test *state)
{
	while (state->waiting) {
		int err = sd_event_run(state->loop, UINT64_MAX);

		if (err < 0)
			return err;
	}
	return 0;
}

/* The tests are over.  0, -EIO when one stays open where it was told, or -errno. */
static int resolve_all(const struct config *config, const struct pager_tools *tools,
		       struct page_test *state, json_t *event)
{
	int err = 0;

	if (json_object_set_new(event, "event", json_string("resolve")) ||
	    json_object_set_new(event, "seq", json_integer(2)))
		return -ENOMEM;
	for (size_t i = 0; i < config->pager_count; i++) {
		struct test *test = &state->tests[i];

		test->held = pager_kind(config->pagers[i].type)->holds && delivered(test);
		if (test->held && try_one(tools, &config->pagers[i], event, test))
			err = -ENOMEM;
	}
	if (!err)
		err = wait_for_answers(state);
	for (size_t i = 0; !err && i < config->pager_count; i++) {
		if (!state->tests[i].held || delivered(&state->tests[i]))
			continue;
		fprintf(stderr, "faultline page-test: the test stays open at %s: %s\n",
			pager_kind(config->pagers[i].type)->name, state->tests[i].outcome.why);
		err = -EIO;
	}
	return err;
}

static int try_all(const struct config *config, struct page_test *state, json_t *event)
{
	struct pager_tools tools = {.loop = state->loop, .language = config->language};
	bool all = true;
	int err;

	tools.commands = command_helper__new();
	if (!tools.commands)
		return -errno;
	tools.http = http_client__new(state->loop);
	if (!tools.http) {
		err = -errno;
		goto out;
	}
	for (size_t i = 0; i < config->pager_count; i++) {
		state->tests[i].of = state;
		try_one(&tools, &config->pagers[i], event, &state->tests[i]);
	}
	err = wait_for_answers(state);
	for (size_t i = 0; i < config->pager_count; i++)
		all &= show(config, i, &state->tests[i]);
	if (!err)
		err = resolve_all(config, &tools, state, event);
	http_client__free(tools.http);
out:
	command_helper__free(tools.commands);
	return err ? err : all ? 0 : -EIO;
}

static int run_test(const struct config *config)
{
	struct page_test state = {};
	json_t *event = make_event();
	int err = -ENOMEM;

	state.tests = calloc(config->pager_count, sizeof(*state.tests));
	if (!event || !state.tests || sd_event_new(&state.loop) < 0)
		goto out;
	err = try_all(config, &state, event);
out:
	if (err && err != -EIO)
		fprintf(stderr, "faultline page-test: %s\n", strerror(-err));
	sd_event_unref(state.loop);
	free(state.tests);
	json_decref(event);
	return err;
}

int cmd_page_test(const struct cmd_arguments *arguments)
{
	struct config *config = NULL;
	int err = config__load(arguments->config, &config, stderr);

	if (err)
		return cmd_config_code(err);
	signal(SIGPIPE, SIG_IGN);
	if (config->pager_count) {
		err = run_test(config);
	} else {
		fprintf(stderr, "faultline page-test: no pager is configured; nobody would be "
				"told\n");
		err = -ENOENT;
	}
	config__free(config);
	return err ? EXIT_FAILED : EXIT_DONE;
}
