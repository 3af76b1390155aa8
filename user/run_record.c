/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The judge's input, kept while it is judged.  A recording that fails, such as on a full disk, is
 * said once and ends; the sensor goes on.
 */
#include <errno.h>
#include <string.h>

#include "base/config.h"
#include "base/log.h"
#include "cmd.h"
#include "keep/recording.h"
#include "run.h"
#include "tell/health.h"

static void on_failure(struct run *run, int err)
{
	health__set(run->health, "recording", run->record_path, true,
		    "it has ended, incomplete: %s", strerror(-err));
	recording_writer__close(run->recording);
	run->recording = NULL;
	/* Then there is nothing left to do. */
	if (run->record_only && run->loop)
		sd_event_exit(run->loop, EXIT_FAILED);
}

void run_record_config(struct run *run)
{
	const char *name = run->arguments->config ? run->arguments->config : CONFIG_DEFAULT_FILE;
	int err;

	if (!run->recording)
		return;
	err = recording_writer__config(run->recording, name, run->config_text, run->config_len);
	if (err)
		on_failure(run, err);
}

int run_start_recording(struct run *run)
{
	char why[512] = "";
	FILE *out = NULL;
	int err;

	if (!run->record_path)
		return EXIT_DONE;
	err = recording_create(run->record_path, &out, why, sizeof(why));
	if (err) {
		log_error("%s", why);
		return err == -EEXIST ? EXIT_USAGE : EXIT_FAILED;
	}
	err = recording_writer__new(out, run->host, &run->recording);
	if (err) {
		log_error("%s: cannot be written: %s", run->record_path, strerror(-err));
		return EXIT_FAILED;
	}
	run_record_config(run);
	return run->recording || !run->record_only ? EXIT_DONE : EXIT_FAILED;
}

void run_record(struct run *run, const struct sample *sample)
{
	int err;

	if (!run->recording)
		return;
	err = recording_writer__add(run->recording, sample);
	if (err == -E2BIG)
		log_warning_limited("a sample is too large for the recording, and missing in it");
	else if (err)
		on_failure(run, err);
}

int run_stop_recording(struct run *run)
{
	int err;

	if (!run->recording)
		return EXIT_DONE;
	err = recording_writer__close(run->recording);
	run->recording = NULL;
	if (!err)
		return EXIT_DONE;
	log_error("%s: the recording is incomplete: %s", run->record_path, strerror(-err));
	return EXIT_FAILED;
}
