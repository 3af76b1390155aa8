/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every workload program of the lab shares: knobs, commands, seeded chance, and lines of
 * truth.
 *
 * A workload program plays one part of a trading firm's day (a price feed, an order session) and
 * can be told at run time to misbehave in one known way. Everything that can be told is a *knob*: a
 * named number in one table that drives the command line (`--think_ms 20`), the control FIFO (`set
 * think_ms 20`) and the help. Words that are not knobs go to the program's own command function.
 * Answers are JSON lines on stdout:
 *
 *     {"event":"ready",...}     once, when the program does its work
 *     {"event":"set",...}       after each control line, so that the tester can wait for its effect
 *     {"event":"truth",...}     on SIGUSR1, on the command `truth`, and at the end: what really
 * happened
 *
 * Counters in the truth are totals; the spreads (latencies) are of the time since the previous
 * truth line. The loop is one thread with poll(2). A program ends by `quit`, SIGTERM, SIGINT, or
 * after --seconds. All of it is header-only, because each program here is built from one file.
 */
#ifndef FAULTLINE_LAB_WORKLOAD_H
#define FAULTLINE_LAB_WORKLOAD_H

#include "numbers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NEVER		 (~0ull)
#define ERRNO_MAX	 134
#define CONTROL_LINE_MAX 256

/* One number that can be set on the command line and at run time. */
struct knob {
	const char *name;
	long *value;
	const char *help;
};

/* One text option of the command line, fixed once the program runs. */
struct text_option {
	const char *name;
	const char **value;
	const char *help;
};

/*
 * A program. `command` gets the control lines that are no knob, split at the first blank; it
 * returns 0 or -errno. `changed` is called after a knob was set. `truth` prints `,"name":value`
 * pairs. All may be NULL.
 */
struct workload {
	const char *program;
	const struct knob *knobs;
	const struct text_option *texts;
	int (*command)(const char *word, const char *rest);
	void (*changed)(const char *knob);
	void (*truth)(FILE *out);

	const char *name;
	const char *control_path;
	long seed;
	long seconds;
	__u64 random_state;
	__u64 started_ns;
	int signal_fd;
	int control_fd;
	bool stopping;
	size_t line_used;
	char line[CONTROL_LINE_MAX];
};

/* CLOCK_MONOTONIC in nanoseconds; the same in every network namespace of this machine. */
static inline __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (__u64)ts.tv_sec * NSEC_PER_SEC + (__u64)ts.tv_nsec;
}

/* Blocks the whole program, as an application does that is busy with something else. */
static inline void busy_elsewhere_ns(__u64 span_ns)
{
	struct timespec ts = {.tv_sec = (time_t)(span_ns / NSEC_PER_SEC),
			      .tv_nsec = (long)(span_ns % NSEC_PER_SEC)};

	nanosleep(&ts, NULL);
}

/*
 * Reads "192.0.2.1:7001" or "[2001:db8::1]:7001" into `address`. Returns the length of the address,
 * or -EINVAL.
 */
static inline int parse_endpoint(const char *text, struct sockaddr_storage *address)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
	struct sockaddr_in *four = (struct sockaddr_in *)address;
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN];
	size_t host_len;
	long port;

	if (!colon)
		return -EINVAL;
	port = strtol(colon + 1, NULL, 10);
	if (port <= 0 || port > 65535)
		return -EINVAL;
	if (*text == '[')
		text++;
	host_len = (size_t)(colon - text);
	if (host_len && text[host_len - 1] == ']')
		host_len--;
	if (!host_len || host_len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, host_len);
	host[host_len] = '\0';
	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons((__u16)port);
		return sizeof(*four);
	}
	if (inet_pton(AF_INET6, host, &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons((__u16)port);
		return sizeof(*six);
	}
	return -EINVAL;
}

