/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the resolvers of this host did for it.
 */
#ifndef FAULTLINE_DNS_READER_H
#define FAULTLINE_DNS_READER_H

#include "judge/sample.h"

struct dns;
struct kernel_side;

/* @kernel must outlive the object; @netns: whose resolvers.  NULL with errno. */
struct dns *dns__new(struct kernel_side *kernel, uint32_t netns);
void dns__free(struct dns *dns);

/* Reads the kernel's table.  0, -ENOTSUP when no hook tells of names, or another -errno. */
int dns__read(struct dns *dns);

/* The resolvers that were asked since the sensor began. */
size_t dns__count(const struct dns *dns);
struct address dns__address(const struct dns *dns, size_t index);

/*
 * What is known of one address, into the readings of its device; a resolver that was not asked has
 * counts of nought, and everything is not available when nothing could be read.
 */
void dns__describe(const struct dns *dns, uint64_t now_ns, struct device_sample *device);

/* "SERVFAIL" of 2; NULL for a code without a name. */
const char *dns_code_name(unsigned code);

#endif
