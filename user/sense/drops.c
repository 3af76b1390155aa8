/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel counts by peer; what belongs to one link and has one reason is added up here.  A row
 * whose peer belongs to no link counts for the host.  Rows are never removed: totals do not go
 * back, and the table is bounded.
 */
#include "sense/drops.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "faultline/drop.h"
#include "sense/kernel_side.h"
#include "sense/link_table.h"

#define LISTED_MAX 1024
#define BATCH	   128

struct drops {
	const struct kernel_side *kernel;
	struct drop_sample list[LISTED_MAX];
	size_t count;
	struct drop_key key[BATCH];
	struct drop value[BATCH];
};

struct drops *drops__new(const struct kernel_side *kernel)
{
	struct drops *drops = calloc(1, sizeof(*drops));

	if (drops)
		drops->kernel = kernel;
	return drops;
}

void drops__free(struct drops *drops)
{
	free(drops);
}

/* The names are those of the link table and of the kernel, so pointers tell them apart. */
static struct drop_sample *find(struct drops *drops, const char *link, const char *reason)
{
	for (size_t i = 0; i < drops->count; i++) {
		if (drops->list[i].link == link && drops->list[i].reason == reason)
			return &drops->list[i];
	}
	if (drops->count == LISTED_MAX)
		return NULL;
	drops->list[drops->count] = (struct drop_sample){.link = link, .reason = reason};
	return &drops->list[drops->count++];
}

static void add(struct drops *drops, const struct link_table *links, const struct drop_key *key,
		const struct drop *value)
{
	const char *link = key->peer.port ? link_table__name_of(links, &key->peer) : NULL;
	const char *reason = kernel_side__drop_reason(drops->kernel, key->reason);
	struct drop_sample *sample = find(drops, link, reason);

	if (!sample)
		sample = find(drops, NULL, reason);
	if (!sample)
		return;
	sample->packets += value->packets;
	if (value->last_ns > sample->last_ns)
		sample->last_ns = value->last_ns;
}

int drops__read(struct drops *drops, const struct link_table *links)
{
	uint64_t position[8]; /* opaque; the kernel wants room for a key */
	void *from = NULL;
	int end = 0;

	drops->count = 0;
	if (!kernel_side__in_use(drops->kernel, HOOK_KFREE_SKB))
		return -ENOTSUP;
	while (!end) {
		uint32_t count = BATCH;

		end = bpf_map_lookup_batch(kernel_side__drops_fd(drops->kernel), from, position,
					   drops->key, drops->value, &count, NULL);
		if (end && end != -ENOENT)
			return end;
		for (uint32_t i = 0; i < count; i++)
			add(drops, links, &drops->key[i], &drops->value[i]);
		from = position;
	}
	return 0;
}

const struct drop_sample *drops__list(const struct drops *drops, size_t *count)
{
	*count = drops->count;
	return drops->list;
}
