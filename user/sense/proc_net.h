/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's own limits and shortages, from small files of /proc: pressure, soft interrupts,
 * conntrack, socket memory, ports and files.
 */
#ifndef FAULTLINE_PROC_NET_H
#define FAULTLINE_PROC_NET_H

#include "judge/sample.h"

struct proc_files;

/* One file of /proc/pressure or of a cgroup.  What is not in it is not available. */
struct pressure {
	struct reading some_us, some_avg10; /* total us; per cent over ten seconds */
	struct reading full_us;
};

void parse_pressure(const char *text, struct pressure *pressure);

/* /proc/net/softnet_stat: sums over processors. */
void parse_softnet(const char *text, struct reading host[HOST_READING_COUNT]);

/* /proc/net/stat/nf_conntrack: sums over processors, its columns by their names. */
void parse_conntrack(char *text, struct reading host[HOST_READING_COUNT]);

/* /proc/net/sockstat */
void parse_sockstat(const char *text, struct reading host[HOST_READING_COUNT]);

/* /proc/sys/net/ipv4/tcp_mem, /proc/sys/fs/file-nr, /proc/loadavg, /proc/stat's first lines */
void parse_tcp_mem(const char *text, struct reading host[HOST_READING_COUNT]);
void parse_file_nr(const char *text, struct reading host[HOST_READING_COUNT]);
void parse_loadavg(const char *text, struct reading host[HOST_READING_COUNT]);

/* Ephemeral ports there are: a range "32768 60999", less the reserved ones, "8080,9000-9010". */
struct reading parse_port_range(const char *range, const char *reserved);

/* Does the kernel take a port in TIME_WAIT again, after a second? */
bool proc_net_reuses_ports(struct proc_files *files);

/* Reads all of them; what cannot be read is not available. */
void proc_net_read(struct proc_files *files, struct reading host[HOST_READING_COUNT]);

#endif
