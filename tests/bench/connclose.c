/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connect and close, one connection after the other: what a sensor of connections costs at its
 * worst, for every hook of a connection's life fires and nothing else happens.
 *
 *   connclose serve ADDRESS PORT        accepts and closes until SIGTERM; prints "ready"
 *   connclose ask ADDRESS PORT SECONDS  prints connections, rate and latency as one JSON object
 *
 * The asker closes first, so that TIME_WAIT stays with it; net.ipv4.tcp_tw_reuse=1 and a wide
 * range of ports keep it from running out of them.  Latency is from connect() to its return.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES_MAX 1000000

static void die(const char *what)
{
	fprintf(stderr, "connclose: %s: %s\n", what, strerror(errno));
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
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

static int serve(struct sockaddr_in at)
{
	int listener = new_socket(), on = 1, fd;
	char byte;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 1024))
		die("listen");
	printf("ready\n");
	fflush(stdout);
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		while (read(fd, &byte, 1) > 0)
			;
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

static int ask(struct sockaddr_in to, double seconds)
{
	uint32_t *sample = calloc(SAMPLES_MAX, sizeof(*sample));
	uint64_t began = now_ns(), before, now;
	size_t count = 0;

	if (!sample)
		die("calloc");
	do {
		int fd = new_socket();

		before = now_ns();
		if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
			die("connect");
		now = now_ns();
		sample[count++] = now - before;
		close(fd);
	} while (now - began < seconds * 1e9 && count < SAMPLES_MAX);
	qsort(sample, count, sizeof(*sample), compare);
	printf("{\"connections\":%zu,\"rate\":%.0f,\"p50_us\":%.2f,\"p99_us\":%.2f,\"p999_us\":%."
	       "2f}\n",
	       count, count / ((now - began) / 1e9), sample[count / 2] / 1e3,
	       sample[count * 99 / 100] / 1e3, sample[count * 999 / 1000] / 1e3);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "serve"))
		return serve(parse_address(argv[2], argv[3]));
	if (argc == 5 && !strcmp(argv[1], "ask"))
		return ask(parse_address(argv[2], argv[3]), atof(argv[4]));
	fprintf(stderr, "usage: connclose serve ADDRESS PORT | ask ADDRESS PORT SECONDS\n");
	return 2;
}
