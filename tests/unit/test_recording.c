/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recordings: what goes in comes out, field by field; cut off or damaged anywhere, only whole
 * samples come out and the reason is said; those of other builds are read as far as they go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keep/bytes.h"
#include "keep/recording.h"
#include "keep/sample_codec.h"
#include "keep/text_table.h"
#include "sample_builder.h"

#define SEEDS	8
#define SAMPLES 12

/* ---- comparing --------------------------------------------------------------------------- */

static void same_row(enum row_table table, const void *a, const void *b)
{
	const struct row_layout *layout = &row_layouts[table];
	struct text_table *texts = text_table__new();
	struct word words[4096];
	unsigned count = words_of_fields(layout->fields, layout->field_count, words);

	for (unsigned i = 0; i < count; i++) {
		uint64_t left, right;

		assert_int_equal(word_load(&words[i], a, texts, &left), 0);
		assert_int_equal(word_load(&words[i], b, texts, &right), 0);
		if (left != right)
			fail_msg("table %s, word %u of %u: %llu, was %llu", layout->name, i, count,
				 (unsigned long long)right, (unsigned long long)left);
	}
	text_table__free(texts);
}

static void same_hists(const struct hist_set *a, const struct hist_set *b)
{
	for (unsigned i = 0; i < HIST_OPERATION_COUNT; i++) {
		const struct hist *left = hist_set__at(a, i), *right = hist_set__at(b, i);

		assert_int_equal(left == NULL, right == NULL);
		if (left)
			same_row(ROW_HIST, left, right);
	}
}

static void same_link(const struct sample *a, const struct sample *b, size_t i)
{
	const struct link_sample *left = &a->links[i], *right = &b->links[i];
	struct link_row left_row = {.link = *left}, right_row = {.link = *right};

	same_row(ROW_LINK, &left_row, &right_row);
	same_row(ROW_TOTAL, left->total, right->total);
	same_hists(left->hists, right->hists);
	for (size_t j = 0; j < left->peer_count; j++)
		same_row(ROW_PEER, &left->peers[j], &right->peers[j]);
	assert_int_equal(left->way ? left->way - a->ways : -1,
			 right->way ? right->way - b->ways : -1);
}

