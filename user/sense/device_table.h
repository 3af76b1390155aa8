/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The devices between this host and the far ends: declared, found by the routes, or asked for
 * names.
 */
#ifndef FAULTLINE_DEVICE_TABLE_H
#define FAULTLINE_DEVICE_TABLE_H

#include "judge/sample.h"

#define DEVICES_FOUND_MAX 192 /* beside the declared ones */

struct config;
struct device_table;

/* Empty but for what @config declares, which must stay until the next call.  NULL with errno. */
struct device_table *device_table__new(const struct config *config);
void device_table__free(struct device_table *table);

/* Back to what @config declares.  0 or -ENOMEM, and then the table is empty. */
int device_table__reset(struct device_table *table, const struct config *config);

/*
 * The index of the device of that address, which is made when there is none; SIZE_MAX without room.
 * A link-local address is one device for each interface.
 */
size_t device_table__add(struct device_table *table, const struct address *address, int interface);

/* The index of the declared device of that name, SIZE_MAX when there is none. */
size_t device_table__named(const struct device_table *table, const char *name);

/* For whoever fills in what is known of it. */
struct device_sample *device_table__at(struct device_table *table, size_t index);

/* Declared ones first, in their order. */
const struct device_sample *device_table__list(const struct device_table *table, size_t *count);

#endif
