/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own counters of this network namespace, from /proc/net/snmp.
 */
#ifndef FAULTLINE_SNMP_H
#define FAULTLINE_SNMP_H

#include <stdint.h>
#include <stdio.h>

/*
 * The value of a counter such as "Tcp", "OutRsts", read from a stream in the format of
 * /proc/net/snmp: two lines a protocol, names and then values.  0; -ENOENT when there is none of
 * that name; -EINVAL when the two lines do not fit.
 */
int snmp_parse(FILE *stream, const char *protocol, const char *name, uint64_t *value);

/* The same from this host.  Also -errno when the file cannot be read. */
int snmp_read(const char *protocol, const char *name, uint64_t *value);

#endif
