/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/json_text.h"

#include <stdlib.h>
#include <string.h>

const char *json_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

json_t *json_name(const char *text)
{
	json_t *json = json_string(text ? text : "");
	char *copy;

	if (json)
		return json;
	copy = strdup(text ? text : "");
	if (!copy)
		return NULL;
	for (char *c = copy; *c; c++) {
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	}
	json = json_string(copy);
	free(copy);
	return json;
}
