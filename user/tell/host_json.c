/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sample as scripts read it.
 *
 * The lists of sample.h give the keys, so a new reading appears here without a line of code.  A
 * reading that is not available is null and never nought.  Times are told as ages in seconds, for a
 * monotonic clock means nothing elsewhere.
 */
#include "tell/host_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/json_text.h"
#include "judge/sample.h"
#include "sense/dns.h"
#include "sense/mib.h"

static int put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value);
}

/* Counts are written as whole numbers, for they may be larger than %g shows. */
static json_t *reading_json(struct reading reading)
{
	if (!reading.known)
		return json_null();
	if (reading.value == floor(reading.value) && fabs(reading.value) < 9e15)
		return json_integer((json_int_t)reading.value);
	return json_real(reading.value);
}

static json_t *age_json(const struct sample *sample, uint64_t since_ns)
{
	if (!since_ns || since_ns > sample->time_ns)
		return since_ns ? json_real(0) : json_null();
	/* NOLINTNEXTLINE(bugprone-integer-division): whole milliseconds are meant. */
	return json_real((double)((sample->time_ns - since_ns) / NS_PER_MS) / 1000);
}

/* Puts a value at "group.name", making the group when it is the first of it. */
static int put_path(json_t *object, const char *path, json_t *value)
{
	const char *point = strchr(path, '.');
	char name[64];
	json_t *group;

	if (!point)
		return put(object, path, value);
	snprintf(name, sizeof(name), "%.*s", (int)(point - path), path);
	group = json_object_get(object, name);
	if (!group) {
		group = json_object();
		if (put(object, name, group)) {
			json_decref(value);
			return -1;
		}
	}
	return put(group, point + 1, value);
}

static int put_readings(json_t *object, const struct reading *readings, const char *const *keys,
			size_t count)
{
	int failed = 0;

	for (size_t i = 0; i < count; i++)
		failed |= put_path(object, keys[i], reading_json(readings[i]));
	return failed;
}

static json_t *checked(json_t *object, int failed)
{
	if (!failed)
		return object;
	json_decref(object);
	return NULL;
}

static const char *interface_name(const struct sample *sample, int index)
{
	for (size_t i = 0; i < sample->interface_count; i++) {
		if (sample->interfaces[i].index == index)
			return sample->interfaces[i].name;
	}
	return NULL;
}

static json_t *name_or_null(const char *name)
{
	return name ? json_name(name) : json_null();
}

static json_t *addresses_json(const struct sample *sample, int index)
{
	json_t *list = json_array();
	int failed = !list;

	for (size_t i = 0; i < sample->address_count; i++) {
		const struct address_sample *row = &sample->addresses[i];
		char text[ADDRESS_TEXT_LEN];

		if (row->interface == index)
			failed |= json_array_append_new(
				list, json_sprintf("%s/%u", format_address(&row->address, text),
						   row->bits));
	}
	return checked(list, failed);
}

static json_t *interface_json(const struct sample *sample, const struct interface_sample *interface)
{
	static const char *const keys[] = {
#define INTERFACE_KEY(name, key, unit) key,
		INTERFACE_READINGS(INTERFACE_KEY)
#undef INTERFACE_KEY
	};
	json_t *object = json_object();
	int failed = put(object, "name", json_name(interface->name));

	failed |=
		put(object, "kind", interface->kind[0] ? json_name(interface->kind) : json_null());
	failed |= put(object, "state", json_name(operstate_name(interface->operstate)));
	failed |= put(object, "master", name_or_null(interface_name(sample, interface->master)));
	failed |= put(object, "lower", name_or_null(interface_name(sample, interface->lower)));
	failed |= put(object, "addresses", addresses_json(sample, interface->index));
	failed |= put(object, "carrier_lost_s", age_json(sample, interface->carrier_lost_ns));
	failed |= put_readings(object, interface->reading, keys, INTERFACE_READING_COUNT);
	return checked(object, failed);
}

