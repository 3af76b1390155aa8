/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * faultline replay: judges a recording.
 *
 * Nothing but the recording and the configuration goes in: no clock, no name of this host, no state
 * of an earlier run.  So the same input gives the same output, on every machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "cmd.h"
#include "judge/judge.h"
#include "keep/recording.h"
#include "tell/incident_json.h"

struct replay {
	const struct cmd_arguments *arguments;
	const char *path;
	struct recording_reader *reader;
	struct config *config;
	struct judge *judge;
	int err; /* of what the judge told */
};

static void print_text(const json_t *event)
{
	const char *time = "", *change = "", *id = "", *severity = "", *side = "", *place = "";
	const char *summary = "";
	double confidence = 0;

	json_unpack((json_t *)event, "{s:s, s:s, s:s, s:s, s:s, s:s, s:F, s:s}", "time", &time,
		    "event", &change, "id", &id, "severity", &severity, "side", &side, "place",
		    &place, "confidence", &confidence, "summary", &summary);
	printf("%s  %-7s %-6s %s/%s %.2f  %s  %s\n", time, change, severity, side, place,
	       confidence, id, summary);
}

static void on_incident(void *context, const struct incident_event *event)
{
	struct replay *replay = context;
	json_t *json = incident_json__new(event);

	if (!json)
		replay->err = -ENOMEM;
	else if (replay->arguments->json && incident_json__print(json, stdout))
		replay->err = -EIO;
	else if (!replay->arguments->json)
		print_text(json);
	json_decref(json);
}

static int make_judge(struct replay *replay)
{
	struct judge_options options = {
		.config = replay->config,
		.host = recording_reader__host(replay->reader),
		.sink = on_incident,
		.context = replay,
	};

	replay->judge = judge__new(&options);
	if (replay->judge)
		return EXIT_DONE;
	fprintf(stderr, "faultline replay: there is no judge: %s\n", strerror(errno));
	return EXIT_FAILED;
}

/* The recording's configuration, at its start or after a reload, unless another one was given. */
static int take_config(struct replay *replay)
{
	struct config *config = NULL;
	const char *name, *text;
	char shown[512];
	size_t len;
	int err;

	if (replay->arguments->config)
		return EXIT_DONE;
	text = recording_reader__config(replay->reader, &name, &len);
	snprintf(shown, sizeof(shown), "%s in %s", name, replay->path);
	err = config__parse(shown, text, len, &config, stderr);
	if (err)
		return cmd_config_code(err);
	err = replay->judge ? judge__reload(replay->judge, config) : 0;
	if (err) {
		config__free(config);
		fprintf(stderr, "faultline replay: %s\n", strerror(-err));
		return EXIT_FAILED;
	}
	config__free(replay->config);
	replay->config = config;
	return EXIT_DONE;
}

static int take_sample(struct replay *replay)
{
	int code = replay->judge ? EXIT_DONE : make_judge(replay), err;

	if (code)
		return code;
	err = judge__take(replay->judge, recording_reader__sample(replay->reader));
	if (!err)
		err = replay->err;
	if (!err)
		return EXIT_DONE;
	fprintf(stderr, "faultline replay: sample %llu: %s\n",
		(unsigned long long)recording_reader__samples(replay->reader), strerror(-err));
	return EXIT_FAILED;
}

static int judge_all(struct replay *replay)
{
	enum recording_item item;
	char why[512];
	int code = EXIT_DONE;

	while (!code) {
		if (recording_reader__next(replay->reader, &item, why, sizeof(why))) {
			fflush(stdout);
			fprintf(stderr, "faultline replay: %s: %s\n", replay->path, why);
			return EXIT_FAILED;
		}
		if (item == RECORDING_END)
			break;
		code = item == RECORDING_CONFIG ? take_config(replay) : take_sample(replay);
	}
	return code;
}

static int open_recording(struct replay *replay)
{
	int fd = strcmp(replay->path, "-") ? open(replay->path, O_RDONLY | O_CLOEXEC)
					   : dup(STDIN_FILENO);
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
	char why[512];

	if (!in) {
		fprintf(stderr, "faultline replay: %s: %s\n", replay->path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return EXIT_FAILED;
	}
	if (!recording_reader__new(in, &replay->reader, why, sizeof(why)))
		return EXIT_DONE;
	fprintf(stderr, "faultline replay: %s: %s\n", replay->path, why);
	return EXIT_FAILED;
}

/* What is in force until the recording says another: the file that was named, or the defaults. */
static int begin_config(struct replay *replay)
{
	int err;

	if (replay->arguments->config)
		err = config__load(replay->arguments->config, &replay->config, stderr);
	else
		err = config__parse("defaults", "", 0, &replay->config, stderr);
	return cmd_config_code(err);
}

int cmd_replay(const struct cmd_arguments *arguments)
{
	struct replay replay = {.arguments = arguments};
	int code;

	if (arguments->operand_count < 1) {
		fprintf(stderr,
			"faultline replay: no file named; try \"faultline replay --help\"\n");
		return EXIT_USAGE;
	}
	replay.path = arguments->operands[0];
	code = begin_config(&replay);
	if (!code)
		code = open_recording(&replay);
	if (!code)
		code = judge_all(&replay);
	judge__free(replay.judge);
	config__free(replay.config);
	recording_reader__free(replay.reader);
	if (!fflush(stdout))
		return code;
	fprintf(stderr, "faultline replay: cannot write: %s\n", strerror(errno));
	return EXIT_FAILED;
}
