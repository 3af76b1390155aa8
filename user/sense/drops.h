/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Our own kernel's drops, by link and reason.
 */
#ifndef FAULTLINE_DROPS_H
#define FAULTLINE_DROPS_H

#include "judge/sample.h"

struct drops;
struct kernel_side;
struct link_table;

/* @kernel must outlive the object.  NULL with errno. */
struct drops *drops__new(const struct kernel_side *kernel);
void drops__free(struct drops *drops);

/* Reads the kernel's table.  0, -ENOTSUP when no hook tells of drops, or another -errno. */
int drops__read(struct drops *drops, const struct link_table *links);

/* Valid until the next reading or until links are bound anew. */
const struct drop_sample *drops__list(const struct drops *drops, size_t *count);

#endif
