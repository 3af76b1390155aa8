/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Feeds arbitrary bytes to the reader of recordings, in two ways that the first byte selects: as a
 * whole file, where checksums turn most of them away; and behind them, as a schema of samples and
 * as samples, each with its length in two bytes in front.
 *
 * Beside not crashing, a sample that comes out must be one that can be walked.
 *
 * With clang: -fsanitize=fuzzer,address,undefined.  Built with -DFUZZ_REPLAY it is a plain program
 * that runs each file named on its command line once.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hist_set.h"
#include "judge/sample.h"
#include "keep/recording.h"
#include "keep/sample_codec.h"
#include "target.h"

static void walk_link(const struct sample *sample, const struct link_sample *link)
{
	demand(link->name && link->total && link->kind <= LINK_INTERNAL, "a link is whole");
	demand(link->peer_count <= PEERS_SAMPLED, "far ends have room");
	for (size_t i = 0; i < link->peer_count; i++)
		demand(link->peers[i].key.direction <= PEER_INCOMING, "a direction is one of two");
	for (unsigned i = 0; i < HIST_OPERATION_COUNT; i++) {
		const struct hist *hist = hist_set__at(link->hists, i);

		demand(!hist || hist->count, "a histogram that is there has counts");
	}
	demand(!link->way ||
		       (link->way >= sample->ways && link->way < sample->ways + sample->way_count),
	       "a way is one of the list");
}

static void walk(const struct sample *sample)
{
	for (size_t i = 0; i < sample->link_count; i++)
		walk_link(sample, &sample->links[i]);
	for (size_t i = 0; i < sample->device_count; i++)
		demand(sample->devices[i].name && sample->devices[i].interface_name &&
			       neighbour_state_name(sample->devices[i].neighbour.state),
		       "a device is whole");
	for (size_t i = 0; i < sample->change_count; i++)
		demand(memchr(sample->changes[i].text, 0, CHANGE_TEXT_LEN) != NULL, "a text ends");
	for (size_t i = 0; i < sample->way_count; i++) {
		const struct way_sample *way = &sample->ways[i];

		demand(way->device_count <= WAY_HOPS_MAX, "hops have room");
		for (size_t j = 0; j < way->device_count; j++)
			demand(way->devices[j] < sample->device_count, "a hop is a device");
	}
	for (size_t i = 0; i < sample->sensor.blind_count; i++)
		demand(sample->sensor.blind[i] != NULL, "what is not seen has words");
}

static void read_file(const uint8_t *data, size_t size)
{
	struct recording_reader *reader;
	enum recording_item item = RECORDING_SAMPLE;
	char why[512];
	FILE *in = size ? fmemopen((void *)data, size, "r") : NULL;

	if (!in || recording_reader__new(in, &reader, why, sizeof(why)))
		return;
	while (item != RECORDING_END && !recording_reader__next(reader, &item, why, sizeof(why))) {
		if (item == RECORDING_SAMPLE)
			walk(recording_reader__sample(reader));
	}
	recording_reader__free(reader);
}

/* The next part, in memory of its own length, so that a byte too far is seen. */
static uint8_t *take_part(const uint8_t **data, size_t *size, size_t *len)
{
	uint8_t *part;

	if (*size < 2)
		return NULL;
	*len = (size_t)(*data)[0] << 8 | (*data)[1];
	*data += 2;
	*size -= 2;
	if (*len > *size)
		*len = *size;
	part = malloc(*len ? *len : 1);
	if (!part)
		abort();
	memcpy(part, *data, *len);
	*data += *len;
	*size -= *len;
	return part;
}

static void read_parts(const uint8_t *data, size_t size)
{
	size_t len = 0;
	uint8_t *part = take_part(&data, &size, &len);
	struct sample_decoder *decoder = part ? sample_decoder__new(part, len) : NULL;
	int err = 0;

	free(part);
	while (decoder && !err && (part = take_part(&data, &size, &len))) {
		const struct sample *sample = NULL;

		err = sample_decoder__take(decoder, part, len, &sample);
		if (!err)
			walk(sample);
		free(part);
	}
	sample_decoder__free(decoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] == RECORDING_MAGIC[0])
		read_file(data, size);
	else
		read_parts(data + 1, size - 1);
	return 0;
}

#include "replay.h"
