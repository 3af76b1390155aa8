/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was last known of one histogram of a peer, kept small, so that only news is added to a
 * total.
 */
#ifndef FAULTLINE_HIST_MEMO_H
#define FAULTLINE_HIST_MEMO_H

#include "faultline/hist.h"

struct hist_memo;

/*
 * Adds to @total what @now has and *memo had not, and remembers @now.  *memo NULL: nothing was
 * known.  A histogram with fewer samples than before was begun anew and is added whole.
 * 0, or -ENOMEM and then nothing has changed.
 */
int hist_memo__advance(struct hist_memo **memo, const struct hist *now, struct hist *total);

void hist_memo__free(struct hist_memo *memo);

#endif
