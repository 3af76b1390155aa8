/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The running kernel's reasons for dropping a packet, by their names.
 */
#ifndef FAULTLINE_DROP_REASONS_H
#define FAULTLINE_DROP_REASONS_H

#include <stdbool.h>

#include "faultline/drop.h"

struct btf;
struct drop_reasons;

/* A kernel without reasons gives an empty list.  NULL with errno ENOMEM. */
struct drop_reasons *drop_reasons__new(const struct btf *btf);
void drop_reasons__free(struct drop_reasons *reasons);

/* "NETFILTER_DROP", or "UNKNOWN" for one that has no name. */
const char *drop_reasons__name(const struct drop_reasons *reasons, unsigned reason);

/* Marks those that are no drop but a packet's normal end. */
void drop_reasons__mark_normal(const struct drop_reasons *reasons, bool normal[DROP_REASONS]);

/* Marks those that mean that the packet was damaged on its way. */
void drop_reasons__mark_damage(const struct drop_reasons *reasons, bool damage[DROP_REASONS]);

/* Is the reason of that name, without its prefix, a normal end? */
bool drop_reason_is_normal(const char *name);

#endif
