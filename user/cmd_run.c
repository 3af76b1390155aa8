/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * faultline run: the sensor; and faultline record, the same without lock, judge and control socket.
 *
 * One thread, one event loop.  Everything that can happen is a source on it: the tick, a fact from
 * the kernel, a client of the control socket, a signal.  Start and stop are in one place, in this
 * order: configuration, lock, sensing, judge and desk, control socket, loop; and back.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/control.h"
#include "base/duration.h"
#include "base/instance.h"
#include "base/log.h"
#include "cmd.h"
#include "faultline/fact.h"
#include "run.h"
#include "sense/kernel_side.h"
#include "sense/link_table.h"
#include "sense/sensor.h"
#include "tell/command_helper.h"
#include "tell/desk.h"
#include "tell/fact_text.h"
#include "tell/health.h"
#include "tell/links_report.h"
#include "tell/links_text.h"

/* After a start or a reload a declared link has this long to show a socket. */
#define LINK_GRACE_NS (30 * NS_PER_SECOND)

/* A client that asks for the links gets them no older than this. */
#define FRESH_NS (50 * NS_PER_MS)

/* ---- what the loop calls ----------------------------------------------------------------- */

static const char *reset_reason(const void *kernel, unsigned reason)
{
	return kernel_side__reset_reason(kernel, reason);
}

static void on_fact(void *context, const struct fact *fact)
{
	struct run *run = context;
	const char *link = link_table__name_of(sensor__links(run->sensor), &fact->peer);
	char text[FACT_TEXT_LEN];

	run_note_fact(run, fact);
	log_debug("%s", fact_text(fact, link, reset_reason, sensor__kernel(run->sensor), text));
}

/* Seldom enough for the log, and what a person looks for there first. */
static void on_change(void *context, const struct change *change)
{
	run_note_change(context, change);
	log_info("%s", change->text);
}

static void show_links(struct run *run, bool in_place)
{
	struct links_text_style style = links_text_style_for(stdout);
	json_t *object = links_report__new(run->sensor, run->judge, run->host);

	if (!object)
		return;
	if (in_place)
		fputs("\033[H\033[2J", stdout);
	links_text__write(object, &style, stdout);
	health__print(run->health, stdout);
	fflush(stdout);
	json_decref(object);
}

static int on_tick(sd_event_source *source, uint64_t due_us, void *context)
{
	struct run *run = context;
	uint64_t interval_us = run->config->interval_ns / 1000, now_us;
	const struct sample *sample = run_look(run);

	run_state_health(run);
	if (sample && run->desk)
		desk__tick(run->desk, sample);
	if (run->live_view)
		show_links(run, true);
	/* After a pause of the machine ticks are left out, not made up for. */
	sd_event_now(run->loop, CLOCK_MONOTONIC, &now_us);
	due_us += interval_us;
	sd_event_source_set_time(source, due_us > now_us ? due_us : now_us + interval_us);
	return 0;
}

static int on_facts_ready(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct run *run = context;

	(void)source, (void)fd, (void)events;
	sensor__read_facts(run->sensor);
	run_settle(run);
	return 0;
}

static int on_host_ready(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct run *run = context;
	int err = sensor__read_host(run->sensor);

	(void)source, (void)fd, (void)events;
	if (err)
		log_warning_limited("the changes of this host could not be read: %s",
				    strerror(-err));
	run_settle(run);
	return 0;
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
	struct run *run = context;

	(void)source;
	log_info("stopping (%s)", strsignal(info->ssi_signo));
	return sd_event_exit(run->loop, EXIT_DONE);
}

static int on_duration_over(sd_event_source *source, uint64_t due_us, void *context)
{
	struct run *run = context;

	(void)source, (void)due_us;
	log_info("stopping: the time asked for is over");
	return sd_event_exit(run->loop, EXIT_DONE);
}

