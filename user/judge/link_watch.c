/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One link under watch: each sample is compared with the one before, the detectors look at the
 * difference, and what was normal about it is learned.
 *
 * The order matters: detectors see a baseline that knows nothing of this sample yet.  Cost: a pass
 * over the counters, one over the histograms that changed, one row of the table after the other;
 * nothing is allocated but at the first sight of an operation.  Memory: some 11 KiB for each link
 * and 6 KiB for each operation seen on it.
 */
#include "judge/link_watch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hist_set.h"
#include "base/session_hours.h"
#include "judge/detector.h"

#define NSEC_PER_SEC   1e9
#define LEARN_S	       30.0 /* of traffic, before shifts are judged */
#define SETTLE_S       60.0
#define HALF_LIFE_S    14400.0 /* four hours of traffic: half a trading session */
#define CHATTER_SHARE  0.5     /* heartbeats are shorter than half a request */
#define CHATTER_MEMORY 0.999
#define PRESSED	       0.5 /* of the time some task waits for a processor */
#define REFUTED_MOST   3.0
#define ELAPSED_MOST_S 60.0 /* what a gap between samples counts for, at most */

static const enum hist_operation timed_operations[TIMED_COUNT] = {
	[TIMED_RESPONSE] = HIST_RESPONSE, [TIMED_PICKUP] = HIST_PICKUP, [TIMED_RTT] = HIST_RTT,
	[TIMED_CONNECT] = HIST_CONNECT,	  [TIMED_GAP] = HIST_GAP,
};

const char *link_symptom_signal(enum link_symptom symptom)
{
	static const char *const signals[] = {
#define LINK_SYMPTOM_SIGNAL(name, signal, unit) [SYMPTOM_##name] = signal,
		LINK_SYMPTOMS(LINK_SYMPTOM_SIGNAL)
#undef LINK_SYMPTOM_SIGNAL
	};

	return signals[symptom];
}

const char *link_symptom_unit(enum link_symptom symptom)
{
	static const char *const units[] = {
#define LINK_SYMPTOM_UNIT(name, signal, unit) [SYMPTOM_##name] = unit,
		LINK_SYMPTOMS(LINK_SYMPTOM_UNIT)
#undef LINK_SYMPTOM_UNIT
	};

	return units[symptom];
}

void symptom__not_observed(struct symptom *symptom)
{
	*symptom = (struct symptom){.state = SYMPTOM_NOT_OBSERVED};
}

void symptom__raise(struct symptom *symptom, const struct look *look, uint64_t began_ns,
		    double strength, bool hard)
{
	if (symptom->state != SYMPTOM_RAISED) {
		symptom->began_ns = began_ns < look->now_ns ? began_ns : look->now_ns;
		symptom->raised_ns = look->now_ns;
	}
	symptom->state = SYMPTOM_RAISED;
	symptom->last_ns = look->now_ns;
	symptom->strength = strength;
	symptom->hard = hard;
}

/* A sign that comes and goes is still one: it is over when it stayed away for so long. */
#define CALM_NS 3000000000ULL

void symptom__calm(struct symptom *symptom, const struct look *look)
{
	if (symptom->state == SYMPTOM_RAISED && look->now_ns - symptom->last_ns < CALM_NS)
		return;
	symptom->state = SYMPTOM_NORMAL;
	symptom->strength = 0;
	symptom->hard = false;
}

struct link_watch *link_watch__new(const struct config_link *config)
{
	struct link_watch *watch = calloc(1, sizeof(*watch));

	if (watch)
		watch->config = config;
	return watch;
}

void link_watch__free(struct link_watch *watch)
{
	if (!watch)
		return;
	for (unsigned i = 0; i < SLOT_COUNT; i++)
		link_normal__clear(&watch->normal[i]);
	for (unsigned i = 0; i < TIMED_COUNT; i++)
		free(watch->timed[i]);
	free(watch);
}

