/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Only the buckets in use are kept: the durations of one peer and operation mostly lie in one or
 * two dozen of the 208, so that a memo takes some 200 bytes where the histogram takes 856.  With
 * thousands of peers and eight operations that is the difference between a small sensor and a large
 * one.  A histogram without news costs three comparisons.
 */
#include "sense/hist_memo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_STEP 8

struct hist_memo {
	__u64 count;
	__u64 sum_ns;
	__u64 samples; /* in the buckets: may lag behind count while the kernel writes */
	__u32 used;
	__u32 room;
	struct {
		__u32 bucket;
		__u32 samples;
	} entry[];
};

static int reserve(struct hist_memo **memo, const struct hist *now)
{
	__u32 used = 0, room;
	struct hist_memo *larger;

	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		used += now->bucket[i] != 0;
	if (*memo && (*memo)->room >= used)
		return 0;
	room = (used + ROOM_STEP) / ROOM_STEP * ROOM_STEP;
	larger = realloc(*memo, sizeof(*larger) + room * sizeof(larger->entry[0]));
	if (!larger)
		return -ENOMEM;
	if (!*memo)
		memset(larger, 0, sizeof(*larger));
	larger->room = room;
	*memo = larger;
	return 0;
}

static void remember(struct hist_memo *memo, const struct hist *now)
{
	memo->count = now->count;
	memo->sum_ns = now->sum_ns;
	memo->samples = 0;
	memo->used = 0;
	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		if (!now->bucket[i])
			continue;
		memo->entry[memo->used].bucket = i;
		memo->entry[memo->used++].samples = now->bucket[i];
		memo->samples += now->bucket[i];
	}
}

int hist_memo__advance(struct hist_memo **memo, const struct hist *now, struct hist *total)
{
	__u32 before[HIST_BUCKETS] = {0};
	__u64 count = 0, sum_ns = 0;
	struct hist_memo *known = *memo;
	int err;

	if (known && known->count == now->count && known->sum_ns == now->sum_ns &&
	    known->samples == now->count)
		return 0;
	err = reserve(memo, now);
	if (err)
		return err;
	known = *memo;
	if (now->count >= known->count) {
		count = known->count;
		sum_ns = known->sum_ns;
		for (unsigned i = 0; i < known->used; i++)
			before[known->entry[i].bucket] = known->entry[i].samples;
	}
	total->count += now->count - count;
	total->sum_ns += now->sum_ns - sum_ns;
	if (now->max_ns > total->max_ns)
		total->max_ns = now->max_ns;
	/* Modulo 2^32: a bucket of the kernel that passed its end is still counted right. */
	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		total->bucket[i] += now->bucket[i] - before[i];
	remember(known, now);
	return 0;
}

void hist_memo__free(struct hist_memo *memo)
{
	free(memo);
}
