/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's MIB counters of this network namespace, by the names of nstat.
 */
#ifndef FAULTLINE_MIB_H
#define FAULTLINE_MIB_H

#include "judge/sample.h"

struct proc_files;

/* "TcpRetransSegs" */
const char *mib_counter_name(enum mib_counter counter);

/*
 * Takes the counters of MIB_COUNTERS out of a text in the format of /proc/net/snmp and netstat:
 * two lines a protocol, names and then values.  Others are passed over, and so is what does not
 * fit.  The text is changed.
 */
void mib_parse(char *text, struct reading mib[MIB_COUNTER_COUNT]);

/* The same in the format of /proc/net/snmp6: a name and a value on each line. */
void mib_parse_lines(char *text, struct reading mib[MIB_COUNTER_COUNT]);

/* Reads all three files; what cannot be read is not available. */
void mib_read(struct proc_files *files, struct reading mib[MIB_COUNTER_COUNT]);

#endif
