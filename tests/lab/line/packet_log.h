/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line of text for each packet and what was done to it.
 */
#ifndef LAB_LINE_PACKET_LOG_H
#define LAB_LINE_PACKET_LOG_H

#include "packet.h"
#include "rule.h"

struct packet_log;

struct packet_log *packet_log__new(void);
void packet_log__free(struct packet_log *log);

/* Starts writing to @path, from its beginning. 0 or -errno; the old file is closed in any case. */
int packet_log__open(struct packet_log *log, const char *path);
void packet_log__close(struct packet_log *log);

/* Hands what was written so far to the kernel. */
void packet_log__flush(struct packet_log *log);

/* Writes @packet, that came at @now_ns of CLOCK_MONOTONIC. Does nothing without a file. */
void packet_log__write(struct packet_log *log, enum direction direction,
		       const struct packet *packet, const struct verdict *verdict, __u64 now_ns);

/* Lines that were not written, because the file reached its limit or the disk is full. */
__u64 packet_log__lost(const struct packet_log *log);

#endif
