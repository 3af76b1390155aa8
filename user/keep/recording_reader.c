/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a file through zlib to frames.
 *
 * Nothing is believed before its checksum was right.  A frame's room grows with the bytes that
 * really came, up to FRAME_MAX, so that a small file cannot ask for much.
 */
#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "judge/sample.h"
#include "keep/bytes.h"
#include "keep/recording.h"
#include "keep/sample_codec.h"

#define FRAME_MAX   (32u << 20)
#define CHUNK	    65536
#define HOST_MAX    256
#define CONFIG_MAX  (1u << 20)
#define CONFIG_ROOM (CONFIG_MAX + 4096) /* with its name */

struct recording_reader {
	FILE *in;
	z_stream stream;
	bool stream_made;
	bool in_ended;
	uint8_t packed[CHUNK];
	uint8_t plain[CHUNK]; /* inflated and not used yet */
	size_t plain_at, plain_len;
	struct bytes_out frame; /* type and content */
	struct sample_decoder *decoder;
	char host[HOST_MAX + 1];
	char *config_name, *config;
	size_t config_len;
	const struct sample *sample;
	uint64_t samples;
};

/* More of the stream into plain.  0; -ENODATA at its end; -EBADMSG; or -errno. */
static int inflate_more(struct recording_reader *reader)
{
	z_stream *stream = &reader->stream;
	int result;

	stream->next_out = reader->plain;
	stream->avail_out = sizeof(reader->plain);
	do {
		if (!stream->avail_in && !reader->in_ended) {
			stream->next_in = reader->packed;
			stream->avail_in =
				(uInt)fread(reader->packed, 1, sizeof(reader->packed), reader->in);
			if (ferror(reader->in))
				return errno ? -errno : -EIO;
			reader->in_ended = !stream->avail_in;
		}
		result = inflate(stream, Z_SYNC_FLUSH);
		if (result == Z_MEM_ERROR)
			return -ENOMEM;
		if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
			return -EBADMSG;
	} while (stream->avail_out == sizeof(reader->plain) && result != Z_STREAM_END &&
		 !reader->in_ended);
	reader->plain_at = 0;
	reader->plain_len = sizeof(reader->plain) - stream->avail_out;
	return reader->plain_len ? 0 : -ENODATA;
}

/* Appends @len bytes of the stream to the frame. */
static int take_bytes(struct recording_reader *reader, size_t len)
{
	while (len) {
		size_t count = reader->plain_len - reader->plain_at;

		if (!count) {
			int err = inflate_more(reader);

			if (err)
				return err;
			continue;
		}
		count = count < len ? count : len;
		bytes_out__raw(&reader->frame, reader->plain + reader->plain_at, count);
		if (reader->frame.failed)
			return -ENOMEM;
		reader->plain_at += count;
		len -= count;
	}
	return 0;
}

static int take_length(struct recording_reader *reader, uint64_t *len)
{
	size_t at = reader->frame.len;
	struct bytes_in in;
	int err;

	do {
		err = take_bytes(reader, 1);
		if (err)
			return err;
	} while (reader->frame.data[reader->frame.len - 1] >= 0x80 &&
		 reader->frame.len - at < VARINT_LEN_MAX);
	in = (struct bytes_in){.at = reader->frame.data + at,
			       .end = reader->frame.data + reader->frame.len};
	*len = bytes_in__varint(&in);
	reader->frame.len = at;
	return in.failed || *len > FRAME_MAX ? -EBADMSG : 0;
}

/*
 * The next frame, with its type in front.  0; -ENODATA: the file ends before it; -EPIPE: within it;
 * -EBADMSG; or another -errno.
 */
static int take_frame(struct recording_reader *reader)
{
	struct bytes_out *frame = &reader->frame;
	uint64_t len;
	uint32_t sum = 0;
	int err;

	frame->len = 0;
	err = take_bytes(reader, 1);
	if (err)
		return err;
	err = take_length(reader, &len);
	if (!err)
		err = take_bytes(reader, len + sizeof(sum));
	if (err)
		return err == -ENODATA ? -EPIPE : err;
	frame->len -= sizeof(sum);
	for (unsigned i = 0; i < sizeof(sum); i++)
		sum |= (uint32_t)frame->data[frame->len + i] << 8 * i;
	return sum == crc32(0, frame->data, (uInt)frame->len) ? 0 : -EBADMSG;
}

static struct bytes_in content_of(const struct recording_reader *reader)
{
	return (struct bytes_in){.at = reader->frame.data + 1,
				 .end = reader->frame.data + reader->frame.len};
}

static int read_head(struct recording_reader *reader)
{
	struct bytes_in in = content_of(reader);
	uint64_t len = bytes_in__varint(&in);
	const uint8_t *host = len <= HOST_MAX ? bytes_in__raw(&in, len) : NULL;

	if (!host || reader->frame.data[0] != 'H')
		return -EBADMSG;
	memcpy(reader->host, host, len);
	reader->decoder = sample_decoder__new(in.at, in.end - in.at);
	return reader->decoder ? 0 : -errno;
}

