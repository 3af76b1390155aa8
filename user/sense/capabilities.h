/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the hooks in use let us know: of durations, of counters, and in words what they do not.
 */
#ifndef FAULTLINE_CAPABILITIES_H
#define FAULTLINE_CAPABILITIES_H

#include <stdbool.h>
#include <stddef.h>

#include "faultline/peer.h"
#include "sense/hook_table.h"

struct kernel_side;

/* Bit 1 << enum hist_operation for each operation that is measured. */
unsigned measured_operations(const struct kernel_side *kernel);

/* False: the hook that counts it is not in use, so that it stays nought whatever happens. */
bool counter_is_known(const struct kernel_side *kernel, enum peer_counter counter);

/* What the hooks that are not in use would have told, in words; returns how many texts there are.
 */
size_t blind_spots(const struct kernel_side *kernel, const char *texts[HOOK_COUNT]);

#endif
