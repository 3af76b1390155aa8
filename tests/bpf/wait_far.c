/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The far side of tests/bpf/wait_near: lets the near side wait for exactly as long as it is asked.
 *
 *   wait_far ADDRESS PORT
 *
 * PORT answers requests of 32 bytes (struct request) as they say, also with many in flight; PORT+1
 * is a feed, which speaks unasked; PORT+2 leaves everything unread for a while, time and again;
 * PORT+3 aborts each connection at its first byte.  One thread a connection.  Prints "ready"; runs
 * until SIGTERM.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "wait_request.h"

#define PARTS	    4
#define QUEUE_MAX   4096
#define FEED_GAP_NS 10000000ULL
#define SLEEPY_NS   50000000ULL

struct conn {
	int fd, part;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void pause_until(uint64_t then_ns)
{
	struct timespec then = {then_ns / 1000000000, then_ns % 1000000000};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL) == EINTR)
		;
}

static void answer(int fd, const struct request *request, uint64_t due_ns)
{
	static const char bytes[65536];

	for (uint32_t i = 0; i < request->pieces; i++) {
		pause_until(due_ns + i * request->gap_us * 1000ULL);
		if (send(fd, bytes, request->bytes, MSG_NOSIGNAL) < 0)
			return;
	}
}

/* Requests wait in a queue until their answers are due; new ones are taken in meanwhile. */
static void answer_all(int fd)
{
	static __thread struct {
		struct request request;
		uint64_t due_ns;
	} queue[QUEUE_MAX];
	size_t head = 0, tail = 0, part = 0;

	for (;;) {
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
		struct timespec wait = {60, 0};
		uint64_t now = now_ns(), due = head == tail ? 0 : queue[head % QUEUE_MAX].due_ns;
		ssize_t n;

		if (due)
			wait = due > now ? (struct timespec){(due - now) / 1000000000,
							     (due - now) % 1000000000}
					 : (struct timespec){0, 0};
		if (ppoll(&poll_fd, 1, &wait, NULL) > 0) {
			char *into = (char *)&queue[tail % QUEUE_MAX].request;

			n = recv(fd, into + part, sizeof(struct request) - part, 0);
			if (n <= 0)
				return;
			part += n;
			if (part < sizeof(struct request))
				continue;
			part = 0;
			queue[tail % QUEUE_MAX].due_ns =
				now_ns() + queue[tail % QUEUE_MAX].request.delay_us * 1000ULL;
			tail++;
			continue;
		}
		if (head != tail) {
			answer(fd, &queue[head % QUEUE_MAX].request, due);
			head++;
		}
	}
}

static void feed(int fd)
{
	uint64_t due = now_ns();

	for (;;) {
		due += FEED_GAP_NS;
		pause_until(due);
		if (send(fd, "tick", 4, MSG_NOSIGNAL) < 0)
			return;
	}
}

static void sleepy(int fd)
{
	static __thread char sink[1 << 18];
	int room = 1 << 16;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	for (;;) {
		pause_until(now_ns() + SLEEPY_NS);
		for (size_t took = 0; took < sizeof(sink) / 2;) {
			ssize_t n = recv(fd, sink, sizeof(sink), 0);

			if (n <= 0)
				return;
			took += n;
		}
	}
}

static void *serve(void *argument)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};
	struct conn *conn = argument;
	int on = 1;
	char byte;

	setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	switch (conn->part) {
	case 0:
		answer_all(conn->fd);
		break;
	case 1:
		feed(conn->fd);
		break;
	case 2:
		sleepy(conn->fd);
		break;
	default:
		/* Not before the near side knows that it is connected. */
		if (recv(conn->fd, &byte, 1, 0) == 1)
			setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	}
	close(conn->fd);
	free(conn);
	return NULL;
}

static void die(const char *what)
{
	fprintf(stderr, "wait_far: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int listen_on(const char *address, uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	errno = EINVAL;
	if (inet_pton(AF_INET, address, &at.sin_addr) != 1)
		die(address);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 256))
		die("listen");
	return fd;
}

int main(int argc, char **argv)
{
	struct pollfd listeners[PARTS];

	if (argc != 3) {
		fprintf(stderr, "usage: wait_far ADDRESS PORT\n");
		return 2;
	}
	for (int i = 0; i < PARTS; i++)
		listeners[i] = (struct pollfd){.fd = listen_on(argv[1], atoi(argv[2]) + i),
					       .events = POLLIN};
	printf("ready\n");
	fflush(stdout);
	while (poll(listeners, PARTS, -1) > 0) {
		for (int i = 0; i < PARTS; i++) {
			struct conn *conn;
			pthread_t thread;

			if (!listeners[i].revents)
				continue;
			conn = malloc(sizeof(*conn));
			if (!conn)
				die("malloc");
			conn->part = i;
			conn->fd = accept4(listeners[i].fd, NULL, NULL, SOCK_CLOEXEC);
			if (conn->fd < 0 || pthread_create(&thread, NULL, serve, conn))
				die("accept");
			pthread_detach(thread);
		}
	}
	die("poll");
	return 1;
}