void link_watch__reconfigure(struct link_watch *watch, const struct config_link *config)
{
	watch->config = config;
	watch->zone_known = false;
}

/* ---- what came since the last look ------------------------------------------------------- */

/* Drops that a rule decided on; the other ones of ours are for want of room. */
static const char *const ruled_reasons[] = {
	"NETFILTER_DROP",    "SOCKET_FILTER", "XDP",	     "TC_INGRESS",     "TC_EGRESS",
	"BPF_CGROUP_EGRESS", "XFRM_POLICY",   "IP_RPFILTER", "IP_OUTNOROUTES", "NEIGH_FAILED",
};
static const char *const crowded_reasons[] = {
	"QDISC_DROP",	   "SOCKET_RCVBUFF",  "SOCKET_BACKLOG",	     "CPU_BACKLOG",
	"PROTO_MEM",	   "FULL_RING",	      "TCP_RCVQ_DROP",	     "NOMEM",
	"NEIGH_QUEUEFULL", "QDISC_OVERLIMIT", "TCP_OFO_QUEUE_PRUNE", "TCP_ZEROWINDOW",
	"QDISC_CONGESTED",
};

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(word, words[i]) == 0)
			return true;
	}
	return false;
}

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

static void sum_drops(const struct link_sample *link, const struct sample *sample, uint64_t *ruled,
		      uint64_t *crowded)
{
	for (size_t i = 0; i < sample->drop_count; i++) {
		const struct drop_sample *drop = &sample->drops[i];

		if (!drop->link || strcmp(drop->link, link->name) != 0)
			continue;
		if (is_one_of(drop->reason, ruled_reasons, COUNT_OF(ruled_reasons)))
			*ruled += drop->packets;
		else if (is_one_of(drop->reason, crowded_reasons, COUNT_OF(crowded_reasons)))
			*crowded += drop->packets;
	}
}

static uint64_t news(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : 0;
}

static void compare_drops(struct link_watch *watch, struct look *look)
{
	uint64_t ruled = 0, crowded = 0;

	sum_drops(look->link, look->sample, &ruled, &crowded);
	look->drops_ruled = news(ruled, watch->drops_ruled);
	look->drops_crowded = news(crowded, watch->drops_crowded);
	watch->drops_ruled = ruled;
	watch->drops_crowded = crowded;
}

/* Returns false when a counter went back: the totals began anew, and say nothing of this time. */
static bool compare_counters(struct link_watch *watch, struct look *look)
{
	const struct peer *total = look->link->total;
	bool forward = true;

	for (unsigned i = 0; i < PEER_COUNTER_COUNT; i++) {
		forward &= total->counter[i] >= watch->counter[i];
		look->delta[i] = news(total->counter[i], watch->counter[i]);
		watch->counter[i] = total->counter[i];
	}
	return forward;
}

static struct timed_watch *timed__use(struct link_watch *watch, enum timed timed)
{
	if (!watch->timed[timed])
		watch->timed[timed] = calloc(1, sizeof(struct timed_watch));
	return watch->timed[timed];
}

static void compare_times(struct link_watch *watch, struct look *look)
{
	for (unsigned i = 0; i < TIMED_COUNT; i++) {
		const struct hist *now = hist_set__at(look->link->hists, timed_operations[i]);
		struct timed_watch *timed = watch->timed[i];
		struct hist *delta = &look->hist[i];

		delta->count = 0;
		if (timed)
			time_window__advance(&timed->window, look->now_ns);
		if (!now || (timed && now->count == timed->before.count))
			continue;
		timed = timed__use(watch, i);
		if (!timed)
			continue; /* without memory for it an operation is not seen */
		time_window__advance(&timed->window, look->now_ns);
		hist_delta(now, &timed->before, delta);
		timed->before = *now;
		/* A histogram that went back is begun anew, and this is its past. */
		delta->count = hist_samples(delta);
	}
}

/* ---- what is to be taken into account ------------------------------------------------------ */

