/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The busiest processor is another one in each tick, so its time is added up here, tick by tick:
 * the difference of two samples is then the time that some processor was busy at least, and beside
 * the time between them its share.
 *
 * Packets are handled by whoever is interrupted, and by kernel threads when there are many: when a
 * program of real-time priority keeps those from running, packets wait on a healthy line.  The
 * kernel counts the wait of each of them when it ends.  They are children of kthreadd and hardly
 * ever change, so they are looked for once a minute.
 *
 * Limits: /proc/stat counts in ticks of 10 ms; a machine that shows no kernel threads (a container)
 * has no wait.  Threads that go take their counts along: a sum may go back.
 */
#include "sense/processors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/duration.h"
#include "sense/proc_files.h"
#include "sense/processes.h"

#define THREADS_EVERY_NS (60 * NS_PER_SECOND)
#define KERNEL_THREADS	 "/proc/2/task/2/children"

struct processors {
	struct proc_files *files;
	uint64_t busy[PROCESSORS_MAX]; /* ticks, as of the last reading; 0: none yet */
	uint64_t busiest;
	uint32_t thread[PACKET_THREADS_MAX];
	size_t thread_count;
	uint64_t looked_ns; /* for threads */
};

bool parse_processor(const char *line, int *number, struct processor_ticks *ticks)
{
	unsigned long long user, nice, system, irq, softirq, steal = 0;
	int step;

	if (strncmp(line, "cpu", 3))
		return false;
	*number = -1;
	line += 3;
	if (*line != ' ') {
		if (sscanf(line, "%d%n", number, &step) != 1 || *number < 0)
			return false;
		line += step;
	}
	/* Old kernels end before steal. */
	if (sscanf(line, " %llu %llu %llu %*u %*u %llu %llu %llu", &user, &nice, &system, &irq,
		   &softirq, &steal) < 5)
		return false;
	ticks->busy = user + nice + system + irq + softirq;
	ticks->softirq = softirq;
	ticks->steal = steal;
	return true;
}

bool handles_packets(const char *comm)
{
	return !strncmp(comm, "ksoftirqd/", strlen("ksoftirqd/")) ||
	       !strncmp(comm, "napi/", strlen("napi/"));
}

struct processors *processors__new(struct proc_files *files)
{
	struct processors *processors = calloc(1, sizeof(*processors));

	if (processors)
		processors->files = files;
	return processors;
}

void processors__free(struct processors *processors)
{
	free(processors);
}

static struct reading us_of(uint64_t ticks)
{
	return reading_of((double)ticks * 1e6 / (double)sysconf(_SC_CLK_TCK));
}

static void read_stat(struct processors *processors, struct reading host[HOST_READING_COUNT])
{
	struct processor_ticks ticks;
	uint64_t most = 0, grown;
	char *text;
	int number;

	if (proc_files__read(processors->files, "/proc/stat", &text))
		return;
	for (; text; text = strchr(text, '\n'), text = text ? text + 1 : NULL) {
		if (!parse_processor(text, &number, &ticks))
			break; /* processors come first */
		if (number < 0) {
			host[HOST_CPU_BUSY_US] = us_of(ticks.busy);
			host[HOST_CPU_SOFTIRQ_US] = us_of(ticks.softirq);
			host[HOST_CPU_STEAL_US] = us_of(ticks.steal);
			continue;
		}
		if (number >= PROCESSORS_MAX)
			continue;
		grown = processors->busy[number] && ticks.busy > processors->busy[number]
				? ticks.busy - processors->busy[number]
				: 0;
		most = grown > most ? grown : most;
		processors->busy[number] = ticks.busy;
	}
	processors->busiest += most;
	if (host[HOST_CPU_BUSY_US].known)
		host[HOST_CPU_BUSIEST_US] = us_of(processors->busiest);
}

static void note_thread(struct processors *processors, uint32_t pid)
{
	struct process_stat stat;
	char path[64], *text;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	if (processors->thread_count < PACKET_THREADS_MAX &&
	    !proc_files__try(processors->files, path, &text) && parse_process_stat(text, &stat) &&
	    handles_packets(stat.comm))
		processors->thread[processors->thread_count++] = pid;
}

static void find_threads(struct processors *processors)
{
	char *text, *list, *at, *end;

	processors->thread_count = 0;
	if (proc_files__try(processors->files, KERNEL_THREADS, &text))
		return;
	list = strdup(text); /* for the text is of the file that was read last */
	for (at = list; at; at = end) {
		uint32_t pid = (uint32_t)strtoul(at, &end, 10);

		if (end == at)
			break;
		note_thread(processors, pid);
	}
	free(list);
}

static void read_threads(struct processors *processors, struct reading host[HOST_READING_COUNT])
{
	double run_ns = 0, wait_ns = 0, run, wait;
	char path[64], *text;
	size_t read = 0;

	for (size_t i = 0; i < processors->thread_count; i++) {
		snprintf(path, sizeof(path), "/proc/%u/schedstat", processors->thread[i]);
		if (proc_files__try(processors->files, path, &text) ||
		    !parse_schedstat(text, &run, &wait))
			continue;
		run_ns += run;
		wait_ns += wait;
		read++;
	}
	if (!read)
		return;
	host[HOST_SOFTIRQ_RUN_US] = reading_of(run_ns / 1e3);
	host[HOST_SOFTIRQ_WAIT_US] = reading_of(wait_ns / 1e3);
}

void processors__read(struct processors *processors, uint64_t now_ns,
		      struct reading host[HOST_READING_COUNT])
{
	read_stat(processors, host);
	if (!processors->looked_ns || now_ns - processors->looked_ns > THREADS_EVERY_NS) {
		processors->looked_ns = now_ns;
		find_threads(processors);
	}
	read_threads(processors, host);
}
