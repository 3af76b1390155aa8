/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The active side of known TCP traffic: makes COUNT connections that all go one way, and prints
 * what became of them as one JSON object.
 *
 * Every way to talk and to end a connection is a row of one table; the other side, tests/bpf/serve,
 * plays its part on one port each, so that the number of connections, refusals and resets is known
 * from the arguments.  One thread with epoll; it ends by itself after limit= seconds at the latest
 * and then says how many connections were unfinished.  SIGTERM ends a long transfer or held sockets
 * in good order.
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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ASK_AGAIN_NS 300000000ULL

enum finish {
	FINISH_CLOSE,	 /* close once the whole reply is here */
	FINISH_ABORT,	 /* the same, with a RST in place of the FIN */
	FINISH_UNREAD,	 /* close while the reply is unread: the kernel sends a RST */
	FINISH_KILLED,	 /* the process is killed while replies are unread */
	FINISH_HALF,	 /* shut our direction down, read the other to its end */
	FINISH_AWAIT,	 /* wait until the other side resets */
	FINISH_HOLD,	 /* keep it open, idle, until SIGTERM */
	FINISH_GIVE_UP,	 /* close before anybody answers */
	FINISH_CONNECTED /* close as soon as it is established */
};

struct mode {
	const char *name;
	uint16_t port_offset; /* the part that serve plays on PORT + this */
	uint32_t request;     /* bytes sent; 0 in bulk: bytes= */
	uint32_t reply;	      /* bytes awaited; 0: to the end of the stream */
	enum finish finish;
	const char *help;
};

static const struct mode modes[] = {
	{"short", 0, 32, 32, FINISH_CLOSE, "a small exchange each"},
	{"bulk", 1, 0, 0, FINISH_HALF, "send bytes= each"},
	{"fetch", 2, 8, 0, FINISH_CLOSE, "ask for bytes= each"},
	{"reset", 3, 32, 0, FINISH_AWAIT, "the other side aborts"},
	{"ignored", 4, 32, 0, FINISH_AWAIT, "the other side closes without reading"},
	{"half", 5, 32, 0, FINISH_HALF, "half-closed, then read"},
	{"hold", 6, 0, 0, FINISH_HOLD, "open and idle until SIGTERM; prints held"},
	{"abort", 0, 32, 32, FINISH_ABORT, "we abort after the exchange"},
	{"unread", 0, 32, 32, FINISH_UNREAD, "we close without reading"},
	{"killed", 0, 32, 32, FINISH_KILLED, "our process is killed without reading"},
	{"connect", 0, 0, 0, FINISH_CONNECTED, "connect, see what happens, close"},
	{"give-up", 0, 0, 0, FINISH_GIVE_UP, "close while connecting"},
};

static struct {
	const struct mode *mode;
	struct sockaddr_storage to;
	socklen_t to_len;
	uint64_t count;
	uint64_t bytes;	   /* of bulk and fetch */
	uint64_t parallel; /* connections at one time */
	uint64_t rate;	   /* connections begun a second; 0: as fast as it goes */
	uint64_t syncnt;   /* TCP_SYNCNT; 0: the kernel's */
	uint64_t step;	   /* added to the address after each connection */
	uint64_t patient;  /* fetch a connect's error only when the kernel is done with it */
	uint64_t limit;	   /* seconds */
} want = {.bytes = 1 << 20, .parallel = 64, .limit = 120};

static struct {
	uint64_t attempted, ok, refused, timed_out, unreachable, local_error, given_up;
	uint64_t eof, reset, bytes_out, bytes_in, unfinished;
	int last_errno;
} truth;

enum state { FREE, CONNECTING, SENDING, RECEIVING, HELD };

struct conn {
	enum state state;
	int fd;
	uint64_t sent, received;
	uint64_t progress_ns;
};