/*
 * Is this host short of processors?  Then what runs on it waits, be it ours or the far end's (which
 * may be a container beside us), and a few late answers are what is to be expected.
 */
static bool short_of_processors(struct link_watch *watch, const struct look *look)
{
	struct reading some_us = look->sample->host[HOST_CPU_SOME_US], before = watch->cpu_some_us;
	double share;

	watch->cpu_some_us = some_us;
	if (!some_us.known || !before.known || some_us.value < before.value)
		return watch->pressure >= PRESSED;
	share = fmin((some_us.value - before.value) / 1e6 / look->elapsed_s, 1);
	watch->pressure = share + look->fade * (watch->pressure - share);
	return fmax(share, watch->pressure) >= PRESSED;
}

/*
 * Repetitions that the far side reports as duplicates were no losses: so many episodes are taken
 * off, also when the report comes a look later.
 */
static double refute_episodes(struct link_watch *watch, const struct look *look)
{
	double told =
		(double)news(look->delta[PEER_DSACKS_IN], look->delta[PEER_EPISODES_SPURIOUS]);
	double taken;

	watch->refuted = fmin(watch->refuted * look->fade + told, REFUTED_MOST);
	taken = fmin(watch->refuted, (double)look->delta[PEER_EPISODES]);
	watch->refuted -= taken;
	return taken;
}

static double count_repeats(struct link_watch *watch, const struct look *look)
{
	double now = (double)look->delta[PEER_DSACKS_IN], before = watch->repeats;

	watch->repeats = now;
	return now + before;
}

/* ---- time ---------------------------------------------------------------------------------- */

static bool in_session(struct link_watch *watch, const struct sample *sample)
{
	const struct session_window *window = watch->config ? watch->config->session : NULL;
	int64_t now_s = sample->wall.tv_sec, block = now_s / ZONE_BLOCK_S;

	if (!window)
		return true;
	if (!watch->zone_known || watch->zone_block != block) {
		watch->zone_offset_s = zone_offset_s(window->zone, now_s);
		watch->zone_block = block;
		watch->zone_known = true;
	}
	return session_contains(window, watch->zone_offset_s, now_s);
}

static void forget_tests(struct link_watch *watch)
{
	for (unsigned i = 0; i < LINK_SYMPTOM_COUNT; i++) {
		if (!watch->shift[i].raised)
			shift__forget(&watch->shift[i]);
	}
}

static void follow_session(struct link_watch *watch, const struct look *look, bool first)
{
	enum normal_slot slot = in_session(watch, look->sample) ? SLOT_IN_SESSION : SLOT_OUTSIDE;

	if (slot == watch->slot && !first)
		return;
	watch->session_ns = first ? 0 : look->now_ns;
	watch->slot = slot;
	forget_tests(watch);
}

/* ---- learning ------------------------------------------------------------------------------ */

/*
 * Is something wrong, or on its way to be told?  A weak fault takes longer to tell than a minute,
 * and must not be learned until then; a statistic a third of the way up has, on a link that is
 * well, the odds of e^(h/3) against it.
 */
static bool anything_wrong(const struct link_watch *watch, double threshold)
{
	for (unsigned i = 0; i < LINK_SYMPTOM_COUNT; i++) {
		if (watch->symptom[i].state == SYMPTOM_RAISED ||
		    watch->shift[i].up.statistic > threshold / 3)
			return true;
	}
	return false;
}

static void settle(struct link_normal *normal)
{
	bool keep = !normal->tainted;
	double remaining =
		normal->learned ? exp2((normal->settled_s - normal->traffic_s) / HALF_LIFE_S) : 1;

	for (unsigned i = 0; i < LINK_SYMPTOM_COUNT; i++)
		share_normal__settle(&normal->share[i], keep, remaining);
	for (unsigned i = 0; i < TIMED_COUNT; i++) {
		if (normal->time[i])
			time_normal__settle(normal->time[i], keep, remaining);
	}
	normal->pending_longest_ns *= remaining;
	if (!keep && !normal->learned)
		normal->traffic_s = normal->settled_s; /* that look is left out, and no other */
	if (normal->traffic_s >= LEARN_S)
		normal->learned = true;
	normal->settled_s = normal->traffic_s;
	normal->tainted = false;
}

