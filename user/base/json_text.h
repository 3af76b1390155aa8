/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts out of JSON.
 */
#ifndef FAULTLINE_JSON_TEXT_H
#define FAULTLINE_JSON_TEXT_H

#include <jansson.h>

/* The text under a key of an object, "" when it is absent or no text; the object's. */
const char *json_text(const json_t *object, const char *key);

#endif
