/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A link made of numbers: a stage adds to its totals what a test says happened in a tick, and shows
 * the sample to a watch.  Random numbers come from a seed that the test prints.  To be
 * included behind cmocka.h.
 */
#ifndef FAULTLINE_TEST_LINK_STAGE_H
#define FAULTLINE_TEST_LINK_STAGE_H

#include <math.h>
#include <string.h>

#include "base/hist_set.h"
#include "judge/link_watch.h"
#include "judge/threshold.h"

#define STAGE_BEGIN_NS 5000000000000ULL
#define STAGE_SECOND   1000000000ULL
/* Monday, 2 November 2026, 09:00 UTC. */
#define STAGE_WALL_S 1793610000LL

struct stage {
	struct link_watch *watch;
	struct link_sample link;
	struct sample sample;
	struct peer total;
	struct hist_set *hists;
	double threshold;
	bool learn;
};

/* splitmix64 (Steele, Lea and Flood, 2014). */
static inline uint64_t draw_bits(uint64_t *state)
{
	uint64_t bits = *state += 0x9e3779b97f4a7c15ULL;

	bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ULL;
	bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebULL;
	return bits ^ (bits >> 31);
}

/* In 0 ... 1, neither end among them. */
static inline double draw(uint64_t *state)
{
	return ((double)(draw_bits(state) >> 11) + 0.5) / 9007199254740992.0;
}

static inline double draw_normal(uint64_t *state)
{
	return sqrt(-2 * log(draw(state))) * cos(2 * M_PI * draw(state));
}

/* By waiting times between successes, so that its cost is that of the successes. */
static inline unsigned draw_binomial(uint64_t *state, unsigned n, double p)
{
	unsigned successes = 0;
	double at = 0;

	if (p <= 0)
		return 0;
	if (p >= 1)
		return n;
	for (;;) {
		at += floor(log(draw(state)) / log1p(-p)) + 1;
		if (at > n)
			return successes;
		successes++;
	}
}

static inline void stage__begin(struct stage *stage, const struct config_link *config)
{
	memset(stage, 0, sizeof(*stage));
	stage->watch = link_watch__new(config);
	stage->hists = hist_set__new();
	stage->link = (struct link_sample){.name = "rates",
					   .declared = config != NULL,
					   .observed = true,
					   .gauges_known = true,
					   .sockets = 1,
					   .total = &stage->total,
					   .hists = stage->hists};
	stage->sample.time_ns = STAGE_BEGIN_NS;
	stage->sample.wall.tv_sec = STAGE_WALL_S;
	stage->sample.links = &stage->link;
	stage->sample.link_count = 1;
	stage->sample.sensor.operations = ~0U;
	stage->sample.drops_known = true;
	for (unsigned i = 0; i < PEER_COUNTER_COUNT; i++)
		stage->sample.sensor.counter_known[i] = true;
	stage->threshold = threshold_nats(1.0 / 30, 1, 8);
	stage->learn = true;
	link_watch__take(stage->watch, &stage->link, &stage->sample, stage->threshold, true);
}

static inline void stage__end(struct stage *stage)
{
	link_watch__free(stage->watch);
	hist_set__free(stage->hists);
}

static inline void stage__time(struct stage *stage, enum hist_operation operation, double seconds)
{
	struct hist *hist = hist_set__use(stage->hists, operation);
	uint64_t ns = (uint64_t)(seconds * 1e9);

	hist->count++;
	hist->sum_ns += ns;
	if (ns > hist->max_ns)
		hist->max_ns = ns;
	hist->bucket[hist_bucket(ns)]++;
}

/* Segments with data both ways, acknowledged and read, as of the end of the coming tick. */
static inline void stage__traffic(struct stage *stage, unsigned out, unsigned in)
{
	__u64 *counter = stage->total.counter;

	counter[PEER_SEGMENTS_OUT] += out + in / 2;
	counter[PEER_SEGMENTS_IN] += in + out / 2;
	counter[PEER_DATA_SEGMENTS_OUT] += out;
	counter[PEER_DATA_SEGMENTS_IN] += in;
	counter[PEER_BYTES_OUT] += 100ULL * out;
	counter[PEER_BYTES_IN] += 100ULL * in;
	stage->total.last_ack_ns = stage->sample.time_ns + STAGE_SECOND * 99 / 100;
	if (in)
		stage->total.last_data_ns = stage->sample.time_ns + STAGE_SECOND * 99 / 100;
}

/* A second is over: the watch looks. */
static inline void stage__tick(struct stage *stage)
{
	stage->sample.time_ns += STAGE_SECOND;
	stage->sample.wall.tv_sec++;
	link_watch__take(stage->watch, &stage->link, &stage->sample, stage->threshold,
			 stage->learn);
}

static inline const struct symptom *stage__symptom(const struct stage *stage,
						   enum link_symptom symptom)
{
	return link_watch__symptom(stage->watch, symptom);
}

/* The first symptom that is raised, or LINK_SYMPTOM_COUNT. */
static inline enum link_symptom stage__raised(const struct stage *stage)
{
	unsigned i;

	for (i = 0; i < LINK_SYMPTOM_COUNT; i++) {
		if (stage__symptom(stage, i)->state == SYMPTOM_RAISED)
			break;
	}
	return i;
}

/* Requests answered in a lognormal time around @median_s; @spread: of its logarithm. */
static inline void stage__requests(struct stage *stage, uint64_t *seed, unsigned requests,
				   double median_s, double spread)
{
	stage__traffic(stage, requests, requests);
	for (unsigned i = 0; i < requests; i++) {
		stage__time(stage, HIST_RESPONSE, median_s * exp(spread * draw_normal(seed)));
		stage__time(stage, HIST_PICKUP, 50e-6 * exp(0.5 * draw_normal(seed)));
	}
	if (requests)
		stage__time(stage, HIST_RTT, 2e-3 * exp(0.05 * draw_normal(seed)));
}

#define STAGE_WARM_S 120

/* A second of a link that is well: requests, connects and updates. */
static inline void stage__ordinary(struct stage *stage, uint64_t *seed)
{
	stage__requests(stage, seed, 40, 1e-3, 0.3);
	stage->total.alive = 2;
	stage->total.counter[PEER_CONNECT_OK] += 1;
	stage->total.counter[PEER_SOCKETS_CLOSED] += 1;
	stage->total.counter[PEER_DATAGRAMS_IN] += 100;
	for (unsigned i = 0; i < 40; i++)
		stage__time(stage, HIST_GAP, 5e-3 * (0.6 + 0.8 * draw(seed)));
	for (unsigned i = 0; i < 4; i++)
		stage__time(stage, HIST_CONNECT, 2e-3 * exp(0.2 * draw_normal(seed)));
}

/* A stage with a link that was well for two minutes. */
static inline void stage__warm(struct stage *stage, const struct config_link *config,
			       uint64_t *seed)
{
	stage__begin(stage, config);
	for (unsigned i = 0; i < STAGE_WARM_S; i++) {
		stage__ordinary(stage, seed);
		stage__tick(stage);
		if (stage__raised(stage) != LINK_SYMPTOM_COUNT)
			fail_msg("%s raised", link_symptom_signal(stage__raised(stage)));
	}
	assert_true(link_watch__learned(stage->watch));
}

#endif
