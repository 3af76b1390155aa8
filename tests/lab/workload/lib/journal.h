/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A journal of orders, as order managers keep one: each order is on the disk before it is sent, so
 * a slow disk makes a slow application. The file is written round and round and stays below 8 MiB.
 */
#ifndef FAULTLINE_LAB_JOURNAL_H
#define FAULTLINE_LAB_JOURNAL_H

#include "workload.h"

#define JOURNAL_RECORDS	     65536
#define JOURNAL_RECORD_BYTES 128

/* Opens the journal; -1 when there shall be none (NULL) or it cannot be opened. */
static inline int journal__open(const char *path)
{
	return path ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
}

/* Writes the record of an order and waits until it is on the disk. Returns 0 or -errno. */
static inline int journal__write(int fd, unsigned long number, __u64 now)
{
	char record[JOURNAL_RECORD_BYTES] = {0};
	off_t at = (off_t)(number % JOURNAL_RECORDS) * JOURNAL_RECORD_BYTES;

	memcpy(record, &now, sizeof(now));
	return pwrite(fd, record, sizeof(record), at) < 0 || fdatasync(fd) ? -errno : 0;
}

#endif
