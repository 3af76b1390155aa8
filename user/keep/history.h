/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * History: what every link and device was like, minute by minute.
 *
 * The judge's figures are of the last ten seconds; they are taken every ten seconds, so that
 * nothing falls between, and a minute keeps of each figure the mean, the most, and what was normal
 * then, and the worst state of any tick.  A row takes about 200 bytes on disk: a hundred links for
 * thirty days some 800 MB, so that with so many the bound on the file (retention.h) decides how far
 * back it goes; ten links take 80 MB.
 */
#ifndef FAULTLINE_HISTORY_H
#define FAULTLINE_HISTORY_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/figures.h"
#include "judge/judge.h"

#define HISTORY_SUBJECTS_MAX 2048 /* in one minute; more are counted and left out */
#define HISTORY_FIGURES_MAX  32
#define HISTORY_STEP_NS	     10000000000ull /* between two looks at the figures */

struct history;
struct store;

/* The names of the figures of one sort of subject, in their order, each with its unit. */
struct history_shape {
	const char *kind; /* "link", "device", "host" */
	const char *keys; /* "rtt_p50:s response_p50:s …" */
	size_t count;	  /* HISTORY_FIGURES_MAX at most */
};

/* NULL with errno. */
struct history *history__new(struct store *store);
void history__free(struct history *history);

/* What a subject is like at this tick; of one without a state it is "". */
void history__state(struct history *history, const struct history_shape *shape, const char *name,
		    enum link_state state);

/* Its figures, shape->count of them. */
void history__figures(struct history *history, const struct history_shape *shape, const char *name,
		      const struct figure *figures);

/*
 * Ends the minute that began at @minute (minutes since 1970, UTC) and puts it; on disk after the
 * next store__flush().  0 or -ENOMEM.
 */
int history__end_minute(struct history *history, int64_t minute);

/* Subjects that were left out for their number. */
uint64_t history__left_out(const struct history *history);

/*
 * An array, oldest first, of {"minute_ms", "state", "figures": {key: {"mean", "most", "normal",
 * "unit"}}} of the link, device or host of that name; what is not available is absent.  0 and a new
 * reference; -ENOENT nothing of that name was ever kept; another -errno.
 */
int history_read(const struct store *store, const char *name, int64_t since_ms, int64_t until_ms,
		 json_t **rows);

/* An array of the names of everything that has a history: {"kind", "name"}.  0 or -errno. */
int history_subjects(const struct store *store, json_t **subjects);

#endif
