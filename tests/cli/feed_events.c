/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Incident events to the store and to the pagers of a configuration, without a judge: what a test
 * of the pagers needs.
 *
 * Usage: feed_events FILE [kill]    FILE: a configuration
 *
 * Reads lines from standard input.  An event (JSON) is kept and paged as the sensor would; "status"
 * prints a line of JSON about every pager; "reload" reads the configuration anew.  At the end of
 * the input it goes on until every page was told, and exits.  With "kill" it dies, as by kill -9,
 * when the first event is on disk and before anything is sent.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "base/config.h"
#include "keep/incident_log.h"
#include "keep/store.h"
#include "tell/command_helper.h"
#include "tell/health.h"
#include "tell/pagers.h"

#define TICK_US 50000

struct feed {
	const char *path;
	bool die, input_over;
	struct config *config;
	sd_event *loop;
	sd_event_source *tick;
	struct store *store;
	struct incident_log *log;
	struct health *health;
	struct command_helper *commands;
	struct pagers *pagers;
	size_t used;
	char text[1 << 20];
};

static void print_status(const struct feed *feed)
{
	json_t *list = json_array();

	for (size_t i = 0; i < pagers__count(feed->pagers); i++) {
		struct pager_status status = pagers__at(feed->pagers, i);

		json_array_append_new(list,
				      json_pack("{s:s, s:b, s:s, s:I, s:I, s:I, s:I, s:I, s:I}",
						"name", status.name, "well", status.well, "trouble",
						status.trouble, "queued", (json_int_t)status.queued,
						"delivered", (json_int_t)status.delivered, "failed",
						(json_int_t)status.failed, "refused",
						(json_int_t)status.refused, "merged",
						(json_int_t)status.merged, "discarded",
						(json_int_t)status.discarded));
	}
	json_dumpf(list, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(list);
}

static void take_event(struct feed *feed, const char *line)
{
	json_t *event = json_loads(line, 0, NULL);
	json_t *kept = event ? incident_log__put(feed->log, event) : NULL;

	if (!kept) {
		fprintf(stderr, "feed_events: not an event: %s\n", line);
		exit(1);
	}
	pagers__queue(feed->pagers, kept);
	if (store__flush(feed->store)) {
		fprintf(stderr, "feed_events: not on disk\n");
		exit(1);
	}
	if (feed->die)
		kill(getpid(), SIGKILL);
	pagers__go(feed->pagers);
	printf("queued\n");
	fflush(stdout);
	json_decref(kept);
	json_decref(event);
}

static void reload(struct feed *feed)
{
	struct config *config = NULL;

	if (config__load(feed->path, &config, stderr) || pagers__reload(feed->pagers, config))
		exit(1);
	config__free(feed->config);
	feed->config = config;
	printf("reloaded\n");
	fflush(stdout);
}

static void take_line(struct feed *feed, const char *line)
{
	if (!strcmp(line, "status"))
		print_status(feed);
	else if (!strcmp(line, "reload"))
		reload(feed);
	else
		take_event(feed, line);
}

static int on_input(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct feed *feed = context;
	ssize_t len = read(fd, feed->text + feed->used, sizeof(feed->text) - 1 - feed->used);
	char *end;

	(void)events;
	if (len < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (!len) {
		feed->input_over = true;
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
		return 0;
	}
	feed->used += (size_t)len;
	feed->text[feed->used] = '\0';
	while ((end = strchr(feed->text, '\n'))) {
		*end = '\0';
		take_line(feed, feed->text);
		feed->used -= (size_t)(end + 1 - feed->text);
		memmove(feed->text, end + 1, feed->used + 1);
	}
	return 0;
}

static int on_tick(sd_event_source *source, uint64_t due_us, void *context)
{
	struct feed *feed = context;
	size_t queued = 0;

	store__flush(feed->store);
	for (size_t i = 0; i < pagers__count(feed->pagers); i++)
		queued += pagers__at(feed->pagers, i).queued;
	if (feed->input_over && !queued)
		return sd_event_exit(feed->loop, 0);
	return sd_event_source_set_time(source, due_us + TICK_US);
}

static int start(struct feed *feed)
{
	struct pagers_options options;
	uint64_t now_us;
	int err = config__load(feed->path, &feed->config, stderr);

	if (!err)
		err = sd_event_new(&feed->loop) < 0 ? -ENOMEM : 0;
	if (!err)
		err = store__new(feed->config->state_dir, &feed->store);
	if (err)
		return err;
	feed->log = incident_log__new(feed->store);
	feed->health = health__new(stdout, "test-host");
	feed->commands = command_helper__new();
	if (!feed->commands)
		return -errno;
	options = (struct pagers_options){feed->loop, feed->config, feed->store, feed->health,
					  feed->commands};
	err = pagers__new(&options, &feed->pagers);
	if (err)
		return err;
	pagers__open(feed->pagers, incident_log__open(feed->log));
	pagers__go(feed->pagers);
	/* A file as input is always ready, which epoll does not know: it comes through a pipe. */
	err = sd_event_add_io(feed->loop, NULL, STDIN_FILENO, EPOLLIN, on_input, feed);
	sd_event_now(feed->loop, CLOCK_MONOTONIC, &now_us);
	if (err >= 0)
		err = sd_event_add_time(feed->loop, &feed->tick, CLOCK_MONOTONIC, now_us + TICK_US,
					1000, on_tick, feed);
	if (err >= 0)
		err = sd_event_source_set_enabled(feed->tick, SD_EVENT_ON);
	return err < 0 ? err : 0;
}

int main(int argc, char **argv)
{
	struct feed *feed = calloc(1, sizeof(*feed));
	int err;

	if (!feed || argc < 2 || argc > 3 || (argc == 3 && strcmp(argv[2], "kill") != 0)) {
		fprintf(stderr, "usage: feed_events FILE [kill]\n");
		return 2;
	}
	feed->path = argv[1];
	feed->die = argc == 3;
	signal(SIGPIPE, SIG_IGN);
	err = start(feed);
	if (!err)
		err = sd_event_loop(feed->loop);
	if (err < 0)
		fprintf(stderr, "feed_events: %s\n", strerror(-err));
	store__free(feed->store);
	pagers__free(feed->pagers);
	command_helper__free(feed->commands);
	incident_log__free(feed->log);
	health__free(feed->health);
	sd_event_source_disable_unref(feed->tick);
	sd_event_unref(feed->loop);
	config__free(feed->config);
	free(feed);
	return err ? 1 : 0;
}
