/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open addressing with linear probing, at most three quarters full, a power of two in size.
 *
 * A slot holds the hash beside the pointer, so that a probe touches an entry only when the whole
 * hash agrees.  Removal shifts the followers back instead of leaving tombstones: a table that lives
 * for months with peers coming and going stays as fast as on its first day.  The table grows by
 * doubling and never shrinks; its limit bounds it at 16 bytes for each 3/4 of an entry.
 */
#include "base/hash_table.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 16
#define LIMIT_MOST  ((size_t)1 << 30)

struct slot {
	void *entry; /* NULL: free */
	uint64_t hash;
};

struct hash_table {
	size_t key_len;
	size_t limit;
	size_t count;
	size_t mask; /* number of slots - 1 */
	struct slot *slots;
};

/* Spreads every input bit over all output bits; the constant is 2^64 over the golden ratio. */
static uint64_t mix(uint64_t value)
{
	value *= 0x9e3779b97f4a7c15ULL;
	value ^= value >> 32;
	value *= 0x9e3779b97f4a7c15ULL;
	return value ^ (value >> 29);
}

static uint64_t hash_bytes(const unsigned char *bytes, size_t len)
{
	uint64_t hash = len, word;

	while (len >= sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		hash = mix(hash ^ word);
		bytes += sizeof(word);
		len -= sizeof(word);
	}
	word = 0;
	memcpy(&word, bytes, len);
	return mix(hash ^ word);
}

static uint64_t hash_of(const struct hash_table *table, const void *key)
{
	return hash_bytes(key, table->key_len == HASH_TABLE_STRING ? strlen(key) : table->key_len);
}

static const void *key_of(const struct hash_table *table, const void *entry)
{
	if (table->key_len == HASH_TABLE_STRING)
		return *(const char *const *)entry;
	return entry;
}

static int same_key(const struct hash_table *table, const void *a, const void *b)
{
	if (table->key_len == HASH_TABLE_STRING)
		return strcmp(a, b) == 0;
	return memcmp(a, b, table->key_len) == 0;
}

/* The slot of @key, or the free one where it belongs. */
static size_t probe(const struct hash_table *table, const void *key, uint64_t hash)
{
	size_t index = hash & table->mask;

	for (; table->slots[index].entry; index = (index + 1) & table->mask) {
		if (table->slots[index].hash == hash &&
		    same_key(table, key_of(table, table->slots[index].entry), key))
			break;
	}
	return index;
}

static int grow(struct hash_table *table)
{
	size_t old_slots = table->mask + 1;
	struct slot *old = table->slots;
	struct slot *slots = calloc(old_slots * 2, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	table->slots = slots;
	table->mask = old_slots * 2 - 1;
	for (size_t i = 0; i < old_slots; i++) {
		size_t index = old[i].hash & table->mask;

		if (!old[i].entry)
			continue;
		while (slots[index].entry)
			index = (index + 1) & table->mask;
		slots[index] = old[i];
	}
	free(old);
	return 0;
}

struct hash_table *hash_table__new(size_t key_len, size_t limit)
{
	struct hash_table *table;

	if (!limit || limit > LIMIT_MOST) {
		errno = EINVAL;
		return NULL;
	}
	table = calloc(1, sizeof(*table));
	if (!table)
		return NULL;
	table->key_len = key_len;
	table->limit = limit;
	table->mask = FIRST_SLOTS - 1;
	table->slots = calloc(FIRST_SLOTS, sizeof(*table->slots));
	if (!table->slots) {
		free(table);
		errno = ENOMEM;
		return NULL;
	}
	return table;
}

void hash_table__free(struct hash_table *table)
{
	if (!table)
		return;
	free(table->slots);
	free(table);
}

void *hash_table__find(const struct hash_table *table, const void *key)
{
	return table->slots[probe(table, key, hash_of(table, key))].entry;
}

int hash_table__insert(struct hash_table *table, void *entry)
{
	const void *key = key_of(table, entry);
	uint64_t hash = hash_of(table, key);
	size_t index = probe(table, key, hash);
	int err;

	if (table->slots[index].entry)
		return -EEXIST;
	if (table->count >= table->limit)
		return -ENOSPC;
	if ((table->count + 1) * 4 > (table->mask + 1) * 3) {
		err = grow(table);
		if (err)
			return err;
		index = probe(table, key, hash);
	}
	table->slots[index].entry = entry;
	table->slots[index].hash = hash;
	table->count++;
	return 0;
}

void *hash_table__remove(struct hash_table *table, const void *key)
{
	size_t hole = probe(table, key, hash_of(table, key));
	void *entry = table->slots[hole].entry;

	if (!entry)
		return NULL;
	/* A follower may fill the hole unless its home lies between the hole and where it is. */
	for (size_t i = (hole + 1) & table->mask; table->slots[i].entry;
	     i = (i + 1) & table->mask) {
		size_t home = table->slots[i].hash & table->mask;

		if (((i - home) & table->mask) < ((i - hole) & table->mask))
			continue;
		table->slots[hole] = table->slots[i];
		hole = i;
	}
	table->slots[hole].entry = NULL;
	table->count--;
	return entry;
}

size_t hash_table__count(const struct hash_table *table)
{
	return table->count;
}

void *hash_table__next(const struct hash_table *table, size_t *cursor)
{
	while (*cursor <= table->mask) {
		void *entry = table->slots[(*cursor)++].entry;

		if (entry)
			return entry;
	}
	return NULL;
}
