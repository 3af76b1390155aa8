/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waits for known times, and prints how long it took by its own clock (tests/bpf/wait_truth.h).
 *
 *   wait_near MODE ADDRESS PORT [COUNT]
 */
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include "wait_truth.h"

#define SEND_BYTES (1 << 16)

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

/* One request after the other, without a pause, and in the middle a message that gets no answer. */
static void unanswered(void)
{
	struct request message = {.pieces = 0};
	uint64_t due = now_ns();
	int fd = connect_to(0);

	for (unsigned i = 0; i < 3 * count; i++, due += 60000000) {
		pause_until(due);
		if (i == count)
			send_request(fd, &message);
		ask(fd, 20000);
	}
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

/* ---- beginnings and ends
 * --------------------------------------------------------------------------------- */

/* Non-blocking, each timed until the socket can be written to. */
static void connects(void)
{
	for (unsigned i = 0; i < count; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
		uint64_t began = now_ns();

		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != -1 || errno != EINPROGRESS ||
		    poll(&poll_fd, 1, 10000) != 1)
			die("connect");
		sample(CONNECT, now_ns() - began);
		close(fd);
	}
}

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

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{"blocked", blocked},
		{"late", late},
		{"pipeline", pipeline},
		{"window", window},
		{"unanswered", unanswered},
		{"pieces", pieces},
		{"feed", feed},
		{"connect", connects},
		{"send-blocked", send_blocked},
		{"epoll", epoll},
		{"threads", threads},
		{"forked", forked},
		{"passed", passed},
		{"short-lived", short_lived},
		{"accepts", accepts},
		{"unread", unread},
		{"errors", errors},
	};

	return run_mode(argc, argv, modes, sizeof(modes) / sizeof(modes[0]));
}
