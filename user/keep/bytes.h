/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes and small numbers, written to memory that grows and read from memory that ends.
 *
 * Numbers are varints: seven bits a byte, the lowest first, the eighth bit set when more follow;
 * signed ones are folded first (0, -1, 1, -2, … become 0, 1, 2, 3), so that small differences are
 * one byte.  Failures stick: a caller may do many steps and ask once.
 */
#ifndef FAULTLINE_BYTES_H
#define FAULTLINE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define VARINT_LEN_MAX 10

static inline uint64_t fold_sign(uint64_t value)
{
	return value << 1 ^ (0 - (value >> 63));
}

static inline uint64_t unfold_sign(uint64_t folded)
{
	return folded >> 1 ^ (0 - (folded & 1));
}

struct bytes_out {
	uint8_t *data;
	size_t len, room;
	bool failed; /* no memory; what follows is not written */
};

/* Room for @len bytes more; NULL without memory. */
static inline uint8_t *bytes_out__reserve(struct bytes_out *out, size_t len)
{
	if (out->room - out->len < len) {
		size_t room = 2 * out->room > out->len + len ? 2 * out->room : out->len + len + 256;
		uint8_t *data = out->failed ? NULL : realloc(out->data, room);

		if (!data) {
			out->failed = true;
			return NULL;
		}
		out->data = data;
		out->room = room;
	}
	return out->data + out->len;
}

static inline void bytes_out__varint(struct bytes_out *out, uint64_t value)
{
	uint8_t *at = bytes_out__reserve(out, VARINT_LEN_MAX);

	if (!at)
		return;
	while (value >= 0x80) {
		*at++ = (uint8_t)value | 0x80;
		value >>= 7;
	}
	*at++ = (uint8_t)value;
	out->len = at - out->data;
}

static inline void bytes_out__raw(struct bytes_out *out, const void *data, size_t len)
{
	uint8_t *at = bytes_out__reserve(out, len);

	if (!at)
		return;
	if (len)
		memcpy(at, data, len);
	out->len += len;
}

/* A length and so many bytes. */
static inline void bytes_out__text(struct bytes_out *out, const char *text)
{
	size_t len = strlen(text);

	bytes_out__varint(out, len);
	bytes_out__raw(out, text, len);
}

struct bytes_in {
	const uint8_t *at, *end;
	bool failed; /* it ended too early, or a number is too long; reads give 0 from then on */
};

static inline uint64_t bytes_in__long_varint(struct bytes_in *in)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64 && in->at < in->end; shift += 7) {
		uint8_t byte = *in->at++;

		if (shift == 63 && byte > 1)
			break;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
	in->failed = true;
	in->at = in->end;
	return 0;
}

static inline uint64_t bytes_in__varint(struct bytes_in *in)
{
	if (in->at < in->end && *in->at < 0x80)
		return *in->at++;
	return bytes_in__long_varint(in);
}

/* @len bytes where they stand, or NULL. */
static inline const uint8_t *bytes_in__raw(struct bytes_in *in, uint64_t len)
{
	const uint8_t *at = in->at;

	if (len > (size_t)(in->end - in->at)) {
		in->failed = true;
		in->at = in->end;
		return NULL;
	}
	in->at += len;
	return at;
}

#endif
