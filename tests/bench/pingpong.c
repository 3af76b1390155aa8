/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Request and response over one connection, one after the other: the worst case for a sensor, for
 * nothing else happens between two socket calls.
 *
 *   pingpong serve ADDRESS PORT                answers until SIGTERM; prints "ready"
 *   pingpong ask ADDRESS PORT SECONDS [BYTES]  prints requests, rate and latency as one JSON object
 *
 * Blocking calls and TCP_NODELAY; a request and a response are BYTES long (32).  Latencies are kept
 * whole and sorted at the end, so that a percentile is exact.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES_MAX 8000000
#define BYTES_MAX   65536

static char buffer[BYTES_MAX];

static void die(const char *what)
{
	fprintf(stderr, "pingpong: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static struct sockaddr_in parse_address(const char *address, const char *port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};

	errno = EINVAL;
	if (inet_pton(AF_INET, address, &in.sin_addr) != 1)
		die(address);
	return in;
}

static int new_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		die("socket");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static void answer(int fd)
{
	ssize_t n;

	while ((n = recv(fd, buffer, sizeof(buffer), 0)) > 0) {
		if (send(fd, buffer, n, MSG_NOSIGNAL) != n)
			return;
	}
}

static int serve(struct sockaddr_in at)
{
	int listener = new_socket(), on = 1, fd;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 64))
		die("listen");
	printf("ready\n");
	fflush(stdout);
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		answer(fd);
		close(fd);
	}
	die("accept");
	return 1;
}

static int compare(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static double us_of(const uint32_t *sample, size_t count, double p)
{
	size_t rank = p * (count - 1);

	return sample[rank] / 1e3;
}

static int ask(struct sockaddr_in to, double seconds, size_t bytes)
{
	uint32_t *sample = calloc(SAMPLES_MAX, sizeof(*sample));
	uint64_t began, before, now, cpu_us;
	struct rusage usage;
	size_t count = 0;
	int fd = new_socket();

	if (!sample || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		die("connect");
	began = before = now_ns();
	do {
		if (send(fd, buffer, bytes, MSG_NOSIGNAL) != (ssize_t)bytes)
			die("send");
		for (size_t got = 0; got < bytes;) {
			ssize_t n = recv(fd, buffer, bytes - got, 0);

			if (n <= 0)
				die("recv");
			got += n;
		}
		now = now_ns();
		sample[count++] = now - before;
		before = now;
	} while (now - began < seconds * 1e9 && count < SAMPLES_MAX);
	getrusage(RUSAGE_SELF, &usage);
	cpu_us = usage.ru_utime.tv_sec * 1000000ULL + usage.ru_utime.tv_usec +
		 usage.ru_stime.tv_sec * 1000000ULL + usage.ru_stime.tv_usec;
	qsort(sample, count, sizeof(*sample), compare);
	printf("{\"requests\":%zu,\"rate\":%.0f,\"p50_us\":%.2f,\"p99_us\":%.2f,\"p999_us\":%.2f,"
	       "\"max_us\":%.2f,\"cpu_ns_each\":%.0f}\n",
	       count, count / ((now - began) / 1e9), us_of(sample, count, 0.5),
	       us_of(sample, count, 0.99), us_of(sample, count, 0.999), us_of(sample, count, 1),
	       cpu_us * 1e3 / count);
	return 0;
}

int main(int argc, char **argv)
{
	size_t bytes = argc > 5 ? strtoul(argv[5], NULL, 10) : 32;

	if (argc == 4 && !strcmp(argv[1], "serve"))
		return serve(parse_address(argv[2], argv[3]));
	if (argc >= 5 && !strcmp(argv[1], "ask") && bytes && bytes <= BYTES_MAX)
		return ask(parse_address(argv[2], argv[3]), atof(argv[4]), bytes);
	fprintf(stderr, "usage: pingpong serve ADDRESS PORT | ask ADDRESS PORT SECONDS [BYTES]\n");
	return 2;
}
