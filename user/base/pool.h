/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pool: many allocations with one owner and one end.
 */
#ifndef FAULTLINE_POOL_H
#define FAULTLINE_POOL_H

#include <limits.h>
#include <stddef.h>

#define POOL_UNLIMITED ULONG_MAX

struct pool;

/*
 * @allocation_limit: so many allocations succeed, every later one fails; the pool itself is the
 * first.  POOL_UNLIMITED outside of tests.  NULL and errno ENOMEM when there is no memory.
 */
struct pool *pool__new(unsigned long allocation_limit);

/* Frees the pool and everything in it; NULL is fine. */
void pool__free(struct pool *pool);

/* @count × @size zeroed bytes that live as long as the pool; NULL without memory or on overflow. */
void *pool__zalloc(struct pool *pool, size_t count, size_t size);

/* A copy of @text, or NULL without memory. */
char *pool__strdup(struct pool *pool, const char *text);

/*
 * realloc() within the pool: @old NULL allocates, @size 0 frees and returns NULL.  The arguments
 * are those of libcyaml's cyaml_mem_fn_t, with the pool as its context.
 */
void *pool__realloc(void *pool, void *old, size_t size);

#endif
