/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What several values of the configuration together make wrong: names given twice, devices that
 * nobody declared, peers claimed by two links.
 *
 * Places are looked up by path only when there is something to report.  Names are compared each
 * with each, which the limits of the schema keep small; claims on peers are sorted.
 */
#include "base/config_check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/pool.h"
#include "base/yaml_document.h"

#define OTHERS "others" /* the link of what finds no room in the table */

struct spot spot_at(const struct config_check *check, const char *format, ...)
{
	va_list arguments;
	struct spot spot;

	va_start(arguments, format);
	vsnprintf(spot.path, sizeof(spot.path), format, arguments);
	va_end(arguments);
	spot.place = place_of_path(check->document, spot.path);
	return spot;
}

static char *quote_text(const char *text, char quoted[QUOTED_LEN])
{
	return quote(text, strlen(text), quoted);
}

static void check_link_name(const struct config_check *check, size_t index)
{
	const struct config_link *links = check->config->links;
	const char *name = links[index].name;
	char quoted[QUOTED_LEN];
	struct spot spot;

	if (strcmp(name, OTHERS) == 0) {
		spot = spot_at(check, "links[%zu].name", index);
		mistake(check->mistakes, spot.place, spot.path,
			"\"" OTHERS
			"\": reserved for links that find no room; expected another name");
	}
	for (size_t i = 0; i < index; i++) {
		if (strcmp(links[i].name, name) != 0)
			continue;
		spot = spot_at(check, "links[%zu].name", index);
		mistake(check->mistakes, spot.place, spot.path,
			"%s: already the name of links[%zu]; expected another",
			quote_text(name, quoted), i);
		return;
	}
}

static void check_link_keys(const struct config_check *check, size_t index)
{
	const struct config_link *link = &check->config->links[index];
	struct spot spot;

	if (link->endpoint_count == 0 && link->local_port_count == 0) {
		spot = spot_at(check, "links[%zu]", index);
		mistake(check->mistakes, spot.place, spot.path,
			"missing key \"endpoints\" or \"local_ports\"; expected one of them at "
			"least");
	}
	if (link->silence_after_ns > 0 && !link->feed) {
		spot = spot_at(check, "links[%zu].silence_after", index);
		mistake(check->mistakes, spot.place, spot.path,
			"silence is no fault of this link; expected \"feed: true\" beside it");
	}
}

static const struct config_device *find_device(const struct config *config, const char *name,
					       struct nearest *nearest)
{
	for (size_t i = 0; i < config->device_count; i++) {
		if (strcmp(config->devices[i].name, name) == 0)
			return &config->devices[i];
	}
	for (size_t i = 0; i < config->device_count; i++)
		nearest_try(nearest, config->devices[i].name);
	return NULL;
}

static void check_link_via(const struct config_check *check, size_t index)
{
	const struct config_link *link = &check->config->links[index];
	char quoted[QUOTED_LEN], hint[QUOTED_LEN];
	struct spot spot;

	for (size_t i = 0; i < link->via_count; i++) {
		struct nearest nearest = {.wrong = link->via[i]};
		size_t before = 0;

		if (!find_device(check->config, link->via[i], &nearest)) {
			spot = spot_at(check, "links[%zu].via[%zu]", index, i);
			mistake(check->mistakes, spot.place, spot.path,
				"%s: no such device; expected a name from \"devices\"%s",
				quote_text(link->via[i], quoted), nearest_hint(&nearest, hint));
			continue;
		}
		while (strcmp(link->via[before], link->via[i]) != 0)
			before++;
		if (before == i)
			continue;
		spot = spot_at(check, "links[%zu].via[%zu]", index, i);
		mistake(check->mistakes, spot.place, spot.path,
			"%s: already on the way; expected each device once",
			quote_text(link->via[i], quoted));
	}
}

static void check_device(const struct config_check *check, size_t index)
{
	const struct config_device *devices = check->config->devices;
	const struct config_device *device = &devices[index];
	char quoted[QUOTED_LEN], text[ADDRESS_TEXT_LEN];
	struct spot spot;

	for (size_t i = 0; i < index; i++) {
		if (strcmp(devices[i].name, device->name) == 0) {
			spot = spot_at(check, "devices[%zu].name", index);
			mistake(check->mistakes, spot.place, spot.path,
				"%s: already the name of devices[%zu]; expected another",
				quote_text(device->name, quoted), i);
			break;
		}
	}
	if (address_is_unspecified(&device->address))
		return; /* could not be read, which was reported */
	for (size_t i = 0; i < index; i++) {
		if (memcmp(&devices[i].address, &device->address, sizeof(device->address)) == 0) {
			spot = spot_at(check, "devices[%zu].address", index);
			mistake(check->mistakes, spot.place, spot.path,
				"\"%s\": already the address of devices[%zu]; expected another",
				format_address(&device->address, text), i);
			break;
		}
	}
}

