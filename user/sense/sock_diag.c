/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inet_diag dumps.  Listeners have a table of their own in the kernel, so asking for them alone is
 * cheap whatever the number of connections; TIME_WAIT costs a walk of all, and is asked for only
 * when ports run short.
 */
#include "sense/sock_diag.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ANSWER_SECONDS 2
#define ANSWER_ROOM    32768

struct sock_diag {
	int fd;
	uint32_t sequence;
	char buffer[ANSWER_ROOM] __attribute__((aligned(8)));
};

struct sock_diag *sock_diag__new(void)
{
	struct timeval patience = {.tv_sec = ANSWER_SECONDS};
	struct sock_diag *diag = malloc(sizeof(*diag));

	if (!diag)
		return NULL;
	diag->sequence = 0;
	diag->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (diag->fd < 0) {
		int err = errno;

		free(diag);
		errno = err;
		return NULL;
	}
	setsockopt(diag->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return diag;
}

void sock_diag__free(struct sock_diag *diag)
{
	if (!diag)
		return;
	close(diag->fd);
	free(diag);
}

static void to_address(int family, const __be32 words[4], struct address *address)
{
	memset(address, 0, sizeof(*address));
	if (family == AF_INET6) {
		memcpy(address->byte, words, sizeof(address->byte));
	} else {
		address->byte[10] = address->byte[11] = 0xff;
		memcpy(address->byte + 12, words, 4);
	}
}

bool parse_diag_socket(const struct nlmsghdr *message, struct diag_socket *socket)
{
	struct inet_diag_msg entry;

	if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    nlmsg_datalen(message) < (int)sizeof(entry))
		return false;
	memcpy(&entry, nlmsg_data(message), sizeof(entry));
	to_address(entry.idiag_family, entry.id.idiag_src, &socket->local);
	to_address(entry.idiag_family, entry.id.idiag_dst, &socket->remote);
	socket->local_port = ntohs(entry.id.idiag_sport);
	socket->remote_port = ntohs(entry.id.idiag_dport);
	socket->receive_queue = entry.idiag_rqueue;
	socket->send_queue = entry.idiag_wqueue;
	return true;
}

typedef void entry_handler(void *context, const struct diag_socket *socket);

static int read_answer(struct sock_diag *diag, entry_handler *visit, void *context)
{
	struct diag_socket socket;

	for (;;) {
		struct nlmsghdr *message = (struct nlmsghdr *)diag->buffer;
		ssize_t len = recv(diag->fd, diag->buffer, sizeof(diag->buffer), 0);
		int left = (int)len;

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		for (; nlmsg_ok(message, left); message = nlmsg_next(message, &left)) {
			const struct nlmsgerr *error = nlmsg_data(message);

			if (message->nlmsg_seq != diag->sequence)
				continue;
			if (message->nlmsg_type == NLMSG_DONE)
				return 0;
			if (message->nlmsg_type == NLMSG_ERROR)
				return nlmsg_datalen(message) < (int)sizeof(error->error)
					       ? -EBADMSG
					       : error->error;
			if (parse_diag_socket(message, &socket))
				visit(context, &socket);
		}
	}
}

static int dump(struct sock_diag *diag, int family, uint32_t states, entry_handler *visit,
		void *context)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 request;
	} message = {
		.header = {.nlmsg_len = sizeof(message),
			   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			   .nlmsg_seq = ++diag->sequence},
		.request = {.sdiag_family = (uint8_t)family,
			    .sdiag_protocol = IPPROTO_TCP,
			    .idiag_states = states},
	};

	if (send(diag->fd, &message, sizeof(message), 0) < 0)
		return -errno;
	return read_answer(diag, visit, context);
}

static int dump_both(struct sock_diag *diag, uint32_t states, entry_handler *visit, void *context)
{
	int err = dump(diag, AF_INET, states, visit, context);

	return err ? err : dump(diag, AF_INET6, states, visit, context);
}

struct listener_list {
	struct listener_sample *list;
	size_t count;
};

static void add_listener(void *context, const struct diag_socket *socket)
{
	struct listener_list *listeners = context;

	if (listeners->count == LISTENERS_MAX)
		return;
	listeners->list[listeners->count++] = (struct listener_sample){
		.address = socket->local,
		.port = socket->local_port,
		.queued = socket->receive_queue,
		.limit = socket->send_queue,
	};
}

int sock_diag__listeners(struct sock_diag *diag, struct listener_sample *list, size_t *count)
{
	struct listener_list listeners = {.list = list};
	int err = dump_both(diag, 1U << TCP_LISTEN, add_listener, &listeners);

	*count = err ? 0 : listeners.count;
	return err;
}

struct visitor {
	void (*visit)(void *context, const struct address *remote, uint16_t port);
	void *context;
};

static void visit_remote(void *context, const struct diag_socket *socket)
{
	const struct visitor *visitor = context;

	visitor->visit(visitor->context, &socket->remote, socket->remote_port);
}

int sock_diag__time_wait(struct sock_diag *diag,
			 void (*visit)(void *context, const struct address *remote, uint16_t port),
			 void *context)
{
	struct visitor visitor = {.visit = visit, .context = context};

	return dump_both(diag, 1U << TCP_TIME_WAIT, visit_remote, &visitor);
}
