/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Brings a host or its resolver into one known state and holds it until it is killed.
 *
 *   hold listen ADDRESS PORT BACKLOG       listens and never accepts
 *   hold serve ADDRESS PORT                accepts, reads and answers
 *   hold connect ADDRESS PORT COUNT        opens connections until COUNT or the first error
 *   hold files ADDRESS PORT                one connection, then files until there are no more
 *   hold spin ADDRESS PORT CPU             one connection, then computes on one processor
 *   hold talk ADDRESS PORT                 one connection, a byte to and fro every 20 ms
 *   hold answer ADDRESS CODE               a resolver that answers everything with a code
 *   hold ask ADDRESS COUNT connected|not   queries, one after the other, each waiting for its
 * answer
 *
 * Each says "ready" with what it came to, as a line of JSON, once the state is there.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define DNS_PORT    53
#define DNS_ROOM    512
#define DNS_CODE_AT 3
#define TALK_NS	    20000000
#define PATIENCE_S  5

static void die(const char *what)
{
	fprintf(stderr, "hold: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct sockaddr_in to_address(const char *text, int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	if (inet_pton(AF_INET, text, &address.sin_addr) != 1) {
		errno = EINVAL;
		die(text);
	}
	return address;
}

static void ready(long count, const char *error)
{
	printf("ready {\"count\": %ld, \"error\": \"%s\"}\n", count, error);
	fflush(stdout);
}

static _Noreturn void hold(void)
{
	for (;;)
		pause();
}

static int listening_socket(char **argument, int backlog)
{
	struct sockaddr_in address = to_address(argument[0], atoi(argument[1]));
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, backlog))
		die("listen");
	return fd;
}

static int connected_socket(char **argument)
{
	struct sockaddr_in address = to_address(argument[0], atoi(argument[1]));
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		int err = errno;

		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

static void do_listen(char **argument)
{
	listening_socket(argument, atoi(argument[2]));
	ready(1, "");
	hold();
}

/* One process for each connection: they are few. */
static void do_serve(char **argument)
{
	int fd = listening_socket(argument, 4096);

	signal(SIGCHLD, SIG_IGN);
	ready(1, "");
	for (;;) {
		int connection = accept(fd, NULL, NULL);
		char bytes[4096];
		ssize_t len;

		if (connection < 0 || fork()) {
			close(connection);
			continue;
		}
		close(fd);
		while ((len = read(connection, bytes, sizeof(bytes))) > 0) {
			if (write(connection, bytes, (size_t)len) < 0)
				break;
		}
		_exit(0);
	}
}

static void do_connect(char **argument)
{
	long wanted = atol(argument[2]), count = 0;

	while (count < wanted && connected_socket(argument) >= 0)
		count++;
	ready(count, count < wanted ? strerrorname_np(errno) : "");
	hold();
}

static void do_files(char **argument)
{
	long count = 0;

	if (connected_socket(argument) < 0)
		die("connect");
	while (open("/dev/null", O_RDONLY) >= 0)
		count++;
	ready(count, strerrorname_np(errno));
	hold();
}

static void do_spin(char **argument)
{
	cpu_set_t cpus;

	if (connected_socket(argument) < 0)
		die("connect");
	CPU_ZERO(&cpus);
	CPU_SET(atoi(argument[2]), &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die("sched_setaffinity");
	ready(1, "");
	for (volatile unsigned long i = 0;; i++)
		continue;
}

static void do_talk(char **argument)
{
	struct timespec pause_time = {.tv_nsec = TALK_NS};
	int fd = connected_socket(argument);
	char byte = 'x';

	if (fd < 0)
		die("connect");
	ready(1, "");
	for (;;) {
		if (write(fd, &byte, 1) == 1 && read(fd, &byte, 1) != 1)
			hold();
		nanosleep(&pause_time, NULL);
	}
}

static void do_answer(char **argument)
{
	struct sockaddr_in address = to_address(argument[0], DNS_PORT), from;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), code = atoi(argument[1]);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die("bind");
	ready(1, "");
	for (;;) {
		socklen_t from_len = sizeof(from);
		unsigned char message[DNS_ROOM];
		ssize_t len = recvfrom(fd, message, sizeof(message), 0, (struct sockaddr *)&from,
				       &from_len);

		if (len < 12)
			continue;
		message[2] |= 0x80;
		message[DNS_CODE_AT] = (unsigned char)(0x80 | code);
		sendto(fd, message, (size_t)len, 0, (struct sockaddr *)&from, from_len);
	}
}

/* A query for the name "a", type A; the identifier counts up. */
static void do_ask(char **argument)
{
	unsigned char query[] = {0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1};
	struct sockaddr_in address = to_address(argument[0], DNS_PORT);
	struct timeval patience = {.tv_sec = PATIENCE_S};
	long wanted = atol(argument[1]), answered = 0;
	int connected = !strcmp(argument[2], "connected");

	for (long i = 0; i < wanted; i++) {
		int fd = socket(AF_INET, SOCK_DGRAM, 0);
		unsigned char answer[DNS_ROOM];

		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		query[0] = (unsigned char)(i >> 8);
		query[1] = (unsigned char)i;
		if (fd < 0 ||
		    (connected && connect(fd, (struct sockaddr *)&address, sizeof(address))))
			die("socket");
		if (sendto(fd, query, sizeof(query), 0,
			   connected ? NULL : (struct sockaddr *)&address,
			   connected ? 0 : sizeof(address)) != sizeof(query))
			die("sendto");
		answered += recv(fd, answer, sizeof(answer), 0) > 0;
		close(fd);
	}
	ready(answered, "");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int arguments;
		void (*run)(char **argument);
	} modes[] = {
		{"listen", 3, do_listen}, {"serve", 2, do_serve}, {"connect", 3, do_connect},
		{"files", 2, do_files},	  {"spin", 3, do_spin},	  {"talk", 2, do_talk},
		{"answer", 2, do_answer}, {"ask", 3, do_ask},
	};

	for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(*modes); i++) {
		if (!strcmp(argv[1], modes[i].name) && argc == 2 + modes[i].arguments) {
			modes[i].run(argv + 2);
			return 0;
		}
	}
	fprintf(stderr, "usage: hold MODE ARGUMENT..., see the top of the source\n");
	return 2;
}
