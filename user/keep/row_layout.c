/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A row is an array of 64-bit words, so that rows of every kind are compared and written by one
 * piece of code.  Counters that went on a little differ little as words: that is what makes a
 * recording small.  So a reading that is a whole number is that number, and only another one is the
 * bits of its double.
 */
#include "keep/row_layout.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "judge/sample.h"
#include "keep/bytes.h"
#include "keep/text_table.h"

#define READING_BITS  1 /* the second word has them; 0: not available */
#define READING_WHOLE 2 /* and above: twice the folded number more */
#define WHOLE_LIMIT   9007199254740992.0

unsigned field_words(const struct field *field)
{
	switch (field->type) {
	case FIELD_READING:
		return 2 * field->count;
	case FIELD_BYTES:
	case FIELD_CHARS:
		return (field->size + 7) / 8;
	default:
		return field->count;
	}
}

unsigned count_words(const struct field *fields, size_t count)
{
	unsigned words = 0;

	for (size_t i = 0; i < count; i++)
		words += field_words(&fields[i]);
	return words;
}

static struct word word_of_field(const struct field *field, unsigned index)
{
	struct word word = {.type = field->type,
			    .offset = field->offset,
			    .size = field->size,
			    .limit = field->limit};

	switch (field->type) {
	case FIELD_READING:
		word.offset += field->size * (index / 2);
		word.part = index % 2;
		break;
	case FIELD_BYTES:
	case FIELD_CHARS:
		word.offset += 8 * index;
		word.part = field->size - 8 * index < 8 ? field->size - 8 * index : 8;
		/* Only the last word of a text has to end it. */
		if (8 * (index + 1) < field->size)
			word.type = FIELD_BYTES;
		break;
	default:
		word.offset += field->size * index;
		break;
	}
	return word;
}

unsigned words_of_fields(const struct field *fields, size_t count, struct word *words)
{
	unsigned n = 0;

	for (size_t i = 0; i < count; i++) {
		for (unsigned part = 0; part < field_words(&fields[i]); part++)
			words[n++] = word_of_field(&fields[i], part);
	}
	return n;
}

static uint64_t load_uint(const uint8_t *at, unsigned size)
{
	uint16_t two;
	uint32_t four;
	uint64_t eight;

	switch (size) {
	case 1:
		return *at;
	case 2:
		return memcpy(&two, at, 2), two;
	case 4:
		return memcpy(&four, at, 4), four;
	default:
		return memcpy(&eight, at, 8), eight;
	}
}

static void store_uint(uint8_t *at, unsigned size, uint64_t value)
{
	uint16_t two = (uint16_t)value;
	uint32_t four = (uint32_t)value;

	switch (size) {
	case 1:
		*at = (uint8_t)value;
		break;
	case 2:
		memcpy(at, &two, 2);
		break;
	case 4:
		memcpy(at, &four, 4);
		break;
	default:
		memcpy(at, &value, 8);
		break;
	}
}

static uint64_t bits_of(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

/* The words of a reading. */
static uint64_t load_reading(const uint8_t *at, unsigned part)
{
	struct reading reading;
	bool whole;

	memcpy(&reading, at, sizeof(reading));
	if (!reading.known)
		return 0;
	/* A negative zero is not whole: it would come back as another number. */
	whole = fabs(reading.value) < WHOLE_LIMIT &&
		bits_of((double)(int64_t)reading.value) == bits_of(reading.value);
	if (part == 1)
		return whole ? 0 : bits_of(reading.value);
	return whole ? READING_WHOLE + 2 * fold_sign((uint64_t)(int64_t)reading.value)
		     : READING_BITS;
}

static void store_reading(uint8_t *at, uint64_t what, uint64_t bits)
{
	struct reading reading = {.known = what != 0};

	if (what >= READING_WHOLE)
		reading.value = (double)(int64_t)unfold_sign((what - READING_WHOLE) / 2);
	else if (what == READING_BITS)
		memcpy(&reading.value, &bits, sizeof(bits));
	memcpy(at, &reading, sizeof(reading));
}

static int load_text(const uint8_t *at, struct text_table *texts, uint64_t *value)
{
	const char *text;
	uint32_t number;
	int err;

	memcpy(&text, at, sizeof(text));
	err = text_table__number(texts, text, &number);
	if (!err)
		*value = number;
	return err;
}

int word_load(const struct word *word, const void *row, struct text_table *texts, uint64_t *value)
{
	const uint8_t *at = (const uint8_t *)row + word->offset;

	switch (word->type) {
	case FIELD_INT:
		*value = word->size == 4 ? (uint64_t)(int32_t)load_uint(at, 4)
					 : load_uint(at, word->size);
		return 0;
	case FIELD_BIT:
		*value = load_uint(at, word->size) >> word->limit & 1;
		return 0;
	case FIELD_BYTES:
	case FIELD_CHARS:
		*value = 0;
		memcpy(value, at, word->part);
		return 0;
	case FIELD_READING:
		*value = load_reading(at, word->part);
		return 0;
	case FIELD_TEXT:
		return load_text(at, texts, value);
	default:
		*value = load_uint(at, word->size);
		return 0;
	}
}

static int store_text(uint8_t *at, const struct text_table *texts, uint64_t value, bool nullable)
{
	const char *text = NULL;

	if (value > text_table__count(texts))
		return -EBADMSG;
	text = text_table__at(texts, (uint32_t)value);
	if (!text && !nullable)
		text = "";
	memcpy(at, &text, sizeof(text));
	return 0;
}

int word_store(const struct word *word, void *row, const struct text_table *texts,
	       const uint64_t *values)
{
	uint8_t *at = (uint8_t *)row + word->offset;
	uint64_t bits;

	switch (word->type) {
	case FIELD_BOOL:
		*at = *values != 0;
		return 0;
	case FIELD_ENUM:
		if (*values > word->limit)
			return -EBADMSG;
		break;
	case FIELD_BIT:
		bits = load_uint(at, word->size) & ~(1ULL << word->limit);
		store_uint(at, word->size, bits | (uint64_t)(*values != 0) << word->limit);
		return 0;
	case FIELD_BYTES:
		memcpy(at, values, word->part);
		return 0;
	case FIELD_CHARS:
		memcpy(at, values, word->part);
		at[word->part - 1] = 0;
		return 0;
	case FIELD_READING:
		store_reading(at, values[-(int)word->part], values[1 - (int)word->part]);
		return 0;
	case FIELD_TEXT:
		return store_text(at, texts, *values, word->limit);
	default:
		break;
	}
	store_uint(at, word->size, *values);
	return 0;
}