/* What a link says is its own. */
struct claim {
	struct endpoint endpoint; /* of a local port only the ports */
	bool local;
	const char *process;
	size_t link, index; /* where it stands */
};

static int compare_numbers(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

/* 0 when two claims are for the same peers. */
static int compare_peers(const struct claim *a, const struct claim *b)
{
	int order = compare_numbers(a->local, b->local);

	if (!order)
		order = memcmp(&a->endpoint.prefix, &b->endpoint.prefix, sizeof(struct address));
	if (!order)
		order = compare_numbers(a->endpoint.prefix_bits, b->endpoint.prefix_bits);
	if (!order)
		order = compare_numbers(a->endpoint.port_low, b->endpoint.port_low);
	if (!order)
		order = compare_numbers(a->endpoint.port_high, b->endpoint.port_high);
	if (!order)
		order = compare_numbers(a->process != NULL, b->process != NULL);
	if (!order && a->process)
		order = strcmp(a->process, b->process);
	return order;
}

static int compare_claims(const void *a_void, const void *b_void)
{
	const struct claim *a = a_void, *b = b_void;
	int order = compare_peers(a, b);

	if (!order)
		order = compare_numbers(a->link, b->link);
	if (!order)
		order = compare_numbers(a->index, b->index);
	return order;
}

/* Writes the claims of one link to @claims and returns how many there are. */
static size_t gather_claims(const struct config_link *link, size_t index, struct claim *claims)
{
	size_t count = 0;

	for (size_t i = 0; i < link->endpoint_count; i++) {
		if (link->endpoints[i].port_high == 0)
			continue; /* could not be read, which was reported */
		claims[count++] = (struct claim){.endpoint = link->endpoints[i],
						 .process = link->process,
						 .link = index,
						 .index = i};
	}
	for (size_t i = 0; i < link->local_port_count; i++) {
		claims[count++] = (struct claim){.endpoint.port_low = link->local_ports[i],
						 .endpoint.port_high = link->local_ports[i],
						 .local = true,
						 .process = link->process,
						 .link = index,
						 .index = i};
	}
	return count;
}

static void report_claim(const struct config_check *check, const struct claim *claim,
			 const struct claim *earlier)
{
	const char *key = claim->local ? "local_ports" : "endpoints";
	struct spot spot = spot_at(check, "links[%zu].%s[%zu]", claim->link, key, claim->index);
	char text[ENDPOINT_TEXT_LEN];

	if (claim->local)
		snprintf(text, sizeof(text), "%u", claim->endpoint.port_low);
	else
		format_endpoint(&claim->endpoint, text);
	mistake(check->mistakes, spot.place, spot.path,
		"\"%s\": already in links[%zu].%s[%zu]; expected each in one link, "
		"or links that differ in \"process\"",
		text, earlier->link, key, earlier->index);
}

static int check_claims(const struct config_check *check, struct pool *pool)
{
	const struct config *config = check->config;
	struct claim *claims;
	size_t count = 0;

	for (size_t i = 0; i < config->link_count; i++)
		count += config->links[i].endpoint_count + config->links[i].local_port_count;
	claims = pool__zalloc(pool, count, sizeof(*claims));
	if (!claims)
		return -ENOMEM;
	count = 0;
	for (size_t i = 0; i < config->link_count; i++)
		count += gather_claims(&config->links[i], i, claims + count);
	qsort(claims, count, sizeof(*claims), compare_claims);
	for (size_t i = 1; i < count; i++) {
		if (compare_peers(&claims[i - 1], &claims[i]) == 0)
			report_claim(check, &claims[i], &claims[i - 1]);
	}
	return 0;
}

int config_check(const struct config_check *check, struct pool *pool)
{
	for (size_t i = 0; i < check->config->link_count; i++) {
		check_link_name(check, i);
		check_link_keys(check, i);
		check_link_via(check, i);
	}
	for (size_t i = 0; i < check->config->device_count; i++)
		check_device(check, i);
	config_check_pagers(check);
	return check_claims(check, pool);
}
