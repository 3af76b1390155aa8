/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pool: every block hangs in one list, so that a half-built object needs no path of its own to
 * be given back, and a library that forgets a block on an error leaks nothing.
 *
 * Meant for what is built once and dropped as a whole, such as a configuration.  Costs two pointers
 * a block; freeing a single block is constant time.
 */
#include "base/pool.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct block {
	struct block *next, *previous;
	max_align_t data[];
};

struct pool {
	struct block *first;
	unsigned long allocations;
	unsigned long allocation_limit;
};

struct pool *pool__new(unsigned long allocation_limit)
{
	struct pool *pool = allocation_limit > 0 ? calloc(1, sizeof(*pool)) : NULL;

	if (!pool) {
		errno = ENOMEM;
		return NULL;
	}
	pool->allocations = 1;
	pool->allocation_limit = allocation_limit;
	return pool;
}

void pool__free(struct pool *pool)
{
	if (!pool)
		return;
	while (pool->first) {
		struct block *next = pool->first->next;

		free(pool->first);
		pool->first = next;
	}
	free(pool);
}

static void unlink_block(struct pool *pool, struct block *block)
{
	if (block->previous)
		block->previous->next = block->next;
	else
		pool->first = block->next;
	if (block->next)
		block->next->previous = block->previous;
}

static void link_block(struct pool *pool, struct block *block)
{
	block->previous = NULL;
	block->next = pool->first;
	if (pool->first)
		pool->first->previous = block;
	pool->first = block;
}

void *pool__realloc(void *context, void *old, size_t size)
{
	struct block *block =
		old ? (struct block *)((char *)old - offsetof(struct block, data)) : NULL;
	struct pool *pool = context;
	struct block *grown;

	if (size == 0) {
		if (block) {
			unlink_block(pool, block);
			free(block);
		}
		return NULL;
	}
	if (pool->allocations >= pool->allocation_limit || size > SIZE_MAX - sizeof(*block))
		return NULL;
	if (block)
		unlink_block(pool, block);
	grown = realloc(block, sizeof(*block) + size);
	if (!grown) {
		if (block)
			link_block(pool, block);
		return NULL;
	}
	pool->allocations++;
	link_block(pool, grown);
	return grown->data;
}

void *pool__zalloc(struct pool *pool, size_t count, size_t size)
{
	size_t len;
	void *data;

	if (__builtin_mul_overflow(count, size, &len))
		return NULL;
	data = pool__realloc(pool, NULL, len ? len : 1);
	if (data)
		memset(data, 0, len);
	return data;
}

char *pool__strdup(struct pool *pool, const char *text)
{
	size_t len = strlen(text) + 1;
	char *copy = pool__realloc(pool, NULL, len);

	return copy ? memcpy(copy, text, len) : NULL;
}
