/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cgroup of a process: what it waits for, and whether it is throttled.
 */
#ifndef FAULTLINE_CGROUP_H
#define FAULTLINE_CGROUP_H

#include "judge/sample.h"

#define CGROUP_PATH_LEN 256

struct proc_files;

/* Where hierarchies are mounted; "" when there is none. */
struct cgroup_mounts {
	char unified[CGROUP_PATH_LEN]; /* version 2 */
	char cpu[CGROUP_PATH_LEN];     /* version 1's cpu controller */
};

/* From the text of /proc/self/mountinfo. */
void parse_cgroup_mounts(const char *text, struct cgroup_mounts *mounts);

/*
 * The path of a process within its hierarchies, from the text of /proc/PID/cgroup; "" when it is in
 * none.
 */
void parse_cgroup(const char *text, char unified[CGROUP_PATH_LEN], char cpu[CGROUP_PATH_LEN]);

/*
 * cpu.stat of either version: how many periods were throttled, and for how long in us.  What the
 * text does not say is not available.
 */
void parse_cpu_stat(const char *text, struct reading *throttled, struct reading *throttled_us);

/* Reads the cgroup of a process into its readings; what cannot be read is not available. */
void cgroup_read(struct proc_files *files, const struct cgroup_mounts *mounts, uint32_t pid,
		 struct reading reading[PROCESS_READING_COUNT]);

#endif