static void same_sample(const struct sample *a, const struct sample *b)
{
	same_row(ROW_SAMPLE, a, b);
#define SAME_LIST(NAME, list, list_count)               \
	assert_int_equal(a->list_count, b->list_count); \
	for (size_t i = 0; i < a->list_count; i++)      \
		same_row(ROW_##NAME, &a->list[i], &b->list[i]);
	SAME_LIST(FACT, facts, fact_count)
	SAME_LIST(INTERFACE, interfaces, interface_count)
	SAME_LIST(ADDRESS, addresses, address_count)
	SAME_LIST(DEVICE, devices, device_count)
	SAME_LIST(PROCESS, processes, process_count)
	SAME_LIST(LISTENER, listeners, listener_count)
	SAME_LIST(DROP, drops, drop_count)
	SAME_LIST(WAY, ways, way_count)
	SAME_LIST(CHANGE, changes, change_count)
#undef SAME_LIST
	assert_int_equal(a->sensor.blind_count, b->sensor.blind_count);
	for (size_t i = 0; i < a->sensor.blind_count; i++)
		assert_string_equal(a->sensor.blind[i], b->sensor.blind[i]);
	assert_int_equal(a->link_count, b->link_count);
	for (size_t i = 0; i < a->link_count; i++)
		same_link(a, b, i);
}

/* ---- recordings in memory ---------------------------------------------------------------- */

struct memory {
	char *data;
	size_t len;
};

static struct recording_writer *begin_recording(struct memory *memory)
{
	struct recording_writer *writer = NULL;
	FILE *out = open_memstream(&memory->data, &memory->len);

	assert_non_null(out);
	assert_int_equal(recording_writer__new(out, "trader-1", &writer), 0);
	assert_int_equal(recording_writer__config(writer, "f.yaml", "links: []\n", 10), 0);
	return writer;
}

/* @count samples from a seed. */
static struct memory record_random(uint64_t seed, unsigned count)
{
	struct memory memory = {};
	struct recording_writer *writer = begin_recording(&memory);
	struct sample_builder *builder = builder_new(seed);

	for (unsigned i = 0; i < count; i++) {
		builder_randomise(builder, i ? 4 : 1);
		assert_int_equal(recording_writer__add(writer, &builder->sample), 0);
	}
	assert_int_equal(recording_writer__close(writer), 0);
	builder_free(builder);
	return memory;
}

static int read_all(const void *data, size_t len, uint64_t *samples, char why[512])
{
	struct recording_reader *reader;
	enum recording_item item = RECORDING_SAMPLE;
	/* fmemopen() refuses an empty buffer. */
	FILE *in = len ? fmemopen((void *)data, len, "r") : fopen("/dev/null", "r");
	int err;

	assert_non_null(in);
	*samples = 0;
	err = recording_reader__new(in, &reader, why, 512);
	if (err)
		return err;
	while (!err && item != RECORDING_END)
		err = recording_reader__next(reader, &item, why, 512);
	*samples = recording_reader__samples(reader);
	recording_reader__free(reader);
	return err;
}

/* ---- tests ------------------------------------------------------------------------------- */

static void what_goes_in_comes_out(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct memory memory = record_random(seed, SAMPLES);
		struct sample_builder *builder = builder_new(seed);
		FILE *in = fmemopen(memory.data, memory.len, "r");
		struct recording_reader *reader;
		enum recording_item item;
		const char *name;
		char why[512];
		size_t len;

		print_message("# seed %llu: %zu bytes\n", (unsigned long long)seed, memory.len);
		assert_int_equal(recording_reader__new(in, &reader, why, sizeof(why)), 0);
		assert_string_equal(recording_reader__host(reader), "trader-1");
		assert_int_equal(recording_reader__next(reader, &item, why, sizeof(why)), 0);
		assert_int_equal(item, RECORDING_CONFIG);
		assert_string_equal(recording_reader__config(reader, &name, &len), "links: []\n");
		assert_string_equal(name, "f.yaml");
		assert_int_equal(len, 10);
		for (unsigned i = 0; i < SAMPLES; i++) {
			builder_randomise(builder, i ? 4 : 1);
			assert_int_equal(recording_reader__next(reader, &item, why, sizeof(why)),
					 0);
			assert_int_equal(item, RECORDING_SAMPLE);
			same_sample(&builder->sample, recording_reader__sample(reader));
		}
		assert_int_equal(recording_reader__next(reader, &item, why, sizeof(why)), 0);
		assert_int_equal(item, RECORDING_END);
		recording_reader__free(reader);
		builder_free(builder);
		free(memory.data);
	}
}

/* A member that is added to a struct and to no table of fields would be lost in silence. */
static void every_byte_of_a_row_is_in_a_field(void **state)
{
	(void)state;
	for (unsigned table = 0; table < ROW_TABLE_COUNT; table++) {
		const struct row_layout *layout = &row_layouts[table];
		uint8_t covered[4096] = {};
		size_t hole = 0;

		/* These have pointers and counts that the codec makes anew. */
		if (table == ROW_SAMPLE || table == ROW_LINK)
			continue;
		assert_true(layout->struct_size <= sizeof(covered));
		for (size_t i = 0; i < layout->field_count; i++)
			memset(covered + layout->fields[i].offset, 1,
			       (size_t)layout->fields[i].size * layout->fields[i].count);
		for (size_t at = 0; at < layout->struct_size; at++) {
			hole = covered[at] ? 0 : hole + 1;
			/* What is longer is no padding. */
			if (hole >= 8 || (hole && at + 1 < layout->struct_size && covered[at + 1] &&
					  (at + 1) % 4 && hole > 1))
				fail_msg("%s: the byte at %zu is in no field", layout->name, at);
		}
	}
}