static void learn(struct link_watch *watch, const struct look *look, bool may)
{
	struct link_normal *normal = &watch->normal[watch->slot];
	bool traffic = look->delta[PEER_SEGMENTS_IN] + look->delta[PEER_SEGMENTS_OUT] +
			       look->delta[PEER_DATAGRAMS_IN] + look->delta[PEER_DATAGRAMS_OUT] >
		       0;

	if (!may || anything_wrong(watch, look->threshold))
		normal->tainted = true;
	for (unsigned i = 0; i < TIMED_COUNT; i++) {
		if (!look->hist[i].count)
			continue;
		if (!normal->time[i])
			normal->time[i] = time_normal__new(timed_margin_ns[i]);
		if (normal->time[i])
			time_normal__see(normal->time[i], &look->hist[i]);
	}
	if (traffic)
		normal->traffic_s += look->elapsed_s;
	if (!normal->learned || normal->traffic_s - normal->settled_s >= SETTLE_S)
		settle(normal);
}

/* ---- the look ------------------------------------------------------------------------------ */

static void count_for_figures(struct link_watch *watch, const struct look *look)
{
	const uint64_t *delta = look->delta;
	double ok = (double)delta[PEER_CONNECT_OK];
	double failed = (double)delta[PEER_CONNECT_REFUSED] + delta[PEER_CONNECT_TIMED_OUT] +
			delta[PEER_CONNECT_UNREACHABLE] + delta[PEER_CONNECT_LOCAL_ERROR];
	const double more[WINDOW_COUNTS] = {
		[WINDOW_SEGMENTS_OUT] = delta[PEER_SEGMENTS_OUT],
		[WINDOW_SEGMENTS_IN] = delta[PEER_SEGMENTS_IN],
		[WINDOW_DATA_OUT] = delta[PEER_DATA_SEGMENTS_OUT],
		[WINDOW_EPISODES] = delta[PEER_EPISODES],
		[WINDOW_REQUESTS] =
			(double)look->hist[TIMED_RESPONSE].count + delta[PEER_RESPONSE_UNPAIRED],
		[WINDOW_CONNECTS] = ok + failed + delta[PEER_ACCEPTED],
		[WINDOW_CONNECTS_FAILED] = failed,
		[WINDOW_RESETS] =
			(double)news(delta[PEER_RESETS_RECEIVED], delta[PEER_RESETS_REFUSED]) +
			delta[PEER_RESETS_SENT],
	};

	for (unsigned i = 0; i < WINDOW_COUNTS; i++)
		link_window__add(&watch->window, i, more[i]);
	for (unsigned i = 0; i < TIMED_COUNT; i++) {
		if (look->hist[i].count)
			time_window__add(&watch->timed[i]->window, &look->hist[i]);
	}
}

/* What we send while a request waits: more of the same, or something smaller? */
static void follow_pending(struct link_watch *watch, const struct look *look)
{
	struct link_normal *normal = &watch->normal[watch->slot];
	uint64_t pending_ns = look->link->total->pending_ns;
	double segments = (double)look->delta[PEER_DATA_SEGMENTS_OUT];
	double bytes = (double)look->delta[PEER_BYTES_OUT];
	double usual = normal->segments > 0 ? normal->segment_bytes / normal->segments : 0;

	if (pending_ns != watch->pending_ns) {
		/* What waited for two looks, and not for too long, was answered after all. */
		if (watch->pending_ns && watch->pending_ns < look->before_ns &&
		    watch->symptom[SYMPTOM_PENDING].state != SYMPTOM_RAISED)
			normal->pending_longest_ns =
				fmax(normal->pending_longest_ns,
				     (double)(look->before_ns - watch->pending_ns));
		watch->pending_ns = pending_ns;
		watch->chatter = false;
	} else if (pending_ns && segments > 0) {
		watch->chatter = bytes < CHATTER_SHARE * usual * segments;
	}
	if (!pending_ns) {
		normal->segment_bytes = normal->segment_bytes * CHATTER_MEMORY + bytes;
		normal->segments = normal->segments * CHATTER_MEMORY + segments;
	}
}

