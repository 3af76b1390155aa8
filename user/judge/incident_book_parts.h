/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the book of incidents.  Only the incident_book*.c files include this.
 */
#ifndef FAULTLINE_INCIDENT_BOOK_PARTS_H
#define FAULTLINE_INCIDENT_BOOK_PARTS_H

#include "judge/incident.h"
#include "judge/incident_book.h"

#define ENDED_MAX 64

/* A cause that was over lately. */
struct ended {
	char key[CAUSE_KEY_LEN];
	uint64_t ended_ns, hold_ns;
};

struct incident_book {
	struct incident *open[INCIDENTS_MAX];
	size_t count;
	struct ended ended[ENDED_MAX];
	size_t ended_next;
	unsigned number; /* of the last incident */
	uint64_t refused;
};

#endif
