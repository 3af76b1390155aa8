/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Our own side: interfaces, next hops, routes, and what this host runs short of.
 */
#ifndef FAULTLINE_HOST_H
#define FAULTLINE_HOST_H

#include "sense/changes.h"
#include "judge/sample.h"

struct config;
struct kernel_side;
struct discovery;
struct host;
struct link_table;
struct proc_files;

struct host_options {
	const struct config *config;	   /* must stay until host__reload() or __free() */
	const struct discovery *discovery; /* its devices are taken in; may be NULL */
	struct kernel_side *kernel;	   /* of drops and names; may be NULL */
	const char *root;		   /* of /proc, /sys and /etc; "" for the host's own */
	int netlink_buffer;		   /* bytes; 0: the usual */
	change_handler *on_change;	   /* called as soon as a change is known; may be NULL */
	void *context;
};

/* NULL with errno: netlink sockets cannot be had.  Everything else may be missing. */
struct host *host__new(const struct host_options *options);
void host__free(struct host *host);

/* Readable when the kernel has a change to tell; host__read() takes it. */
int host__fd(const struct host *host);
int host__read(struct host *host, const struct link_table *links);

/*
 * Reads everything.  0, or -errno of the kernel's tables; what could be read is in the sample.
 */
int host__tick(struct host *host, const struct link_table *links);

/* Valid until the next call that is not const. */
const struct sample *host__sample(const struct host *host);

/* How often a process that uses links was not looked at, for there were too many. */
uint64_t host__processes_refused(const struct host *host);

/* Was a next hop asked whether it is there?  Half a second later it is worth looking again. */
bool host__awaits_neighbour(const struct host *host);

void host__reload(struct host *host, const struct config *config);

/* How often routes, rules, addresses or interfaces changed; the ways then do, too. */
uint64_t host__route_changes(const struct host *host);

/* For health: which files could not be read. */
const struct proc_files *host__files(const struct host *host);

#endif
