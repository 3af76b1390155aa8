/* SPDX-License-Identifier: BSD-2-Clause */
#include "tell/safe_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean_name.h"
#include "base/text_stream.h"

char *safe_text(const char *text)
{
	char *safe = strdup(text);

	return safe ? clean_name(safe) : NULL;
}

static json_t *safe_object(const json_t *value)
{
	json_t *object = json_object(), *item;
	const char *key;

	json_object_foreach((json_t *)value, key, item) {
		char *name = safe_text(key);

		if (!name || json_object_set_new(object, name, safe_json(item))) {
			free(name);
			json_decref(object);
			return NULL;
		}
		free(name);
	}
	return object;
}

static json_t *safe_array(const json_t *value)
{
	json_t *array = json_array(), *item;
	size_t i;

	json_array_foreach(value, i, item) {
		if (json_array_append_new(array, safe_json(item))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

json_t *safe_json(const json_t *value)
{
	json_t *string;
	char *text;

	if (json_is_object(value))
		return safe_object(value);
	if (json_is_array(value))
		return safe_array(value);
	if (!json_is_string(value))
		return json_copy((json_t *)value);
	text = safe_text(json_string_value(value));
	string = text ? json_string(text) : NULL;
	free(text);
	return string;
}

/* What stands for the character at @text, which has @len bytes. */
static size_t put_slack(FILE *out, const char *text, size_t len)
{
	const char *entity = *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : "&gt;";

	if (*text == '&' || *text == '<' || *text == '>') {
		fputs(entity, out);
		return strlen(entity);
	}
	/* A grave accent alone quotes, three of them fence: an apostrophe does neither. */
	if (*text == '`')
		fputc('\'', out);
	else
		fwrite(text, 1, len, out);
	return 1;
}

char *slack_text(const char *text, size_t room_characters)
{
	char *slack = NULL;
	size_t size, used = 0;
	FILE *out = text_stream__open(&slack, &size);

	if (!out)
		return NULL;
	while (*text) {
		uint32_t code;
		size_t len = utf8_decode(text, &code);

		/* The longest entity has five characters, and the dots need one. */
		if (used + 6 > room_characters && strlen(text) > 5) {
			fputs("…", out);
			break;
		}
		used += put_slack(out, text, len);
		text += len;
	}
	if (fclose(out)) {
		free(slack);
		return NULL;
	}
	return slack;
}

char *cut_text(char *text, size_t room_characters)
{
	size_t count = 0, last = 0, at = 0;
	uint32_t code;

	while (text[at]) {
		if (++count == room_characters)
			last = at;
		if (count > room_characters) {
			size_t left = strlen(text + last);

			/* The dots take three bytes; a shorter end gives way to a full stop. */
			strcpy(text + last, left >= 3 ? "…" : ".");
			return text;
		}
		at += utf8_decode(text + at, &code);
	}
	return text;
}