/* Keys that a running sensor cannot change: its state is already where it is. */
static bool reload_possible(const struct config *old, const struct config *new)
{
	if (old->scope == new->scope && !strcmp(old->state_dir, new->state_dir) &&
	    !strcmp(old->control, new->control))
		return true;
	log_error("reload: scope, state_dir and control cannot change while the sensor runs; "
		  "the old configuration stays in force");
	return false;
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
	struct run *run = context;
	struct config *config = NULL;
	char *text = NULL;
	size_t len = 0;
	int err;

	(void)source, (void)info;
	err = config__load_text(run->arguments->config, &config, &text, &len, stderr);
	if (err) {
		log_error("reload: the configuration is wrong; the old one stays in force");
		return 0;
	}
	if (!reload_possible(run->config, config))
		goto out;
	err = run_reload(run, config);
	if (err == -ENOTRECOVERABLE) {
		log_error("reload: it failed halfway; the sensor stops");
		run->half_taken = config;
		free(text);
		return sd_event_exit(run->loop, EXIT_FAILED);
	}
	if (err) {
		log_error("reload: %s; the old configuration stays in force", strerror(-err));
		goto out;
	}
	config__free(run->config);
	run->config = config;
	config = NULL;
	free(run->config_text);
	run->config_text = text;
	run->config_len = len;
	text = NULL;
	run_record_config(run);
	run->grace_end_ns = clock_monotonic_ns() + LINK_GRACE_NS;
	log_info("reload: the new configuration is in force, %zu links declared",
		 run->config->link_count);
out:
	free(text);
	config__free(config);
	return 0;
}

static int answer_links(void *context, const char *argument, char **reply, size_t *len)
{
	struct run *run = context;
	json_t *object;

	(void)argument;
	sensor__sweep(run->sensor, FRESH_NS);
	object = links_report__new(run->sensor, run->judge, run->host);
	if (!object)
		return -ENOMEM;
	*reply = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	if (!*reply)
		return -ENOMEM;
	*len = strlen(*reply);
	run_settle(run); /* that sweep may have found a process stopped */
	return 0;
}

/* ---- start and stop ---------------------------------------------------------------------- */

static int start_sensor(struct run *run)
{
	struct sensor_options options = {
		.config = run->config,
		.denied_hooks = run->arguments->denied_hooks,
		.denied_hook_count = run->arguments->denied_hook_count,
		.on_fact = on_fact,
		.on_change = on_change,
		.context = run,
	};
	char why[512] = "";
	int err = sensor__new(&options, &run->sensor, why, sizeof(why));

	if (!err)
		return EXIT_DONE;
	log_error("%s", why);
	if (err == -EINVAL)
		return EXIT_USAGE;
	return err == -EPERM || err == -ENOTSUP ? EXIT_UNSUPPORTED : EXIT_FAILED;
}

static int start_control(struct run *run)
{
	size_t count = 0;
	const struct control_request *of_desk =
		run->desk ? desk__requests(run->desk, &count) : NULL;
	struct control_options options = {
		.path = run->config->control,
		.group = run->config->control_group,
		.usual_group = CONTROL_USUAL_GROUP,
		.request_count = count + 1,
	};
	char why[512] = "";

	if (run->record_only)
		return EXIT_DONE;
	run->requests = calloc(count + 1, sizeof(*run->requests));
	if (!run->requests) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	run->requests[0] = (struct control_request){"links", answer_links, run};
	for (size_t i = 0; i < count; i++)
		run->requests[i + 1] = of_desk[i];
	options.requests = run->requests;
	if (!control__new(run->loop, &options, &run->control, why, sizeof(why)))
		return EXIT_DONE;
	log_error("%s", why);
	return EXIT_FAILED;
}

static int add_sources(struct run *run)
{
	uint64_t now_us, interval_us = run->config->interval_ns / 1000;
	int err;

	err = sd_event_now(run->loop, CLOCK_MONOTONIC, &now_us);
	if (err >= 0)
		err = sd_event_add_time(run->loop, &run->tick, CLOCK_MONOTONIC,
					now_us + interval_us, 1000, on_tick, run);
	if (err >= 0)
		err = sd_event_source_set_enabled(run->tick, SD_EVENT_ON);
	if (err >= 0)
		err = sd_event_add_io(run->loop, NULL, sensor__facts_fd(run->sensor), EPOLLIN,
				      on_facts_ready, run);
	if (err >= 0 && sensor__host_fd(run->sensor) >= 0)
		err = sd_event_add_io(run->loop, NULL, sensor__host_fd(run->sensor), EPOLLIN,
				      on_host_ready, run);
	if (err >= 0)
		err = run_add_judge_source(run);
	if (err >= 0)
		err = sd_event_add_signal(run->loop, NULL, SIGTERM, on_stop, run);
	if (err >= 0)
		err = sd_event_add_signal(run->loop, NULL, SIGINT, on_stop, run);
	if (err >= 0)
		err = sd_event_add_signal(run->loop, NULL, SIGHUP, on_reload, run);
	if (err >= 0 && run->arguments->duration_ns)
		err = sd_event_add_time(run->loop, NULL, CLOCK_MONOTONIC,
					now_us + run->arguments->duration_ns / 1000, 1000,
					on_duration_over, run);
	return err < 0 ? err : 0;
}

