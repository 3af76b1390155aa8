/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interfaces of a network namespace, by messages of rtnetlink.
 */
#ifndef FAULTLINE_INTERFACES_H
#define FAULTLINE_INTERFACES_H

#include "judge/sample.h"

#define INTERFACES_MAX 256

struct changes;
struct interfaces;
struct nlmsghdr;
struct proc_files;

/* @changes is told what changes and must outlive the object.  NULL with errno. */
struct interfaces *interfaces__new(struct changes *changes);
void interfaces__free(struct interfaces *interfaces);

/*
 * Takes RTM_NEWLINK, RTM_DELLINK and RTM_NEWQDISC; every other message, and one that is damaged,
 * is passed over.
 */
void interfaces__take(struct interfaces *interfaces, const struct nlmsghdr *message);

/* Around a dump: what it did not name is gone. */
void interfaces__dump_begins(struct interfaces *interfaces);
void interfaces__dump_ends(struct interfaces *interfaces);

/* Reads what rtnetlink does not tell: the speed. */
void interfaces__read_speeds(struct interfaces *interfaces, struct proc_files *files);

/* Valid until the next message. */
const struct interface_sample *interfaces__list(const struct interfaces *interfaces, size_t *count);
const struct interface_sample *interfaces__find(const struct interfaces *interfaces, int index);

/* How many interfaces found no room. */
uint64_t interfaces__refused(const struct interfaces *interfaces);

#endif