static json_t *process_json(const struct sample *sample, const struct process_sample *process)
{
	static const char *const keys[] = {
#define PROCESS_KEY(name, key, unit) key,
		PROCESS_READINGS(PROCESS_KEY)
#undef PROCESS_KEY
	};
	json_t *object = json_object();
	int failed = put(object, "pid", json_integer(process->pid));

	failed |= put(object, "comm", json_name(process->comm));
	failed |= put(object, "state",
		      process->state ? json_stringn(&process->state, 1) : json_null());
	failed |= put(object, "stopped", json_boolean(process->state == 'T'));
	failed |= put(object, "gone_s", age_json(sample, process->gone_ns));
	failed |= put_readings(object, process->reading, keys, PROCESS_READING_COUNT);
	return checked(object, failed);
}

static json_t *listener_json(const struct listener_sample *listener)
{
	char text[ENDPOINT_TEXT_LEN];

	return json_pack("{s:s, s:I, s:I}", "address",
			 format_address_port(&listener->address, listener->port, text), "queued",
			 (json_int_t)listener->queued, "limit", (json_int_t)listener->limit);
}

static json_t *change_json(const struct sample *sample, const struct change *change)
{
	return json_pack("{s:o, s:s}", "age_s", age_json(sample, change->time_ns), "text",
			 change->text);
}

/* A list made of one object for each entry of an array of the sample. */
#define LIST(sample, array, count, maker)                                                     \
	({                                                                                    \
		json_t *list_ = json_array();                                                 \
		int failed_ = !list_;                                                         \
		for (size_t i_ = 0; i_ < (sample)->count; i_++)                               \
			failed_ |= json_array_append_new(list_, maker(&(sample)->array[i_])); \
		checked(list_, failed_);                                                      \
	})

static json_t *mib_json(const struct sample *sample)
{
	json_t *object = json_object();
	int failed = !object;

	for (unsigned i = 0; i < MIB_COUNTER_COUNT; i++)
		failed |= put(object, mib_counter_name(i), reading_json(sample->mib[i]));
	return checked(object, failed);
}

json_t *drops_json__new(const struct sample *sample, const char *link)
{
	json_t *object = sample->drops_known ? json_object() : json_null();
	int failed = !object;

	for (size_t i = 0; sample->drops_known && i < sample->drop_count; i++) {
		const struct drop_sample *drop = &sample->drops[i];

		if (link ? drop->link && !strcmp(drop->link, link) : !drop->link)
			failed |=
				put(object, drop->reason, json_integer((json_int_t)drop->packets));
	}
	return checked(object, failed);
}

json_t *host_json__new(const struct sample *sample)
{
	static const char *const paths[] = {
#define HOST_PATH(name, path, unit) path,
		HOST_READINGS(HOST_PATH)
#undef HOST_PATH
	};
	json_t *object = json_object();
	int failed = put_readings(object, sample->host, paths, HOST_READING_COUNT);

#define INTERFACE_OF(each) interface_json(sample, each)
#define PROCESS_OF(each)   process_json(sample, each)
#define CHANGE_OF(each)	   change_json(sample, each)
	failed |= put(object, "drops", drops_json__new(sample, NULL));
	failed |= put(object, "mib", mib_json(sample));
	failed |=
		put(object, "interfaces", LIST(sample, interfaces, interface_count, INTERFACE_OF));
	failed |= put(object, "processes", LIST(sample, processes, process_count, PROCESS_OF));
	failed |= put(object, "listeners", LIST(sample, listeners, listener_count, listener_json));
	failed |= put(object, "changes", LIST(sample, changes, change_count, CHANGE_OF));
	failed |= put(object, "changes_total", json_integer((json_int_t)sample->changes_total));
#undef INTERFACE_OF
#undef PROCESS_OF
#undef CHANGE_OF
	return checked(object, failed);
}

static json_t *mac_json(const struct neighbour_sample *neighbour)
{
	char text[3 * NEIGHBOUR_MAC_MAX + 1] = "";

	for (size_t i = 0; i < neighbour->mac_len; i++)
		snprintf(text + 3 * i - !!i, sizeof(text) - 3 * i, "%s%02x", i ? ":" : "",
			 neighbour->mac[i]);
	return neighbour->mac_len ? json_name(text) : json_null();
}

