/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every field of a sample, once.  Readings and counters come from their own lists, so that a new
 * one is recorded without a line here; a new member of a struct is one line.
 */
#include "keep/sample_layout.h"

#define SIZE_OF(structure, member) sizeof(((structure *)NULL)->member)
#define NAMED(name_, type_, structure, member)                                           \
	{                                                                                \
		.name = (name_), .type = (type_), .offset = offsetof(structure, member), \
		.size = SIZE_OF(structure, member), .count = 1                           \
	}
#define LIMITED(type_, structure, member, limit_)                                        \
	{                                                                                \
		.name = #member, .type = (type_), .offset = offsetof(structure, member), \
		.size = SIZE_OF(structure, member), .count = 1, .limit = (limit_)        \
	}
#define ARRAY(type_, structure, member, element, count_)                                 \
	{                                                                                \
		.name = #member, .type = (type_), .offset = offsetof(structure, member), \
		.size = sizeof(element), .count = (count_)                               \
	}
#define UINT(structure, member)	   NAMED(#member, FIELD_UINT, structure, member)
#define INT(structure, member)	   NAMED(#member, FIELD_INT, structure, member)
#define BOOL(structure, member)	   NAMED(#member, FIELD_BOOL, structure, member)
#define BYTES(structure, member)   NAMED(#member, FIELD_BYTES, structure, member)
#define CHARS(structure, member)   NAMED(#member, FIELD_CHARS, structure, member)
#define READING(structure, member) NAMED(#member, FIELD_READING, structure, member)
#define TEXT(structure, member)	   NAMED(#member, FIELD_TEXT, structure, member)
#define COUNT_OF(array)		   (sizeof(array) / sizeof(*(array)))

