/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processors: how busy they are, the busiest above all, and whether the kernel's own threads that
 * handle packets get one.
 */
#ifndef FAULTLINE_PROCESSORS_H
#define FAULTLINE_PROCESSORS_H

#include "judge/sample.h"

#define PROCESSORS_MAX	   1024
#define PACKET_THREADS_MAX 256

struct proc_files;
struct processors;

/* What /proc/stat says of one processor or of all, in ticks of 1/sysconf(_SC_CLK_TCK) s. */
struct processor_ticks {
	uint64_t busy; /* neither idle nor waiting for a disk; without steal */
	uint64_t softirq;
	uint64_t steal;
};

/* One line "cpu0 user nice system idle iowait irq softirq steal …"; @number: of the processor, or
 * -1 for the sum.  False when it is another line. */
bool parse_processor(const char *line, int *number, struct processor_ticks *ticks);

/* Is a kernel thread of this name one that handles packets?  "ksoftirqd/0", "napi/eth0-8". */
bool handles_packets(const char *comm);

/* @files must outlive the object.  NULL with errno. */
struct processors *processors__new(struct proc_files *files);
void processors__free(struct processors *processors);

/* Sets the readings of HOST_CPU_* and HOST_SOFTIRQ_*; what cannot be read is not available. */
void processors__read(struct processors *processors, uint64_t now_ns,
		      struct reading host[HOST_READING_COUNT]);

#endif
