/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From bytes to samples.
 *
 * Rows stay between samples as words, in the order of the recording, and as structs, in ours; only
 * what changed is touched.  The bytes may be anything: every number is checked before it is an
 * index, every list has its most rows, and all rows together their most words, so that no input
 * takes more than some 256 MiB, and none that a sensor wrote more than a fraction of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hist_set.h"
#include "keep/bytes.h"
#include "keep/sample_codec.h"
#include "keep/sample_layout.h"
#include "keep/text_table.h"

#define TABLES_MAX   64
#define FIELDS_MAX   2048
#define WIDTH_MAX    4096
#define NAME_MAX_LEN 128
#define EACH_MAX     256	/* peers of a link, and operations, in a recording */
#define WORDS_MAX    (8u << 20) /* of all rows together: 64 MiB */
#define NOT_OURS     ROW_TABLE_COUNT
#define PASSED_OVER  FIELD_TYPE_COUNT /* as the type of a word */
#define NO_OPERATION HIST_OPERATION_COUNT

struct read_table {
	enum row_table id; /* or NOT_OURS */
	struct word *words;
	unsigned width;
	uint64_t *values;
	uint8_t *rows; /* structs; NULL for SAMPLE and HIST, which are kept elsewhere */
	uint32_t room;
	uint32_t count; /* in this sample */
};

struct sample_decoder {
	struct read_table *tables; /* in the order of the recording */
	uint32_t table_count;
	struct read_table *ours[ROW_TABLE_COUNT];
	struct read_table absent[ROW_TABLE_COUNT]; /* that the recording does not have */
	uint32_t peers_each;
	uint32_t operations_each;
	uint8_t operation[EACH_MAX]; /* ours, or NO_OPERATION */
	struct text_table *texts;
	size_t words_used;
	struct hist_set **hists; /* by slot */
	uint32_t hist_room;
	struct link_sample *links;
	const char **blind;
	struct sample sample;
};

/* ---- the schema -------------------------------------------------------------------------- */

static bool read_name(struct bytes_in *in, char name[NAME_MAX_LEN + 1])
{
	uint64_t len = bytes_in__varint(in);
	const uint8_t *text = len <= NAME_MAX_LEN ? bytes_in__raw(in, len) : NULL;

	if (!text)
		return false;
	memcpy(name, text, len);
	name[len] = 0;
	return true;
}

static const struct field *find_field(const struct row_layout *layout, const char *name)
{
	for (size_t i = 0; i < layout->field_count; i++) {
		if (!strcmp(layout->fields[i].name, name))
			return &layout->fields[i];
	}
	return NULL;
}

/* Room for words in a table; 0 or -errno. */
static int add_words(struct read_table *table, uint64_t count)
{
	struct word *words;

	if (table->width + count > WIDTH_MAX)
		return -E2BIG;
	words = realloc(table->words, (table->width + count + 1) * sizeof(*words));
	if (!words)
		return -ENOMEM;
	table->words = words;
	for (uint64_t i = 0; i < count; i++)
		words[table->width + i] = (struct word){.type = PASSED_OVER};
	table->width += count;
	return 0;
}

static int read_field(struct bytes_in *in, struct read_table *table)
{
	struct word *ours;
	const struct field *field;
	char name[NAME_MAX_LEN + 1];
	bool named = read_name(in, name);
	uint64_t type = bytes_in__varint(in), count = bytes_in__varint(in);
	unsigned first = table->width, n;
	int err;

	if (!named || in->failed || count > WIDTH_MAX)
		return -EBADMSG;
	err = add_words(table, count);
	if (err)
		return err;
	field = table->id == NOT_OURS ? NULL : find_field(&row_layouts[table->id], name);
	/* Half a reading is none. */
	if (!field || field->type != type || (type == FIELD_READING && count % 2))
		return 0;
	n = field_words(field);
	ours = calloc(n + 1, sizeof(*ours));
	if (!ours)
		return -ENOMEM;
	words_of_fields(field, 1, ours);
	for (unsigned i = 0; i < n && i < count; i++)
		table->words[first + i] = ours[i];
	free(ours);
	return 0;
}

