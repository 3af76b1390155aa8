/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Structs as rows of numbers, described by tables of fields.
 *
 * A recording says the names of its fields once, in front.  Whoever reads it looks each of them up
 * in tables of its own: a field that it does not know is passed over, and one that the recording
 * lacks stays as it was made, which is "not available" or nought.
 */
#ifndef FAULTLINE_ROW_LAYOUT_H
#define FAULTLINE_ROW_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

struct text_table;

enum field_type {
	FIELD_UINT,    /* 1, 2, 4 or 8 bytes */
	FIELD_INT,     /* 4 or 8 bytes, signed; a time_t, an index */
	FIELD_BOOL,    /* one byte */
	FIELD_ENUM,    /* 4 bytes, or 1; at most @limit */
	FIELD_BIT,     /* bit @limit of 4 bytes */
	FIELD_BYTES,   /* @size bytes as they are, eight a word */
	FIELD_CHARS,   /* the same; ends with a NUL */
	FIELD_READING, /* struct reading, two words: what it is if it is whole, else its bits */
	FIELD_TEXT,    /* const char *; @limit 1: may be NULL */
	FIELD_TYPE_COUNT
};

struct field {
	const char *name;
	uint8_t type;
	uint16_t offset;
	uint16_t size;	/* of one element, in bytes */
	uint16_t count; /* > 1: an array, of numbers or readings */
	uint16_t limit;
};

/* How many words a field takes in a row. */
unsigned field_words(const struct field *field);

/* Where one word of a row stands in its struct. */
struct word {
	uint8_t type;
	uint8_t part; /* of a reading: 0 or 1; of bytes: how many of them, 1 … 8 */
	uint16_t offset;
	uint16_t size;
	uint16_t limit;
};

/* Fills @words, which has room for all words of the fields; returns how many these are. */
unsigned words_of_fields(const struct field *fields, size_t count, struct word *words);
unsigned count_words(const struct field *fields, size_t count);

/* The number of a text, new ones kept.  0 or -errno, as text_table__number(). */
int word_load(const struct word *word, const void *row, struct text_table *texts, uint64_t *value);

/*
 * Puts a word into a struct; @values is where this word and, of a reading, the other one stand.
 * 0, or -EBADMSG when it cannot be.
 */
int word_store(const struct word *word, void *row, const struct text_table *texts,
	       const uint64_t *values);

#endif
