/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From samples to bytes.
 *
 * The encoder keeps every row as it was written last and compares: some 20 KiB for each link with
 * all its histograms, and less than a millisecond for a hundred links.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hist_set.h"
#include "keep/bytes.h"
#include "keep/sample_codec.h"
#include "keep/sample_layout.h"
#include "keep/text_table.h"

#define NO_LINK UINT32_MAX

struct written_table {
	struct word *words;
	unsigned width;
	uint64_t *values; /* of all rows */
	uint32_t room;	  /* for rows */
};

/* A link's place in the tables; one that is not in the sample may be given to another. */
struct slot {
	uint32_t name; /* number of its text */
	uint32_t link; /* in this sample, or NO_LINK */
};

struct sample_encoder {
	struct written_table tables[ROW_TABLE_COUNT];
	struct text_table *texts;
	uint32_t texts_written;
	struct slot *slots;
	uint32_t slot_count, slot_room;
	uint32_t *order; /* the slot of each link of this sample */
	uint32_t order_room;
	struct bytes_out body;
	bool anew; /* the next sample is written whole */
};

/* The sample at work, and what has no struct of its own in it. */
struct source {
	const struct sample *sample;
	struct order_row order;
	struct link_row link;
	struct blind_row blind;
};

void sample_schema__write(struct bytes_out *out)
{
	bytes_out__varint(out, PEERS_SAMPLED);
	bytes_out__varint(out, HIST_OPERATION_COUNT);
	for (unsigned i = 0; i < HIST_OPERATION_COUNT; i++)
		bytes_out__text(out, operation_names[i]);
	bytes_out__varint(out, ROW_TABLE_COUNT);
	for (unsigned i = 0; i < ROW_TABLE_COUNT; i++) {
		const struct row_layout *layout = &row_layouts[i];

		bytes_out__text(out, layout->name);
		bytes_out__varint(out, layout->field_count);
		for (size_t j = 0; j < layout->field_count; j++) {
			bytes_out__text(out, layout->fields[j].name);
			bytes_out__varint(out, layout->fields[j].type);
			bytes_out__varint(out, field_words(&layout->fields[j]));
		}
	}
}

struct sample_encoder *sample_encoder__new(void)
{
	struct sample_encoder *encoder = calloc(1, sizeof(*encoder));

	if (!encoder)
		return NULL;
	encoder->texts = text_table__new();
	if (!encoder->texts)
		goto out;
	for (unsigned i = 0; i < ROW_TABLE_COUNT; i++) {
		const struct row_layout *layout = &row_layouts[i];
		struct written_table *table = &encoder->tables[i];

		table->width = count_words(layout->fields, layout->field_count);
		table->words = calloc(table->width, sizeof(*table->words));
		if (!table->words)
			goto out;
		words_of_fields(layout->fields, layout->field_count, table->words);
	}
	encoder->anew = true;
	return encoder;
out:
	sample_encoder__free(encoder);
	errno = ENOMEM;
	return NULL;
}

void sample_encoder__free(struct sample_encoder *encoder)
{
	if (!encoder)
		return;
	for (unsigned i = 0; i < ROW_TABLE_COUNT; i++) {
		free(encoder->tables[i].words);
		free(encoder->tables[i].values);
	}
	text_table__free(encoder->texts);
	free(encoder->slots);
	free(encoder->order);
	free(encoder->body.data);
	free(encoder);
}

static void forget(struct sample_encoder *encoder)
{
	for (unsigned i = 0; i < ROW_TABLE_COUNT; i++) {
		struct written_table *table = &encoder->tables[i];

		if (table->values)
			memset(table->values, 0,
			       (size_t)table->room * table->width * sizeof(*table->values));
	}
	text_table__clear(encoder->texts);
	encoder->texts_written = 0;
	encoder->slot_count = 0;
}

/* ---- the places of links ----------------------------------------------------------------- */

static int make_room_for_links(struct sample_encoder *encoder, size_t count)
{
	uint32_t room = (uint32_t)count + encoder->slot_count;
	struct slot *slots;
	uint32_t *order;

	if (count > row_layouts[ROW_LINK].rows_max)
		return -E2BIG;
	if (room > encoder->slot_room) {
		slots = realloc(encoder->slots, room * sizeof(*slots));
		if (!slots)
			return -ENOMEM;
		encoder->slots = slots;
		encoder->slot_room = room;
	}
	if (count > encoder->order_room) {
		order = realloc(encoder->order, count * sizeof(*order));
		if (!order)
			return -ENOMEM;
		encoder->order = order;
		encoder->order_room = (uint32_t)count;
	}
	return 0;
}

