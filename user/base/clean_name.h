/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names that others choose, made harmless where they come in.
 *
 * A process calls itself what it likes, and so does whoever makes a cgroup, an interface or a
 * namespace: such a name may be no UTF-8, which no JSON can hold, and may carry bytes that a
 * terminal or a log obeys, or marks that turn the direction of writing.
 */
#ifndef FAULTLINE_CLEAN_NAME_H
#define FAULTLINE_CLEAN_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The length of the UTF-8 character at @text, which is not at its end, and its code; of what is no
 * UTF-8 each byte counts as one U+FFFD.
 */
size_t utf8_decode(const char *text, uint32_t *code);

/* Control characters, line and paragraph separators, marks of direction, and U+FFFD. */
bool character_is_harmful(uint32_t code);

/* Puts a question mark for each harmful character, in place; returns @name. */
char *clean_name(char *name);

#endif
