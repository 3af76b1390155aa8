/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waits for known times, and prints how long it took by its own clock.
 *
 *   wait_near MODE ADDRESS PORT [COUNT]
 *
 * Each mode does one thing COUNT times with tests/bpf/wait_far, or with itself, and prints one JSON
 * object: how often, and for each operation that it timed the median and the longest, in us.  What
 * an operation has no time for in this mode is left out.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES_MAX 16384
#define REPLY_BYTES 64
#define SEND_BYTES  (1 << 16)

struct request {
	uint32_t delay_us, pieces, gap_us, bytes;
	uint32_t pad[4];
};

enum operation { SEND, RECV, RESPONSE, PICKUP, ACCEPT, CLOSE, CONNECT, OPERATIONS };

static const char *const operation_name[OPERATIONS] = {"send",	 "recv",  "response", "pickup",
						       "accept", "close", "connect"};

/* In memory that children share: what they measure counts, too. */
static struct truth {
	uint32_t count[OPERATIONS];
	uint64_t ns[OPERATIONS][SAMPLES_MAX];
} * truth;

static struct sockaddr_in to;
static unsigned count = 20;
static char buffer[1 << 20];

static void die(const char *what)
{
	fprintf(stderr, "wait_near: %s: %s\n", what, strerror(errno));
	exit(1);
}

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

static void sample(enum operation operation, uint64_t duration_ns)
{
	uint32_t i = __atomic_fetch_add(&truth->count[operation], 1, __ATOMIC_RELAXED);

	if (i < SAMPLES_MAX)
		truth->ns[operation][i] = duration_ns;
}

