/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Histograms add up, which is why they are kept and quantiles are not: the quantile of a link is
 * read from the sum of its peers' buckets, with the same bounded error.
 *
 * A set allocates a histogram (856 bytes) at the first sample of its operation: most links never
 * see most operations.  A bucket counts modulo 2^32; differences stay right, and the quantiles of a
 * total become wrong only after four thousand million samples in one bucket.
 */
#include "base/hist_set.h"

#include <math.h>
#include <stdlib.h>

struct hist_set {
	struct hist *hist[HIST_OPERATION_COUNT];
};

uint64_t hist_samples(const struct hist *hist)
{
	uint64_t samples = 0;

	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		samples += hist->bucket[i];
	return samples;
}

static uint64_t bucket_middle_ns(unsigned bucket)
{
	uint64_t low = hist_lower_bound_ns(bucket);

	return low + (hist_lower_bound_ns(bucket + 1) - low) / 2;
}

uint64_t hist_quantile_ns(const struct hist *hist, double p)
{
	uint64_t samples = hist_samples(hist), seen = 0, rank, middle;
	unsigned bucket;

	if (!samples)
		return 0;
	/* The small number undoes what a product such as 0.07 * 100 has above the whole number. */
	rank = p <= 0 ? 1 : p >= 1 ? samples : (uint64_t)ceil(p * (double)samples - 1e-9);
	for (bucket = 0; bucket < HIST_BUCKETS - 1; bucket++) {
		seen += hist->bucket[bucket];
		if (seen >= rank)
			break;
	}
	middle = bucket_middle_ns(bucket);
	/* The last bucket is open: whatever is in it, the maximum is the better answer. */
	if (bucket == HIST_BUCKETS - 1 && hist->max_ns >= hist_lower_bound_ns(HIST_BUCKETS))
		return hist->max_ns;
	return hist->max_ns && middle > hist->max_ns ? hist->max_ns : middle;
}

void hist_merge(struct hist *into, const struct hist *from)
{
	into->count += from->count;
	into->sum_ns += from->sum_ns;
	if (from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		into->bucket[i] += from->bucket[i];
}

void hist_delta(const struct hist *now, const struct hist *before, struct hist *delta)
{
	if (now->count < before->count) {
		*delta = *now;
		return;
	}
	delta->count = now->count - before->count;
	delta->sum_ns = now->sum_ns - before->sum_ns;
	delta->max_ns = now->max_ns;
	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		delta->bucket[i] = now->bucket[i] - before->bucket[i];
}

struct hist_set *hist_set__new(void)
{
	return calloc(1, sizeof(struct hist_set));
}

void hist_set__free(struct hist_set *set)
{
	if (!set)
		return;
	for (unsigned i = 0; i < HIST_OPERATION_COUNT; i++)
		free(set->hist[i]);
	free(set);
}

const struct hist *hist_set__at(const struct hist_set *set, enum hist_operation operation)
{
	const struct hist *hist = set ? set->hist[operation] : NULL;

	return hist && hist->count ? hist : NULL;
}

struct hist *hist_set__use(struct hist_set *set, enum hist_operation operation)
{
	if (!set->hist[operation])
		set->hist[operation] = calloc(1, sizeof(struct hist));
	return set->hist[operation];
}

void hist_set__absorb(struct hist_set *into, struct hist_set *from)
{
	for (unsigned i = 0; i < HIST_OPERATION_COUNT; i++) {
		if (!into->hist[i]) {
			into->hist[i] = from->hist[i];
		} else if (from->hist[i]) {
			hist_merge(into->hist[i], from->hist[i]);
			free(from->hist[i]);
		}
		from->hist[i] = NULL;
	}
}
