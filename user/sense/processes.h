/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processes that own watched sockets: do they run, wait, stand still, or lack descriptors.
 */
#ifndef FAULTLINE_PROCESSES_H
#define FAULTLINE_PROCESSES_H

#include "judge/sample.h"

#define PROCESSES_MAX 64

struct changes;
struct proc_files;
struct processes;

/* Both must outlive the object.  NULL with errno. */
struct processes *processes__new(struct proc_files *files, struct changes *changes);
void processes__free(struct processes *processes);

/* The process shall be looked at from now on; a pid of 0 is none. */
void processes__watch(struct processes *processes, uint32_t pid);

/*
 * Looks at all of them.  One that is gone stays in the list for a minute; one that nobody named
 * since the last call but four is dropped.
 */
void processes__read(struct processes *processes);

/* Adds a reading that is known elsewhere; until the next processes__read. */
void processes__set(struct processes *processes, size_t index, enum process_reading which,
		    struct reading reading);

/* Valid until the next call. */
const struct process_sample *processes__list(const struct processes *processes, size_t *count);

/* How many found no room. */
uint64_t processes__refused(const struct processes *processes);

/* The fields of /proc/PID/stat that are used; false when the text does not fit. */
struct process_stat {
	char comm[16];
	char state;
	unsigned threads;
	uint64_t start_ticks;
	uint64_t major_faults;
	uint64_t io_ticks; /* 0 also where the kernel does not count them */
};

bool parse_process_stat(const char *text, struct process_stat *stat);

/* "Max open files  1024  4096  files" of /proc/PID/limits: the soft limit. */
struct reading parse_files_limit(const char *text);

/* "123456 789 10" of schedstat: ns on a CPU, ns waiting for one, times. */
bool parse_schedstat(const char *text, double *run_ns, double *wait_ns);

#endif