static int put_neighbour(json_t *object, const struct sample *sample,
			 const struct device_sample *device)
{
	const struct neighbour_sample *neighbour = &device->neighbour;
	bool known = neighbour->state != NEIGHBOUR_UNKNOWN;
	int failed = put(object, "neighbour",
			 known ? json_name(neighbour_state_name(neighbour->state)) : json_null());

	failed |= put(object, "neighbour_since_s",
		      known ? age_json(sample, neighbour->since_ns) : json_null());
	failed |= put(object, "mac", mac_json(neighbour));
	failed |= put(object, "mac_changes", json_integer((json_int_t)neighbour->mac_changes));
	failed |= put(object, "mac_changed_s", age_json(sample, neighbour->mac_changed_ns));
	failed |= put(object, "probes", reading_json(neighbour->probes));
	failed |= put(object, "unconfirmed_s", reading_json(neighbour->unconfirmed_s));
	failed |= put(object, "failures", json_integer((json_int_t)neighbour->failures));
	failed |= put(object, "failed_after_s", reading_json(neighbour->failed_after_s));
	return failed;
}

static json_t *rcodes_json(const struct device_sample *device)
{
	json_t *object = json_object();
	int failed = !object;
	char number[16];

	for (unsigned i = 0; i < DNS_CODE_SAMPLES; i++) {
		const struct rcode_sample *rcode = &device->rcode[i];

		if (!rcode->answers.known || rcode->answers.value == 0)
			continue;
		snprintf(number, sizeof(number), "%u", i);
		failed |= put(object, dns_code_name(i) ? dns_code_name(i) : number,
			      json_pack("{s:o, s:o}", "answers", reading_json(rcode->answers),
					"mean_us", reading_json(rcode->mean_us)));
	}
	return checked(object, failed);
}

static json_t *dns_json(const struct device_sample *device)
{
	static const char *const keys[] = {
#define RESOLVER_KEY(name, key, unit) key,
		RESOLVER_READINGS(RESOLVER_KEY)
#undef RESOLVER_KEY
	};
	json_t *object = json_object();
	int failed = put_readings(object, device->dns, keys, RESOLVER_READING_COUNT);

	failed |= put(object, "codes",
		      device->dns[RESOLVER_ANSWERS].known ? rcodes_json(device) : json_null());
	return checked(object, failed);
}

static json_t *device_json(const struct sample *sample, const struct device_sample *device,
			   const char *state)
{
	char text[ADDRESS_TEXT_LEN];
	json_t *object = json_object();
	int failed = put(object, "name", json_name(device->name));

	failed |= put(object, "address", json_name(format_address(&device->address, text)));
	failed |= put(object, "interface",
		      device->interface_name[0] ? json_name(device->interface_name) : json_null());
	failed |= put(object, "state", json_name(state ? state : device_state(device)));
	failed |= put(object, "declared", json_boolean(device->declared));
	failed |= put(object, "next_hop", json_boolean(device->next_hop));
	failed |= put(object, "resolver", json_boolean(device->resolver));
	failed |= put_neighbour(object, sample, device);
	if (device->resolver)
		failed |= put(object, "dns", dns_json(device));
	return checked(object, failed);
}

json_t *devices_json__new(const struct sample *sample,
			  const char *(*state_of)(void *context,
						  const struct device_sample *device),
			  void *context)
{
#define DEVICE_OF(each) device_json(sample, each, state_of ? state_of(context, each) : NULL)
	return LIST(sample, devices, device_count, DEVICE_OF);
#undef DEVICE_OF
}

static json_t *way_json(const struct sample *sample, const struct way_sample *way)
{
	json_t *object = json_object(), *devices = json_array(), *interfaces = json_array();
	int failed = put(object, "routed", json_boolean(!way->unroutable));

	for (size_t i = 0; i < way->device_count; i++) {
		if (way->devices[i] < sample->device_count)
			failed |= json_array_append_new(
				devices, json_name(sample->devices[way->devices[i]].name));
	}
	for (size_t i = 0; i < way->interface_count; i++)
		failed |= json_array_append_new(
			interfaces, name_or_null(interface_name(sample, way->interfaces[i])));
	failed |= put(object, "devices", devices);
	failed |= put(object, "interfaces", interfaces);
	return checked(object, failed);
}

json_t *way_json__new(const struct sample *sample, const char *link)
{
	for (size_t i = 0; i < sample->way_count; i++) {
		if (!strcmp(sample->ways[i].link, link))
			return way_json(sample, &sample->ways[i]);
	}
	return json_null();
}