static int read_table_schema(struct bytes_in *in, struct sample_decoder *decoder,
			     struct read_table *table)
{
	char name[NAME_MAX_LEN + 1];
	bool named = read_name(in, name);
	uint64_t fields = bytes_in__varint(in);
	int err = 0;

	table->id = NOT_OURS;
	if (!named || in->failed || fields > FIELDS_MAX)
		return -EBADMSG;
	for (unsigned i = 0; i < ROW_TABLE_COUNT; i++) {
		if (!strcmp(row_layouts[i].name, name) && decoder->ours[i] == &decoder->absent[i])
			table->id = i;
	}
	if (table->id != NOT_OURS)
		decoder->ours[table->id] = table;
	for (uint64_t i = 0; !err && i < fields; i++)
		err = read_field(in, table);
	return err;
}

static int read_operations(struct bytes_in *in, struct sample_decoder *decoder)
{
	uint64_t peers = bytes_in__varint(in), count = bytes_in__varint(in);
	char name[NAME_MAX_LEN + 1];

	if (!peers || peers > EACH_MAX || !count || count > EACH_MAX)
		return -EBADMSG;
	decoder->peers_each = (uint32_t)peers;
	decoder->operations_each = (uint32_t)count;
	for (uint64_t i = 0; i < count; i++) {
		if (!read_name(in, name))
			return -EBADMSG;
		decoder->operation[i] = NO_OPERATION;
		for (unsigned j = 0; j < HIST_OPERATION_COUNT; j++) {
			if (!strcmp(operation_names[j], name))
				decoder->operation[i] = j;
		}
	}
	return 0;
}

static int read_schema(struct bytes_in *in, struct sample_decoder *decoder)
{
	int err = read_operations(in, decoder);
	uint64_t count = bytes_in__varint(in);

	if (err || in->failed || !count || count > TABLES_MAX)
		return -EBADMSG;
	decoder->tables = calloc(count, sizeof(*decoder->tables));
	if (!decoder->tables)
		return -ENOMEM;
	decoder->table_count = (uint32_t)count;
	for (uint64_t i = 0; !err && i < count; i++)
		err = read_table_schema(in, decoder, &decoder->tables[i]);
	if (!err && (in->failed || in->at != in->end))
		err = -EBADMSG;
	return err;
}

struct sample_decoder *sample_decoder__new(const uint8_t *schema, size_t len)
{
	struct sample_decoder *decoder = calloc(1, sizeof(*decoder));
	struct bytes_in in = {.at = schema, .end = schema + len};
	int err = -ENOMEM;

	if (!decoder)
		return NULL;
	for (unsigned i = 0; i < ROW_TABLE_COUNT; i++) {
		decoder->absent[i].id = i;
		decoder->ours[i] = &decoder->absent[i];
	}
	decoder->texts = text_table__new();
	if (decoder->texts)
		err = read_schema(&in, decoder);
	if (!err)
		return decoder;
	sample_decoder__free(decoder);
	errno = -err;
	return NULL;
}

static void free_table(struct read_table *table)
{
	free(table->words);
	free(table->values);
	free(table->rows);
}

void sample_decoder__free(struct sample_decoder *decoder)
{
	if (!decoder)
		return;
	for (uint32_t i = 0; i < decoder->table_count; i++)
		free_table(&decoder->tables[i]);
	for (unsigned i = 0; i < ROW_TABLE_COUNT; i++)
		free_table(&decoder->absent[i]);
	for (uint32_t i = 0; i < decoder->hist_room; i++)
		hist_set__free(decoder->hists[i]);
	free(decoder->hists);
	free(decoder->tables);
	text_table__free(decoder->texts);
	free(decoder->links);
	free(decoder->blind);
	free(decoder);
}

/* ---- rows -------------------------------------------------------------------------------- */

