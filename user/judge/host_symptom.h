/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Symptoms of what is not a link: this host, its interfaces, processes, devices and resolvers.
 */
#ifndef FAULTLINE_HOST_SYMPTOM_H
#define FAULTLINE_HOST_SYMPTOM_H

#include "judge/symptom.h"

enum subject_kind {
	SUBJECT_HOST,
	SUBJECT_INTERFACE,
	SUBJECT_DEVICE,
	SUBJECT_PROCESS,
	SUBJECT_KIND_COUNT,
};

/*
 * In the order of the kinds of subject.  Resolvers are devices.
 * X(NAME, signal, unit of value and baseline, kind)
 */
// clang-format off
#define HOST_SYMPTOMS(X)                                                                           \
	X(CPU_PRESSURE, "pressure.cpu", "1", HOST)       /* time in which some task waited */      \
	X(MEMORY_PRESSURE, "pressure.memory", "1", HOST) /* likewise */                            \
	X(IO_PRESSURE, "pressure.io", "1", HOST)         /* likewise */                            \
	X(PACKET_WAIT, "softirq.wait", "1", HOST)        /* threads for packets wait for a CPU */  \
	X(SOFTNET_DROPS, "softnet.drops", "1/s", HOST)   /* a CPU's backlog was full */            \
	X(CONNTRACK_FULL, "conntrack.full", "1", HOST)   /* fill of the table; 1: it dropped */    \
	X(PORTS_LOW, "ports.used", "1", HOST)            /* share of ephemeral ports in use */     \
	X(TCP_MEMORY, "tcp.memory", "1/s", HOST)         /* prunes and drops for want of memory */ \
	X(HOST_CHECKSUM, "checksum.host", "1/s", HOST)   /* damaged segments, of all links */      \
	X(CARRIER, "interface.carrier", "s", INTERFACE)  /* gone for so long */                    \
	X(SWITCHED_OFF, "interface.off", "", INTERFACE)  /* by the administrator */                \
	X(RX_ERRORS, "interface.errors", "1/s", INTERFACE) /* damaged or unsendable frames */      \
	X(RX_MISSED, "interface.missed", "1/s", INTERFACE) /* frames the card had no room for */   \
	X(QUEUE_DROPS, "queue.drops", "1/s", INTERFACE)  /* our own queue discipline drops */      \
	X(QUEUE_DELAY, "queue.delay", "s", INTERFACE)    /* backlog over the rate it drains with */\
	X(NEIGHBOUR, "device.neighbour", "s", DEVICE)    /* does not answer, for so long */        \
	X(MAC_CHANGED, "device.mac", "", DEVICE)         /* another machine took its address */    \
	X(NAMES_SILENT, "resolver.silent", "s", DEVICE)  /* no answer to anything, for so long */  \
	X(NAMES_FAIL, "resolver.failures", "1", DEVICE)  /* answers that say it could not */       \
	X(NAMES_SLOW, "resolver.time", "s", DEVICE)      /* answers later than usual: mean */      \
	X(NAMES_RETRY, "resolver.retries", "1", DEVICE)  /* queries asked again, others answered */\
	X(NAMES_MIXED, "resolver.mixed", "1", DEVICE)    /* mean of the longest: some are quick */ \
	X(STOPPED, "process.stopped", "s", PROCESS)      /* by a signal or a debugger */           \
	X(RUN_WAIT, "process.run_wait", "1", PROCESS)    /* of its runnable time, without a CPU */ \
	X(THROTTLED, "process.throttled", "1", PROCESS)  /* of the time, by its cgroup's quota */  \
	X(DISK_WAIT, "process.disk_wait", "1", PROCESS)  /* of the time */                         \
	X(MEMORY_WAIT, "process.memory_wait", "1", PROCESS) /* of the time, by its cgroup */       \
	X(SOCKETS_REFUSED, "process.refused", "1/s", PROCESS) /* for want of descriptors */        \
	X(FILES_FULL, "process.files", "1", PROCESS)     /* of the descriptors it may have */

// clang-format on
enum host_symptom {
#define HOST_SYMPTOM_ENUM(name, signal, unit, kind) HOST_SYMPTOM_##name,
	HOST_SYMPTOMS(HOST_SYMPTOM_ENUM)
#undef HOST_SYMPTOM_ENUM
		HOST_SYMPTOM_COUNT
};

const char *host_symptom_signal(enum host_symptom symptom); /* "pressure.cpu" */
const char *host_symptom_unit(enum host_symptom symptom);   /* "1" */
enum subject_kind host_symptom_kind(enum host_symptom symptom);

#endif
