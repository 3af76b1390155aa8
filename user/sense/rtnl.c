/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two netlink sockets: one that is told of changes by multicast groups, one that asks.
 *
 * The kernel drops what does not fit into the first one's buffer and says ENOBUFS once.  From then
 * on what was told is not the whole truth, and the caller dumps.  Changes are told apart from dumps
 * so that a change that is waiting is never mistaken for the answer to a question.
 *
 * Limits: a dump is waited for, which on the tables of one host takes well under a millisecond.
 */
#include "sense/rtnl.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define MESSAGE_ROOM	     65536
#define TOLD_BUFFER	     (1 << 20)
#define ANSWER_SECONDS	     2
#define DUMP_TRIES	     3
#define MESSAGES_AT_ONCE_MAX 4096 /* receives in one read, so that a flood cannot hold the loop */

struct rtnl {
	struct rtnl_options options;
	struct nl_sock *told;
	struct nl_sock *asks;
	uint32_t sequence;
	uint64_t overruns;
	uint64_t dumps;
	char buffer[MESSAGE_ROOM] __attribute__((aligned(NLMSG_ALIGNTO)));
};

/* A socket's buffer beyond the host's limit takes a privilege that is not always there. */
static void set_buffer(struct nl_sock *socket, int bytes)
{
	int fd = nl_socket_get_fd(socket);

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

static int join_groups(struct nl_sock *socket)
{
	static const int groups[] = {
		RTNLGRP_LINK,	    RTNLGRP_NEIGH,	RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
		RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE,   RTNLGRP_IPV6_RULE,
	};

	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		if (nl_socket_add_membership(socket, groups[i]) < 0)
			return -EPROTONOSUPPORT;
	}
	return 0;
}

static int open_sockets(struct rtnl *rtnl)
{
	struct timeval patience = {.tv_sec = ANSWER_SECONDS};
	int on = 1;

	rtnl->told = nl_socket_alloc();
	rtnl->asks = nl_socket_alloc();
	if (!rtnl->told || !rtnl->asks)
		return -ENOMEM;
	if (nl_connect(rtnl->told, NETLINK_ROUTE) < 0 || nl_connect(rtnl->asks, NETLINK_ROUTE) < 0)
		return errno ? -errno : -EIO;
	set_buffer(rtnl->told,
		   rtnl->options.receive_buffer ? rtnl->options.receive_buffer : TOLD_BUFFER);
	setsockopt(nl_socket_get_fd(rtnl->asks), SOL_SOCKET, SO_RCVTIMEO, &patience,
		   sizeof(patience));
	/* Since Linux 4.20; without it the kernel ignores filters, and answers all the same. */
	setsockopt(nl_socket_get_fd(rtnl->asks), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on,
		   sizeof(on));
	return join_groups(rtnl->told);
}

struct rtnl *rtnl__new(const struct rtnl_options *options)
{
	struct rtnl *rtnl = calloc(1, sizeof(*rtnl));
	int err;

	if (!rtnl)
		return NULL;
	rtnl->options = *options;
	err = open_sockets(rtnl);
	if (err) {
		rtnl__free(rtnl);
		errno = -err;
		return NULL;
	}
	return rtnl;
}

void rtnl__free(struct rtnl *rtnl)
{
	if (!rtnl)
		return;
	nl_socket_free(rtnl->told);
	nl_socket_free(rtnl->asks);
	free(rtnl);
}

int rtnl__fd(const struct rtnl *rtnl)
{
	return nl_socket_get_fd(rtnl->told);
}

/* One datagram; its length, 0 when nothing waits, or -errno. */
static ssize_t receive(struct rtnl *rtnl, struct nl_sock *socket, int flags)
{
	struct sockaddr_nl from = {};
	socklen_t from_len = sizeof(from);
	ssize_t len;

	do {
		len = recvfrom(nl_socket_get_fd(socket), rtnl->buffer, sizeof(rtnl->buffer), flags,
			       (struct sockaddr *)&from, &from_len);
	} while (len < 0 && errno == EINTR);
	if (len < 0)
		return -errno;
	/* Only the kernel is believed; a datagram of another process counts as an empty one. */
	if (from_len < sizeof(from) || from.nl_pid != 0)
		((struct nlmsghdr *)rtnl->buffer)->nlmsg_len = 0;
	return len;
}

