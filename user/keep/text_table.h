/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts by number, so that each is written once.
 *
 * Number 0 is no text at all; the others are given in the order in which texts come.
 */
#ifndef FAULTLINE_TEXT_TABLE_H
#define FAULTLINE_TEXT_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define TEXT_LEN_MAX   4096
#define TEXTS_MAX      65536
#define TEXT_BYTES_MAX (8u << 20) /* of all together */

struct text_table;

struct text_table *text_table__new(void); /* NULL with errno */
void text_table__free(struct text_table *table);
void text_table__clear(struct text_table *table);

/*
 * The number of a text, kept when it is new.  @text NULL is 0.  -ENOSPC when the table is full, a
 * text too long is -E2BIG, or -ENOMEM.
 */
int text_table__number(struct text_table *table, const char *text, uint32_t *number);

/* The same for a text of @len bytes, which must not hold a NUL (-EINVAL). */
int text_table__add(struct text_table *table, const char *text, size_t len, uint32_t *number);

/* NULL for 0 and for a number that was never given; valid until the table is cleared. */
const char *text_table__at(const struct text_table *table, uint32_t number);

/* How many there are: the last number that was given. */
uint32_t text_table__count(const struct text_table *table);

#endif
