/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of links cost: processor time and memory for each link and sample.
 *
 *	judge_cost [LINKS [SAMPLES]]
 *
 * Busy links are the worst case: all operations timed, every histogram changed in each sample, the
 * values spread over a third of the buckets.  Idle ones are looked at all the same.  Prints a JSON
 * object.
 */
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/hist_set.h"
#include "judge/link_watch.h"
#include "judge/threshold.h"

#define WARM_SAMPLES 40

struct bench {
	struct link_watch *watch;
	struct peer total;
	struct hist_set *hists;
	struct link_sample link;
};

static double cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void happen(struct bench *bench, struct sample *sample, unsigned round)
{
	static const enum hist_operation operations[] = {HIST_RESPONSE, HIST_PICKUP, HIST_RTT,
							 HIST_CONNECT, HIST_GAP};

	for (unsigned i = PEER_SEGMENTS_OUT; i <= PEER_BYTES_IN; i++)
		bench->total.counter[i] += 200;
	bench->total.counter[PEER_CONNECT_OK] += 5;
	bench->total.last_data_ns = bench->total.last_ack_ns = sample->time_ns;
	for (unsigned i = 0; i < sizeof(operations) / sizeof(*operations); i++) {
		struct hist *hist = hist_set__use(bench->hists, operations[i]);

		for (unsigned j = 0; hist && j < 64; j++) {
			hist->bucket[60 + j]++;
			hist->count++;
		}
	}
	(void)round;
}

/* Nanoseconds for each link and sample; negative without memory. */
static double run(struct bench *links, size_t count, unsigned samples, bool busy)
{
	struct sample sample = {.time_ns = 1000000000000ULL, .drops_known = true};
	double threshold = threshold_nats(1.0 / 30, 1, count), spent = 0;

	sample.sensor.operations = ~0U;
	for (unsigned i = 0; i < PEER_COUNTER_COUNT; i++)
		sample.sensor.counter_known[i] = true;
	for (unsigned round = 0; round < WARM_SAMPLES + samples; round++) {
		double began;

		sample.time_ns += 1000000000ULL;
		for (size_t i = 0; busy && i < count; i++)
			happen(&links[i], &sample, round);
		began = cpu_ns();
		for (size_t i = 0; i < count; i++)
			link_watch__take(links[i].watch, &links[i].link, &sample, threshold, true);
		if (round >= WARM_SAMPLES)
			spent += cpu_ns() - began;
	}
	return spent / samples / (double)count;
}

static int measure(size_t count, unsigned samples, bool busy)
{
	struct bench *links = calloc(count, sizeof(*links));
	size_t before, held;
	double ns;

	if (!links)
		return 1;
	for (size_t i = 0; i < count; i++) {
		links[i].hists = hist_set__new();
		links[i].link = (struct link_sample){.name = "rates",
						     .observed = true,
						     .gauges_known = true,
						     .sockets = 1,
						     .total = &links[i].total,
						     .hists = links[i].hists};
		for (unsigned j = 0; busy && j < HIST_OPERATION_COUNT; j++)
			hist_set__use(links[i].hists, j);
	}
	before = mallinfo2().uordblks;
	for (size_t i = 0; i < count; i++) {
		links[i].watch = link_watch__new(NULL);
		if (!links[i].watch)
			return 1;
	}
	ns = run(links, count, samples, busy);
	held = mallinfo2().uordblks - before;
	printf("\"%s\": {\"ns_per_link_sample\": %.0f, \"bytes_per_link\": %zu}%s",
	       busy ? "busy" : "idle", ns, held / count, busy ? ", " : "}\n");
	for (size_t i = 0; i < count; i++) {
		link_watch__free(links[i].watch);
		hist_set__free(links[i].hists);
	}
	free(links);
	return 0;
}

int main(int argc, char **argv)
{
	size_t links = argc > 1 ? strtoul(argv[1], NULL, 10) : 100;
	unsigned samples = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 600;

	if (!links || !samples || links > 100000) {
		fprintf(stderr, "usage: judge_cost [LINKS [SAMPLES]]\n");
		return 2;
	}
	printf("{\"links\": %zu, \"samples\": %u, ", links, samples);
	return measure(links, samples, true) || measure(links, samples, false);
}
