/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process is a pid and its start time: a pid that is used again is another process.
 *
 * The wait for a CPU is counted by the kernel for each thread and is the process's own, whatever
 * everybody else waits for.  Threads that end take their counts along, so sums may go back; whoever
 * takes differences must expect that.  Cost: one reading for each thread, at most THREADS_READ of a
 * process; of a process with more the sums are of the first ones.
 */
#include "sense/processes.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clean_name.h"
#include "base/clock.h"
#include "base/duration.h"
#include "sense/cgroup.h"
#include "sense/changes.h"
#include "sense/proc_files.h"

#define THREADS_READ 128
#define KEEP_GONE_NS (60 * NS_PER_SECOND)
#define UNNAMED_MAX  60
#define WHOLE_MAX    8 /* the cgroups of so many processes are read each time */
#define WHOLE_EVERY  4 /* of more, each one every so many times */

struct processes {
	struct process_sample list[PROCESSES_MAX];
	unsigned unnamed[PROCESSES_MAX]; /* readings since it was watched */
	size_t count;
	unsigned round;
	uint64_t refused;
	bool io_counted; /* the kernel counts waits for disks */
	struct proc_files *files;
	struct changes *changes;
	struct cgroup_mounts mounts;
};

struct processes *processes__new(struct proc_files *files, struct changes *changes)
{
	struct processes *processes = calloc(1, sizeof(*processes));
	char *text;

	if (!processes)
		return NULL;
	processes->files = files;
	processes->changes = changes;
	if (!proc_files__read(files, "/proc/self/mountinfo", &text))
		parse_cgroup_mounts(text, &processes->mounts);
	return processes;
}

void processes__free(struct processes *processes)
{
	free(processes);
}

/* "812 (my (odd) name) S 1 …": the name may hold anything, its end is the last parenthesis. */
bool parse_process_stat(const char *text, struct process_stat *stat)
{
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	unsigned long long faults, start, io = 0;
	unsigned threads;
	char state;
	int len;

	if (!open || !close || close < open ||
	    sscanf(close + 1,
		   " %c %*d %*d %*d %*d %*d %*u %*u %*u %llu %*u %*u %*u %*d %*d %*d %*d %u %*d "
		   "%llu %*u %*d %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*d %*d %*u "
		   "%*u %llu",
		   &state, &faults, &threads, &start, &io) < 4)
		return false;
	len = (int)(close - open - 1);
	snprintf(stat->comm, sizeof(stat->comm), "%.*s", len, open + 1);
	clean_name(stat->comm);
	stat->state = state;
	stat->threads = threads;
	stat->start_ticks = start;
	stat->major_faults = faults;
	stat->io_ticks = io;
	return true;
}

struct reading parse_files_limit(const char *text)
{
	const char *line = strstr(text, "Max open files");
	unsigned long long limit;

	if (!line || sscanf(line, "Max open files %llu", &limit) != 1)
		return READING_NOT_AVAILABLE; /* also "unlimited", which is no number to reach */
	return reading_of((double)limit);
}

bool parse_schedstat(const char *text, double *run_ns, double *wait_ns)
{
	unsigned long long run, wait;

	if (sscanf(text, "%llu %llu", &run, &wait) != 2)
		return false;
	*run_ns = (double)run;
	*wait_ns = (double)wait;
	return true;
}

void processes__watch(struct processes *processes, uint32_t pid)
{
	struct process_sample *process;

	if (!pid)
		return;
	for (size_t i = 0; i < processes->count; i++) {
		if (processes->list[i].pid == pid && !processes->list[i].gone_ns) {
			processes->unnamed[i] = 0;
			return;
		}
	}
	for (size_t i = 0; i < processes->count; i++) {
		/* Its sockets may be named for a while after it is gone. */
		if (processes->list[i].pid == pid) {
			char path[64], *text;

			snprintf(path, sizeof(path), "/proc/%u/stat", pid);
			if (proc_files__try(processes->files, path, &text))
				return;
		}
	}
	if (processes->count == PROCESSES_MAX) {
		processes->refused++;
		return;
	}
	process = &processes->list[processes->count];
	processes->unnamed[processes->count++] = 0;
	memset(process, 0, sizeof(*process));
	process->pid = pid;
}

static void read_threads(struct processes *processes, struct process_sample *process)
{
	char path[PROC_PATH_LEN], full[PROC_PATH_LEN], *text;
	double run_sum = 0, wait_sum = 0, run, wait;
	struct dirent *entry;
	unsigned read = 0;
	DIR *directory;

	process->reading[PROCESS_RUN_NS] = process->reading[PROCESS_WAIT_NS] =
		READING_NOT_AVAILABLE;
	snprintf(path, sizeof(path), "/proc/%u/task", process->pid);
	directory = opendir(proc_files__path(processes->files, path, full));
	if (!directory)
		return;
	while (read < THREADS_READ && (entry = readdir(directory))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%u/task/%.20s/schedstat", process->pid,
			 entry->d_name);
		if (proc_files__try(processes->files, path, &text) ||
		    !parse_schedstat(text, &run, &wait))
			continue;
		run_sum += run;
		wait_sum += wait;
		read++;
	}
	closedir(directory);
	if (!read)
		return;
	process->reading[PROCESS_RUN_NS] = reading_of(run_sum);
	process->reading[PROCESS_WAIT_NS] = reading_of(wait_sum);
}

