/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long things are kept, and how much of them.
 */
#ifndef FAULTLINE_RETENTION_H
#define FAULTLINE_RETENTION_H

#include <stdint.h>

#define RETENTION_INCIDENT_DAYS 400
#define RETENTION_HISTORY_DAYS	30
#define RETENTION_FILE_BYTES	(256ll << 20) /* beyond it the oldest history goes */

struct store;

struct retention {
	int incident_days;
	int history_days;
	int64_t file_bytes;
};

/* The values above. */
struct retention retention_default(void);

/*
 * Puts the removal of what is older, or too much, at most a chunk of each: to be called once a
 * minute.  The chain of the log goes on: it keeps the hash of the last entry that was removed. An
 * incident that is open is never removed, nor is what came after it opened.  0 or -ENOMEM.
 */
int retention__put(struct store *store, const struct retention *retention, int64_t now_ms);

#endif