/* A struct as it is when nothing was said of it: a text that must be there is empty. */
static void begin_row(const struct row_layout *layout, uint8_t *row)
{
	static const char *const empty = "";

	memset(row, 0, layout->struct_size);
	for (size_t i = 0; i < layout->field_count; i++) {
		const struct field *field = &layout->fields[i];

		if (field->type == FIELD_TEXT && !field->limit)
			memcpy(row + field->offset, &empty, sizeof(empty));
	}
}

static void begin_rows(struct read_table *table, uint32_t from)
{
	const struct row_layout *layout = &row_layouts[table->id];

	for (uint32_t i = from; table->rows && i < table->room; i++)
		begin_row(layout, table->rows + i * layout->struct_size);
}

static bool has_structs(enum row_table id)
{
	return id != ROW_SAMPLE && id != ROW_HIST;
}

/* How many rows of a table belong to one link, in the recording. */
static uint32_t rows_each(const struct sample_decoder *decoder, enum row_table id)
{
	return id == ROW_HIST ? decoder->operations_each : id == ROW_PEER ? decoder->peers_each : 1;
}

static int grow(struct sample_decoder *decoder, struct read_table *table, uint64_t count)
{
	const struct row_layout *layout = &row_layouts[table->id];
	uint64_t room = count > 2ull * table->room ? count : 2ull * table->room;
	uint32_t before = table->room;
	uint64_t *values;
	uint8_t *rows;

	decoder->words_used += (room - before) * (table->width + 1);
	if (decoder->words_used > WORDS_MAX)
		return -E2BIG;
	values = realloc(table->values, room * (table->width + 1) * sizeof(*values));
	if (!values)
		return -ENOMEM;
	table->values = values;
	if (has_structs(table->id)) {
		rows = realloc(table->rows, room * layout->struct_size);
		if (!rows)
			return -ENOMEM;
		table->rows = rows;
	}
	memset(values + (size_t)before * table->width, 0,
	       (room - before) * table->width * sizeof(*values));
	table->room = (uint32_t)room;
	begin_rows(table, before);
	return 0;
}

static int need_rows(struct sample_decoder *decoder, struct read_table *table, uint64_t count)
{
	return count <= table->room ? 0 : grow(decoder, table, count);
}

/* The histogram of a row; *hist stays NULL when the operation is none of ours. */
static int hist_of_row(struct sample_decoder *decoder, uint32_t row, struct hist **hist)
{
	uint32_t slot = row / decoder->operations_each;
	uint8_t operation = decoder->operation[row % decoder->operations_each];
	uint32_t room = decoder->hist_room ? 2 * decoder->hist_room : 64;
	struct hist_set **sets;

	if (operation == NO_OPERATION)
		return 0;
	if (slot >= decoder->hist_room) {
		room = room > slot ? room : slot + 1;
		sets = realloc(decoder->hists, room * sizeof(*sets));
		if (!sets)
			return -ENOMEM;
		memset(sets + decoder->hist_room, 0, (room - decoder->hist_room) * sizeof(*sets));
		decoder->hists = sets;
		decoder->hist_room = room;
	}
	if (!decoder->hists[slot])
		decoder->hists[slot] = hist_set__new();
	if (decoder->hists[slot])
		*hist = hist_set__use(decoder->hists[slot], operation);
	return *hist ? 0 : -ENOMEM;
}

/* The struct of a row; *found NULL: it has none. */
static int find_row(struct sample_decoder *decoder, struct read_table *table, uint32_t row,
		    void **found)
{
	struct hist *hist = NULL;
	int err;

	switch (table->id) {
	case ROW_SAMPLE:
		*found = &decoder->sample;
		return 0;
	case ROW_HIST:
		err = hist_of_row(decoder, row, &hist);
		*found = hist;
		return err;
	default:
		*found = table->rows + row * row_layouts[table->id].struct_size;
		return 0;
	}
}