/* Since Linux 6.2 the size of the directory is the number of descriptors; else they are counted. */
static struct reading count_files(const struct processes *processes, uint32_t pid)
{
	char path[64], full[PROC_PATH_LEN];
	struct dirent *entry;
	struct statfs system;
	struct stat status;
	double count = 0;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	proc_files__path(processes->files, path, full);
	if (stat(full, &status) == 0 && status.st_size > 0 && statfs(full, &system) == 0 &&
	    system.f_type == PROC_SUPER_MAGIC)
		return reading_of((double)status.st_size);
	directory = opendir(full);
	if (!directory)
		return READING_NOT_AVAILABLE;
	while ((entry = readdir(directory)))
		count += entry->d_name[0] != '.';
	closedir(directory);
	return reading_of(count);
}

static void tell_state(struct processes *processes, const struct process_sample *process,
		       char before)
{
	bool stopped = process->state == 'T', was_stopped = before == 'T';

	if (stopped && !was_stopped)
		changes__add(processes->changes, CHANGE_PROCESS_STOPPED,
			     "process %s (pid %u) is stopped", process->comm, process->pid);
	if (!stopped && was_stopped)
		changes__add(processes->changes, CHANGE_PROCESS_CONTINUED,
			     "process %s (pid %u) goes on", process->comm, process->pid);
}

static void note_gone(struct processes *processes, struct process_sample *process)
{
	if (process->gone_ns)
		return;
	process->state = 'X';
	process->gone_ns = clock_monotonic_ns();
	memset(process->reading, 0, sizeof(process->reading));
	if (process->comm[0]) /* else it was gone before it was looked at */
		changes__add(processes->changes, CHANGE_PROCESS_GONE, "process %s (pid %u) is gone",
			     process->comm, process->pid);
}

/* An application may raise its own limit, and is soon at it when it does not. */
static void read_limit(struct processes *processes, struct process_sample *process)
{
	char path[64], *text;

	snprintf(path, sizeof(path), "/proc/%u/limits", process->pid);
	process->reading[PROCESS_FILES_LIMIT] = proc_files__try(processes->files, path, &text)
							? READING_NOT_AVAILABLE
							: parse_files_limit(text);
}

/* The cgroup: it is that of many processes alike, and changes slowly. */
static void read_surroundings(struct processes *processes, struct process_sample *process)
{
	memset(&process->reading[PROCESS_CPU_SOME_US], 0,
	       (PROCESS_READING_COUNT - PROCESS_CPU_SOME_US) * sizeof(struct reading));
	cgroup_read(processes->files, &processes->mounts, process->pid, process->reading);
}

static void read_process(struct processes *processes, struct process_sample *process, bool rare)
{
	char path[64], *text, before = process->state;
	struct process_stat stat;

	snprintf(path, sizeof(path), "/proc/%u/stat", process->pid);
	if (proc_files__try(processes->files, path, &text) || !parse_process_stat(text, &stat) ||
	    (process->start_ticks && stat.start_ticks != process->start_ticks)) {
		note_gone(processes, process);
		return;
	}
	memcpy(process->comm, stat.comm, sizeof(stat.comm));
	process->start_ticks = stat.start_ticks;
	process->state = stat.state;
	if (stat.state == 'Z') {
		note_gone(processes, process);
		return;
	}
	tell_state(processes, process, before);
	process->reading[PROCESS_THREADS] = reading_of(stat.threads);
	process->reading[PROCESS_MAJOR_FAULTS] = reading_of((double)stat.major_faults);
	process->reading[PROCESS_IO_WAIT_US] =
		processes->io_counted
			? reading_of((double)stat.io_ticks * 1e6 / (double)sysconf(_SC_CLK_TCK))
			: READING_NOT_AVAILABLE;
	process->reading[PROCESS_FILES] = count_files(processes, process->pid);
	read_limit(processes, process);
	read_threads(processes, process);
	if (rare)
		read_surroundings(processes, process);
}

/* Since Linux 5.14 it does so only when told to; before, unless told not to. */
static bool counts_io(struct proc_files *files)
{
	char *text;

	return proc_files__try(files, "/proc/sys/kernel/task_delayacct", &text) || text[0] == '1';
}

void processes__read(struct processes *processes)
{
	uint64_t now_ns = clock_monotonic_ns();

	processes->round++;
	processes->io_counted = counts_io(processes->files);
	for (size_t i = processes->count; i-- > 0;) {
		struct process_sample *process = &processes->list[i];
		bool leave;

		/* A few are looked at as a whole each time, so that no tick does it for all. */
		if (!process->gone_ns)
			read_process(processes, process,
				     !process->start_ticks || processes->count <= WHOLE_MAX ||
					     (i + processes->round) % WHOLE_EVERY == 0);
		leave = process->gone_ns
				? now_ns > process->gone_ns + KEEP_GONE_NS || !process->comm[0]
				: ++processes->unnamed[i] > UNNAMED_MAX;
		if (leave) {
			processes->count--;
			*process = processes->list[processes->count];
			processes->unnamed[i] = processes->unnamed[processes->count];
		}
	}
}

void processes__set(struct processes *processes, size_t index, enum process_reading which,
		    struct reading reading)
{
	processes->list[index].reading[which] = reading;
}

const struct process_sample *processes__list(const struct processes *processes, size_t *count)
{
	*count = processes->count;
	return processes->list;
}

uint64_t processes__refused(const struct processes *processes)
{
	return processes->refused;
}
