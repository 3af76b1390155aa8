/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/json_text.h"

const char *json_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}