/* The waits that are measured from look to look. */
static void follow_waits(struct link_watch *watch, const struct look *look)
{
	const struct peer *total = look->link->total;
	bool datagrams =
		total->counter[PEER_DATAGRAMS_IN] && !total->counter[PEER_DATA_SEGMENTS_IN];

	watch->last_data_ns = total->last_data_ns;
	/* A link of datagrams alone has no connection to lose. */
	if (!look->link->sockets && !datagrams && !look->delta[PEER_SEGMENTS_IN])
		watch->connected_ns = 0;
	else if (!watch->connected_ns)
		watch->connected_ns = look->now_ns;
	if (look->link->gauges_known)
		follow_pending(watch, look);
}

void link_watch__take(struct link_watch *watch, const struct link_sample *link,
		      const struct sample *sample, double threshold, bool learn_now)
{
	struct look look = {
		.link = link,
		.sample = sample,
		.now_ns = sample->time_ns,
		.seen_ns = sample->census_ns ? sample->census_ns : sample->time_ns,
		.before_ns = watch->look_ns,
		.threshold = threshold,
	};
	bool first = !watch->look_ns, forward;

	if (sample->time_ns <= watch->look_ns)
		return;
	forward = compare_counters(watch, &look);
	compare_times(watch, &look);
	compare_drops(watch, &look);
	follow_session(watch, &look, first);
	link_window__advance(&watch->window, look.now_ns);
	watch->look_ns = look.now_ns;
	if (first || !forward) {
		watch->connected_ns = link->sockets ? look.now_ns : 0;
		watch->last_data_ns = link->total->last_data_ns;
		return;
	}
	look.elapsed_s = fmin((look.now_ns - look.before_ns) / NSEC_PER_SEC, ELAPSED_MOST_S);
	look.fade = exp(-look.elapsed_s / RECENT_S);
	look.normal = &watch->normal[watch->slot];
	look.pressed = short_of_processors(watch, &look);
	look.repeats = count_repeats(watch, &look);
	look.refuted = refute_episodes(watch, &look);
	follow_waits(watch, &look);
	count_for_figures(watch, &look);
	for (unsigned i = 0; i < LINK_SYMPTOM_COUNT; i++)
		link_detectors[i].look(watch, &look, &link_detectors[i]);
	learn(watch, &look, learn_now);
}

void link_watch__stood_still(struct link_watch *watch, uint64_t now_ns)
{
	watch->awake_ns = now_ns;
}

const struct symptom *link_watch__symptom(const struct link_watch *watch, enum link_symptom symptom)
{
	return &watch->symptom[symptom];
}

void link_watch__raise_in_company(struct link_watch *watch, enum link_symptom which)
{
	struct symptom *symptom = &watch->symptom[which];
	struct shift *shift = &watch->shift[which];

	if (symptom->state != SYMPTOM_NORMAL)
		return;
	shift__raise(shift, watch->look_ns);
	symptom->state = SYMPTOM_RAISED;
	symptom->began_ns = shift->began_ns;
	symptom->raised_ns = shift->raised_ns;
	symptom->last_ns = shift->last_ns;
}

bool link_watch__learned(const struct link_watch *watch)
{
	return watch->normal[watch->slot].learned;
}

bool link_watch__in_session(const struct link_watch *watch)
{
	return watch->slot == SLOT_IN_SESSION;
}