static void what_does_not_change_costs_little(void **state)
{
	struct sample_builder *builder = builder_new(77);
	struct sample_encoder *encoder = sample_encoder__new();
	struct bytes_out first = {}, second = {}, third = {};

	(void)state;
	builder_randomise(builder, 1);
	builder->sample.link_count = BUILDER_LINKS;
	for (unsigned i = 0; i < BUILDER_LINKS; i++)
		builder_random_link(builder, i, 1);
	assert_int_equal(sample_encoder__add(encoder, &builder->sample, &first), 0);
	assert_int_equal(sample_encoder__add(encoder, &builder->sample, &second), 0);
	assert_true(first.len > 1000);
	assert_true(second.len <= 2 + 3 * ROW_TABLE_COUNT);
	builder->totals[3].counter[PEER_BYTES_IN]++;
	assert_int_equal(sample_encoder__add(encoder, &builder->sample, &third), 0);
	assert_true(third.len <= second.len + 6);
	free(first.data);
	free(second.data);
	free(third.data);
	sample_encoder__free(encoder);
	builder_free(builder);
}

static void cut_off_anywhere_the_samples_before_come_out(void **state)
{
	struct memory memory = record_random(5, 4);
	uint64_t samples, last = 0;
	char why[512];

	(void)state;
	for (size_t len = 0; len < memory.len; len++) {
		int err = read_all(memory.data, len, &samples, why);

		/* Behind the end of the last frame only zlib's own checksum is missing. */
		if (err == 0) {
			assert_int_equal(samples, 4);
			assert_true(len + 16 > memory.len);
			continue;
		}
		assert_true(samples >= last);
		last = samples;
		assert_true(strlen(why) > 0);
		if (err == -EPIPE)
			assert_true(strstr(why, "in the middle of sample") ||
				    strstr(why, "before its first sample"));
	}
	assert_int_equal(last, 4);
	free(memory.data);
}

static void damaged_anywhere_nothing_wrong_comes_out(void **state)
{
	struct memory memory = record_random(6, 3);
	uint64_t samples;
	char why[512];

	(void)state;
	for (size_t at = 0; at < memory.len; at++) {
		for (unsigned bit = 0; bit < 8; bit += 3) {
			memory.data[at] ^= (char)(1 << bit);
			if (read_all(memory.data, memory.len, &samples, why))
				assert_true(strlen(why) > 0);
			else
				assert_int_equal(samples, 3);
			memory.data[at] ^= (char)(1 << bit);
		}
	}
	assert_int_equal(read_all(memory.data, memory.len, &samples, why), 0);
	free(memory.data);
}

/* The bytes inside a frame, with no checksum around them to catch anything. */
static void a_decoder_takes_any_bytes(void **state)
{
	struct sample_builder *builder = builder_new(8);
	struct sample_encoder *encoder = sample_encoder__new();
	struct bytes_out schema = {}, one = {}, two = {};
	unsigned accepted = 0;

	(void)state;
	sample_schema__write(&schema);
	builder_randomise(builder, 1);
	assert_int_equal(sample_encoder__add(encoder, &builder->sample, &one), 0);
	builder_randomise(builder, 3);
	assert_int_equal(sample_encoder__add(encoder, &builder->sample, &two), 0);
	for (size_t at = 0; at < two.len; at++) {
		struct sample_decoder *decoder = sample_decoder__new(schema.data, schema.len);
		const struct sample *sample = NULL;
		uint8_t damage;

		assert_non_null(decoder);
		assert_int_equal(sample_decoder__take(decoder, one.data, one.len, &sample), 0);
		damage = (uint8_t)(1 + builder_below(builder, 255));
		two.data[at] ^= damage;
		if (!sample_decoder__take(decoder, two.data, two.len, &sample)) {
			accepted++;
			/* Whatever it is, it can be walked. */
			same_sample(sample, sample);
		}
		two.data[at] ^= damage;
		sample_decoder__free(decoder);
	}
	assert_true(accepted > 0);
	free(schema.data);
	free(one.data);
	free(two.data);
	sample_encoder__free(encoder);
	builder_free(builder);
}

