/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The C library's own stream into memory leaves out what it finds no room for and goes on with what
 * comes behind, and its fclose() may succeed and leave NULL.  A page with a hole in it is worse
 * than none, so this one remembers.
 */
#include "base/text_stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define FIRST_ROOM 256

struct text_stream {
	char **text;
	size_t *len;
	size_t room;
	bool failed;
};

static ssize_t take(void *context, const char *data, size_t len)
{
	struct text_stream *stream = context;
	size_t room = stream->room;

	while (*stream->len + len + 1 > room)
		room *= 2;
	if (room > stream->room) {
		char *larger = realloc(*stream->text, room);

		if (!larger) {
			stream->failed = true;
			return 0;
		}
		*stream->text = larger;
		stream->room = room;
	}
	memcpy(*stream->text + *stream->len, data, len);
	*stream->len += len;
	(*stream->text)[*stream->len] = '\0';
	return (ssize_t)len;
}

static int end(void *context)
{
	struct text_stream *stream = context;
	bool failed = stream->failed;

	free(stream);
	if (!failed)
		return 0;
	errno = ENOMEM;
	return -1;
}

FILE *text_stream__open(char **text, size_t *len)
{
	struct text_stream *stream = calloc(1, sizeof(*stream));
	FILE *out = NULL;

	*text = calloc(1, FIRST_ROOM);
	*len = 0;
	if (stream && *text) {
		*stream = (struct text_stream){.text = text, .len = len, .room = FIRST_ROOM};
		out = fopencookie(stream, "w",
				  (cookie_io_functions_t){.write = take, .close = end});
	}
	if (out)
		return out;
	free(stream);
	free(*text);
	*text = NULL;
	errno = ENOMEM;
	return NULL;
}
