/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A binary heap of packets. Its memory is bounded in bytes, so that a delay on a fast line ends in
 * counted drops and not in the machine's memory. Adding and taking cost O(log n).
 */
#include "hold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct hold {
	struct held_packet **heap;
	size_t used, room;
	__u64 bytes, max_bytes, order;
	__u64 count[DIRECTIONS];
};

struct hold *hold__new(__u64 max_bytes)
{
	struct hold *hold = calloc(1, sizeof(*hold));

	if (hold)
		hold->max_bytes = max_bytes;
	return hold;
}

void hold__free(struct hold *hold)
{
	if (!hold)
		return;
	for (size_t i = 0; i < hold->used; i++)
		free(hold->heap[i]);
	free(hold->heap);
	free(hold);
}

static bool before(const struct held_packet *a, const struct held_packet *b)
{
	return a->due_ns < b->due_ns || (a->due_ns == b->due_ns && a->order < b->order);
}

static __u64 cost_of(const struct held_packet *packet)
{
	return sizeof(*packet) + packet->len;
}

static int make_room(struct hold *hold)
{
	size_t room = hold->room ? hold->room * 2 : 256;
	struct held_packet **heap;

	if (hold->used < hold->room)
		return 0;
	heap = realloc(hold->heap, room * sizeof(*heap));
	if (!heap)
		return -ENOMEM;
	hold->heap = heap;
	hold->room = room;
	return 0;
}

int hold__add(struct hold *hold, const struct held_packet *like, const __u8 *frame)
{
	struct held_packet *packet;
	size_t at;
	int err;

	if (hold->bytes + cost_of(like) > hold->max_bytes)
		return -ENOBUFS;
	err = make_room(hold);
	if (err)
		return err;
	packet = malloc(cost_of(like));
	if (!packet)
		return -ENOMEM;
	*packet = *like;
	packet->order = hold->order++;
	memcpy(packet->frame, frame, like->len);
	for (at = hold->used++; at && before(packet, hold->heap[(at - 1) / 2]); at = (at - 1) / 2)
		hold->heap[at] = hold->heap[(at - 1) / 2];
	hold->heap[at] = packet;
	hold->bytes += cost_of(packet);
	hold->count[packet->direction] += !packet->copy;
	if (packet->flow)
		packet->flow->held++;
	return 0;
}

__u64 hold__next_ns(const struct hold *hold)
{
	return hold->used ? hold->heap[0]->due_ns : ~0ull;
}

struct held_packet *hold__take(struct hold *hold, __u64 now_ns)
{
	struct held_packet *first, *last;
	size_t at = 0, child;

	if (!hold->used || hold->heap[0]->due_ns > now_ns)
		return NULL;
	first = hold->heap[0];
	last = hold->heap[--hold->used];
	while ((child = 2 * at + 1) < hold->used) {
		if (child + 1 < hold->used && before(hold->heap[child + 1], hold->heap[child]))
			child++;
		if (!before(hold->heap[child], last))
			break;
		hold->heap[at] = hold->heap[child];
		at = child;
	}
	hold->heap[at] = last;
	hold->bytes -= cost_of(first);
	hold->count[first->direction] -= !first->copy;
	if (first->flow)
		first->flow->held--;
	return first;
}

__u64 hold__count(const struct hold *hold, enum direction direction)
{
	return hold->count[direction];
}
