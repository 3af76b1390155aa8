/* SPDX-License-Identifier: BSD-2-Clause */
#include "tell/links_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/duration.h"
#include "judge/judge.h"
#include "sense/capabilities.h"
#include "sense/discovery.h"
#include "sense/host.h"
#include "sense/kernel_side.h"
#include "sense/link_table.h"
#include "sense/sensor.h"
#include "sense/sweep.h"
#include "tell/links_json.h"

static const char *reset_reason_name(void *context, unsigned reason)
{
	return kernel_side__reset_reason(context, reason);
}

static struct links_capabilities capabilities_of(const struct kernel_side *kernel)
{
	struct links_capabilities capabilities = {
		.retransmit_reasons = counter_is_known(kernel, PEER_RETRANS_RTO),
		.synack = counter_is_known(kernel, PEER_RETRANS_SYNACK),
		.resets_received = counter_is_known(kernel, PEER_RESETS_RECEIVED),
		.resets_sent = counter_is_known(kernel, PEER_RESETS_SENT),
		.arrivals = counter_is_known(kernel, PEER_RESETS_ODD_TTL),
		.drops = counter_is_known(kernel, PEER_BAD_CHECKSUMS),
		.measured_operations = measured_operations(kernel),
		.context = (void *)kernel,
	};

	if (kernel_side__traces_orphan_resets(kernel)) /* the variant that passes a reason */
		capabilities.reset_reason_name = reset_reason_name;
	return capabilities;
}

static uint64_t resident_bytes(void)
{
	unsigned long pages = 0;
	FILE *statm = fopen("/proc/self/statm", "re");

	if (!statm)
		return 0;
	if (fscanf(statm, "%*u %lu", &pages) != 1)
		pages = 0;
	fclose(statm);
	return (uint64_t)pages * sysconf(_SC_PAGESIZE);
}

static double seconds(struct timeval time)
{
	return time.tv_sec + time.tv_usec / 1e6;
}

static struct links_sensor sensor_part(const struct sensor *sensor)
{
	const struct sensor_counts *counts = sensor__counts(sensor);
	const struct sweep_totals *totals = sensor__totals(sensor);
	struct links_sensor part = {
		.events_lost = sensor__events_lost(sensor),
		.peers = totals->peers,
		.peers_evicted = totals->peers_evicted + counts->peers_overflowed,
		.kernel_events = counts->events,
		.rss_bytes = resident_bytes(),
	};
	struct rusage usage;

	if (totals->census_at_ns) {
		part.census_known = true;
		part.census_us = totals->census_ns / 1000;
		part.census_age_ms = (clock_monotonic_ns() - totals->census_at_ns) / NS_PER_MS;
	}
	if (!getrusage(RUSAGE_SELF, &usage))
		part.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
	part.calls_traced = kernel_side__calls_traced(sensor__kernel(sensor));
	part.kernel_ns_known = !kernel_side__run_time_ns(sensor__kernel(sensor), &part.kernel_ns);
	return part;
}

/*
 * Devices as found by routes or declared; nobody has looked at their state.  The caller frees the
 * list; NULL when there are none, or no memory.
 */
static struct links_device *list_devices(const struct discovery *discovery, char **texts,
					 size_t *count)
{
	struct links_device *devices;

	*count = discovery__device_count(discovery);
	devices = calloc(*count ? *count : 1, sizeof(*devices));
	*texts = calloc(*count ? *count : 1, ADDRESS_TEXT_LEN);
	if (!devices || !*texts)
		*count = 0;
	for (size_t i = 0; i < *count; i++) {
		struct discovery_device device = discovery__device_at(discovery, i);

		devices[i] = (struct links_device){
			.name = device.name,
			.address = format_address(&device.address, *texts + i * ADDRESS_TEXT_LEN),
			.interface = device.interface[0] ? device.interface : NULL,
			.state = "not observed",
		};
	}
	return devices;
}

static const char *state_of_link(void *context, const struct link_view *link)
{
	return link_state_name(judge__link_state(context, link->name));
}

/* The judge knows more than the neighbour's state alone, but only of what is wrong. */
static const char *state_of_device(void *context, const struct device_sample *device)
{
	enum link_state state = judge__device_state(context, device->name);

	return state == LINK_STATE_FAULTY || state == LINK_STATE_SUSPECT ? link_state_name(state)
									 : NULL;
}

json_t *links_report__new(const struct sensor *sensor, const struct judge *judge, const char *host)
{
	struct links_capabilities capabilities = capabilities_of(sensor__kernel(sensor));
	struct links_report report = {
		.started = sensor__started(sensor),
		.host = host,
		.table = sensor__links(sensor),
		.owners = sensor__owners(sensor),
		.capabilities = &capabilities,
		.retransmits_not_attributed = sensor__retransmits_not_attributed(sensor),
		.sensor = sensor_part(sensor),
	};
	struct links_device *devices;
	char *texts;
	json_t *object;

	if (judge) {
		report.state_of = state_of_link;
		report.device_state_of = state_of_device;
		report.state_context = (void *)judge;
	}
	clock_gettime(CLOCK_REALTIME, &report.time);
	report.resets_sent_not_attributed_known =
		!sensor__resets_not_attributed(sensor, &report.resets_sent_not_attributed);
	report.now_ns = clock_monotonic_ns();
	report.census = kernel_side__census_number(sensor__kernel(sensor));
	devices = list_devices(sensor__discovery(sensor), &texts, &report.device_count);
	report.devices = devices;
	if (sensor__host(sensor))
		report.sample = host__sample(sensor__host(sensor));
	object = links_json__new(&report);
	free(devices);
	free(texts);
	return object;
}
