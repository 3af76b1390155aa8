/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device is an address.  The table is made anew when routes or the configuration change, which is
 * seldom; what is known of each device is filled in by the host each tick.
 */
#include "sense/device_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"

struct device_table {
	struct device_sample *list;
	char (*names)[ADDRESS_TEXT_LEN + IF_NAMESIZE]; /* of those that nobody declared */
	size_t count, room;
};

struct device_table *device_table__new(const struct config *config)
{
	struct device_table *table = calloc(1, sizeof(*table));

	if (table && device_table__reset(table, config)) {
		free(table);
		errno = ENOMEM;
		return NULL;
	}
	return table;
}

void device_table__free(struct device_table *table)
{
	if (!table)
		return;
	free(table->list);
	free(table->names);
	free(table);
}

int device_table__reset(struct device_table *table, const struct config *config)
{
	size_t room = config->device_count + DEVICES_FOUND_MAX;

	if (room != table->room) {
		free(table->list);
		free(table->names);
		table->room = table->count = 0;
		table->list = malloc(room * sizeof(*table->list));
		table->names = malloc(room * sizeof(*table->names));
		if (!table->list || !table->names)
			return -ENOMEM;
		table->room = room;
	}
	/* NOLINTNEXTLINE(clang-analyzer-core.*): where the room is as it was, so is the list. */
	memset(table->list, 0, room * sizeof(*table->list));
	table->count = config->device_count;
	for (size_t i = 0; i < table->count; i++) {
		table->list[i].name = config->devices[i].name;
		table->list[i].address = config->devices[i].address;
		table->list[i].declared = true;
		table->list[i].interface_name = "";
	}
	return 0;
}

static bool is_link_local(const struct address *address)
{
	return address->byte[0] == 0xfe && (address->byte[1] & 0xc0) == 0x80;
}

size_t device_table__add(struct device_table *table, const struct address *address, int interface)
{
	bool by_interface = is_link_local(address);
	struct device_sample *device;
	char text[ADDRESS_TEXT_LEN];

	for (size_t i = 0; i < table->count; i++) {
		device = &table->list[i];
		if (!memcmp(&device->address, address, sizeof(*address)) &&
		    (!by_interface || !device->interface || device->interface == interface)) {
			if (interface)
				device->interface = interface;
			return i;
		}
	}
	if (table->count == table->room)
		return SIZE_MAX;
	device = &table->list[table->count];
	device->address = *address;
	device->interface = interface;
	device->interface_name = "";
	snprintf(table->names[table->count], sizeof(*table->names), "%s",
		 format_address(address, text));
	device->name = table->names[table->count];
	return table->count++;
}

size_t device_table__named(const struct device_table *table, const char *name)
{
	for (size_t i = 0; i < table->count && table->list[i].declared; i++) {
		if (!strcmp(table->list[i].name, name))
			return i;
	}
	return SIZE_MAX;
}

struct device_sample *device_table__at(struct device_table *table, size_t index)
{
	return &table->list[index];
}

const struct device_sample *device_table__list(const struct device_table *table, size_t *count)
{
	*count = table->count;
	return table->list;
}
