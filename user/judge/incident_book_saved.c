/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the book of incidents keeps over a restart.
 */
#include <errno.h>
#include <string.h>

#include "judge/incident_book_parts.h"

json_t *incident_book__save(const struct incident_book *book)
{
	json_t *saved = json_object(), *list = json_array();

	if (!saved || !list)
		goto fail;
	for (size_t i = 0; i < book->count; i++) {
		if (json_array_append_new(list, incident__save(book->open[i])))
			goto fail;
	}
	if (json_object_set(saved, "open", list) ||
	    json_object_set_new(saved, "number", json_integer(book->number)))
		goto fail;
	json_decref(list);
	return saved;
fail:
	json_decref(saved);
	json_decref(list);
	return NULL;
}

int incident_book__restore(struct incident_book *book, const json_t *saved)
{
	const json_t *list = json_object_get(saved, "open");
	const json_t *number = json_object_get(saved, "number");
	struct incident *taken[INCIDENTS_MAX];
	size_t count = 0;
	int err = -EINVAL;

	if (!json_is_array(list) || !json_is_integer(number) ||
	    json_array_size(list) > INCIDENTS_MAX - book->count)
		return -EINVAL;
	for (; count < json_array_size(list); count++) {
		taken[count] = incident__restore(json_array_get(list, count));
		if (!taken[count]) {
			err = -errno;
			goto fail;
		}
	}
	memcpy(book->open + book->count, taken, count * sizeof(*taken));
	book->count += count;
	book->number = (unsigned)json_integer_value(number);
	return 0;
fail:
	while (count)
		incident__free(taken[--count]);
	return err;
}
