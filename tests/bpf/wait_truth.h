/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the near sides of the tests of waiting share: a clock, what they measured by it, and the
 * simplest ways to ask and to wait.
 *
 * A mode does one thing COUNT times with tests/bpf/wait_far, or with itself; the program prints one
 * JSON object: how often, and for each operation that it timed the median and the longest, in us.
 * What an operation has no time for in a mode is left out.  "oversleep" is how late sleeps ended
 * meanwhile, for the one who compares.
 */
#ifndef WAIT_TRUTH_H
#define WAIT_TRUTH_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "wait_request.h"

#define SAMPLES_MAX 16384
#define PROBE_NS    1000000
#define REPLY_BYTES 64

enum operation { SEND, RECV, RESPONSE, PICKUP, ACCEPT, CLOSE, CONNECT, OVERSLEEP, OPERATIONS };

static const char *const operation_name[OPERATIONS] = {"send",	 "recv",  "response", "pickup",
						       "accept", "close", "connect",  "oversleep"};

/* In memory that children share: what they measure counts, too. */
static struct truth {
	uint32_t count[OPERATIONS];
	uint64_t ns[OPERATIONS][SAMPLES_MAX];
} * truth;

static struct sockaddr_in to;
static unsigned count = 20;
static char buffer[1 << 20];

static inline void die(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	exit(1);
}

static inline uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static inline void pause_until(uint64_t then_ns)
{
	struct timespec then = {then_ns / 1000000000, then_ns % 1000000000};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL) == EINTR)
		;
}

static inline void sample(enum operation operation, uint64_t duration_ns)
{
	uint32_t i = __atomic_fetch_add(&truth->count[operation], 1, __ATOMIC_RELAXED);

	if (i < SAMPLES_MAX)
		truth->ns[operation][i] = duration_ns;
}

static inline int compare(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static inline void print_truth(const char *mode)
{
	printf("{\"mode\":\"%s\"", mode);
	for (int i = 0; i < OPERATIONS; i++) {
		uint32_t n = truth->count[i];

		if (!n)
			continue;
		qsort(truth->ns[i], n, sizeof(truth->ns[i][0]), compare);
		printf(",\"%s\":{\"count\":%u,\"p50_us\":%.1f,\"max_us\":%.1f}", operation_name[i],
		       n, truth->ns[i][(n - 1) / 2] / 1e3, truth->ns[i][n - 1] / 1e3);
	}
	printf("}\n");
}

static inline int connect_to(int port_offset)
{
	struct sockaddr_in at = to;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	uint64_t began = now_ns();

	at.sin_port = htons(ntohs(to.sin_port) + port_offset);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)))
		die("connect");
	sample(CONNECT, now_ns() - began);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static inline void close_timed(int fd)
{
	uint64_t began = now_ns();

	close(fd);
	sample(CLOSE, now_ns() - began);
}

static inline struct request make_request(uint32_t delay_us)
{
	return (struct request){.delay_us = delay_us, .pieces = 1, .bytes = REPLY_BYTES};
}

static inline uint64_t send_request(int fd, const struct request *request)
{
	uint64_t began = now_ns(), ended;

	if (send(fd, request, sizeof(*request), MSG_NOSIGNAL) != sizeof(*request))
		die("send");
	ended = now_ns();
	sample(SEND, ended - began);
	return ended;
}

/* One blocking recv; how much came. */
static inline size_t receive(int fd, size_t most)
{
	uint64_t began = now_ns();
	ssize_t n = recv(fd, buffer, most, 0);

	if (n <= 0)
		die("recv");
	sample(RECV, now_ns() - began);
	return n;
}

static inline void ask(int fd, uint32_t delay_us)
{
	struct request request = make_request(delay_us);
	uint64_t sent = send_request(fd, &request);

	receive(fd, REPLY_BYTES);
	sample(RESPONSE, now_ns() - sent);
}

static inline void wait_readable(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	if (poll(&poll_fd, 1, 10000) != 1)
		die("poll");
}

/*
 * How much later than it should a sleep ends on this machine just now: what our own clock may be
 * off by when it is read behind a call that slept.
 */
static inline void *probe_scheduling(void *nothing)
{
	while (!nothing) {
		uint64_t due = now_ns() + PROBE_NS;

		pause_until(due);
		sample(OVERSLEEP, now_ns() - due);
	}
	return NULL;
}

struct mode {
	const char *name;
	void (*run)(void);
};

/* The whole of a program: runs the mode that its arguments name.  Its exit status. */
static inline int run_mode(int argc, char **argv, const struct mode *modes, size_t n)
{
	pthread_t probe;

	truth = mmap(NULL, sizeof(*truth), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (truth == MAP_FAILED)
		die("mmap");
	if (argc == 5)
		count = strtoul(argv[4], NULL, 10);
	for (size_t i = 0; argc >= 4 && i < n; i++) {
		if (strcmp(modes[i].name, argv[1]))
			continue;
		to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[3]))};
		if (inet_pton(AF_INET, argv[2], &to.sin_addr) != 1)
			die(argv[2]);
		if (pthread_create(&probe, NULL, probe_scheduling, NULL))
			die("pthread_create");
		modes[i].run();
		print_truth(argv[1]);
		return 0;
	}
	fprintf(stderr, "usage: %s MODE ADDRESS PORT [COUNT]\nmodes:", argv[0]);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, " %s", modes[i].name);
	fprintf(stderr, "\n");
	return 2;
}

#endif
