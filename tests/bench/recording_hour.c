/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An hour of a trading host, written as a recording in a moment: so many links that send, receive
 * and answer, a host whose counters go on, no faults.
 *
 * Usage: recording_hour FILE LINKS SECONDS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hist_set.h"
#include "keep/recording.h"
#include "keep/sample_layout.h"

#define SECOND_NS  1000000000ULL
#define INTERFACES 2
#define PROCESSES  8
#define WALL_S	   1793610000LL /* Monday, 2 November 2026, 09:00 UTC */

struct stage {
	uint64_t seed;
	size_t link_count;
	struct link_sample *links;
	struct peer *totals;
	struct peer_sample *peers;
	struct way_sample *ways;
	char (*names)[32];
	struct interface_sample interfaces[INTERFACES];
	struct process_sample processes[PROCESSES];
	struct device_sample gateway;
	struct sample sample;
};

/* splitmix64 (Steele, Lea and Flood, 2014). */
static uint64_t below(struct stage *stage, uint64_t limit)
{
	uint64_t bits = stage->seed += 0x9e3779b97f4a7c15ULL;

	bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ULL;
	bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebULL;
	return (bits ^ (bits >> 31)) % limit;
}

static void add_durations(struct stage *stage, struct hist *hist, unsigned count, uint64_t about_ns)
{
	for (unsigned i = 0; i < count; i++) {
		uint64_t ns = about_ns / 2 + below(stage, about_ns);

		hist->count++;
		hist->sum_ns += ns;
		hist->bucket[hist_bucket(ns)]++;
		if (ns > hist->max_ns)
			hist->max_ns = ns;
	}
}

static void begin_link(struct stage *stage, size_t i)
{
	struct address address = {
		.byte = {[10] = 0xff, 0xff, 10, 90, (uint8_t)(i >> 8), (uint8_t)i},
	};

	snprintf(stage->names[i], sizeof(*stage->names), "venue-%zu", i);
	stage->peers[i] = (struct peer_sample){.remote = address, .owner_tgid = 800};
	stage->peers[i].key.port = 7001;
	memcpy(stage->peers[i].key.address, address.byte, sizeof(address.byte));
	stage->ways[i] = (struct way_sample){.link = stage->names[i],
					     .device_count = 1,
					     .interfaces = {2},
					     .interface_count = 1};
	stage->links[i] = (struct link_sample){.name = stage->names[i],
					       .declared = true,
					       .observed = true,
					       .gauges_known = true,
					       .sockets = 4,
					       .total = &stage->totals[i],
					       .hists = hist_set__new(),
					       .peers = &stage->peers[i],
					       .peer_count = 1,
					       .peers_total = 1,
					       .way = &stage->ways[i]};
	stage->totals[i].counter[PEER_SOCKETS_OPENED] = 4;
	stage->totals[i].srtt_us = 300;
	stage->totals[i].alive = 4;
	stage->totals[i].mss = 1448;
	if (!stage->links[i].hists)
		abort();
}

static void begin(struct stage *stage)
{
	stage->links = calloc(stage->link_count, sizeof(*stage->links));
	stage->totals = calloc(stage->link_count, sizeof(*stage->totals));
	stage->peers = calloc(stage->link_count, sizeof(*stage->peers));
	stage->ways = calloc(stage->link_count, sizeof(*stage->ways));
	stage->names = calloc(stage->link_count, sizeof(*stage->names));
	if (!stage->links || !stage->totals || !stage->peers || !stage->ways || !stage->names)
		abort();
	for (size_t i = 0; i < stage->link_count; i++)
		begin_link(stage, i);
	for (int i = 0; i < INTERFACES; i++)
		stage->interfaces[i] = (struct interface_sample){.index = i + 1, .name = "eth0"};
	for (unsigned i = 0; i < PROCESSES; i++)
		stage->processes[i] =
			(struct process_sample){.pid = 800 + i, .comm = "mymate", .state = 'S'};
	stage->gateway = (struct device_sample){.name = "edge-router",
						.next_hop = true,
						.interface = 2,
						.interface_name = "eth0",
						.neighbour.state = NEIGHBOUR_REACHABLE};
	stage->sample = (struct sample){.links = stage->links,
					.link_count = stage->link_count,
					.interfaces = stage->interfaces,
					.interface_count = INTERFACES,
					.devices = &stage->gateway,
					.device_count = 1,
					.processes = stage->processes,
					.process_count = PROCESSES,
					.ways = stage->ways,
					.way_count = stage->link_count,
					.drops_known = true,
					.sensor.calls_traced = true,
					.sensor.packets_traced = true,
					.sensor.operations = (1u << HIST_OPERATION_COUNT) - 1};
	for (unsigned i = 0; i < PEER_COUNTER_COUNT; i++)
		stage->sample.sensor.counter_known[i] = true;
}

