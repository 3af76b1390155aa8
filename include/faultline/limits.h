/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How large each table of the kernel side may grow.  What a full table turned away is counted in
 * struct sensor_counts.
 */
#ifndef FAULTLINE_LIMITS_H
#define FAULTLINE_LIMITS_H

#define PEERS_MAX     8192
#define HISTS_MAX     8192
#define SLOT_HASH_MAX 65536
/* Resets that came in and whose socket has not been told of them yet; the oldest give way. */
#define RESETS_ON_WAY_MAX 1024
/* Processes that were refused sockets; the oldest give way. */
#define REFUSALS_MAX 256
/* Connections in accept queues whose waiting is timed; the oldest give way. */
#define ACCEPT_WAITING_MAX 8192

#endif