int rtnl__read(struct rtnl *rtnl)
{
	bool lost = false;

	for (unsigned i = 0; i < MESSAGES_AT_ONCE_MAX; i++) {
		ssize_t len = receive(rtnl, rtnl->told, MSG_DONTWAIT);
		struct nlmsghdr *message = (struct nlmsghdr *)rtnl->buffer;
		int left = (int)len;

		if (len == -ENOBUFS) {
			lost = true;
			rtnl->overruns++;
			continue;
		}
		if (len == -EAGAIN || len == 0)
			break;
		if (len < 0)
			return (int)len;
		for (; nlmsg_ok(message, left); message = nlmsg_next(message, &left)) {
			if (message->nlmsg_type >= RTM_BASE)
				rtnl->options.on_message(rtnl->options.context, message, false);
		}
	}
	return lost ? -ENOBUFS : 0;
}

static int error_of(const struct nlmsghdr *message)
{
	const struct nlmsgerr *error = nlmsg_data(message);

	if (nlmsg_datalen(message) < (int)sizeof(error->error))
		return -EBADMSG;
	return error->error;
}

struct answer {
	void (*on_answer)(void *context, const struct nlmsghdr *answer);
	void *context;
	bool interrupted;
};

/* Reads until the answer to the last request is complete; 0 or -errno. */
static int read_answer(struct rtnl *rtnl, struct answer *answer, bool whole_table)
{
	for (;;) {
		ssize_t len = receive(rtnl, rtnl->asks, 0);
		struct nlmsghdr *message = (struct nlmsghdr *)rtnl->buffer;
		int left = (int)len;

		if (len < 0)
			return (int)len;
		for (; nlmsg_ok(message, left); message = nlmsg_next(message, &left)) {
			if (message->nlmsg_seq != rtnl->sequence)
				continue; /* of a question that was given up */
			if (message->nlmsg_flags & NLM_F_DUMP_INTR)
				answer->interrupted = true;
			if (message->nlmsg_type == NLMSG_ERROR)
				return error_of(message);
			if (message->nlmsg_type == NLMSG_DONE)
				return 0;
			answer->on_answer(answer->context, message);
			if (!whole_table)
				return 0;
		}
	}
}

static int send_request(struct rtnl *rtnl, struct nlmsghdr *request)
{
	request->nlmsg_seq = ++rtnl->sequence;
	request->nlmsg_pid = 0;
	if (send(nl_socket_get_fd(rtnl->asks), request, request->nlmsg_len, 0) < 0)
		return -errno;
	return 0;
}

static void on_dumped(void *context, const struct nlmsghdr *message)
{
	struct rtnl *rtnl = context;

	rtnl->options.on_message(rtnl->options.context, message, true);
}

/* The header that strict checking wants differs by table. */
static size_t header_len(int type)
{
	switch (type) {
	case RTM_GETLINK:
		return sizeof(struct ifinfomsg);
	case RTM_GETADDR:
		return sizeof(struct ifaddrmsg);
	case RTM_GETNEIGH:
		return sizeof(struct ndmsg);
	case RTM_GETQDISC:
		return sizeof(struct tcmsg);
	default:
		return sizeof(struct rtmsg);
	}
}

int rtnl__dump(struct rtnl *rtnl, int type, int family)
{
	int err = 0;

	for (int i = 0; i < DUMP_TRIES; i++) {
		struct answer answer = {.on_answer = on_dumped, .context = rtnl};
		struct {
			struct nlmsghdr header;
			char body[32] __attribute__((aligned(NLMSG_ALIGNTO)));
		} request = {
			.header = {.nlmsg_len = NLMSG_LENGTH(header_len(type)),
				   .nlmsg_type = type,
				   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
			.body = {[0] = (char)family}, /* the first byte of every one of them */
		};

		err = send_request(rtnl, &request.header);
		if (!err)
			err = read_answer(rtnl, &answer, true);
		rtnl->dumps++;
		if (err || !answer.interrupted)
			break;
	}
	return err;
}

int rtnl__ask(struct rtnl *rtnl, struct nlmsghdr *request,
	      void (*on_answer)(void *context, const struct nlmsghdr *answer), void *context)
{
	struct answer answer = {.on_answer = on_answer, .context = context};
	int err = send_request(rtnl, request);

	return err ? err : read_answer(rtnl, &answer, false);
}

uint64_t rtnl__overruns(const struct rtnl *rtnl)
{
	return rtnl->overruns;
}

uint64_t rtnl__dumps(const struct rtnl *rtnl)
{
	return rtnl->dumps;
}