/* A second of one link: some 100 requests and answers over four sockets. */
static void run_link(struct stage *stage, size_t i)
{
	struct hist_set *hists = (struct hist_set *)stage->links[i].hists;
	struct peer *total = &stage->totals[i];
	uint64_t now_ns = stage->sample.time_ns;
	unsigned requests = 80 + (unsigned)below(stage, 40);

	total->counter[PEER_SEGMENTS_OUT] += 2 * requests;
	total->counter[PEER_SEGMENTS_IN] += 2 * requests;
	total->counter[PEER_DATA_SEGMENTS_OUT] += requests;
	total->counter[PEER_DATA_SEGMENTS_IN] += requests;
	total->counter[PEER_BYTES_OUT] += 120 * requests;
	total->counter[PEER_BYTES_IN] += 300 * requests + below(stage, 3000);
	total->counter[PEER_BUSY_US] += 300 * requests;
	if (!below(stage, 20)) {
		total->counter[PEER_EPISODES]++;
		total->counter[PEER_RETRANS_FAST]++;
	}
	total->first_seen_ns = total->first_seen_ns ? total->first_seen_ns : now_ns;
	total->last_seen_ns = now_ns - below(stage, 1000000);
	total->last_data_ns = now_ns - below(stage, 20000000);
	total->last_ack_ns = now_ns - below(stage, 20000000);
	total->census++;
	total->unacked_bytes = (uint32_t)below(stage, 4) ? 0 : 120;
	stage->peers[i].last_data_ns = total->last_data_ns;
	stage->peers[i].last_ack_ns = total->last_ack_ns;
	add_durations(stage, hist_set__use(hists, HIST_RESPONSE), requests, 800000);
	add_durations(stage, hist_set__use(hists, HIST_PICKUP), requests, 30000);
	add_durations(stage, hist_set__use(hists, HIST_RTT), 4, 300000);
	add_durations(stage, hist_set__use(hists, HIST_SEND), requests, 8000);
	add_durations(stage, hist_set__use(hists, HIST_RECV), requests, 8000);
}

static void run_host(struct stage *stage)
{
	struct sample *sample = &stage->sample;

	for (unsigned i = 0; i < HOST_READING_COUNT; i++)
		sample->host[i] = reading_of(i % 3 ? 100 : sample->host[i].value + 5);
	sample->host[HOST_CPU_SOME_AVG10] = reading_of((double)below(stage, 300) / 100);
	for (unsigned i = 0; i < MIB_COUNTER_COUNT; i++)
		sample->mib[i] =
			reading_of(sample->mib[i].value + (i % 8 ? 0 : (double)below(stage, 100)));
	for (unsigned i = 0; i < INTERFACES; i++) {
		struct reading *readings = stage->interfaces[i].reading;

		readings[INTERFACE_UP] = readings[INTERFACE_CARRIER] = reading_of(1);
		readings[INTERFACE_RX_PACKETS] = readings[INTERFACE_TX_PACKETS] = reading_of(
			readings[INTERFACE_RX_PACKETS].value + 1e4 + (double)below(stage, 900));
		readings[INTERFACE_RX_BYTES] = readings[INTERFACE_TX_BYTES] = reading_of(
			readings[INTERFACE_RX_BYTES].value + 1e6 + (double)below(stage, 90000));
	}
	for (unsigned i = 0; i < PROCESSES; i++) {
		struct reading *readings = stage->processes[i].reading;

		readings[PROCESS_THREADS] = readings[PROCESS_FILES] = reading_of(40);
		readings[PROCESS_FILES_LIMIT] = reading_of(1024);
		readings[PROCESS_RUN_NS] = reading_of(readings[PROCESS_RUN_NS].value +
						      (double)below(stage, 100000000));
		readings[PROCESS_WAIT_NS] =
			reading_of(readings[PROCESS_WAIT_NS].value + (double)below(stage, 1000000));
	}
}

static void end(struct stage *stage)
{
	for (size_t i = 0; i < stage->link_count; i++)
		hist_set__free((struct hist_set *)stage->links[i].hists);
	free(stage->links);
	free(stage->totals);
	free(stage->peers);
	free(stage->ways);
	free(stage->names);
}

int main(int argc, char **argv)
{
	struct stage stage = {.seed = 1, .link_count = argc == 4 ? strtoul(argv[2], NULL, 10) : 0};
	unsigned long seconds = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	int err;
	struct recording_writer *writer = NULL;
	char why[512];
	FILE *out;

	if (!stage.link_count || stage.link_count > 4000 || !seconds) {
		fprintf(stderr, "usage: recording_hour FILE LINKS SECONDS\n");
		return 2;
	}
	if (recording_create(argv[1], &out, why, sizeof(why))) {
		fprintf(stderr, "recording_hour: %s\n", why);
		return 1;
	}
	if (recording_writer__new(out, "trader-1", &writer))
		return 1;
	begin(&stage);
	for (unsigned long second = 1; second <= seconds; second++) {
		stage.sample.time_ns = (1000 + second) * SECOND_NS + below(&stage, 300000);
		stage.sample.wall = (struct timespec){.tv_sec = WALL_S + (time_t)second};
		for (size_t i = 0; i < stage.link_count; i++)
			run_link(&stage, i);
		run_host(&stage);
		if (recording_writer__add(writer, &stage.sample))
			return 1;
	}
	err = recording_writer__close(writer);
	end(&stage);
	return err ? 1 : 0;
}
