/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's tables of links, addresses, neighbours, routes and queue disciplines: told when they
 * change, and read as a whole when asked.
 */
#ifndef FAULTLINE_RTNL_H
#define FAULTLINE_RTNL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nlmsghdr;
struct rtnl;

struct rtnl_options {
	/* Called for each message, told or dumped. */
	void (*on_message)(void *context, const struct nlmsghdr *message, bool dumped);
	void *context;
	int receive_buffer; /* bytes; 0: one that holds some thousand changes */
};

/*
 * Sockets of the network namespace that the caller is in.  NULL with errno.
 */
struct rtnl *rtnl__new(const struct rtnl_options *options);
void rtnl__free(struct rtnl *rtnl);

/* Readable when there is a change to rtnl__read(). */
int rtnl__fd(const struct rtnl *rtnl);

/*
 * Hands over every change that was told.  0; -ENOBUFS when some were lost since the last call, and
 * then only a dump tells how things stand; or another -errno.
 */
int rtnl__read(struct rtnl *rtnl);

/*
 * Asks for a table as a whole, such as RTM_GETLINK with AF_UNSPEC, and hands over its entries.
 * 0 or -errno; a table that changed while it was read is read once more.
 */
int rtnl__dump(struct rtnl *rtnl, int type, int family);

/* Sends one request and hands over its answer.  0 or -errno, also what the kernel says. */
int rtnl__ask(struct rtnl *rtnl, struct nlmsghdr *request,
	      void (*on_answer)(void *context, const struct nlmsghdr *answer), void *context);

uint64_t rtnl__overruns(const struct rtnl *rtnl);
uint64_t rtnl__dumps(const struct rtnl *rtnl);

#endif