static int begin(struct recording_reader *reader, char *why, size_t why_len)
{
	char magic[sizeof(RECORDING_MAGIC)] = "";
	int err;

	if (fread(magic, 1, sizeof(magic) - 1, reader->in) != sizeof(magic) - 1 ||
	    strcmp(magic, RECORDING_MAGIC) != 0) {
		if (strncmp(magic, RECORDING_MAGIC, strlen("faultline-recording ")) == 0)
			snprintf(why, why_len,
				 "a recording of another version, which this one cannot read");
		else
			snprintf(why, why_len, "no recording of faultline");
		return -EBADMSG;
	}
	reader->stream_made = inflateInit(&reader->stream) == Z_OK;
	err = reader->stream_made ? take_frame(reader) : -ENOMEM;
	if (!err)
		err = read_head(reader);
	if (err == -ENODATA || err == -EPIPE)
		snprintf(why, why_len, "ends before its first sample");
	else if (err == -EBADMSG || err == -E2BIG)
		snprintf(why, why_len, "damaged: its head cannot be read");
	else if (err)
		snprintf(why, why_len, "%s", strerror(-err));
	return err;
}

int recording_reader__new(FILE *in, struct recording_reader **result, char *why, size_t why_len)
{
	struct recording_reader *reader = calloc(1, sizeof(*reader));
	int err;

	if (!reader) {
		fclose(in);
		snprintf(why, why_len, "out of memory");
		return -ENOMEM;
	}
	reader->in = in;
	err = begin(reader, why, why_len);
	if (!err) {
		*result = reader;
		return 0;
	}
	recording_reader__free(reader);
	return err;
}

void recording_reader__free(struct recording_reader *reader)
{
	if (!reader)
		return;
	fclose(reader->in);
	if (reader->stream_made)
		inflateEnd(&reader->stream);
	sample_decoder__free(reader->decoder);
	free(reader->frame.data);
	free(reader->config_name);
	free(reader->config);
	free(reader);
}

static int read_config(struct recording_reader *reader)
{
	struct bytes_in in = content_of(reader);
	uint64_t name_len = bytes_in__varint(&in);
	const uint8_t *name =
		reader->frame.len <= CONFIG_ROOM ? bytes_in__raw(&in, name_len) : NULL;
	char *copied_name, *copied;
	size_t len = in.end - in.at;

	if (!name)
		return -EBADMSG;
	copied_name = strndup((const char *)name, name_len);
	copied = malloc(len + 1);
	if (!copied_name || !copied) {
		free(copied_name);
		free(copied);
		return -ENOMEM;
	}
	memcpy(copied, in.at, len);
	copied[len] = 0;
	free(reader->config_name);
	free(reader->config);
	reader->config_name = copied_name;
	reader->config = copied;
	reader->config_len = len;
	return 0;
}

static int read_sample(struct recording_reader *reader)
{
	struct bytes_in in = content_of(reader);
	int err = sample_decoder__take(reader->decoder, in.at, in.end - in.at, &reader->sample);

	reader->samples += !err;
	return err;
}

static int read_item(struct recording_reader *reader, enum recording_item *item)
{
	switch (reader->frame.data[0]) {
	case 'S':
		*item = RECORDING_SAMPLE;
		return read_sample(reader);
	case 'C':
		*item = RECORDING_CONFIG;
		return read_config(reader);
	case 'E':
		*item = RECORDING_END;
		return 0;
	default:
		return -EBADMSG;
	}
}

static void explain(const struct recording_reader *reader, int err, char *why, size_t why_len)
{
	unsigned long long next = reader->samples + 1;

	if (err == -EPIPE)
		snprintf(why, why_len,
			 "ends in the middle of sample %llu; the samples before it were judged",
			 next);
	else if (err == -ENODATA)
		snprintf(why, why_len,
			 "ends after sample %llu without an end: whoever recorded was killed, or "
			 "the rest is missing; the samples up to there were judged",
			 next - 1);
	else if (err == -EBADMSG)
		snprintf(why, why_len, "damaged at sample %llu; the samples before it were judged",
			 next);
	else if (err == -E2BIG)
		snprintf(why, why_len,
			 "sample %llu takes more memory than a sample may; the samples before it "
			 "were judged",
			 next);
	else
		snprintf(why, why_len, "sample %llu cannot be read: %s", next, strerror(-err));
}

int recording_reader__next(struct recording_reader *reader, enum recording_item *item, char *why,
			   size_t why_len)
{
	int err = take_frame(reader);

	if (!err)
		err = read_item(reader, item);
	if (err)
		explain(reader, err, why, why_len);
	return err;
}

const char *recording_reader__host(const struct recording_reader *reader)
{
	return reader->host;
}

const struct sample *recording_reader__sample(const struct recording_reader *reader)
{
	return reader->sample;
}

const char *recording_reader__config(const struct recording_reader *reader, const char **name,
				     size_t *len)
{
	*name = reader->config_name;
	*len = reader->config_len;
	return reader->config;
}

uint64_t recording_reader__samples(const struct recording_reader *reader)
{
	return reader->samples;
}
