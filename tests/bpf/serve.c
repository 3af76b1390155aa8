/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The passive side of known TCP traffic: the counterpart of tests/bpf/traffic.
 *
 * It listens on a row of ports, and plays one part on each: echo, sink, source, abort, close
 * without reading, answer after the end of the request, or nothing at all.  It prints "ready" when
 * it listens.  On SIGTERM it closes what is open and prints as one JSON object, for each part, how
 * many connections it accepted and how they ended.  With an address of "::" IPv4 clients come as
 * IPv4-mapped.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define FILES_MAX	 65536
#define HALF_REPLY_BYTES 4096

enum part { ECHO, SINK, SOURCE, ABORT, IGNORE, HALF, HOLD, PARTS };

static const char *const part_name[PARTS] = {
	"echo", "sink", "source", "abort", "ignore", "half", "hold",
};

static struct {
	uint64_t accepted, eof, reset, aborted, bytes_in, bytes_out;
} truth[PARTS];

struct conn {
	bool open, listening, asked;
	enum part part;
	uint64_t to_send;
};

static struct conn conns[FILES_MAX]; /* by descriptor */
static int epoll_fd;
static volatile sig_atomic_t stop;
static char buffer[256 * 1024];

static void on_stop(int signal)
{
	(void)signal;
	stop = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "serve: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void watch(int fd, uint32_t events, int operation)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	if (epoll_ctl(epoll_fd, operation, fd, &event))
		die("epoll_ctl");
}

static void conn__end(int fd)
{
	close(fd);
	conns[fd].open = false;
}

static void conn__abort(int fd)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	truth[conns[fd].part].aborted++;
	conn__end(fd);
}

static void listen_on(const char *address, uint16_t port, enum part part)
{
	struct sockaddr_storage at = {0};
	struct sockaddr_in *in = (struct sockaddr_in *)&at;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&at;
	socklen_t len = sizeof(*in);
	int fd, on = 1, off = 0;

	if (inet_pton(AF_INET, address, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
	} else if (inet_pton(AF_INET6, address, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		len = sizeof(*in6);
	} else {
		errno = EINVAL;
		die(address);
	}
	fd = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (at.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (struct sockaddr *)&at, len) || listen(fd, 4096))
		die("listen");
	conns[fd] = (struct conn){.open = true, .listening = true, .part = part};
	watch(fd, EPOLLIN, EPOLL_CTL_ADD);
}

static void accept_all(int listener)
{
	enum part part = conns[listener].part;
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		if (fd >= FILES_MAX) {
			errno = EMFILE;
			die("accept");
		}
		truth[part].accepted++;
		conns[fd] = (struct conn){.open = true, .part = part};
		watch(fd, EPOLLIN | EPOLLRDHUP, EPOLL_CTL_ADD);
	}
}

static void conn__send(int fd)
{
	struct conn *conn = &conns[fd];

	while (conn->to_send) {
		size_t chunk = conn->to_send < sizeof(buffer) ? conn->to_send : sizeof(buffer);
		ssize_t n = send(fd, buffer, chunk, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP, EPOLL_CTL_MOD);
			return;
		}
		if (n < 0) {
			truth[conn->part].reset += errno == ECONNRESET || errno == EPIPE;
			conn__end(fd);
			return;
		}
		conn->to_send -= n;
		truth[conn->part].bytes_out += n;
	}
	if (conn->part == SOURCE || conn->part == HALF)
		conn__end(fd);
	else
		watch(fd, EPOLLIN | EPOLLRDHUP, EPOLL_CTL_MOD);
}

/* What the part does with @n bytes of the request; n is 0 at its end. */
static void conn__play(int fd, size_t n)
{
	struct conn *conn = &conns[fd];
	uint64_t amount;

	switch (conn->part) {
	case ECHO:
		conn->to_send += n;
		if (n)
			conn__send(fd);
		break;
	case SOURCE:
		if (!n || conn->asked)
			break;
		conn->asked = true;
		memcpy(&amount, buffer, sizeof(amount));
		memset(buffer, 0, sizeof(amount));
		conn->to_send = be64toh(amount);
		conn__send(fd);
		return;
	case ABORT:
		conn__abort(fd);
		return;
	case HALF:
		if (n)
			return;
		conn->to_send = HALF_REPLY_BYTES;
		conn__send(fd);
		return;
	default:
		break;
	}
	if (!n && conn->open) {
		truth[conn->part].eof++;
		conn__end(fd);
	}
}

static void conn__receive(int fd)
{
	struct conn *conn = &conns[fd];
	ssize_t n;

	if (conn->part == IGNORE) {
		truth[conn->part].aborted++;
		conn__end(fd);
		return;
	}
	do {
		n = recv(fd, buffer, sizeof(buffer), 0);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			truth[conn->part].reset += errno == ECONNRESET;
			conn__end(fd);
			return;
		}
		truth[conn->part].bytes_in += n;
		conn__play(fd, n);
	} while (n && conn->open);
}

static void serve(void)
{
	struct epoll_event events[256];

	while (!stop) {
		int n = epoll_wait(epoll_fd, events, 256, 1000);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (conns[fd].listening)
				accept_all(fd);
			else if (conns[fd].open && (events[i].events & EPOLLOUT) &&
				 conns[fd].to_send)
				conn__send(fd);
			else if (conns[fd].open)
				conn__receive(fd);
		}
	}
}

static void print_truth(void)
{
	printf("{");
	for (int i = 0; i < PARTS; i++) {
		printf("%s\"%s\":{\"accepted\":%lu,\"eof\":%lu,\"reset\":%lu,\"aborted\":%lu,"
		       "\"bytes_in\":%lu,\"bytes_out\":%lu}",
		       i ? "," : "", part_name[i], truth[i].accepted, truth[i].eof, truth[i].reset,
		       truth[i].aborted, truth[i].bytes_in, truth[i].bytes_out);
	}
	printf("}\n");
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_stop};
	struct rlimit files;

	if (argc != 3) {
		fprintf(stderr, "usage: serve ADDRESS PORT\n");
		return 2;
	}
	/* As many as are allowed: not every root may raise the hard limit. */
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files))
		die("setrlimit");
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
		die("epoll_create1");
	sigaction(SIGTERM, &action, NULL);
	for (int part = 0; part < PARTS; part++)
		listen_on(argv[1], strtoul(argv[2], NULL, 10) + part, part);
	printf("ready\n");
	fflush(stdout);
	serve();
	for (int fd = 0; fd < FILES_MAX; fd++) {
		if (conns[fd].open)
			conn__end(fd);
	}
	print_truth();
	return 0;
}