static int compare(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static void print_truth(const char *mode)
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

static int connect_to(int port_offset)
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

static void close_timed(int fd)
{
	uint64_t began = now_ns();

	close(fd);
	sample(CLOSE, now_ns() - began);
}

static struct request make_request(uint32_t delay_us)
{
	return (struct request){.delay_us = delay_us, .pieces = 1, .bytes = REPLY_BYTES};
}

static uint64_t send_request(int fd, const struct request *request)
{
	uint64_t began = now_ns(), ended;

	if (send(fd, request, sizeof(*request), MSG_NOSIGNAL) != sizeof(*request))
		die("send");
	ended = now_ns();
	sample(SEND, ended - began);
	return ended;
}

/* One blocking recv; how much came. */
static size_t receive(int fd, size_t most)
{
	uint64_t began = now_ns();
	ssize_t n = recv(fd, buffer, most, 0);

	if (n <= 0)
		die("recv");
	sample(RECV, now_ns() - began);
	return n;
}

static void ask(int fd, uint32_t delay_us)
{
	struct request request = make_request(delay_us);
	uint64_t sent = send_request(fd, &request);

	receive(fd, REPLY_BYTES);
	sample(RESPONSE, now_ns() - sent);
}

static void wait_readable(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	if (poll(&poll_fd, 1, 10000) != 1)
		die("poll");
}

static void blocked(void)
{
	int fd = connect_to(0);

	for (unsigned i = 0; i < count; i++)
		ask(fd, 20000);
	close_timed(fd);
}

/* The answer lies for 30 ms before it is read. */
static void late(void)
{
	int fd = connect_to(0);

	for (unsigned i = 0; i < count; i++) {
		struct request request = make_request(5000);
		uint64_t sent = send_request(fd, &request), came;

		wait_readable(fd);
		came = now_ns();
		sample(RESPONSE, came - sent);
		pause_until(came + 30000000);
		sample(PICKUP, now_ns() - came);
		receive(fd, REPLY_BYTES);
	}
	close_timed(fd);
}

/* COUNT requests at once, 1 ms apart, each answered after 50 ms, and then the same again. */
static void pipeline(void)
{
	int fd = connect_to(0);

	for (int round = 0; round < 4; round++) {
		struct request request = make_request(150000);
		uint64_t *sent = calloc(count, sizeof(*sent)), due = now_ns();

		for (unsigned i = 0; i < count; i++, due += 1000000) {
			pause_until(due);
			sent[i] = send_request(fd, &request);
		}
		for (unsigned i = 0; i < count; i++) {
			for (size_t got = 0; got < REPLY_BYTES;) {
				ssize_t n = recv(fd, buffer, REPLY_BYTES - got, 0);

				if (n <= 0)
					die("recv");
				got += n;
			}
			sample(RESPONSE, now_ns() - sent[i]);
		}
		free(sent);
	}
	close_timed(fd);
}

/* COUNT in flight all the time: each answer is followed by one more request. */
static void window(void)
{
	unsigned asked = 0, answered = 0, all = count * 20;
	uint64_t *sent = calloc(all, sizeof(*sent)), due = now_ns();
	struct request request = make_request(50000);
	int fd = connect_to(0);

	for (; asked < count; asked++, due += 500000) {
		pause_until(due);
		sent[asked] = send_request(fd, &request);
	}
	while (answered < all) {
		for (size_t got = 0; got < REPLY_BYTES;) {
			ssize_t n = recv(fd, buffer, REPLY_BYTES - got, 0);

			if (n <= 0)
				die("recv");
			got += n;
		}
		sample(RESPONSE, now_ns() - sent[answered++]);
		if (asked < all)
			sent[asked++] = send_request(fd, &request);
	}
	free(sent);
	close_timed(fd);
}

/* The answer comes in three pieces, the request goes out in two. */
static void pieces(void)
{
	int fd = connect_to(0);

	for (unsigned i = 0; i < count; i++) {
		struct request request = make_request(20000);
		uint64_t sent;

		request.pieces = 3;
		request.gap_us = 4000;
		if (send(fd, &request, 12, MSG_NOSIGNAL) != 12 ||
		    send(fd, (char *)&request + 12, sizeof(request) - 12, MSG_NOSIGNAL) !=
			    sizeof(request) - 12)
			die("send");
		sent = now_ns();
		for (size_t got = 0; got < 3 * REPLY_BYTES;) {
			got += receive(fd, 3 * REPLY_BYTES - got);
			if (sent)
				sample(RESPONSE, now_ns() - sent);
			sent = 0;
		}
	}
	close_timed(fd);
}

static void feed(void)
{
	int fd = connect_to(1);

	for (unsigned i = 0; i < count; i++)
		receive(fd, sizeof(buffer));
	close_timed(fd);
}

static void send_blocked(void)
{
	int fd = connect_to(2), size = 1 << 16;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	for (unsigned i = 0; i < count * 4; i++) {
		uint64_t began = now_ns();

		if (send(fd, buffer, SEND_BYTES, MSG_NOSIGNAL) != SEND_BYTES)
			die("send");
		sample(SEND, now_ns() - began);
	}
	close_timed(fd);
}

static void ask_nonblocking(int fd, int epoll_fd, uint32_t delay_us)
{
	struct request request = make_request(delay_us);
	uint64_t sent = send_request(fd, &request);
	struct epoll_event event;

	if (recv(fd, buffer, REPLY_BYTES, 0) != -1 || errno != EAGAIN)
		die("recv of nothing");
	if (epoll_wait(epoll_fd, &event, 1, 10000) != 1)
		die("epoll_wait");
	sample(RESPONSE, now_ns() - sent);
	if (recv(fd, buffer, REPLY_BYTES, 0) <= 0)
		die("recv");
}

static void epoll(void)
{
	struct epoll_event event = {.events = EPOLLIN};
	int fd = connect_to(0), epoll_fd = epoll_create1(0);

	fcntl(fd, F_SETFL, O_NONBLOCK);
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
	for (unsigned i = 0; i < count; i++)
		ask_nonblocking(fd, epoll_fd, 10000);
	close_timed(fd);
}

static void *thread_asks(void *argument)
{
	int fd = connect_to(0);

	(void)argument;
	for (unsigned i = 0; i < count; i++)
		ask(fd, 20000);
	close_timed(fd);
	return NULL;
}

static void threads(void)
{
	pthread_t thread[8];

	for (int i = 0; i < 8; i++) {
		if (pthread_create(&thread[i], NULL, thread_asks, NULL))
			die("pthread_create");
	}
	for (int i = 0; i < 8; i++)
		pthread_join(thread[i], NULL);
}

static void reap(pid_t child)
{
	int status;

	if (child < 0 || waitpid(child, &status, 0) != child || status)
		die("child");
}

/* The child asks and waits on the connection that its parent made. */
static void forked(void)
{
	int fd = connect_to(0);
	pid_t child = fork();

	if (child == 0) {
		for (unsigned i = 0; i < count; i++)
			ask(fd, 20000);
		_exit(0);
	}
	reap(child);
	close_timed(fd);
}

static void pass(int channel, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	if (fd >= 0) {
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
		if (sendmsg(channel, &message, 0) != 1)
			die("sendmsg");
		return;
	}
	if (recvmsg(channel, &message, 0) != 1)
		die("recvmsg");
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	for (unsigned i = 0; i < count; i++)
		ask(fd, 20000);
	_exit(0);
}

/* A process that never connected gets the socket, and uses it. */
static void passed(void)
{
	int channel[2], fd;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, channel))
		die("socketpair");
	child = fork();
	if (child == 0)
		pass(channel[1], -1);
	fd = connect_to(0);
	pass(channel[0], fd);
	reap(child);
	close_timed(fd);
}