/* A listening TCP socket that does not block, or -errno. */
static inline int open_listener(const struct sockaddr_storage *address, int address_len,
				int backlog)
{
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1;
	int err;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!bind(fd, (const struct sockaddr *)address, (socklen_t)address_len) &&
	    !listen(fd, backlog))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* Closes with a reset instead of a FIN. */
static inline void close_with_reset(int fd)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
}

static inline void no_delay(int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

/* Prints the truth line. */
static inline void workload__tell_truth(struct workload *workload)
{
	fprintf(stdout,
		"{\"event\":\"truth\",\"program\":\"%s\",\"name\":\"%s\",\"pid\":%d,\"seconds\":%."
		"3f",
		workload->program, workload->name, getpid(),
		(double)(now_ns() - workload->started_ns) / 1e9);
	if (workload->truth)
		workload->truth(stdout);
	fputs("}\n", stdout);
	fflush(stdout);
}

static inline const struct knob *workload__find_knob(const struct workload *workload,
						     const char *name)
{
	for (const struct knob *knob = workload->knobs; knob && knob->name; knob++) {
		if (!strcmp(knob->name, name))
			return knob;
	}
	return NULL;
}

/* Executes one control line and answers with one JSON line. */
static inline void workload__obey(struct workload *workload, char *line)
{
	char *rest = strchr(line, ' ');
	char shown[CONTROL_LINE_MAX];
	int err = -EINVAL;

	snprintf(shown, sizeof(shown), "%s", line);
	if (rest)
		*rest++ = '\0';
	if (!strcmp(line, "truth")) {
		workload__tell_truth(workload);
		return;
	}
	if (!strcmp(line, "quit")) {
		workload->stopping = true;
		err = 0;
	} else if (!strcmp(line, "set") && rest && strchr(rest, ' ')) {
		char *number = strchr(rest, ' ');
		const struct knob *knob;

		*number++ = '\0';
		knob = workload__find_knob(workload, rest);
		if (knob) {
			*knob->value = strtol(number, NULL, 10);
			if (workload->changed)
				workload->changed(knob->name);
			err = 0;
		}
	} else if (workload->command) {
		err = workload->command(line, rest ? rest : "");
	}
	fprintf(stdout, "{\"event\":\"%s\",\"line\":\"%s\"}\n", err ? "refused" : "set", shown);
	fflush(stdout);
}

/* Reads what came on the control FIFO and obeys each whole line. */
static inline void workload__read_control(struct workload *workload)
{
	char byte;

	while (read(workload->control_fd, &byte, 1) == 1) {
		if (byte != '\n') {
			if (workload->line_used < sizeof(workload->line) - 1)
				workload->line[workload->line_used++] = byte;
			continue;
		}
		workload->line[workload->line_used] = '\0';
		workload->line_used = 0;
		workload__obey(workload, workload->line);
	}
}

static inline void workload__read_signals(struct workload *workload)
{
	struct signalfd_siginfo info;

	while (read(workload->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGUSR1)
			workload__tell_truth(workload);
		else
			workload->stopping = true;
	}
}

/*
 * Waits until one of `fds` is ready, a signal or a control line comes, or `until_ns` is reached.
 * The caller leaves fds[0] and fds[1] to this function. Returns false when the program shall end.
 */
static inline bool workload__wait(struct workload *workload, struct pollfd *fds, nfds_t count,
				  __u64 until_ns)
{
	__u64 end_ns = workload->started_ns + (__u64)workload->seconds * NSEC_PER_SEC;
	__u64 now = now_ns();
	__u64 wait_ns;
	struct timespec ts;

	if (now >= end_ns || workload->stopping)
		return false;
	if (until_ns > end_ns)
		until_ns = end_ns;
	wait_ns = until_ns > now ? until_ns - now : 0;
	ts.tv_sec = (time_t)(wait_ns / NSEC_PER_SEC);
	ts.tv_nsec = (long)(wait_ns % NSEC_PER_SEC);
	fds[0] = (struct pollfd){.fd = workload->signal_fd, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = workload->control_fd, .events = POLLIN};
	if (ppoll(fds, count, &ts, NULL) < 0) {
		for (nfds_t i = 0; i < count; i++)
			fds[i].revents = 0;
	}
	if (fds[0].revents)
		workload__read_signals(workload);
	if (fds[1].revents)
		workload__read_control(workload);
	return !workload->stopping;
}

static inline void workload__usage(const struct workload *workload)
{
	printf("usage: %s [--OPTION VALUE]...\n"
	       "  --name TEXT     how the truth calls this program; also its command name\n"
	       "  --control PATH  FIFO for control lines: set KNOB NUMBER, truth, quit, or a "
	       "command\n"
	       "  --seed N        of all chance in this program\n"
	       "  --seconds N     ends by itself after this time\n",
	       workload->program);
	for (const struct text_option *text = workload->texts; text && text->name; text++)
		printf("  --%s TEXT  %s\n", text->name, text->help);
	for (const struct knob *knob = workload->knobs; knob && knob->name; knob++)
		printf("  --%s N  %s (%ld)\n", knob->name, knob->help, *knob->value);
}

static inline int workload__set_option(struct workload *workload, const char *name,
				       const char *value)
{
	const struct knob *knob = workload__find_knob(workload, name);

	if (!strcmp(name, "name"))
		workload->name = value;
	else if (!strcmp(name, "control"))
		workload->control_path = value;
	else if (!strcmp(name, "seed"))
		workload->seed = strtol(value, NULL, 10);
	else if (!strcmp(name, "seconds"))
		workload->seconds = strtol(value, NULL, 10);
	else if (knob)
		*knob->value = strtol(value, NULL, 10);
	else {
		for (const struct text_option *text = workload->texts; text && text->name; text++) {
			if (!strcmp(text->name, name)) {
				*text->value = value;
				return 0;
			}
		}
		fprintf(stderr, "%s: --%s: no such option\n", workload->program, name);
		return -EINVAL;
	}
	return 0;
}

/* Reads the command line and opens signals and control. Exits the program on --help; returns 0 or
 * -errno. */
static inline int workload__start(struct workload *workload, int argc, char **argv)
{
	sigset_t signals;

	workload->name = workload->program;
	workload->seed = 1;
	workload->seconds = 3600;
	workload->control_fd = -1;
	workload->started_ns = now_ns();
	for (int i = 1; i < argc; i += 2) {
		if (!strcmp(argv[i], "--help")) {
			workload__usage(workload);
			exit(0);
		}
		if (strncmp(argv[i], "--", 2) || i + 1 >= argc) {
			fprintf(stderr, "%s: %s: expected --OPTION VALUE\n", workload->program,
				argv[i]);
			return -EINVAL;
		}
		if (workload__set_option(workload, argv[i] + 2, argv[i + 1]))
			return -EINVAL;
	}
	workload->random_state = (__u64)workload->seed;
	prctl(PR_SET_NAME, workload->name);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	workload->signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (!workload->control_path)
		return 0;
	if (mkfifo(workload->control_path, 0600) && errno != EEXIST)
		return -errno;
	workload->control_fd = open(workload->control_path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return workload->control_fd < 0 ? -errno : 0;
}

/* Prints the ready line, with the value of every knob. */
static inline void workload__ready(const struct workload *workload)
{
	const char *comma = "";

	printf("{\"event\":\"ready\",\"program\":\"%s\",\"name\":\"%s\",\"pid\":%d,\"seed\":%ld,"
	       "\"knobs\":{",
	       workload->program, workload->name, getpid(), workload->seed);
	for (const struct knob *knob = workload->knobs; knob && knob->name; knob++) {
		printf("%s\"%s\":%ld", comma, knob->name, *knob->value);
		comma = ",";
	}
	fputs("}}\n", stdout);
	fflush(stdout);
}

#endif
