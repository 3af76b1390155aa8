/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Samples for tests: every list has room, links have totals, histograms and far ends, and whatever
 * a test does not set is nought.  It can also be filled at random, field by field, from a seed.
 */
#ifndef FAULTLINE_TEST_SAMPLE_BUILDER_H
#define FAULTLINE_TEST_SAMPLE_BUILDER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hist_set.h"
#include "keep/sample_layout.h"

#define BUILDER_LINKS 12
#define BUILDER_ROWS  8 /* of every other list */

struct sample_builder {
	uint64_t seed;
	struct sample sample;
	struct link_sample links[BUILDER_LINKS];
	struct peer totals[BUILDER_LINKS];
	struct hist_set *hists[BUILDER_LINKS];
	struct peer_sample peers[BUILDER_LINKS][PEERS_SAMPLED];
	struct fact facts[BUILDER_ROWS];
	struct interface_sample interfaces[BUILDER_ROWS];
	struct address_sample addresses[BUILDER_ROWS];
	struct device_sample devices[BUILDER_ROWS];
	struct process_sample processes[BUILDER_ROWS];
	struct listener_sample listeners[BUILDER_ROWS];
	struct drop_sample drops[BUILDER_ROWS];
	struct way_sample ways[BUILDER_ROWS];
	struct change changes[BUILDER_ROWS];
	const char *blind[BUILDER_ROWS];
};

/* splitmix64 (Steele, Lea and Flood, 2014). */
static inline uint64_t builder_draw(struct sample_builder *builder)
{
	uint64_t bits = builder->seed += 0x9e3779b97f4a7c15ULL;

	bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ULL;
	bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebULL;
	return bits ^ (bits >> 31);
}

static inline uint64_t builder_below(struct sample_builder *builder, uint64_t limit)
{
	return builder_draw(builder) % limit;
}

/* Names that stay, so that a link is found again by its own. */
static inline const char *builder_name(unsigned i)
{
	static const char *const names[] = {
		"rates-feed",
		"orders",
		"drop-copy",
		"clearing",
		"203.0.113.9:443",
		"others",
		"[::1]:5432",
		"\xe5\xb8\x82",
		"a",
		"\xff\xfe",
		"a name that is a little longer than the others are",
		":8080",
		"",
		"eth0",
	};

	return names[i % (sizeof(names) / sizeof(*names))];
}

static inline struct sample_builder *builder_new(uint64_t seed)
{
	struct sample_builder *builder = calloc(1, sizeof(*builder));

	builder->seed = seed;
	for (unsigned i = 0; i < BUILDER_LINKS; i++) {
		builder->hists[i] = hist_set__new();
		builder->links[i] = (struct link_sample){.name = builder_name(i),
							 .total = &builder->totals[i],
							 .hists = builder->hists[i],
							 .peers = builder->peers[i]};
	}
	builder->sample = (struct sample){
		.links = builder->links,
		.facts = builder->facts,
		.sensor.blind = builder->blind,
		.interfaces = builder->interfaces,
		.addresses = builder->addresses,
		.devices = builder->devices,
		.processes = builder->processes,
		.listeners = builder->listeners,
		.drops = builder->drops,
		.ways = builder->ways,
		.changes = builder->changes,
	};
	return builder;
}

static inline void builder_free(struct sample_builder *builder)
{
	for (unsigned i = 0; i < BUILDER_LINKS; i++)
		hist_set__free(builder->hists[i]);
	free(builder);
}

/* ---- at random --------------------------------------------------------------------------- */

static inline double builder_number(struct sample_builder *builder)
{
	static const double odd[] = {0.0, -0.0, 0.021, 1e300, -17, 9007199254740993.0, 1.5};

	return builder_below(builder, 3) ? (double)builder_below(builder, 100000)
					 : odd[builder_below(builder, sizeof(odd) / sizeof(*odd))];
}

static inline void builder_random_field(struct sample_builder *builder, const struct field *field,
					uint8_t *at)
{
	uint64_t value = builder_draw(builder) >> builder_below(builder, 64);
	struct reading reading = READING_NOT_AVAILABLE;
	const char *text = NULL;
	uint32_t bits;

	switch (field->type) {
	case FIELD_READING:
		if (builder_below(builder, 4))
			reading = reading_of(builder_number(builder));
		memcpy(at, &reading, sizeof(reading));
		return;
	case FIELD_TEXT:
		if (!field->limit || builder_below(builder, 4))
			text = builder_name((unsigned)builder_below(builder, 20));
		memcpy(at, &text, sizeof(text));
		return;
	case FIELD_CHARS:
		memset(at, 0, field->size);
		snprintf((char *)at, field->size, "%llx", (unsigned long long)value);
		return;
	case FIELD_BIT:
		memcpy(&bits, at, sizeof(bits));
		bits = (bits & ~(1u << field->limit)) | (uint32_t)(value & 1) << field->limit;
		memcpy(at, &bits, sizeof(bits));
		return;
	case FIELD_BOOL:
		value &= 1;
		break;
	case FIELD_ENUM:
		value %= field->limit + 1;
		break;
	default:
		break;
	}
	memcpy(at, &value, field->size < sizeof(value) ? field->size : sizeof(value));
}