static void forget(struct sample_decoder *decoder)
{
	decoder->sample = (struct sample){};
	for (uint32_t i = 0; i < decoder->table_count; i++) {
		struct read_table *table = &decoder->tables[i];

		if (table->values)
			memset(table->values, 0,
			       (size_t)table->room * table->width * sizeof(*table->values));
		begin_rows(table, 0);
	}
	for (uint32_t i = 0; i < decoder->hist_room; i++) {
		hist_set__free(decoder->hists[i]);
		decoder->hists[i] = NULL;
	}
	text_table__clear(decoder->texts);
}

/* ---- what changed ------------------------------------------------------------------------ */

static int read_row(struct sample_decoder *decoder, struct bytes_in *in, struct read_table *table,
		    uint32_t row)
{
	uint64_t *values = table->values + (size_t)row * table->width;
	uint64_t at = 0, gap;
	void *found = NULL;
	int err = find_row(decoder, table, row, &found);

	while (!err && (gap = bytes_in__varint(in))) {
		const struct word *word;

		if (gap > table->width - at)
			return -EBADMSG;
		at += gap;
		values[at - 1] += unfold_sign(bytes_in__varint(in));
		word = &table->words[at - 1];
		if (found && word->type != PASSED_OVER)
			err = word_store(word, found, decoder->texts, &values[at - 1]);
	}
	return err ? err : in->failed ? -EBADMSG : 0;
}

/* Rows of a table that is none of ours. */
static int pass_over(struct bytes_in *in)
{
	while (bytes_in__varint(in)) {
		while (bytes_in__varint(in))
			bytes_in__varint(in);
	}
	return in->failed ? -EBADMSG : 0;
}

static int read_table(struct sample_decoder *decoder, struct bytes_in *in, struct read_table *table)
{
	uint64_t count = bytes_in__varint(in), at = 0, gap, most;
	int err = 0;

	if (table->id == NOT_OURS)
		return pass_over(in);
	most = table->id == ROW_HIST || table->id == ROW_PEER
		       ? row_layouts[ROW_LINK].rows_max * (uint64_t)rows_each(decoder, table->id)
		       : row_layouts[table->id].rows_max;
	if (in->failed || count > most)
		return -EBADMSG;
	table->count = (uint32_t)count;
	while (!err && (gap = bytes_in__varint(in))) {
		if (gap > count - at)
			return -EBADMSG;
		at += gap;
		err = need_rows(decoder, table, at);
		if (!err)
			err = read_row(decoder, in, table, (uint32_t)at - 1);
	}
	return err ? err : in->failed ? -EBADMSG : 0;
}

static int read_texts(struct sample_decoder *decoder, struct bytes_in *in)
{
	uint64_t count = bytes_in__varint(in);

	for (uint64_t i = 0; i < count && !in->failed; i++) {
		uint64_t len = bytes_in__varint(in);
		const uint8_t *text = bytes_in__raw(in, len);
		uint32_t number;
		int err = text ? text_table__add(decoder->texts, (const char *)text, len, &number)
			       : -EBADMSG;

		if (err)
			return err == -ENOMEM ? err : -EBADMSG;
	}
	return in->failed ? -EBADMSG : 0;
}

/* ---- the sample -------------------------------------------------------------------------- */

/* Every row that the sample will point to is there, also one that nothing was said of. */
static int complete_rows(struct sample_decoder *decoder)
{
	uint64_t slots = decoder->ours[ROW_LINK]->count;
	int err = 0;

	for (unsigned i = 0; !err && i < ROW_TABLE_COUNT; i++) {
		uint64_t count = decoder->ours[i]->count;

		if (i == ROW_TOTAL || i == ROW_PEER)
			count = slots * rows_each(decoder, i);
		if (has_structs(i))
			err = need_rows(decoder, decoder->ours[i], count);
	}
	return err;
}

static int check_ways(const struct sample *sample)
{
	for (size_t i = 0; i < sample->way_count; i++) {
		const struct way_sample *way = &sample->ways[i];

		if (way->device_count > WAY_HOPS_MAX || way->interface_count > WAY_HOPS_MAX)
			return -EBADMSG;
		for (size_t j = 0; j < way->device_count; j++) {
			if (way->devices[j] >= sample->device_count)
				return -EBADMSG;
		}
	}
	return 0;
}

