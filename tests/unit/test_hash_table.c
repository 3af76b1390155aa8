/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table against a plain array as the model, over a long random mix of operations.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash_table.h"

#define KEYS 512

struct entry {
	uint32_t key;
	uint32_t payload;
};

static void finds_what_was_inserted(void **state)
{
	struct hash_table *table = hash_table__new(sizeof(uint32_t), 3);
	struct entry entries[4] = {{1, 10}, {2, 20}, {3, 30}, {4, 40}};
	struct entry twin = {2, 99};
	uint32_t absent = 77;

	(void)state;
	assert_non_null(table);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(hash_table__insert(table, &entries[i]), 0);
	assert_int_equal(hash_table__insert(table, &twin), -EEXIST);
	assert_int_equal(hash_table__insert(table, &entries[3]), -ENOSPC);
	assert_int_equal(hash_table__count(table), 3);
	assert_ptr_equal(hash_table__find(table, &entries[1].key), &entries[1]);
	assert_null(hash_table__find(table, &absent));
	assert_ptr_equal(hash_table__remove(table, &entries[1].key), &entries[1]);
	assert_null(hash_table__remove(table, &entries[1].key));
	assert_int_equal(hash_table__insert(table, &entries[3]), 0);
	hash_table__free(table);
	hash_table__free(NULL);
}

static void agrees_with_a_model(void **state)
{
	static struct entry entries[KEYS];
	static int present[KEYS];
	struct hash_table *table = hash_table__new(sizeof(uint32_t), KEYS);
	size_t count = 0, cursor, seen;
	struct entry *entry;
	unsigned seed = 20261122;

	(void)state;
	print_message("seed %u\n", seed);
	for (uint32_t i = 0; i < KEYS; i++)
		entries[i].key = i * 64; /* keys that share their low bits */
	for (unsigned step = 0; step < 200000; step++) {
		unsigned i = (unsigned)rand_r(&seed) % KEYS;

		/* Swing between nearly full and nearly empty: removals then meet clusters. */
		if ((unsigned)rand_r(&seed) % 100 < (step / 20000 % 2 ? 30u : 70u)) {
			assert_int_equal(hash_table__insert(table, &entries[i]),
					 present[i] ? -EEXIST : 0);
			count += !present[i];
			present[i] = 1;
		} else {
			assert_ptr_equal(hash_table__remove(table, &entries[i].key),
					 present[i] ? &entries[i] : NULL);
			count -= (size_t)present[i];
			present[i] = 0;
		}
		assert_int_equal(hash_table__count(table), count);
		if (step % 1000)
			continue;
		for (unsigned k = 0; k < KEYS; k++)
			assert_ptr_equal(hash_table__find(table, &entries[k].key),
					 present[k] ? &entries[k] : NULL);
	}
	for (cursor = 0, seen = 0; (entry = hash_table__next(table, &cursor)); seen++) {
		assert_true(present[entry - entries]);
		present[entry - entries] = 0;
	}
	assert_int_equal(seen, count);
	hash_table__free(table);
}

struct named {
	const char *name;
};

static void looks_strings_up(void **state)
{
	static struct named entries[1000];
	static char names[1000][32];
	struct hash_table *table = hash_table__new(HASH_TABLE_STRING, 1000);

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		snprintf(names[i], sizeof(names[i]), "198.51.100.%zu:%zu", i % 256, i);
		entries[i].name = names[i];
		assert_int_equal(hash_table__insert(table, &entries[i]), 0);
	}
	for (size_t i = 0; i < 1000; i++) {
		char copy[32];

		memcpy(copy, names[i], sizeof(copy));
		assert_ptr_equal(hash_table__find(table, copy), &entries[i]);
	}
	assert_null(hash_table__find(table, ""));
	assert_null(hash_table__find(table, "198.51.100.1"));
	hash_table__free(table);
}

static void refuses_a_senseless_limit(void **state)
{
	(void)state;
	errno = 0;
	assert_null(hash_table__new(4, 0));
	assert_int_equal(errno, EINVAL);
	errno = 0;
	assert_null(hash_table__new(4, SIZE_MAX));
	assert_int_equal(errno, EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_inserted),
		cmocka_unit_test(agrees_with_a_model),
		cmocka_unit_test(looks_strings_up),
		cmocka_unit_test(refuses_a_senseless_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
