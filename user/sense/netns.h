/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network namespaces of this machine: which there are, what people call them, and the way in.
 */
#ifndef FAULTLINE_NETNS_H
#define FAULTLINE_NETNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETNS_MAX 1024

struct netns_table;

struct netns_view {
	uint32_t inode;
	const char *name; /* of a bind mount ("ip netns add web": "web"), else "pid:812" */
	bool own;
};

/* Looks around once.  NULL with errno. */
struct netns_table *netns_table__new(void);
void netns_table__free(struct netns_table *table);

/* Looks around again; names and views from before are void.  0, or -errno: nothing changed. */
int netns_table__refresh(struct netns_table *table);

size_t netns_table__count(const struct netns_table *table);
struct netns_view netns_table__at(const struct netns_table *table, size_t index); /* own first */

/* Was it there at the last look? */
bool netns_table__knows(const struct netns_table *table, uint32_t inode);

/* How many the last look found beyond NETNS_MAX. */
size_t netns_table__dropped(const struct netns_table *table);

/*
 * A name for a namespace other than our own, NULL for our own.  For one that is not known the table
 * looks around again, at most once a second; one that is not found then is called by its inode
 * number.  The text is valid until the next call or refresh.
 */
const char *netns_table__name(struct netns_table *table, uint32_t inode);

/*
 * A descriptor (close-on-exec) of the namespace, which the caller closes; it keeps the namespace
 * alive, so not for long.  -ENOENT when it is gone or unknown.
 */
int netns_table__open(const struct netns_table *table, uint32_t inode);

/* The inode number of the namespace that the calling thread is in; 0 or -errno. */
int netns_own_inode(uint32_t *inode);

/*
 * Moves the calling thread into the namespace of @fd.  0 and in *back a descriptor for
 * netns_leave(), or -errno and the thread is where it was.
 */
int netns_enter(int fd, int *back);

/* Moves back and closes @back.  A failure is fatal to whoever believes to be back: -errno. */
int netns_leave(int back);

#endif
