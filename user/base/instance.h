/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One sensor at a time for each state directory.
 */
#ifndef FAULTLINE_INSTANCE_H
#define FAULTLINE_INSTANCE_H

#include <stddef.h>

/*
 * Makes @state_dir when it is missing (mode 0750, as are missing parents) and takes the lock in it.
 * Returns a descriptor that holds the lock until it is closed, or -errno with @why: -EBUSY when
 * another sensor runs there.
 */
int instance_lock(const char *state_dir, char *why, size_t why_len);

#endif