static void short_lived(void)
{
	for (unsigned i = 0; i < count; i++) {
		pid_t child = fork();

		if (child == 0) {
			int fd = connect_to(0);

			ask(fd, 20000);
			close_timed(fd);
			_exit(0);
		}
		reap(child);
	}
}

/* A connection lies in the accept queue for 30 ms, then an accept waits 20 ms for one. */
static void accepts(void)
{
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	struct sockaddr_in at = to;

	at.sin_port = htons(ntohs(to.sin_port) + 9);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 16))
		die("listen");
	for (unsigned i = 0; i < count; i++) {
		pid_t child = fork();
		uint64_t came, began;
		int fd;

		if (child == 0) {
			pause_until(now_ns() + 20000000);
			fd = connect_to(9);
			if (recv(fd, buffer, 1, 0) != 0)
				_exit(1);
			_exit(0);
		}
		if (i % 2) {
			wait_readable(listener);
			came = now_ns();
			pause_until(came + 30000000);
			sample(PICKUP, now_ns() - came);
		}
		began = now_ns();
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			die("accept");
		sample(ACCEPT, now_ns() - began);
		close_timed(fd);
		reap(child);
	}
}

/* ---- the many ways to send and to receive ------------------------------------------------- */

static ssize_t send_by(int fd, const void *data, size_t len, int way)
{
	struct iovec part[2] = {{(void *)data, 8}, {(char *)data + 8, len - 8}};
	struct mmsghdr message = {.msg_hdr = {.msg_iov = part, .msg_iovlen = 2}};
	static int file = -1;
	off_t from = 0;

	switch (way) {
	case 0:
		return write(fd, data, len);
	case 1:
		return writev(fd, part, 2);
	case 2:
		return send(fd, data, len, 0);
	case 3:
		return sendmsg(fd, &message.msg_hdr, 0);
	case 4:
		return sendmmsg(fd, &message, 1, 0) == 1 ? (ssize_t)message.msg_len : -1;
	default:
		if (file < 0)
			file = memfd_create("request", 0);
		if (pwrite(file, data, len, 0) != (ssize_t)len)
			return -1;
		return sendfile(fd, file, &from, len);
	}
}

static ssize_t receive_by(int fd, int way)
{
	struct iovec part[2] = {{buffer, 8}, {buffer + 8, REPLY_BYTES - 8}};
	struct mmsghdr message = {.msg_hdr = {.msg_iov = part, .msg_iovlen = 2}};
	static int pipes[2] = {-1, -1};
	ssize_t n;

	switch (way) {
	case 0:
		return read(fd, buffer, REPLY_BYTES);
	case 1:
		return readv(fd, part, 2);
	case 2:
		return recv(fd, buffer, REPLY_BYTES, 0);
	case 3:
		return recvmsg(fd, &message.msg_hdr, 0);
	case 4:
		return recvmmsg(fd, &message, 1, 0, NULL) == 1 ? (ssize_t)message.msg_len : -1;
	default:
		if (pipes[0] < 0 && pipe(pipes))
			return -1;
		n = splice(fd, NULL, pipes[1], NULL, REPLY_BYTES, 0);
		return n > 0 && read(pipes[0], buffer, n) == n ? n : -1;
	}
}

static void every_way(void)
{
	int fd = connect_to(0);

	for (unsigned i = 0; i < count * 6; i++) {
		struct request request = make_request(20000);
		uint64_t began = now_ns(), sent;

		if (send_by(fd, &request, sizeof(request), i % 6) != sizeof(request))
			die("send");
		sent = now_ns();
		sample(SEND, sent - began);
		if (receive_by(fd, i % 6) != REPLY_BYTES)
			die("receive");
		sample(RECV, now_ns() - sent);
		sample(RESPONSE, now_ns() - sent);
	}
	close_timed(fd);
}

/* ---- io_uring, without its library -------------------------------------------------------- */

static struct {
	int fd;
	unsigned *sq_tail, *sq_array, *cq_head, *cq_tail, sq_mask, cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
} ring;