static int make_loop(struct run *run)
{
	sigset_t signals;
	int err;

	/* The loop reads these; blocked from the start, none is lost before it runs. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	err = sd_event_new(&run->loop);
	/* Does nothing unless a service manager that watches asked for it. */
	if (err >= 0)
		err = sd_event_set_watchdog(run->loop, true);
	if (err >= 0)
		return EXIT_DONE;
	log_error("no event loop: %s", strerror(-err));
	return EXIT_FAILED;
}

static int prepare(struct run *run)
{
	int err = config__load_text(run->arguments->config, &run->config, &run->config_text,
				    &run->config_len, stderr);

	if (err)
		return cmd_config_code(err);
	if (gethostname(run->host, sizeof(run->host) - 1))
		strcpy(run->host, "localhost");
	run->live_view = !run->arguments->json && !run->record_only && isatty(STDOUT_FILENO);
	run->health = health__new(run->arguments->json ? stdout : NULL, run->host);
	if (!run->health) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	return make_loop(run);
}

static int take_lock(struct run *run)
{
	char why[512] = "";

	if (run->record_only)
		return EXIT_DONE;
	run->lock_fd = instance_lock(run->config->state_dir, why, sizeof(why));
	if (run->lock_fd >= 0)
		return EXIT_DONE;
	if (geteuid() && (run->lock_fd == -EACCES || run->lock_fd == -EPERM)) {
		log_error("%s: run as root (sudo faultline run)", why);
		return EXIT_UNSUPPORTED;
	}
	log_error("%s", why);
	return EXIT_FAILED;
}

static int loop(struct run *run)
{
	int err = add_sources(run);

	if (err) {
		log_error("the event loop cannot be set up: %s", strerror(-err));
		return EXIT_FAILED;
	}
	run->grace_end_ns = clock_monotonic_ns() + LINK_GRACE_NS;
	run_look(run);
	run_state_health(run);
	log_info("ready: counting on %zu links; %s %s",
		 link_table__count(sensor__links(run->sensor)),
		 run->record_only ? "recording to" : "control socket",
		 run->record_only ? run->record_path : run->config->control);
	sd_notify(0, "READY=1");
	err = sd_event_loop(run->loop);
	if (err < 0)
		log_error("the event loop failed: %s", strerror(-err));
	sd_notify(0, "STOPPING=1");
	if (err >= 0 && !run->arguments->json && !run->live_view && !run->record_only &&
	    !sensor__sweep(run->sensor, 0))
		show_links(run, false);
	return err < 0 ? EXIT_FAILED : err;
}

static void stop(struct run *run)
{
	control__free(run->control);
	free(run->requests);
	run_stop_judge(run);
	command_helper__free(run->commands);
	sensor__free(run->sensor);
	health__free(run->health);
	sd_event_source_unref(run->tick);
	sd_event_unref(run->loop);
	free(run->config_text);
	config__free(run->half_taken);
	config__free(run->config);
	if (run->lock_fd >= 0)
		close(run->lock_fd);
}

static int run_all(struct run *run)
{
	int code = run_start_helper(run), code_recording;

	if (!code)
		code = prepare(run);
	if (!code)
		code = take_lock(run);
	if (!code)
		code = run_start_recording(run);
	if (!code)
		code = start_sensor(run);
	if (!code)
		code = run_start_judge(run);
	if (!code)
		code = start_control(run);
	if (!code) {
		run_confine(run);
		code = loop(run);
	}
	code_recording = run_stop_recording(run);
	stop(run);
	return code ? code : code_recording;
}

int cmd_run(const struct cmd_arguments *arguments)
{
	struct run run = {
		.arguments = arguments,
		.lock_fd = -1,
		.record_path = arguments->record,
	};

	if (run.record_path && !strcmp(run.record_path, "-")) {
		fprintf(stderr, "faultline run: --record: \"-\": standard output is for events; "
				"expected a file, or \"faultline record -\"\n");
		return EXIT_USAGE;
	}
	return run_all(&run);
}

int cmd_record(const struct cmd_arguments *arguments)
{
	struct run run = {.arguments = arguments, .lock_fd = -1, .record_only = true};

	if (arguments->operand_count < 1) {
		fprintf(stderr,
			"faultline record: no file named; try \"faultline record --help\"\n");
		return EXIT_USAGE;
	}
	run.record_path = arguments->operands[0];
	return run_all(&run);
}
