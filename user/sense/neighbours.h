/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The neighbours of a network namespace: is the next hop there, by which hardware address, and for
 * how long has it not answered.
 */
#ifndef FAULTLINE_NEIGHBOURS_H
#define FAULTLINE_NEIGHBOURS_H

#include "judge/sample.h"

#define NEIGHBOURS_MAX 1024

struct changes;
struct neighbours;
struct nlmsghdr;

/* @changes is told what changes and must outlive the object.  NULL with errno. */
struct neighbours *neighbours__new(struct changes *changes);
void neighbours__free(struct neighbours *neighbours);

/*
 * Takes RTM_NEWNEIGH and RTM_DELNEIGH; other messages and damaged ones are passed over.
 */
void neighbours__take(struct neighbours *neighbours, const struct nlmsghdr *message);

/* Around a dump: what it did not name the kernel has forgotten. */
void neighbours__dump_begins(struct neighbours *neighbours);
void neighbours__dump_ends(struct neighbours *neighbours);

/* Only changes of watched neighbours are told; the others come and go with every customer. */
void neighbours__watch(struct neighbours *neighbours, const struct address *address);
void neighbours__watch_none(struct neighbours *neighbours);

/* @interface 0: by any.  *neighbour is all zero, state unknown, when there is no entry. */
void neighbours__find(const struct neighbours *neighbours, const struct address *address,
		      int interface, struct neighbour_sample *neighbour);

/* Entries that found no room. */
uint64_t neighbours__refused(const struct neighbours *neighbours);

#endif
