/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sample as tables of rows: which there are, and what stands in each.
 */
#ifndef FAULTLINE_SAMPLE_LAYOUT_H
#define FAULTLINE_SAMPLE_LAYOUT_H

#include "judge/sample.h"
#include "keep/row_layout.h"

/* In the order in which they are written.  X(NAME, name in a recording, fields, struct, most rows)
 */
#define ROW_TABLES(X)                                                                            \
	X(SAMPLE, "sample", sample_fields, struct sample, 1)                                     \
	X(ORDER, "order", order_fields, struct order_row,                                        \
	  4096) /* which slot stands where in the list of links */                               \
	X(LINK, "link", link_fields, struct link_row, 4096) /* by slot, as are the next three */ \
	X(TOTAL, "total", total_fields, struct peer, 4096)                                       \
	X(HIST, "hist", hist_fields, struct hist, 4096 * HIST_OPERATION_COUNT)                   \
	X(PEER, "peer", peer_fields, struct peer_sample, 4096 * PEERS_SAMPLED)                   \
	X(FACT, "fact", fact_fields, struct fact, 4096)                                          \
	X(INTERFACE, "interface", interface_fields, struct interface_sample, 4096)               \
	X(ADDRESS, "address", address_fields, struct address_sample, 8192)                       \
	X(DEVICE, "device", device_fields, struct device_sample, 4096)                           \
	X(PROCESS, "process", process_fields, struct process_sample, 4096)                       \
	X(LISTENER, "listener", listener_fields, struct listener_sample, 16384)                  \
	X(DROP, "drop", drop_fields, struct drop_sample, 8192)                                   \
	X(WAY, "way", way_fields, struct way_sample, 4096)                                       \
	X(CHANGE, "change", change_fields, struct change, 1024)                                  \
	X(BLIND, "blind", blind_fields, struct blind_row, 256)

enum row_table {
#define ROW_TABLE_ENUM(NAME, name, fields, structure, most) ROW_##NAME,
	ROW_TABLES(ROW_TABLE_ENUM)
#undef ROW_TABLE_ENUM
		ROW_TABLE_COUNT
};

struct row_layout {
	const char *name;
	const struct field *fields;
	size_t field_count;
	size_t struct_size;
	uint32_t rows_max;
};

extern const struct row_layout row_layouts[ROW_TABLE_COUNT];

/* The rows of ORDER, LINK and BLIND, which are not structs of the sample itself. */
struct order_row {
	uint32_t slot;
};

struct link_row {
	struct link_sample link;
	uint32_t way; /* its place in the list of ways, plus one; 0: none */
};

struct blind_row {
	const char *text;
};

/* The names of operations, by which histograms are told apart. */
extern const char *const operation_names[HIST_OPERATION_COUNT];

#endif
