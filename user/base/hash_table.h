/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table of pointers to entries that carry their own key.
 *
 * An entry begins with its key: either key_len bytes, or, in a table made with key_len
 * HASH_TABLE_STRING, a pointer to a string.  The table owns its slots, never the entries or keys.
 */
#ifndef FAULTLINE_HASH_TABLE_H
#define FAULTLINE_HASH_TABLE_H

#include <stddef.h>

#define HASH_TABLE_STRING 0

struct hash_table;

/* @limit: the most entries it will hold, 1 … 2^30.  NULL with errno ENOMEM or EINVAL. */
struct hash_table *hash_table__new(size_t key_len, size_t limit);

/* Leaves the entries alone.  NULL is fine. */
void hash_table__free(struct hash_table *table);

/* @key: key_len bytes, or the string itself.  NULL when there is no such entry. */
void *hash_table__find(const struct hash_table *table, const void *key);

/* 0, -EEXIST, -ENOSPC when the limit is reached, or -ENOMEM.  The key must not change meanwhile. */
int hash_table__insert(struct hash_table *table, void *entry);

/* Returns the entry that is no longer in the table, or NULL. */
void *hash_table__remove(struct hash_table *table, const void *key);

size_t hash_table__count(const struct hash_table *table);

/*
 * Every entry once, in no order: begin with *cursor 0, until NULL.  The table must not change
 * meanwhile; entries may be freed when the table is freed next and used no more.
 */
void *hash_table__next(const struct hash_table *table, size_t *cursor);

#endif
