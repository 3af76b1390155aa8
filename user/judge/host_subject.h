/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is remembered of one subject under watch, and the tests of each kind of subject.
 */
#ifndef FAULTLINE_HOST_SUBJECT_H
#define FAULTLINE_HOST_SUBJECT_H

#include "judge/excess.h"
#include "judge/host_symptom.h"

#define SUBJECT_SYMPTOMS_MAX 10 /* of one kind */
#define SUBJECT_COUNTERS_MAX 8
#define SUBJECT_NAME_LEN     64

struct subject {
	enum subject_kind kind;
	char name[SUBJECT_NAME_LEN]; /* of an interface or device */
	uint32_t pid;		     /* of a process */
	uint64_t start_ticks;
	bool seen;				     /* in the sample at hand */
	struct reading before[SUBJECT_COUNTERS_MAX]; /* counters as of the last reading */
	struct symptom symptom[SUBJECT_SYMPTOMS_MAX];
	struct excess excess[SUBJECT_SYMPTOMS_MAX];
};

struct look {
	const struct sample *sample;
	double dt_s;  /* since the last reading; 0: nothing to compare with */
	double units; /* 0: the same; else see struct measure */
};

/* The symptom of a kind by its place among those of that kind. */
struct symptom *subject__symptom(struct subject *subject, enum host_symptom symptom);

void subject__take_host(struct subject *host, const struct look *look);
void subject__take_interface(struct subject *subject, const struct interface_sample *interface,
			     const struct look *look);
void subject__take_device(struct subject *subject, const struct device_sample *device,
			  const struct look *look);
void subject__take_process(struct subject *subject, const struct process_sample *process,
			   const struct look *look);

/*
 * Helpers of those, for tests of one quantity.
 */

/* The growth of counter number @slot; not available at first, or when it went back. */
struct reading subject__growth(struct subject *subject, unsigned slot, struct reading now);

/* Raised or normal at once; a reading that is not available is not observed. */
void subject__level(struct subject *subject, enum host_symptom symptom, struct reading value,
		    bool raised, const struct look *look);

/* As excess__take(). */
void subject__excess(struct subject *subject, enum host_symptom symptom, struct reading value,
		     double floor, double bound, const struct look *look);

#endif