/* The slot of a name that no link of this sample has taken; they are likely in the same order. */
static uint32_t slot_of_name(const struct sample_encoder *encoder, uint32_t name, uint32_t likely)
{
	for (uint32_t i = 0; i < encoder->slot_count; i++) {
		uint32_t at = (likely + i) % encoder->slot_count;

		if (encoder->slots[at].name == name)
			return encoder->slots[at].link == NO_LINK ? at : NO_LINK;
	}
	return NO_LINK;
}

/* Gives a slot to every link of the sample that has none yet. */
static int place_new_links(struct sample_encoder *encoder, const struct sample *sample)
{
	uint32_t free_slot = 0;

	for (size_t i = 0; i < sample->link_count; i++) {
		struct slot *slot;
		uint32_t name;

		if (encoder->order[i] != NO_LINK)
			continue;
		while (free_slot < encoder->slot_count && encoder->slots[free_slot].link != NO_LINK)
			free_slot++;
		if (free_slot == row_layouts[ROW_LINK].rows_max)
			return -E2BIG;
		if (text_table__number(encoder->texts, sample->links[i].name, &name))
			return -ENOSPC;
		slot = &encoder->slots[free_slot];
		*slot = (struct slot){.name = name, .link = (uint32_t)i};
		encoder->order[i] = free_slot;
		if (free_slot == encoder->slot_count)
			encoder->slot_count++;
	}
	return 0;
}

static int place_links(struct sample_encoder *encoder, const struct sample *sample)
{
	int err = make_room_for_links(encoder, sample->link_count);
	uint32_t likely = 0, name;

	if (err)
		return err;
	for (uint32_t i = 0; i < encoder->slot_count; i++)
		encoder->slots[i].link = NO_LINK;
	for (size_t i = 0; i < sample->link_count; i++) {
		err = text_table__number(encoder->texts, sample->links[i].name, &name);
		if (err)
			return err;
		encoder->order[i] = slot_of_name(encoder, name, likely);
		if (encoder->order[i] == NO_LINK)
			continue;
		encoder->slots[encoder->order[i]].link = (uint32_t)i;
		likely = encoder->order[i] + 1;
	}
	return place_new_links(encoder, sample);
}

/* ---- rows -------------------------------------------------------------------------------- */

static const uint8_t nothing[sizeof(struct hist)];

/* Of a slot's tables, NULL: this row stays as it is. */
static const void *row_of_slot(const struct sample_encoder *encoder, struct source *source,
			       enum row_table table, uint32_t row)
{
	unsigned each = table == ROW_HIST   ? HIST_OPERATION_COUNT
			: table == ROW_PEER ? PEERS_SAMPLED
					    : 1;
	uint32_t index = encoder->slots[row / each].link;
	const struct sample *sample = source->sample;
	const struct link_sample *link;
	const struct hist *hist;

	if (index == NO_LINK)
		return NULL;
	link = &sample->links[index];
	switch (table) {
	case ROW_LINK:
		source->link = (struct link_row){.link = *link};
		if (link->way >= sample->ways && link->way < sample->ways + sample->way_count)
			source->link.way = (uint32_t)(link->way - sample->ways) + 1;
		return &source->link;
	case ROW_TOTAL:
		return link->total;
	case ROW_HIST:
		hist = hist_set__at(link->hists, row % each);
		return hist ? (const void *)hist : nothing;
	default:
		return row % each < link->peer_count ? &link->peers[row % each] : NULL;
	}
}

static const void *row_at(const struct sample_encoder *encoder, struct source *source,
			  enum row_table table, uint32_t row)
{
	const struct sample *sample = source->sample;

	switch (table) {
	case ROW_SAMPLE:
		return sample;
	case ROW_ORDER:
		source->order.slot = encoder->order[row];
		return &source->order;
	case ROW_FACT:
		return &sample->facts[row];
	case ROW_INTERFACE:
		return &sample->interfaces[row];
	case ROW_ADDRESS:
		return &sample->addresses[row];
	case ROW_DEVICE:
		return &sample->devices[row];
	case ROW_PROCESS:
		return &sample->processes[row];
	case ROW_LISTENER:
		return &sample->listeners[row];
	case ROW_DROP:
		return &sample->drops[row];
	case ROW_WAY:
		return &sample->ways[row];
	case ROW_CHANGE:
		return &sample->changes[row];
	case ROW_BLIND:
		source->blind.text = sample->sensor.blind[row];
		return &source->blind;
	default:
		return row_of_slot(encoder, source, table, row);
	}
}