/* Another value for some of the fields: about one in @one_in. */
static inline void builder_random_row(struct sample_builder *builder, enum row_table table,
				      void *row, unsigned one_in)
{
	const struct row_layout *layout = &row_layouts[table];

	for (size_t i = 0; i < layout->field_count; i++) {
		const struct field *field = &layout->fields[i];

		for (unsigned j = 0; j < field->count; j++) {
			if (!builder_below(builder, one_in))
				builder_random_field(builder, field,
						     (uint8_t *)row + field->offset +
							     j * field->size);
		}
	}
}

static inline void builder_random_link(struct sample_builder *builder, unsigned i, unsigned one_in)
{
	struct link_sample *link = &builder->links[i];
	struct link_row row = {.link = *link};
	unsigned operation = (unsigned)builder_below(builder, HIST_OPERATION_COUNT);
	struct hist *hist = hist_set__use(builder->hists[i], operation);

	builder_random_row(builder, ROW_LINK, &row, one_in);
	row.link.name = link->name;
	row.link.peer_count %= PEERS_SAMPLED + 1;
	*link = row.link;
	link->way = builder->sample.way_count && builder_below(builder, 3)
			    ? &builder->ways[builder_below(builder, builder->sample.way_count)]
			    : NULL;
	builder_random_row(builder, ROW_TOTAL, &builder->totals[i], one_in);
	for (unsigned j = 0; j < PEERS_SAMPLED; j++)
		builder_random_row(builder, ROW_PEER, &builder->peers[i][j], one_in);
	hist->count++;
	hist->sum_ns += builder_below(builder, 1u << 30);
	hist->bucket[builder_below(builder, HIST_BUCKETS)]++;
}

/* Ways lead over devices that there are. */
static inline void builder_mend_way(struct sample_builder *builder, struct way_sample *way)
{
	size_t devices = builder->sample.device_count;

	way->device_count = devices ? way->device_count % (WAY_HOPS_MAX + 1) : 0;
	way->interface_count %= WAY_HOPS_MAX + 1;
	for (size_t i = 0; i < way->device_count; i++)
		way->devices[i] %= devices;
}

/* Changes about one in @one_in of all fields, and the lengths of lists now and then. */
static inline void builder_randomise(struct sample_builder *builder, unsigned one_in)
{
	struct sample *sample = &builder->sample;

#define RANDOM_LIST(NAME, list, list_count)                                    \
	if (!builder_below(builder, 3))                                        \
		sample->list_count = builder_below(builder, BUILDER_ROWS + 1); \
	for (size_t i = 0; i < sample->list_count; i++)                        \
		builder_random_row(builder, ROW_##NAME, &builder->list[i], one_in);

	builder_random_row(builder, ROW_SAMPLE, sample, one_in);
	RANDOM_LIST(FACT, facts, fact_count)
	RANDOM_LIST(INTERFACE, interfaces, interface_count)
	RANDOM_LIST(ADDRESS, addresses, address_count)
	RANDOM_LIST(DEVICE, devices, device_count)
	RANDOM_LIST(PROCESS, processes, process_count)
	RANDOM_LIST(LISTENER, listeners, listener_count)
	RANDOM_LIST(DROP, drops, drop_count)
	RANDOM_LIST(WAY, ways, way_count)
	RANDOM_LIST(CHANGE, changes, change_count)
#undef RANDOM_LIST
	for (size_t i = 0; i < sample->device_count; i++) {
		struct device_sample *device = &builder->devices[i];

		device->name = device->name ? device->name : "";
		device->interface_name = device->interface_name ? device->interface_name : "";
	}
	for (size_t i = 0; i < sample->drop_count; i++)
		builder->drops[i].reason = builder->drops[i].reason ? builder->drops[i].reason : "";
	for (size_t i = 0; i < sample->way_count; i++) {
		builder->ways[i].link = builder->ways[i].link ? builder->ways[i].link : "";
		builder_mend_way(builder, &builder->ways[i]);
	}
	sample->sensor.blind_count = builder_below(builder, BUILDER_ROWS + 1);
	for (size_t i = 0; i < sample->sensor.blind_count; i++)
		builder->blind[i] = builder_name((unsigned)builder_below(builder, 20));
	if (!builder_below(builder, 3))
		sample->link_count = builder_below(builder, BUILDER_LINKS + 1);
	for (unsigned i = 0; i < sample->link_count; i++)
		builder_random_link(builder, i, one_in);
}

#endif