static struct conn *conns;
static uint64_t active;
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
	fprintf(stderr, "traffic: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void count_failure(int error)
{
	truth.last_errno = error;
	switch (error) {
	case ECONNREFUSED:
		truth.refused++;
		break;
	case ETIMEDOUT:
		truth.timed_out++;
		break;
	case EHOSTUNREACH:
	case ENETUNREACH:
		truth.unreachable++;
		break;
	default:
		truth.local_error++;
	}
}

static void conn__end(struct conn *conn)
{
	close(conn->fd);
	conn->state = FREE;
	active--;
}

static void conn__abort(struct conn *conn)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	conn__end(conn);
}

/* The next address, as a big-endian number: for scans. */
static void step_address(void)
{
	uint8_t *bytes;
	int i, carry = want.step;

	if (want.to.ss_family == AF_INET) {
		bytes = (uint8_t *)&((struct sockaddr_in *)&want.to)->sin_addr;
		i = 3;
	} else {
		bytes = (uint8_t *)&((struct sockaddr_in6 *)&want.to)->sin6_addr;
		i = 15;
	}
	for (; carry && i >= 0; i--) {
		carry += bytes[i];
		bytes[i] = carry & 0xff;
		carry >>= 8;
	}
}

static void conn__begin(struct conn *conn)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP, .data.ptr = conn};
	int syncnt = want.syncnt, err;

	memset(conn, 0, sizeof(*conn));
	conn->fd = socket(want.to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (conn->fd < 0)
		die("socket");
	if (syncnt)
		setsockopt(conn->fd, IPPROTO_TCP, TCP_SYNCNT, &syncnt, sizeof(syncnt));
	conn->state = CONNECTING;
	conn->progress_ns = now_ns();
	active++;
	truth.attempted++;
	err = connect(conn->fd, (struct sockaddr *)&want.to, want.to_len) ? errno : 0;
	step_address();
	if (err && err != EINPROGRESS) {
		count_failure(err);
		conn__end(conn);
		return;
	}
	if (want.mode->finish == FINISH_GIVE_UP) {
		truth.given_up++;
		conn__end(conn);
		return;
	}
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, conn->fd, &event))
		die("epoll_ctl");
}

/* After the last byte of the request: what is the other side to see next? */
static void conn__asked(struct conn *conn)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = conn};

	conn->state = RECEIVING;
	switch (want.mode->finish) {
	case FINISH_HALF:
		shutdown(conn->fd, SHUT_WR);
		break;
	case FINISH_HOLD:
		conn->state = HELD;
		break;
	case FINISH_CONNECTED:
		conn__end(conn);
		return;
	default:
		break;
	}
	epoll_ctl(epoll_fd, EPOLL_CTL_MOD, conn->fd, &event);
}

static void conn__lost(struct conn *conn, int error)
{
	if (error == ECONNRESET || error == EPIPE)
		truth.reset++;
	truth.last_errno = error;
	conn__end(conn);
}

static void conn__send(struct conn *conn)
{
	uint64_t total = want.mode->request;
	uint64_t amount = htobe64(want.bytes);
	ssize_t n;

	if (want.mode->finish == FINISH_HALF && !total)
		total = want.bytes;
	memcpy(buffer, &amount, sizeof(amount));
	while (conn->sent < total && !stop) {
		size_t rest = total - conn->sent;

		n = send(conn->fd, buffer, rest < sizeof(buffer) ? rest : sizeof(buffer),
			 MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			conn__lost(conn, errno);
			return;
		}
		conn->sent += n;
		conn->progress_ns = now_ns();
		truth.bytes_out += n;
	}
	conn__asked(conn);
}

static void conn__connected(struct conn *conn)
{
	int error = 0;
	socklen_t len = sizeof(error);

	getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error) {
		count_failure(error);
		conn__end(conn);
		return;
	}
	truth.ok++;
	conn->state = SENDING;
	conn->progress_ns = now_ns();
	conn__send(conn);
}