/* ---- other builds ------------------------------------------------------------------------ */

/* A schema of two tables, with a field, an operation and a table that nobody knows. */
static void write_other_schema(struct bytes_out *out)
{
	bytes_out__varint(out, 2); /* far ends of a link */
	bytes_out__varint(out, 2);
	bytes_out__text(out, "TELEPATHY");
	bytes_out__text(out, "RTT");
	bytes_out__varint(out, 4);
	bytes_out__text(out, "sample");
	bytes_out__varint(out, 3);
	bytes_out__text(out, "unheard_of");
	bytes_out__varint(out, FIELD_UINT);
	bytes_out__varint(out, 3);
	bytes_out__text(out, "time_ns");
	bytes_out__varint(out, FIELD_UINT);
	bytes_out__varint(out, 1);
	bytes_out__text(out, "host.CPUS");
	bytes_out__varint(out, FIELD_READING);
	bytes_out__varint(out, 2);
	bytes_out__text(out, "telepaths");
	bytes_out__varint(out, 0);
	bytes_out__text(out, "link");
	bytes_out__varint(out, 1);
	bytes_out__text(out, "link.sockets");
	bytes_out__varint(out, FIELD_UINT);
	bytes_out__varint(out, 1);
	bytes_out__text(out, "order");
	bytes_out__varint(out, 1);
	bytes_out__text(out, "slot");
	bytes_out__varint(out, FIELD_UINT);
	bytes_out__varint(out, 1);
}

static void of_another_build_what_both_know_is_read(void **state)
{
	static const uint64_t numbers[] = {
		0, 0,				   /* not anew, no texts */
		1, 1, 2, 84, 2, 2000, 1, 12, 0, 0, /* sample: unheard_of, time_ns, host.CPUS */
		3, 1, 7, 7,  0, 0,		   /* three telepaths, one of them with a word */
		1, 1, 1, 18, 0, 0,		   /* a link with nine sockets */
		1, 0,				   /* in the slot that it has anyway */
	};
	struct bytes_out schema = {}, data = {};
	struct sample_decoder *decoder;
	const struct sample *sample = NULL;

	(void)state;
	write_other_schema(&schema);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		bytes_out__varint(&data, numbers[i]);
	decoder = sample_decoder__new(schema.data, schema.len);
	assert_non_null(decoder);
	assert_int_equal(sample_decoder__take(decoder, data.data, data.len, &sample), 0);
	assert_int_equal(sample->time_ns, 1000);
	assert_true(sample->host[HOST_CPUS].known);
	assert_true(sample->host[HOST_CPUS].value == 1);
	assert_false(sample->host[HOST_RUNNABLE].known);
	assert_false(sample->sensor.counter_known[PEER_BYTES_IN]);
	assert_int_equal(sample->link_count, 1);
	assert_string_equal(sample->links[0].name, "");
	assert_int_equal(sample->links[0].sockets, 9);
	assert_non_null(sample->links[0].total);
	assert_int_equal(sample->links[0].total->counter[PEER_BYTES_IN], 0);
	assert_int_equal(sample->interface_count, 0);
	sample_decoder__free(decoder);
	free(schema.data);
	free(data.data);
}

/* ---- many names, and links that move ------------------------------------------------------ */

