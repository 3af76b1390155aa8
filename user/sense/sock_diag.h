/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two questions about sockets that no counter answers: how full accept queues are, and which
 * destinations hold ports in TIME_WAIT.
 */
#ifndef FAULTLINE_SOCK_DIAG_H
#define FAULTLINE_SOCK_DIAG_H

#include "judge/sample.h"

#define LISTENERS_MAX 256

struct nlmsghdr;
struct sock_diag;

/* In the network namespace of the caller.  NULL with errno. */
struct sock_diag *sock_diag__new(void);
void sock_diag__free(struct sock_diag *diag);

/* At most LISTENERS_MAX listening sockets, in *count.  0 or -errno. */
int sock_diag__listeners(struct sock_diag *diag, struct listener_sample *list, size_t *count);

/* Calls @visit for each TCP socket in TIME_WAIT: its far end.  0 or -errno. */
int sock_diag__time_wait(struct sock_diag *diag,
			 void (*visit)(void *context, const struct address *remote, uint16_t port),
			 void *context);

/* One entry of an answer; false when it is damaged. */
struct diag_socket {
	struct address local, remote;
	uint16_t local_port, remote_port;
	uint32_t receive_queue, send_queue; /* of a listener: waiting, and the limit */
};

bool parse_diag_socket(const struct nlmsghdr *message, struct diag_socket *socket);

#endif
