/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What changed lately on this host: a short memory, and whoever wants to be told at once.
 */
#ifndef FAULTLINE_CHANGES_H
#define FAULTLINE_CHANGES_H

#include "judge/sample.h"

#define CHANGES_KEPT 64

typedef void change_handler(void *context, const struct change *change);

struct changes {
	struct change kept[CHANGES_KEPT]; /* oldest first */
	size_t count;
	uint64_t total;
	change_handler *on_change; /* NULL: nobody */
	void *context;
};

/* Keeps a change of this moment and tells it. */
void changes__add(struct changes *changes, enum change_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
