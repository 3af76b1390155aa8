/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Very many connections, and a trickle of requests over them.
 *
 * Usage: scale_ends serve PORT PORTS
 *        scale_ends hold FIRST_ADDRESS ADDRESSES PORT PORTS EACH RATE
 *
 * The one echoes on PORTS ports of all its addresses.  The other opens EACH connections to every
 * port of every address, says "held COUNT", and from then on sends RATE requests of 32 bytes a
 * second, over one connection after the other.  Both have one thread, and end with SIGTERM.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTING_AT_ONCE 512
#define REQUEST_LEN	   32
#define ROUNDS_A_SECOND	   100
#define FILES_EACH	   16000
#define SERVERS		   8
#define LISTENS		   (1ULL << 32) /* beside a descriptor */

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* One more process, which goes when the first does; true in it. */
static bool another(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("scale_ends: fork");
	if (!pid && prctl(PR_SET_PDEATHSIG, SIGKILL))
		die("scale_ends: prctl");
	return !pid;
}

static void await(int epoll_fd, int fd, uint32_t events, bool listens)
{
	uint64_t data = (uint64_t)fd | (listens ? LISTENS : 0);
	struct epoll_event event = {.events = events, .data.u64 = data};

	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event))
		die("scale_ends: epoll");
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes)) ||
	    bind(fd, (struct sockaddr *)&own, sizeof(own)) || listen(fd, 4096))
		die("scale_ends: listen");
	return fd;
}

static void echo(int fd)
{
	char text[4096];
	ssize_t len = read(fd, text, sizeof(text));

	if (len <= 0 && errno != EAGAIN)
		close(fd);
	else if (len > 0 && write(fd, text, (size_t)len) < 0)
		close(fd);
}

static void serve(uint16_t port, unsigned ports)
{
	int epoll_fd = epoll_create1(0);
	struct epoll_event events[256];

	for (unsigned i = 0; i < ports; i++)
		await(epoll_fd, listen_on((uint16_t)(port + i)), EPOLLIN, true);
	for (;;) {
		int count = epoll_wait(epoll_fd, events, 256, -1);

		for (int i = 0; i < count; i++) {
			int fd = (int)(uint32_t)events[i].data.u64, conn;

			if (!(events[i].data.u64 & LISTENS)) {
				echo(fd);
				continue;
			}
			while ((conn = accept4(fd, NULL, NULL, SOCK_NONBLOCK)) >= 0)
				await(epoll_fd, conn, EPOLLIN, false);
		}
	}
}

struct ends {
	struct in_addr address;
	unsigned addresses, ports, each, rate;
	uint16_t port;
	int *fd;
	uint64_t first, count;
};

static int begin(const struct ends *ends, uint64_t number)
{
	uint64_t place = number / ends->each;
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)(ends->port + place % ends->ports)),
		.sin_addr.s_addr =
			htonl(ntohl(ends->address.s_addr) + (uint32_t)(place / ends->ports)),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0 || (connect(fd, (struct sockaddr *)&to, sizeof(to)) && errno != EINPROGRESS))
		die("scale_ends: connect");
	return fd;
}

static void open_all(struct ends *ends)
{
	int epoll_fd = epoll_create1(0);
	uint64_t begun = 0, done = 0;
	struct epoll_event events[256];

	while (done < ends->count) {
		while (begun < ends->count && begun < done + CONNECTING_AT_ONCE) {
			ends->fd[begun] = begin(ends, ends->first + begun);
			await(epoll_fd, ends->fd[begun++], EPOLLOUT | EPOLLONESHOT, false);
		}
		done += (uint64_t)epoll_wait(epoll_fd, events, 256, -1);
	}
	close(epoll_fd);
}

static void tell(int fd)
{
	if (write(fd, "", 1) != 1)
		die("scale_ends: write");
}

/* What was asked is read before the same connection is used again. */
static void ask(const struct ends *ends)
{
	unsigned step = ends->rate / ROUNDS_A_SECOND;
	struct timespec pause = {0, 1000000000 / ROUNDS_A_SECOND};
	char request[REQUEST_LEN] = "", answer[4096];

	for (uint64_t at = 0;; at += step) {
		for (unsigned i = 0; i < step; i++) {
			int fd = ends->fd[(at + i) % ends->count];

			while (read(fd, answer, sizeof(answer)) > 0)
				continue;
			if (write(fd, request, sizeof(request)) < 0 && errno != EAGAIN)
				die("scale_ends: write");
		}
		nanosleep(&pause, NULL);
		/* The answers of this round are there by now. */
		for (unsigned i = 0; i < step; i++)
			while (read(ends->fd[(at + i) % ends->count], answer, sizeof(answer)) > 0)
				continue;
	}
}

static void hold(struct ends *ends)
{
	uint64_t count = (uint64_t)ends->addresses * ends->ports * ends->each, left = 0;
	uint64_t processes = (count + FILES_EACH - 1) / FILES_EACH;
	int pipe_fd[2];
	char byte;

	if (pipe(pipe_fd))
		die("scale_ends: pipe");
	for (uint64_t i = 0; i < processes; i++) {
		if (!another())
			continue;
		ends->first = count * i / processes;
		ends->count = count * (i + 1) / processes - ends->first;
		ends->rate /= (unsigned)processes;
		ends->fd = calloc(ends->count, sizeof(*ends->fd));
		if (!ends->fd)
			die("scale_ends: calloc");
		open_all(ends);
		tell(pipe_fd[1]);
		ask(ends);
	}
	for (left = processes; left && read(pipe_fd[0], &byte, 1) == 1; left--)
		continue;
	printf("held %llu\n", (unsigned long long)count);
	fflush(stdout);
	pause();
}

int main(int argc, char **argv)
{
	struct ends ends = {0};

	if (argc == 4 && !strcmp(argv[1], "serve")) {
		for (unsigned i = 1; i < SERVERS; i++) {
			if (another())
				break;
		}
		serve((uint16_t)atoi(argv[2]), (unsigned)atoi(argv[3]));
	}
	if (argc != 8 || strcmp(argv[1], "hold") ||
	    inet_pton(AF_INET, argv[2], &ends.address) != 1) {
		fprintf(stderr, "usage: scale_ends serve PORT PORTS | hold ADDRESS ADDRESSES PORT "
				"PORTS EACH RATE\n");
		return 2;
	}
	ends.addresses = (unsigned)atoi(argv[3]);
	ends.port = (uint16_t)atoi(argv[4]);
	ends.ports = (unsigned)atoi(argv[5]);
	ends.each = (unsigned)atoi(argv[6]);
	ends.rate = (unsigned)atoi(argv[7]);
	hold(&ends);
	return 0;
}