static int put_link(struct sample_decoder *decoder, uint32_t slot, struct link_sample *link)
{
	const struct link_row *row = (const struct link_row *)decoder->ours[ROW_LINK]->rows + slot;
	const struct peer *totals = (const struct peer *)decoder->ours[ROW_TOTAL]->rows;
	const struct peer_sample *peers = (const struct peer_sample *)decoder->ours[ROW_PEER]->rows;
	const struct sample *sample = &decoder->sample;

	if (row->way > sample->way_count || row->link.peer_count > decoder->peers_each)
		return -EBADMSG;
	*link = row->link;
	link->total = &totals[slot];
	link->hists = slot < decoder->hist_room ? decoder->hists[slot] : NULL;
	link->peers = &peers[(size_t)slot * decoder->peers_each];
	link->way = row->way ? &sample->ways[row->way - 1] : NULL;
	if (link->peer_count > PEERS_SAMPLED)
		link->peer_count = PEERS_SAMPLED;
	return 0;
}

static int put_links(struct sample_decoder *decoder)
{
	const struct read_table *order = decoder->ours[ROW_ORDER];
	struct link_sample *links =
		realloc(decoder->links, (order->count + 1) * sizeof(*decoder->links));
	int err = 0;

	if (!links)
		return -ENOMEM;
	decoder->links = links;
	for (uint32_t i = 0; !err && i < order->count; i++) {
		uint32_t slot = ((const struct order_row *)order->rows)[i].slot;

		err = slot < decoder->ours[ROW_LINK]->count ? put_link(decoder, slot, &links[i])
							    : -EBADMSG;
	}
	decoder->sample.links = links;
	decoder->sample.link_count = order->count;
	return err;
}

static int put_blind(struct sample_decoder *decoder)
{
	const struct read_table *table = decoder->ours[ROW_BLIND];
	const char **blind = realloc(decoder->blind, (table->count + 1) * sizeof(*blind));

	if (!blind)
		return -ENOMEM;
	decoder->blind = blind;
	for (uint32_t i = 0; i < table->count; i++)
		blind[i] = ((const struct blind_row *)table->rows)[i].text;
	decoder->sample.sensor.blind = blind;
	decoder->sample.sensor.blind_count = table->count;
	return 0;
}

static int assemble(struct sample_decoder *decoder)
{
	struct sample *sample = &decoder->sample;
	int err = complete_rows(decoder);

	if (err)
		return err;
#define PUT_LIST(NAME, list, list_count)                              \
	sample->list = (const void *)decoder->ours[ROW_##NAME]->rows; \
	sample->list_count = decoder->ours[ROW_##NAME]->count;
	PUT_LIST(FACT, facts, fact_count)
	PUT_LIST(INTERFACE, interfaces, interface_count)
	PUT_LIST(ADDRESS, addresses, address_count)
	PUT_LIST(DEVICE, devices, device_count)
	PUT_LIST(PROCESS, processes, process_count)
	PUT_LIST(LISTENER, listeners, listener_count)
	PUT_LIST(DROP, drops, drop_count)
	PUT_LIST(WAY, ways, way_count)
	PUT_LIST(CHANGE, changes, change_count)
#undef PUT_LIST
	err = check_ways(sample);
	if (!err)
		err = put_links(decoder);
	return err ? err : put_blind(decoder);
}

int sample_decoder__take(struct sample_decoder *decoder, const uint8_t *data, size_t len,
			 const struct sample **sample)
{
	struct bytes_in in = {.at = data, .end = data + len};
	int err;

	if (bytes_in__varint(&in))
		forget(decoder);
	err = read_texts(decoder, &in);
	for (uint32_t i = 0; !err && i < decoder->table_count; i++)
		err = read_table(decoder, &in, &decoder->tables[i]);
	if (!err && in.at != in.end)
		err = -EBADMSG;
	if (!err)
		err = assemble(decoder);
	if (!err)
		*sample = &decoder->sample;
	return err;
}