static void conn__receive(struct conn *conn)
{
	static char sink[256 * 1024];
	ssize_t n;

	if (want.mode->finish == FINISH_UNREAD || want.mode->finish == FINISH_KILLED) {
		/* All of the short reply must be here: what comes later would be answered twice. */
		n = recv(conn->fd, sink, want.mode->reply, MSG_PEEK);
		if (n < (ssize_t)want.mode->reply)
			return;
		if (want.mode->finish == FINISH_UNREAD)
			conn__end(conn);
		else
			conn->state = HELD;
		return;
	}
	while ((n = recv(conn->fd, sink, sizeof(sink), 0)) > 0) {
		conn->received += n;
		truth.bytes_in += n;
		conn->progress_ns = now_ns();
	}
	if (n < 0 && errno != EAGAIN) {
		conn__lost(conn, errno);
	} else if (n == 0) {
		truth.eof++;
		conn__end(conn);
	} else if (want.mode->reply && conn->received >= want.mode->reply) {
		if (want.mode->finish == FINISH_ABORT)
			conn__abort(conn);
		else
			conn__end(conn);
	}
}

static void conn__event(struct conn *conn, uint32_t events)
{
	switch (conn->state) {
	case CONNECTING:
		/* An error is to be had a little before the socket is closed. */
		if (!want.patient || !(events & EPOLLERR) || (events & EPOLLHUP))
			conn__connected(conn);
		break;
	case SENDING:
		conn__send(conn);
		break;
	case RECEIVING:
	case HELD:
		if (conn->state == RECEIVING || want.mode->finish == FINISH_HOLD)
			conn__receive(conn);
		break;
	case FREE:
		break;
	}
}

/*
 * A RST that the line lost is not sent again by itself: one more byte makes the other side's kernel
 * answer with another.
 */
