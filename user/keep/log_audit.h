/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is the incident log as it was written?
 *
 * The chain shows any entry that was changed, put in or taken out, and any that were cut off at the
 * end while the file says how many there were.  Who can write the file can make a chain anew that
 * holds: against that, keep the last hash somewhere else.
 */
#ifndef FAULTLINE_LOG_AUDIT_H
#define FAULTLINE_LOG_AUDIT_H

#include <stdint.h>

#include "keep/chain.h"

struct store;

struct log_audit {
	uint64_t events, notes;	   /* entries that were looked at */
	int64_t first_n, last_n;   /* their numbers; last_n < first_n: there are none */
	int64_t first_ms, last_ms; /* their times, UTC */
	char last_hash[CHAIN_TEXT_LEN];
	uint64_t mistakes; /* places where the log is not as it was written */
	int64_t mistake_n; /* the first of them, by entry */
	char mistake[256]; /* and what it is, a sentence; "" none */
};

/* Reads the whole log.  0 when it could be read, whatever was found; or -errno. */
int log_audit__run(const struct store *store, struct log_audit *audit);

#endif