static const struct field sample_fields[] = {UINT(struct sample, time_ns),
					     INT(struct sample, wall.tv_sec),
					     INT(struct sample, wall.tv_nsec),
					     UINT(struct sample, census_ns),
					     BOOL(struct sample, drops_known),
					     UINT(struct sample, changes_total),
					     UINT(struct sample, sensor.events_lost),
					     BOOL(struct sample, sensor.calls_traced),
					     BOOL(struct sample, sensor.packets_traced),
#define MEASURED_FIELD(NAME, key)                              \
	{.name = "measured." #NAME,                            \
	 .type = FIELD_BIT,                                    \
	 .offset = offsetof(struct sample, sensor.operations), \
	 .size = sizeof(unsigned),                             \
	 .count = 1,                                           \
	 .limit = HIST_##NAME},
					     HIST_OPERATIONS(MEASURED_FIELD)
#undef MEASURED_FIELD
#define KNOWN_FIELD(NAME, path, unit) \
	NAMED("known." #NAME, FIELD_BOOL, struct sample, sensor.counter_known[PEER_##NAME]),
						     PEER_COUNTERS(KNOWN_FIELD)
#undef KNOWN_FIELD
#define HOST_FIELD(NAME, path, unit) \
	NAMED("host." #NAME, FIELD_READING, struct sample, host[HOST_##NAME]),
							     HOST_READINGS(HOST_FIELD)
#undef HOST_FIELD
#define MIB_FIELD(NAME) NAMED("mib." #NAME, FIELD_READING, struct sample, mib[MIB_##NAME]),
								     MIB_COUNTERS(MIB_FIELD)
#undef MIB_FIELD
};

static const struct field order_fields[] = {
	UINT(struct order_row, slot),
};

static const struct field link_fields[] = {
	TEXT(struct link_row, link.name),
	LIMITED(FIELD_ENUM, struct link_row, link.kind, LINK_INTERNAL),
	BOOL(struct link_row, link.declared),
	BOOL(struct link_row, link.observed),
	BOOL(struct link_row, link.gauges_known),
	UINT(struct link_row, link.sockets),
	UINT(struct link_row, link.peer_count),
	UINT(struct link_row, link.peers_total),
	UINT(struct link_row, way),
};

static const struct field total_fields[] = {
#define COUNTER_FIELD(NAME, path, unit) \
	NAMED("counter." #NAME, FIELD_UINT, struct peer, counter[PEER_##NAME]),
	PEER_COUNTERS(COUNTER_FIELD)
#undef COUNTER_FIELD
		UINT(struct peer, first_seen_ns),
	UINT(struct peer, last_seen_ns),
	UINT(struct peer, last_data_ns),
	UINT(struct peer, last_ack_ns),
	ARRAY(FIELD_UINT, struct peer, reset_reason, uint32_t, PEER_RESET_REASONS),
	BYTES(struct peer, remote),
	UINT(struct peer, owner_tgid),
	UINT(struct peer, srtt_us),
	UINT(struct peer, census),
	UINT(struct peer, mss),
	UINT(struct peer, hops_least),
	UINT(struct peer, hops_most),
#define GAUGE_FIELD(name, meaning) UINT(struct peer, name),
	PEER_OLDEST(GAUGE_FIELD) PEER_SUMS(GAUGE_FIELD)
#undef GAUGE_FIELD
};

static const struct field hist_fields[] = {
	UINT(struct hist, count),
	UINT(struct hist, sum_ns),
	UINT(struct hist, max_ns),
	ARRAY(FIELD_UINT, struct hist, bucket, uint32_t, HIST_BUCKETS),
};

#define KEY_FIELDS(structure, key)                                                            \
	BYTES(structure, key.address), UINT(structure, key.netns), UINT(structure, key.port), \
		LIMITED(FIELD_ENUM, structure, key.direction, PEER_INCOMING),                 \
		UINT(structure, key.protocol), CHARS(structure, key.comm)

static const struct field peer_fields[] = {
	KEY_FIELDS(struct peer_sample, key),   BYTES(struct peer_sample, remote),
	UINT(struct peer_sample, owner_tgid),  UINT(struct peer_sample, last_data_ns),
	UINT(struct peer_sample, last_ack_ns),
};

static const struct field fact_fields[] = {
	UINT(struct fact, time_ns),   KEY_FIELDS(struct fact, peer), UINT(struct fact, kind),
	UINT(struct fact, tcp_state), UINT(struct fact, local_port), INT(struct fact, error),
	BYTES(struct fact, remote),   UINT(struct fact, owner_tgid), UINT(struct fact, remote_port),
	UINT(struct fact, hops),
};

static const struct field interface_fields[] = {INT(struct interface_sample, index),
						CHARS(struct interface_sample, name),
						CHARS(struct interface_sample, kind),
						UINT(struct interface_sample, operstate),
						INT(struct interface_sample, master),
						INT(struct interface_sample, lower),
						UINT(struct interface_sample, carrier_lost_ns),
#define INTERFACE_FIELD(NAME, key, unit) \
	NAMED("reading." #NAME, FIELD_READING, struct interface_sample, reading[INTERFACE_##NAME]),
						INTERFACE_READINGS(INTERFACE_FIELD)
#undef INTERFACE_FIELD
};

static const struct field address_fields[] = {
	BYTES(struct address_sample, address),
	INT(struct address_sample, interface),
	UINT(struct address_sample, bits),
};

static const struct field device_fields[] = {
	TEXT(struct device_sample, name),
	BYTES(struct device_sample, address),
	BOOL(struct device_sample, declared),
	BOOL(struct device_sample, next_hop),
	BOOL(struct device_sample, resolver),
	BOOL(struct device_sample, elsewhere),
	INT(struct device_sample, interface),
	TEXT(struct device_sample, interface_name),
	LIMITED(FIELD_ENUM, struct device_sample, neighbour.state, NEIGHBOUR_PERMANENT),
	BYTES(struct device_sample, neighbour.mac),
	LIMITED(FIELD_ENUM, struct device_sample, neighbour.mac_len, NEIGHBOUR_MAC_MAX),
	UINT(struct device_sample, neighbour.since_ns),
	UINT(struct device_sample, neighbour.mac_changes),
	UINT(struct device_sample, neighbour.mac_changed_ns),
	UINT(struct device_sample, neighbour.failures),
	READING(struct device_sample, neighbour.probes),
	READING(struct device_sample, neighbour.unconfirmed_s),
	READING(struct device_sample, neighbour.failed_after_s),
#define RESOLVER_FIELD(NAME, key, unit) \
	NAMED("dns." #NAME, FIELD_READING, struct device_sample, dns[RESOLVER_##NAME]),
	RESOLVER_READINGS(RESOLVER_FIELD)
#undef RESOLVER_FIELD
	/* Two of each code: answers and their mean time. */
	ARRAY(FIELD_READING, struct device_sample, rcode, struct reading, 2 * DNS_CODE_SAMPLES),
};

_Static_assert(sizeof(struct rcode_sample) == 2 * sizeof(struct reading), "readings alone");

static const struct field process_fields[] = {
	UINT(struct process_sample, pid),     UINT(struct process_sample, start_ticks),
	CHARS(struct process_sample, comm),   UINT(struct process_sample, state),
	UINT(struct process_sample, gone_ns),
#define PROCESS_FIELD(NAME, key, unit) \
	NAMED("reading." #NAME, FIELD_READING, struct process_sample, reading[PROCESS_##NAME]),
	PROCESS_READINGS(PROCESS_FIELD)
#undef PROCESS_FIELD
};

static const struct field listener_fields[] = {
	BYTES(struct listener_sample, address),
	UINT(struct listener_sample, port),
	UINT(struct listener_sample, queued),
	UINT(struct listener_sample, limit),
};

static const struct field drop_fields[] = {
	LIMITED(FIELD_TEXT, struct drop_sample, link, 1),
	TEXT(struct drop_sample, reason),
	UINT(struct drop_sample, packets),
	UINT(struct drop_sample, last_ns),
};

static const struct field way_fields[] = {
	TEXT(struct way_sample, link),
	BOOL(struct way_sample, unroutable),
	ARRAY(FIELD_UINT, struct way_sample, devices, size_t, WAY_HOPS_MAX),
	UINT(struct way_sample, device_count),
	ARRAY(FIELD_INT, struct way_sample, interfaces, int, WAY_HOPS_MAX),
	UINT(struct way_sample, interface_count),
};

static const struct field change_fields[] = {
	UINT(struct change, time_ns),
	LIMITED(FIELD_ENUM, struct change, kind, CHANGE_OVERRUN),
	CHARS(struct change, text),
};

static const struct field blind_fields[] = {
	TEXT(struct blind_row, text),
};

const struct row_layout row_layouts[ROW_TABLE_COUNT] = {
#define ROW_LAYOUT(NAME, name_, fields_, structure, most) \
	[ROW_##NAME] = {                                  \
		.name = (name_),                          \
		.fields = (fields_),                      \
		.field_count = COUNT_OF(fields_),         \
		.struct_size = sizeof(structure),         \
		.rows_max = (most),                       \
	},
	ROW_TABLES(ROW_LAYOUT)
#undef ROW_LAYOUT
};

const char *const operation_names[HIST_OPERATION_COUNT] = {
#define OPERATION_NAME(NAME, key) [HIST_##NAME] = #NAME,
	HIST_OPERATIONS(OPERATION_NAME)
#undef OPERATION_NAME
};
