/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watches this host, its interfaces, devices and processes, sample by sample.
 */
#ifndef FAULTLINE_HOST_WATCH_H
#define FAULTLINE_HOST_WATCH_H

#include "judge/host_symptom.h"

struct host_watch;

/* NULL with errno. */
struct host_watch *host_watch__new(void);
void host_watch__free(struct host_watch *watch);

/*
 * @fresh: the time since the last sample is not to be trusted (the sensor itself stood still):
 * nothing is compared.  0 or -ENOMEM.
 */
int host_watch__take(struct host_watch *watch, const struct sample *sample, bool fresh);

/*
 * A symptom of a subject, valid until the next __take(): never NULL, not observed when the subject
 * is not known.
 * @name: of the interface or device, NULL otherwise; @pid: of the process, else 0.
 */
const struct symptom *host_watch__symptom(const struct host_watch *watch, enum host_symptom symptom,
					  const char *name, uint32_t pid);

/* Is any symptom raised at all? */
bool host_watch__troubled(const struct host_watch *watch);

/* Subjects that found no room. */
uint64_t host_watch__refused(const struct host_watch *watch);

#endif
