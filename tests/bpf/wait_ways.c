/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sends and receives in every way there is, and prints how long it took by its own clock
 * (tests/bpf/wait_truth.h).
 *
 *   wait_ways MODE ADDRESS PORT [COUNT]
 */
#include <linux/io_uring.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "wait_truth.h"
#include <fcntl.h>

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

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{"every-way", every_way},
		{"uring", uring},
	};

	return run_mode(argc, argv, modes, sizeof(modes) / sizeof(modes[0]));
}
