/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/clean_name.h"

#include <string.h>

#define NO_CHARACTER 0xfffd

size_t utf8_decode(const char *text, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)text[0];
	size_t len = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	uint32_t value = len == 1 ? first : first & (0xff >> (len + 1));

	*code = NO_CHARACTER;
	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 1;
		value = value << 6 | ((unsigned char)text[i] & 0x3f);
	}
	/* A byte that leads nothing, more bytes than needed, half a pair, beyond the last one. */
	if ((len == 1 && first >= 0x80) || first >= 0xf8 || value < least[len] ||
	    (value >= 0xd800 && value < 0xe000) || value > 0x10ffff)
		return 1;
	*code = value;
	return len;
}

bool character_is_harmful(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == NO_CHARACTER ||
	       code == 0x61c || code == 0x200e || code == 0x200f ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
	       code == 0xfeff;
}

char *clean_name(char *name)
{
	char *out = name;
	const char *at = name;

	while (*at) {
		uint32_t code;
		size_t len = utf8_decode(at, &code);

		if (character_is_harmful(code)) {
			*out++ = '?';
		} else {
			memmove(out, at, len);
			out += len;
		}
		at += len;
	}
	*out = '\0';
	return name;
}
