/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An open hash of numbers over an array of texts.  A full table is its owner's business: it clears
 * both ends at the same place of the stream and begins anew.
 */
#include "keep/text_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 256

struct text_table {
	char **texts; /* number 1 is the first */
	uint32_t count;
	size_t bytes;
	uint32_t *slots; /* numbers, 0: free; their count is a power of two */
	uint32_t slot_count;
};

struct text_table *text_table__new(void)
{
	return calloc(1, sizeof(struct text_table));
}

void text_table__clear(struct text_table *table)
{
	for (uint32_t i = 0; i < table->count; i++)
		free(table->texts[i]);
	table->count = 0;
	table->bytes = 0;
	if (table->slots)
		memset(table->slots, 0, table->slot_count * sizeof(*table->slots));
}

void text_table__free(struct text_table *table)
{
	if (!table)
		return;
	text_table__clear(table);
	free(table->texts);
	free(table->slots);
	free(table);
}

/* FNV-1a, 32 bit. */
static uint32_t hash_of(const char *text, size_t len)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (uint8_t)text[i]) * 16777619u;
	return hash;
}

/* The slot of a text, or the free one where it belongs. */
static uint32_t *find_slot(const struct text_table *table, const char *text, size_t len)
{
	uint32_t mask = table->slot_count - 1, at = hash_of(text, len) & mask;

	for (;; at = (at + 1) & mask) {
		uint32_t number = table->slots[at];

		if (!number || (!strncmp(table->texts[number - 1], text, len) &&
				!table->texts[number - 1][len]))
			return &table->slots[at];
	}
}

/* At most half of the slots are in use. */
static int make_room(struct text_table *table)
{
	uint32_t slots = table->slot_count ? 2 * table->slot_count : SLOTS_FIRST;
	char **texts;
	uint32_t *old = table->slots;

	if (table->count < table->slot_count / 2)
		return 0;
	texts = realloc(table->texts, slots / 2 * sizeof(*texts));
	if (!texts)
		return -ENOMEM;
	table->texts = texts;
	table->slots = calloc(slots, sizeof(*table->slots));
	if (!table->slots) {
		table->slots = old;
		return -ENOMEM;
	}
	free(old);
	table->slot_count = slots;
	for (uint32_t i = 0; i < table->count; i++)
		*find_slot(table, texts[i], strlen(texts[i])) = i + 1;
	return 0;
}

int text_table__add(struct text_table *table, const char *text, size_t len, uint32_t *number)
{
	uint32_t *slot;
	char *copy;

	if (len > TEXT_LEN_MAX)
		return -E2BIG;
	if (memchr(text, 0, len))
		return -EINVAL;
	if (make_room(table))
		return -ENOMEM;
	slot = find_slot(table, text, len);
	if (*slot) {
		*number = *slot;
		return 0;
	}
	if (table->count == TEXTS_MAX || table->bytes + len > TEXT_BYTES_MAX)
		return -ENOSPC;
	copy = strndup(text, len);
	if (!copy)
		return -ENOMEM;
	table->texts[table->count++] = copy;
	table->bytes += len;
	*number = *slot = table->count;
	return 0;
}

int text_table__number(struct text_table *table, const char *text, uint32_t *number)
{
	if (text)
		return text_table__add(table, text, strlen(text), number);
	*number = 0;
	return 0;
}

const char *text_table__at(const struct text_table *table, uint32_t number)
{
	return number && number <= table->count ? table->texts[number - 1] : NULL;
}

uint32_t text_table__count(const struct text_table *table)
{
	return table->count;
}
