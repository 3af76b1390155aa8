/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arithmetic on histograms of durations, and sets with one histogram for each operation.
 */
#ifndef FAULTLINE_HIST_SET_H
#define FAULTLINE_HIST_SET_H

#include <stdint.h>

#include "faultline/hist.h"

struct hist_set;

/*
 * The duration below or at which the share @p (0 … 1) of the samples lies, in ns: the middle of the
 * bucket that holds the sample of that rank (the nearest-rank definition, rank = ceil(p n)), at
 * most max_ns.  Between 1.024 us and 68.7 s it is within ±6.25 % of the exact value, for a bucket
 * is 1/8 of its lower bound wide at most; shorter durations read as 1.1 us or max_ns, longer as
 * max_ns. 0 when there are no samples.
 */
uint64_t hist_quantile_ns(const struct hist *hist, double p);

/* Samples in the buckets.  While the kernel writes it may be one off from count. */
uint64_t hist_samples(const struct hist *hist);

/* Adds the samples of @from; max_ns becomes the larger one. */
void hist_merge(struct hist *into, const struct hist *from);

/*
 * *delta = the samples that @now has and @before had not.  When @now has fewer (it was begun anew)
 * they are all of @now.  max_ns is that of @now: an upper bound, for a maximum has no difference.
 * A bucket that passed 2^32 is still right.  @delta may be @before.
 */
void hist_delta(const struct hist *now, const struct hist *before, struct hist *delta);

/* NULL and errno ENOMEM. */
struct hist_set *hist_set__new(void);
void hist_set__free(struct hist_set *set);

/* The histogram of an operation, or NULL when nothing was added; owned by the set. */
const struct hist *hist_set__at(const struct hist_set *set, enum hist_operation operation);

/* The same to write to, made empty when it is not there.  NULL and errno ENOMEM. */
struct hist *hist_set__use(struct hist_set *set, enum hist_operation operation);

/* Moves everything in @from to @into; allocates nothing, so it cannot fail. */
void hist_set__absorb(struct hist_set *into, struct hist_set *from);

#endif
