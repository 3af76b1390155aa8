/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts out of JSON, and names into it.
 */
#ifndef FAULTLINE_JSON_TEXT_H
#define FAULTLINE_JSON_TEXT_H

#include <jansson.h>

/* The text under a key of an object, "" when it is absent or no text; the object's. */
const char *json_text(const json_t *object, const char *key);

/*
 * A string.  Names that are no UTF-8 (a process may call itself anything) have question marks
 * instead of what is not ASCII, for JSON knows no other bytes.  NULL: "".  NULL without memory.
 */
json_t *json_name(const char *text);

#endif
