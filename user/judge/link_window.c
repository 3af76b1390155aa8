/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/link_window.h"

#include <string.h>

#define NSEC_PER_SEC 1e9

void link_window__advance(struct link_window *window, uint64_t now_ns)
{
	uint64_t slot = now_ns / WINDOW_SLOT_NS;

	if (!window->began_ns)
		window->began_ns = now_ns;
	if (slot > window->slot + WINDOW_SLOTS)
		window->slot = slot - WINDOW_SLOTS;
	while (window->slot < slot) {
		window->slot++;
		memset(window->count[window->slot % WINDOW_SLOTS], 0, sizeof(window->count[0]));
	}
}

void link_window__add(struct link_window *window, enum window_count count, double more)
{
	window->count[window->slot % WINDOW_SLOTS][count] += more;
}

double link_window__sum(const struct link_window *window, enum window_count count)
{
	double sum = 0;

	for (unsigned i = 0; i < WINDOW_SLOTS; i++)
		sum += window->count[i][count];
	return sum;
}

double link_window__seconds(const struct link_window *window, uint64_t now_ns)
{
	uint64_t first = window->slot >= WINDOW_SLOTS - 1 ? window->slot - (WINDOW_SLOTS - 1) : 0;
	uint64_t begin = first * WINDOW_SLOT_NS;

	if (begin < window->began_ns)
		begin = window->began_ns;
	return now_ns > begin ? (now_ns - begin) / NSEC_PER_SEC : 0;
}

static void forget_slot(struct time_window *window, unsigned slot)
{
	uint16_t *bucket = window->bucket[slot];

	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		window->sum.bucket[i] -= bucket[i];
		window->sum.count -= bucket[i];
		bucket[i] = 0;
	}
}

void time_window__advance(struct time_window *window, uint64_t now_ns)
{
	uint64_t slot = now_ns / WINDOW_SLOT_NS;

	if (slot > window->slot + WINDOW_SLOTS)
		window->slot = slot - WINDOW_SLOTS;
	while (window->slot < slot) {
		window->slot++;
		forget_slot(window, window->slot % WINDOW_SLOTS);
	}
}

void time_window__add(struct time_window *window, const struct hist *delta)
{
	uint16_t *bucket = window->bucket[window->slot % WINDOW_SLOTS];

	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		uint32_t room, more;

		if (!delta->bucket[i])
			continue; /* most of them */
		room = UINT16_MAX - bucket[i];
		more = delta->bucket[i] < room ? delta->bucket[i] : room;
		bucket[i] = (uint16_t)(bucket[i] + more);
		window->sum.bucket[i] += more;
		window->sum.count += more;
	}
}

void time_window__since(const struct time_window *window, uint64_t from_ns, struct hist *since)
{
	uint64_t from = from_ns / WINDOW_SLOT_NS;

	*since = (struct hist){};
	for (unsigned back = 0; back < WINDOW_SLOTS && from + back <= window->slot; back++) {
		const uint16_t *bucket = window->bucket[(window->slot - back) % WINDOW_SLOTS];

		for (unsigned i = 0; i < HIST_BUCKETS; i++) {
			since->bucket[i] += bucket[i];
			since->count += bucket[i];
		}
	}
}
