/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thin cover over libbpf's ring buffer.  A record of the wrong size is passed over: a negative
 * return from the callback would end the reading of all that follow.
 */
#include "sense/fact_reader.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

struct fact_reader {
	struct ring_buffer *ring;
	fact_handler *handler;
	void *context;
};

static int on_record(void *context, void *data, size_t size)
{
	struct fact_reader *reader = context;

	if (size >= sizeof(struct fact))
		reader->handler(reader->context, data);
	return 0;
}

struct fact_reader *fact_reader__new(int map_fd, fact_handler *handler, void *context)
{
	struct fact_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->handler = handler;
	reader->context = context;
	reader->ring = ring_buffer__new(map_fd, on_record, reader, NULL);
	if (!reader->ring) {
		int err = errno;

		free(reader);
		errno = err;
		return NULL;
	}
	return reader;
}

void fact_reader__free(struct fact_reader *reader)
{
	if (!reader)
		return;
	ring_buffer__free(reader->ring);
	free(reader);
}

int fact_reader__fd(const struct fact_reader *reader)
{
	return ring_buffer__epoll_fd(reader->ring);
}

int fact_reader__read(struct fact_reader *reader)
{
	int count = ring_buffer__consume(reader->ring);

	return count < 0 ? count : 0;
}