static size_t rows_of(const struct sample_encoder *encoder, const struct sample *sample,
		      enum row_table table)
{
	const size_t counts[ROW_TABLE_COUNT] = {
		[ROW_SAMPLE] = 1,
		[ROW_ORDER] = sample->link_count,
		[ROW_LINK] = encoder->slot_count,
		[ROW_TOTAL] = encoder->slot_count,
		[ROW_HIST] = encoder->slot_count * HIST_OPERATION_COUNT,
		[ROW_PEER] = encoder->slot_count * PEERS_SAMPLED,
		[ROW_FACT] = sample->fact_count,
		[ROW_INTERFACE] = sample->interface_count,
		[ROW_ADDRESS] = sample->address_count,
		[ROW_DEVICE] = sample->device_count,
		[ROW_PROCESS] = sample->process_count,
		[ROW_LISTENER] = sample->listener_count,
		[ROW_DROP] = sample->drop_count,
		[ROW_WAY] = sample->way_count,
		[ROW_CHANGE] = sample->change_count,
		[ROW_BLIND] = sample->sensor.blind_count,
	};

	return counts[table];
}

/* ---- what changed ------------------------------------------------------------------------ */

static int make_room_for_rows(struct written_table *table, size_t count)
{
	uint64_t *values;

	if (count <= table->room)
		return 0;
	values = realloc(table->values, count * table->width * sizeof(*values));
	if (!values)
		return -ENOMEM;
	memset(values + (size_t)table->room * table->width, 0,
	       (count - table->room) * table->width * sizeof(*values));
	table->values = values;
	table->room = (uint32_t)count;
	return 0;
}

/* Writes the words of a row that changed; before the first of them @gap, the way from the last row.
 */
static int write_row(struct sample_encoder *encoder, const struct written_table *table,
		     uint64_t *values, const void *row, uint32_t gap, bool *changed)
{
	unsigned last = 0;

	*changed = false;
	for (unsigned i = 0; i < table->width; i++) {
		uint64_t value;
		int err = word_load(&table->words[i], row, encoder->texts, &value);

		if (err)
			return err;
		if (value == values[i])
			continue;
		if (!*changed)
			bytes_out__varint(&encoder->body, gap);
		*changed = true;
		bytes_out__varint(&encoder->body, i + 1 - last);
		bytes_out__varint(&encoder->body, fold_sign(value - values[i]));
		values[i] = value;
		last = i + 1;
	}
	if (*changed)
		bytes_out__varint(&encoder->body, 0);
	return 0;
}

static int write_table(struct sample_encoder *encoder, struct source *source, enum row_table id)
{
	struct written_table *table = &encoder->tables[id];
	size_t count = rows_of(encoder, source->sample, id);
	uint32_t next = 0;
	int err;

	if (count > row_layouts[id].rows_max)
		return -E2BIG;
	err = make_room_for_rows(table, count);
	bytes_out__varint(&encoder->body, count);
	for (uint32_t i = 0; !err && i < count; i++) {
		const void *row = row_at(encoder, source, id, i);
		bool changed = false;

		if (row)
			err = write_row(encoder, table, table->values + (size_t)i * table->width,
					row, i + 1 - next, &changed);
		if (changed)
			next = i + 1;
	}
	bytes_out__varint(&encoder->body, 0);
	return err;
}

static int write_body(struct sample_encoder *encoder, const struct sample *sample)
{
	struct source source = {.sample = sample};
	int err;

	encoder->body.len = 0;
	encoder->body.failed = false;
	err = place_links(encoder, sample);
	for (unsigned i = 0; !err && i < ROW_TABLE_COUNT; i++)
		err = write_table(encoder, &source, i);
	return err ? err : encoder->body.failed ? -ENOMEM : 0;
}

int sample_encoder__add(struct sample_encoder *encoder, const struct sample *sample,
			struct bytes_out *out)
{
	bool anew = encoder->anew;
	uint32_t count;
	int err;

	if (anew)
		forget(encoder);
	encoder->anew = true;
	err = write_body(encoder, sample);
	if (err == -ENOSPC && !anew) {
		anew = true;
		forget(encoder);
		err = write_body(encoder, sample);
	}
	if (err)
		return err == -ENOSPC ? -E2BIG : err;
	count = text_table__count(encoder->texts);
	bytes_out__varint(out, anew);
	bytes_out__varint(out, count - encoder->texts_written);
	while (encoder->texts_written < count)
		bytes_out__text(out, text_table__at(encoder->texts, ++encoder->texts_written));
	bytes_out__raw(out, encoder->body.data, encoder->body.len);
	if (out->failed)
		return -ENOMEM;
	encoder->anew = false;
	return 0;
}
