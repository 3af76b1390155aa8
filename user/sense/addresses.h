/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The addresses of our own interfaces.
 */
#ifndef FAULTLINE_ADDRESSES_H
#define FAULTLINE_ADDRESSES_H

#include "judge/sample.h"

#define ADDRESSES_MAX 512

struct addresses;
struct changes;
struct nlmsghdr;

/* @changes is told what changes and must outlive the object.  NULL with errno. */
struct addresses *addresses__new(struct changes *changes);
void addresses__free(struct addresses *addresses);

/* Takes RTM_NEWADDR and RTM_DELADDR; other messages and damaged ones are passed over. */
void addresses__take(struct addresses *addresses, const struct nlmsghdr *message);

/* Around a dump: what it did not name is gone. */
void addresses__dump_begins(struct addresses *addresses);
void addresses__dump_ends(struct addresses *addresses);

/* Valid until the next message. */
const struct address_sample *addresses__list(const struct addresses *addresses, size_t *count);

#endif