static bool make_ring(void)
{
	struct io_uring_params params = {0};
	char *map;

	ring.fd = syscall(SYS_io_uring_setup, 8, &params);
	if (ring.fd < 0)
		return false;
	map = mmap(NULL, params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe),
		   PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_SQ_RING);
	ring.sqes = mmap(NULL, params.sq_entries * sizeof(struct io_uring_sqe),
			 PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_SQES);
	if (map == MAP_FAILED || ring.sqes == MAP_FAILED)
		die("mmap");
	ring.sq_tail = (unsigned *)(map + params.sq_off.tail);
	ring.sq_array = (unsigned *)(map + params.sq_off.array);
	ring.sq_mask = *(unsigned *)(map + params.sq_off.ring_mask);
	ring.cq_head = (unsigned *)(map + params.cq_off.head);
	ring.cq_tail = (unsigned *)(map + params.cq_off.tail);
	ring.cq_mask = *(unsigned *)(map + params.cq_off.ring_mask);
	ring.cqes = (struct io_uring_cqe *)(map + params.cq_off.cqes);
	return true;
}

static int by_ring(int operation, int fd, void *data, size_t len)
{
	unsigned tail = *ring.sq_tail, head;
	struct io_uring_sqe *sqe = &ring.sqes[tail & ring.sq_mask];
	int result;

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = operation;
	sqe->fd = fd;
	sqe->addr = (uintptr_t)data;
	sqe->len = len;
	ring.sq_array[tail & ring.sq_mask] = tail & ring.sq_mask;
	__atomic_store_n(ring.sq_tail, tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring.fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		die("io_uring_enter");
	head = *ring.cq_head;
	if (head == __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE))
		die("no completion");
	result = ring.cqes[head & ring.cq_mask].res;
	__atomic_store_n(ring.cq_head, head + 1, __ATOMIC_RELEASE);
	return result;
}

static void uring(void)
{
	int fd = connect_to(0);

	if (!make_ring())
		die("io_uring_setup");
	for (unsigned i = 0; i < count; i++) {
		struct request request = make_request(20000);
		uint64_t sent;

		if (by_ring(IORING_OP_SEND, fd, &request, sizeof(request)) != sizeof(request))
			die("send by ring");
		sent = now_ns();
		if (by_ring(IORING_OP_RECV, fd, buffer, REPLY_BYTES) != REPLY_BYTES)
			die("recv by ring");
		sample(RESPONSE, now_ns() - sent);
	}
	close_timed(fd);
}

/* ---- ends --------------------------------------------------------------------------------- */

static void unread(void)
{
	for (unsigned i = 0; i < count; i++) {
		struct request request = make_request(1000);
		int fd = connect_to(0);

		send_request(fd, &request);
		wait_readable(fd);
		close_timed(fd);
	}
}

/* Each connection is reset by the far side: the first receive says so, a later send fails. */
static void errors(void)
{
	for (unsigned i = 0; i < count; i++) {
		int fd = connect_to(3);
		struct pollfd poll_fd = {.fd = fd, .events = POLLRDHUP};

		if (send(fd, buffer, 1, MSG_NOSIGNAL) != 1 || poll(&poll_fd, 1, 10000) != 1 ||
		    recv(fd, buffer, 1, 0) != -1 || errno != ECONNRESET)
			die("no reset");
		if (send(fd, buffer, 1, MSG_NOSIGNAL) != -1 || errno != EPIPE)
			die("no broken pipe");
		close_timed(fd);
	}
}

static const struct mode {
	const char *name;
	void (*run)(void);
} modes[] = {
	{"blocked", blocked},
	{"late", late},
	{"pipeline", pipeline},
	{"window", window},
	{"pieces", pieces},
	{"feed", feed},
	{"send-blocked", send_blocked},
	{"epoll", epoll},
	{"threads", threads},
	{"forked", forked},
	{"passed", passed},
	{"short-lived", short_lived},
	{"accepts", accepts},
	{"every-way", every_way},
	{"uring", uring},
	{"unread", unread},
	{"errors", errors},
};

int main(int argc, char **argv)
{
	truth = mmap(NULL, sizeof(*truth), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (truth == MAP_FAILED)
		die("mmap");
	if (argc == 5)
		count = strtoul(argv[4], NULL, 10);
	for (size_t i = 0; argc >= 4 && i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(modes[i].name, argv[1]))
			continue;
		to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[3]))};
		if (inet_pton(AF_INET, argv[2], &to.sin_addr) != 1)
			die(argv[2]);
		modes[i].run();
		print_truth(argv[1]);
		return 0;
	}
	fprintf(stderr, "usage: wait_near MODE ADDRESS PORT [COUNT]\nmodes:");
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		fprintf(stderr, " %s", modes[i].name);
	fprintf(stderr, "\n");
	return 2;
}
