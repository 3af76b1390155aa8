/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames into a zlib stream into a file.  A sample costs its encoding and compression, a
 * millisecond or two for a hundred links; the file grows by some kilobytes a second at most.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/duration.h"
#include "judge/sample.h"
#include "keep/bytes.h"
#include "keep/recording.h"
#include "keep/sample_codec.h"

/* Ticks are not quite a second apart: each of them is flushed. */
#define FLUSH_NS (NS_PER_SECOND / 2)

struct recording_writer {
	FILE *out;
	z_stream stream;
	bool stream_made;
	struct sample_encoder *encoder;
	struct bytes_out frame;
	uint64_t flushed_ns; /* the time of the sample that was flushed last */
};

static int open_new(const char *path)
{
	struct stat status;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), err;

	if (fd >= 0 || errno != EEXIST)
		return fd < 0 ? -errno : fd;
	if (stat(path, &status))
		return -errno;
	if (!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode))
		return -EEXIST;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* It may have become another since. */
	err = fstat(fd, &status) ? -errno : S_ISREG(status.st_mode) ? -EEXIST : 0;
	if (!err)
		return fd;
	close(fd);
	return err;
}

int recording_create(const char *path, FILE **out, char *why, size_t why_len)
{
	int fd = strcmp(path, "-") ? open_new(path) : dup(STDOUT_FILENO);
	FILE *file;
	int err = fd == -1 ? -errno : fd < 0 ? fd : 0;

	if (err == -EEXIST) {
		snprintf(why, why_len, "%s: exists, and is not overwritten: choose another name",
			 path);
		return err;
	}
	if (err) {
		snprintf(why, why_len, "%s: cannot be made: %s", path, strerror(-err));
		return err;
	}
	file = fdopen(fd, "w");
	if (file) {
		*out = file;
		return 0;
	}
	err = -errno;
	close(fd);
	snprintf(why, why_len, "%s: %s", path, strerror(-err));
	return err;
}

/* Through the compressor and into the file.  @flush as deflate() takes it. */
static int compress_bytes(struct recording_writer *writer, const uint8_t *data, size_t len,
			  int flush)
{
	z_stream *stream = &writer->stream;
	uint8_t packed[16384];
	size_t count;

	stream->next_in = (uint8_t *)data;
	stream->avail_in = (uInt)len;
	do {
		stream->next_out = packed;
		stream->avail_out = sizeof(packed);
		deflate(stream, flush);
		count = sizeof(packed) - stream->avail_out;
		/* cppcheck-suppress uninitvar ; deflate() wrote so many bytes of it */
		if (fwrite(packed, 1, count, writer->out) != count)
			return errno ? -errno : -EIO;
	} while (!stream->avail_out);
	if (flush != Z_NO_FLUSH && fflush(writer->out))
		return errno ? -errno : -EIO;
	return 0;
}

/* The frame's content is what stands in writer->frame, behind one byte for its type. */
static int write_frame(struct recording_writer *writer, char type, int flush)
{
	struct bytes_out *frame = &writer->frame;
	struct bytes_out head = {};
	uint8_t crc[4];
	uint32_t sum;
	int err;

	if (frame->failed)
		return -ENOMEM;
	frame->data[0] = (uint8_t)type;
	sum = (uint32_t)crc32(0, frame->data, (uInt)frame->len);
	for (unsigned i = 0; i < sizeof(crc); i++)
		crc[i] = (uint8_t)(sum >> 8 * i);
	bytes_out__raw(&head, &type, 1);
	bytes_out__varint(&head, frame->len - 1);
	errno = 0;
	err = head.failed ? -ENOMEM : compress_bytes(writer, head.data, head.len, Z_NO_FLUSH);
	free(head.data);
	if (!err)
		err = compress_bytes(writer, frame->data + 1, frame->len - 1, Z_NO_FLUSH);
	return err ? err : compress_bytes(writer, crc, sizeof(crc), flush);
}

static void begin_frame(struct recording_writer *writer)
{
	writer->frame.len = 0;
	writer->frame.failed = false;
	bytes_out__raw(&writer->frame, "", 1);
}

static int begin(struct recording_writer *writer, const char *host)
{
	if (fputs(RECORDING_MAGIC, writer->out) == EOF)
		return errno ? -errno : -EIO;
	begin_frame(writer);
	bytes_out__text(&writer->frame, host);
	sample_schema__write(&writer->frame);
	return write_frame(writer, 'H', Z_SYNC_FLUSH);
}

static void free_writer(struct recording_writer *writer)
{
	if (writer->stream_made)
		deflateEnd(&writer->stream);
	sample_encoder__free(writer->encoder);
	free(writer->frame.data);
	free(writer);
}

int recording_writer__new(FILE *out, const char *host, struct recording_writer **result)
{
	struct recording_writer *writer = calloc(1, sizeof(*writer));
	int err = -ENOMEM;

	if (!writer) {
		fclose(out);
		return err;
	}
	writer->out = out;
	writer->encoder = sample_encoder__new();
	writer->stream_made = deflateInit(&writer->stream, 6) == Z_OK;
	if (writer->encoder && writer->stream_made)
		err = begin(writer, host);
	if (!err) {
		*result = writer;
		return 0;
	}
	fclose(out);
	free_writer(writer);
	return err;
}

int recording_writer__config(struct recording_writer *writer, const char *name, const char *text,
			     size_t len)
{
	begin_frame(writer);
	bytes_out__text(&writer->frame, name);
	bytes_out__raw(&writer->frame, text, len);
	return write_frame(writer, 'C', Z_SYNC_FLUSH);
}

int recording_writer__add(struct recording_writer *writer, const struct sample *sample)
{
	bool flush = sample->time_ns - writer->flushed_ns >= FLUSH_NS;
	int err;

	begin_frame(writer);
	err = sample_encoder__add(writer->encoder, sample, &writer->frame);
	if (err)
		return err;
	if (flush)
		writer->flushed_ns = sample->time_ns;
	return write_frame(writer, 'S', flush ? Z_SYNC_FLUSH : Z_NO_FLUSH);
}

int recording_writer__close(struct recording_writer *writer)
{
	int err;

	if (!writer)
		return 0;
	begin_frame(writer);
	err = write_frame(writer, 'E', Z_FINISH);
	if (fclose(writer->out) && !err)
		err = errno ? -errno : -EIO;
	free_writer(writer);
	return err;
}