static void more_names_than_there_is_room_for(void **state)
{
	struct sample_builder *builder = builder_new(9);
	struct sample_encoder *encoder = sample_encoder__new();
	struct bytes_out schema = {}, data = {};
	struct sample_decoder *decoder;
	const struct sample *sample;
	char name[BUILDER_LINKS][64];

	(void)state;
	sample_schema__write(&schema);
	decoder = sample_decoder__new(schema.data, schema.len);
	builder->sample.link_count = BUILDER_LINKS;
	for (unsigned i = 0; i < TEXTS_MAX / BUILDER_LINKS + 100; i++) {
		for (unsigned j = 0; j < BUILDER_LINKS; j++) {
			snprintf(name[j], sizeof(name[j]), "link-%u-%u", i, j);
			builder->links[j].name = name[j];
			builder->totals[j].counter[PEER_BYTES_IN] = i * j;
		}
		data.len = 0;
		assert_int_equal(sample_encoder__add(encoder, &builder->sample, &data), 0);
		assert_int_equal(sample_decoder__take(decoder, data.data, data.len, &sample), 0);
		if (i % 500 == 0 || i > TEXTS_MAX / BUILDER_LINKS - 2)
			same_sample(&builder->sample, sample);
	}
	sample_decoder__free(decoder);
	sample_encoder__free(encoder);
	builder_free(builder);
	free(schema.data);
	free(data.data);
}

static void a_link_that_appears_does_not_move_the_others(void **state)
{
	struct sample_builder *builder = builder_new(10);
	struct sample_encoder *encoder = sample_encoder__new();
	struct bytes_out first = {}, second = {};
	struct link_sample moved[BUILDER_LINKS];

	(void)state;
	for (unsigned i = 0; i < BUILDER_LINKS; i++)
		builder_random_link(builder, i, 1);
	builder->sample.links = builder->links + 1;
	builder->sample.link_count = BUILDER_LINKS - 1;
	assert_int_equal(sample_encoder__add(encoder, &builder->sample, &first), 0);
	memcpy(moved, builder->links, sizeof(moved));
	memset(&builder->totals[0], 0, sizeof(builder->totals[0]));
	builder->sample.links = moved;
	builder->sample.link_count = BUILDER_LINKS;
	assert_int_equal(sample_encoder__add(encoder, &builder->sample, &second), 0);
	assert_true(second.len < first.len / 4);
	free(first.data);
	free(second.data);
	sample_encoder__free(encoder);
	builder_free(builder);
}

/* ---- files ------------------------------------------------------------------------------- */

static void a_file_that_exists_is_not_overwritten(void **state)
{
	char path[] = "/tmp/faultline-recording-XXXXXX";
	int fd = mkstemp(path);
	FILE *out = NULL;
	char why[512] = "";
	struct stat status;

	(void)state;
	assert_int_equal(write(fd, "mine", 4), 4);
	assert_int_equal(recording_create(path, &out, why, sizeof(why)), -EEXIST);
	assert_null(out);
	assert_non_null(strstr(why, path));
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_size, 4);
	close(fd);
	unlink(path);
	assert_int_equal(recording_create(path, &out, why, sizeof(why)), 0);
	assert_int_equal(fstat(fileno(out), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	fclose(out);
	unlink(path);
}

static void a_full_disk_is_an_error(void **state)
{
	struct recording_writer *writer = NULL;
	FILE *out = NULL;
	char why[512];

	(void)state;
	assert_int_equal(recording_create("/dev/full", &out, why, sizeof(why)), 0);
	assert_int_equal(recording_writer__new(out, "h", &writer), -ENOSPC);
	assert_null(writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out),
		cmocka_unit_test(every_byte_of_a_row_is_in_a_field),
		cmocka_unit_test(what_does_not_change_costs_little),
		cmocka_unit_test(cut_off_anywhere_the_samples_before_come_out),
		cmocka_unit_test(damaged_anywhere_nothing_wrong_comes_out),
		cmocka_unit_test(a_decoder_takes_any_bytes),
		cmocka_unit_test(of_another_build_what_both_know_is_read),
		cmocka_unit_test(more_names_than_there_is_room_for),
		cmocka_unit_test(a_link_that_appears_does_not_move_the_others),
		cmocka_unit_test(a_file_that_exists_is_not_overwritten),
		cmocka_unit_test(a_full_disk_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