static void ask_again(void)
{
	uint64_t now = now_ns();

	if (want.mode->finish != FINISH_AWAIT)
		return;
	for (uint64_t i = 0; i < want.parallel; i++) {
		struct conn *conn = &conns[i];

		if (conn->state != RECEIVING || now - conn->progress_ns < ASK_AGAIN_NS)
			continue;
		conn->progress_ns = now;
		if (send(conn->fd, "", 1, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
			conn__lost(conn, errno);
	}
}

static bool all_held(void)
{
	uint64_t held = 0;

	for (uint64_t i = 0; i < want.parallel; i++)
		held += conns[i].state == HELD;
	return held == want.count;
}

static void begin_more(uint64_t began_ns)
{
	uint64_t due = want.count;

	if (want.rate) {
		due = 1 + (now_ns() - began_ns) / 1000 * want.rate / 1000000;
		if (due > want.count)
			due = want.count;
	}
	for (uint64_t i = 0; i < want.parallel && truth.attempted < due && !stop; i++) {
		while (conns[i].state == FREE && truth.attempted < due && !stop)
			conn__begin(&conns[i]);
	}
}

static void run(void)
{
	uint64_t began_ns = now_ns();
	struct epoll_event events[256];
	bool told = false,
	     holds = want.mode->finish == FINISH_HOLD || want.mode->finish == FINISH_KILLED;

	while (active || (truth.attempted < want.count && !stop)) {
		int n;

		if (now_ns() - began_ns > want.limit * 1000000000ULL)
			break;
		begin_more(began_ns);
		n = epoll_wait(epoll_fd, events, 256, want.rate ? 1 : 50);
		for (int i = 0; i < n; i++)
			conn__event(events[i].data.ptr, events[i].events);
		ask_again();
		if (holds && !told && all_held()) {
			printf("held\n");
			fflush(stdout);
			told = true;
		}
		for (uint64_t i = 0; stop && holds && i < want.parallel; i++) {
			if (conns[i].state != FREE)
				conn__end(&conns[i]);
		}
	}
	truth.unfinished = active + (stop ? 0 : want.count - truth.attempted);
}

static void print_truth(void)
{
	printf("{\"mode\":\"%s\",\"attempted\":%lu,\"ok\":%lu,\"refused\":%lu,\"timed_out\":%lu,"
	       "\"unreachable\":%lu,\"local_error\":%lu,\"given_up\":%lu,\"eof\":%lu,\"reset\":%lu,"
	       "\"bytes_out\":%lu,\"bytes_in\":%lu,\"unfinished\":%lu,\"last_errno\":%d}\n",
	       want.mode->name, truth.attempted, truth.ok, truth.refused, truth.timed_out,
	       truth.unreachable, truth.local_error, truth.given_up, truth.eof, truth.reset,
	       truth.bytes_out, truth.bytes_in, truth.unfinished, truth.last_errno);
}

/* Runs the connections in a child, kills it when all replies wait unread, and tells its truth. */
static int run_and_kill(void)
{
	char line[16] = "";
	int out[2];
	pid_t child;

	if (pipe(out))
		die("pipe");
	child = fork();
	if (child < 0)
		die("fork");
	if (child == 0) {
		dup2(out[1], STDOUT_FILENO);
		close(out[0]);
		epoll_fd = epoll_create1(EPOLL_CLOEXEC);
		run();
		exit(1);
	}
	close(out[1]);
	if (read(out[0], line, sizeof(line) - 1) <= 0 || strcmp(line, "held\n")) {
		fprintf(stderr, "traffic: the child could not hold its connections\n");
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		return 1;
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	truth.attempted = truth.ok = want.count;
	print_truth();
	return 0;
}

static void usage(void)
{
	fprintf(stderr, "usage: traffic MODE ADDRESS PORT COUNT [bytes=N] [parallel=N] [rate=N] "
			"[syncnt=N] [step=N] [patient=1] [limit=SECONDS]\n");
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		fprintf(stderr, "  %-8s %s\n", modes[i].name, modes[i].help);
	exit(2);
}

static void parse_option(const char *argument)
{
	static const struct {
		const char *name;
		uint64_t *value;
	} options[] = {{"bytes=", &want.bytes}, {"parallel=", &want.parallel},
		       {"rate=", &want.rate},	{"syncnt=", &want.syncnt},
		       {"step=", &want.step},	{"patient=", &want.patient},
		       {"limit=", &want.limit}};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		size_t len = strlen(options[i].name);

		if (!strncmp(argument, options[i].name, len)) {
			*options[i].value = strtoull(argument + len, NULL, 10);
			return;
		}
	}
	usage();
}

static void parse(int argc, char **argv)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&want.to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&want.to;
	uint16_t port;

	if (argc < 5)
		usage();
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (!strcmp(argv[1], modes[i].name))
			want.mode = &modes[i];
	}
	if (!want.mode)
		usage();
	port = htons(strtoul(argv[3], NULL, 10) + want.mode->port_offset);
	want.count = strtoull(argv[4], NULL, 10);
	for (int i = 5; i < argc; i++)
		parse_option(argv[i]);
	if (inet_pton(AF_INET, argv[2], &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = port;
		want.to_len = sizeof(*in);
	} else if (inet_pton(AF_INET6, argv[2], &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = port;
		want.to_len = sizeof(*in6);
	} else {
		usage();
	}
	if (want.mode->finish == FINISH_HOLD || want.mode->finish == FINISH_KILLED)
		want.parallel = want.count;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_stop};
	struct rlimit files;

	parse(argc, argv);
	/* As many as are allowed: not every root may raise the hard limit. */
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files))
		die("setrlimit");
	conns = calloc(want.parallel, sizeof(*conns));
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (!conns || epoll_fd < 0)
		die("set-up");
	sigaction(SIGTERM, &action, NULL);
	if (want.mode->finish == FINISH_KILLED)
		return run_and_kill();
	run();
	print_truth();
	return truth.unfinished != 0;
}
