/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * line: a wire between two network namespaces that does harm on purpose and says exactly what it
 * did. One thread waits in epoll for both devices, the commands, signals and one timer, which is
 * set to the exact time at which the next delayed packet is due: an idle line costs nothing.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "command.h"
#include "control.h"
#include "options.h"
#include "tun.h"
#include "wire.h"

struct line {
	struct tun *near, *far;
	struct wire *wire;
	struct control *control;
	int epoll_fd, timer_fd, signal_fd;
	__u64 armed_ns;
};

static int add_fd(const struct line *line, int fd, void *owner)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = owner};

	return epoll_ctl(line->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

/* Commands given on the command line go the same way as those given later. */
static int run_first_commands(struct line *line, const struct options *options)
{
	char reply[512];

	for (unsigned int i = 0; i < options->command_count; i++) {
		FILE *out = fmemopen(reply, sizeof(reply), "w");
		int err;

		if (!out)
			return -errno;
		err = command__run(line->wire, options->command[i], out);
		fclose(out);
		if (err < 0) {
			fprintf(stderr, "line: %s", reply);
			return err;
		}
	}
	return 0;
}

static int open_loop(struct line *line, const struct options *options)
{
	sigset_t set;
	int err;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	line->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	line->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	line->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (line->epoll_fd < 0 || line->timer_fd < 0 || line->signal_fd < 0)
		return -errno;
	err = add_fd(line, tun__fd(line->near), line->near);
	if (!err)
		err = add_fd(line, tun__fd(line->far), line->far);
	if (!err)
		err = add_fd(line, line->timer_fd, &line->timer_fd);
	if (!err)
		err = add_fd(line, line->signal_fd, &line->signal_fd);
	if (err)
		return err;
	line->control = control__new(options->control, options->standard_input, line->epoll_fd);
	return line->control ? 0 : -errno;
}

static int open_line(struct line *line, const struct options *options)
{
	struct wire_spec spec = {
		.tap = options->tap,
		.seed = options->seed,
		.hold_bytes = options->hold_bytes,
		.flows = options->flows,
	};
	char error[256];
	int err;

	line->near = tun__new(&options->near, options->mtu, options->tap, error, sizeof(error));
	if (line->near)
		line->far =
			tun__new(&options->far, options->mtu, options->tap, error, sizeof(error));
	if (!line->near || !line->far) {
		err = -errno;
		fprintf(stderr, "line: %s\n", error);
		return err;
	}
	spec.near = line->near;
	spec.far = line->far;
	line->wire = wire__new(&spec);
	if (!line->wire)
		return -errno;
	err = open_loop(line, options);
	if (err) {
		fprintf(stderr, "line: cannot listen%s%s: %s\n", options->control ? " on " : "",
			options->control ? options->control : "", strerror(-err));
		return err;
	}
	return run_first_commands(line, options);
}

static void close_line(struct line *line)
{
	control__free(line->control);
	wire__free(line->wire);
	tun__free(line->far);
	tun__free(line->near);
	if (line->signal_fd >= 0)
		close(line->signal_fd);
	if (line->timer_fd >= 0)
		close(line->timer_fd);
	if (line->epoll_fd >= 0)
		close(line->epoll_fd);
}

/* Sets the timer to the next packet that is due, if that changed. */
static void arm_timer(struct line *line)
{
	__u64 next_ns = wire__next_ns(line->wire);
	struct itimerspec spec = {0};

	if (next_ns == line->armed_ns)
		return;
	line->armed_ns = next_ns;
	if (next_ns != ~0ull) {
		spec.it_value.tv_sec = (time_t)(next_ns / 1000000000);
		spec.it_value.tv_nsec = (long)(next_ns % 1000000000);
	}
	timerfd_settime(line->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

static int handle_event(struct line *line, const struct epoll_event *event)
{
	__u64 expirations;
	bool handled;
	int result = control__handle(line->control, event, line->wire, &handled);

	if (handled)
		return result;
	if (event->data.ptr == line->near) {
		wire__read(line->wire, OUT);
	} else if (event->data.ptr == line->far) {
		wire__read(line->wire, IN);
	} else if (event->data.ptr == &line->timer_fd) {
		if (read(line->timer_fd, &expirations, sizeof(expirations)) > 0)
			line->armed_ns = 0;
		wire__release(line->wire);
	} else {
		return 1;
	}
	return 0;
}

static int run_loop(struct line *line)
{
	struct epoll_event event[8];
	int count, done = 0;

	while (!done) {
		arm_timer(line);
		count = epoll_wait(line->epoll_fd, event, 8, -1);
		if (count < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < count && !done; i++)
			done = handle_event(line, &event[i]);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct line line = {.epoll_fd = -1, .timer_fd = -1, .signal_fd = -1, .armed_ns = ~0ull};
	struct options options;
	int err = options__parse(&options, argc, argv);

	if (err)
		return err > 0 ? 0 : 2;
	if (options.ask) {
		err = control__ask(options.ask, options.command[0]);
		options__free(&options);
		return err;
	}
	if (options.realtime) {
		struct sched_param param = {.sched_priority = (int)options.realtime};

		if (sched_setscheduler(0, SCHED_RR, &param))
			fprintf(stderr, "line: --realtime %u: %s\n", options.realtime,
				strerror(errno));
	}
	err = open_line(&line, &options);
	if (!err) {
		puts("ready");
		fflush(stdout);
		err = run_loop(&line);
	}
	close_line(&line);
	options__free(&options);
	return err ? 1 : 0;
}
