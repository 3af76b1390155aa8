/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Durations that shift: how many of them are beyond a cut that few were beyond before.
 *
 * Two cuts, two symptoms: the body's tells that everything takes longer, the tail's that one in ten
 * is as slow as the slowest hundredth was.  Means are never looked at.
 */
#include <math.h>

#include "base/hist_set.h"
#include "judge/detector.h"
#include "judge/silence.h"

#define NSEC_PER_SEC 1e9
#define LATE_NS	     2000000000ULL

/*
 * What a host that is short of processors does to times, and so to be expected there: a process
 * waits for the slices of a handful of others, and that is how late one in ten is.
 */
static const double pressed_margin_ns[TIMED_COUNT] = {
	[TIMED_RESPONSE] = 15e6, [TIMED_PICKUP] = 20e6, [TIMED_RTT] = 8e6,
	[TIMED_CONNECT] = 15e6,	 [TIMED_GAP] = 0,
};
#define LATE_PACKET_S 0.3
#define LATE_PACKETS  2
#define RISEN_LOOKS   2
#define PRESSED_P0    0.1
#define PRESSED_P1    0.5

static const enum hist_operation operations[TIMED_COUNT] = {
	[TIMED_RESPONSE] = HIST_RESPONSE, [TIMED_PICKUP] = HIST_PICKUP, [TIMED_RTT] = HIST_RTT,
	[TIMED_CONNECT] = HIST_CONNECT,	  [TIMED_GAP] = HIST_GAP,
};

/*
 * The round trips are the kernel's smoothed ones, one for each socket and census.  With m
 * acknowledgements between two looks they are an autoregressive series with coefficient
 * r = (7/8)^m (RFC 6298: alpha = 1/8), and n of them are worth n (1 - r)/(1 + r) independent ones
 * (Bartlett, Journal of the Royal Statistical Society supplement 8, 1946).  Without any
 * acknowledgement the same value is read again and says nothing.
 */
static double worth(const struct look *look, enum timed timed, double n)
{
	double acks, r;

	if (timed != TIMED_RTT || !(n > 0))
		return 1;
	acks = (double)look->delta[PEER_DATA_SEGMENTS_OUT] / n;
	r = pow(7.0 / 8.0, acks);
	return (1 - r) / (1 + r);
}

/* The durations since the shift began, or of the last few seconds: not of good times as well. */
static void of_late(const struct link_watch *watch, const struct look *look,
		    const struct detector *self, struct hist *late)
{
	const struct shift *shift = &watch->shift[self->symptom];
	const struct timed_watch *timed = watch->timed[self->timed];
	uint64_t from_ns = look->now_ns - LATE_NS;

	*late = (struct hist){};
	if (shift->raised && shift->began_ns > from_ns - LATE_NS)
		from_ns = shift->began_ns + WINDOW_SLOT_NS / 2;
	if (!timed || !timed->window.sum.count)
		return;
	time_window__since(&timed->window, from_ns, late);
	if (!late->count)
		*late = timed->window.sum;
}

/*
 * What a person reads beside "usually".  Where a good part takes longer and the median does not,
 * the slowest twentieth is told and not the median.  @normal: NULL when it is not known.
 */
static void tell(struct link_watch *watch, const struct look *look, const struct detector *self,
		 const struct time_normal *normal, bool tail)
{
	struct symptom *symptom = &watch->symptom[self->symptom];
	double normal_ns = 0, value_ns;
	struct hist late;

	of_late(watch, look, self, &late);
	symptom->units = late.count;
	symptom->value = symptom->baseline = READING_NOT_AVAILABLE;
	if (normal)
		normal_ns = tail ? normal->p99_ns : normal->p50_ns;
	if (late.count) {
		value_ns = hist_quantile_ns(&late, tail ? 0.99 : 0.5);
		if (normal && !tail && watch->shift[self->symptom].raised &&
		    hist_bucket((uint64_t)value_ns) <= normal->body.bucket) {
			value_ns = hist_quantile_ns(&late, 0.95);
			normal_ns = normal->p95_ns;
		}
		symptom->value = reading_of(value_ns / NSEC_PER_SEC);
	}
	if (normal_ns > 0)
		symptom->baseline = reading_of(normal_ns / NSEC_PER_SEC);
}

/* The state from the shift, as it is now. */
static void tell_state(struct symptom *symptom, const struct shift *shift, const struct look *look,
		       bool known)
{
	symptom->hard = false;
	symptom->strength = shift->up.statistic;
	if (shift->raised) {
		symptom->state = SYMPTOM_RAISED;
		symptom->began_ns = shift->began_ns;
		symptom->raised_ns = shift->raised_ns;
		symptom->last_ns = shift->last_ns;
		symptom->strength = fmax(symptom->strength, look->threshold);
	} else if (!symptom->units) {
		symptom__not_observed(symptom);
	} else {
		symptom->state = known ? SYMPTOM_NORMAL : SYMPTOM_LEARNING;
	}
}

/* The cut that @look is held against. */
static struct time_cut cut_now(const struct time_normal *normal, const struct look *look,
			       enum timed timed, bool tail)
{
	struct time_cut cut = tail ? normal->tail : normal->body;
	double from_ns = tail ? normal->p99_ns : normal->p50_ns;
	uint32_t bucket;

	if (!look->pressed || cut.bucket >= HIST_BUCKETS)
		return cut;
	bucket = hist_bucket((uint64_t)(from_ns + pressed_margin_ns[timed]));
	cut.bucket = bucket > cut.bucket ? bucket : cut.bucket;
	cut.p0 = fmax(cut.p0, PRESSED_P0);
	cut.p1 = fmax(cut.p1, PRESSED_P1);
	return cut;
}

/*
 * One packet that is late, and was sent again for nothing, makes late what waits behind it: so many
 * are no sign of anything else.  It is taken as late by one retransmission timeout and a half.
 */
static double excused(const struct look *look, enum timed timed, double n)
{
	double behind = 0;

	if (timed == TIMED_RESPONSE && look->elapsed_s > 0)
		behind = LATE_PACKET_S * n / look->elapsed_s;
	else if (timed != TIMED_RTT)
		return 0;
	return look->repeats * (1 + behind);
}

/*
 * The round trip of a link that sends seldom is measured once in a second or two, and its smoothed
 * value is worth little as one of many.  But when it is where the learned tail has no place for it,
 * and further than two late packets can have moved it (each by an eighth of how late it was), in
 * two looks with acknowledgements, then the way has become slow.
 */
static bool has_risen(struct link_watch *watch, const struct look *look,
		      const struct time_normal *normal)
{
	const struct peer *total = look->link->total;
	double srtt_ns = total->srtt_us * 1e3;
	double margin_ns = LATE_PACKETS * LATE_PACKET_S / 8 * NSEC_PER_SEC;

	if (!look->link->gauges_known || !total->alive)
		return watch->risen_ns > 0 && watch->risen >= RISEN_LOOKS;
	if (srtt_ns < normal->p99_ns + margin_ns || wait_nats(normal, srtt_ns) < look->threshold) {
		watch->risen_ns = 0;
		watch->risen = 0;
		return false;
	}
	if (!watch->risen_ns)
		watch->risen_ns = look->before_ns;
	watch->risen += look->delta[PEER_DATA_SEGMENTS_OUT] > 0;
	return watch->risen >= RISEN_LOOKS;
}

static void detect(struct link_watch *watch, const struct look *look, const struct detector *self,
		   bool tail)
{
	struct symptom *symptom = &watch->symptom[self->symptom];
	struct shift *shift = &watch->shift[self->symptom];
	struct time_normal *normal = look->normal->time[self->timed];
	const struct hist *came = &look->hist[self->timed];
	bool known = look->normal->learned && normal && time_normal__known(normal);
	double n = (double)came->count, k = 0, late, w = worth(look, self->timed, n);

	if (!timed_known(look, operations[self->timed])) {
		symptom__not_observed(symptom);
		return;
	}
	if (known) {
		struct time_cut cut = cut_now(normal, look, self->timed, tail);
		struct cusum_design design = {.p0 = cut.p0,
					      .p1 = cut.p1,
					      .threshold = look->threshold,
					      .rise = self->rise};

		late = n > 0 ? time_beyond(came, &cut) : 0;
		k = fmax(0, late - excused(look, self->timed, n));
		n -= late - k;
		w /= time_normal__dispersion(normal);
		shift__take(shift, &design, k * w, n * w, look->now_ns, look->fade);
		if (!tail && n > 0 && !shift->raised && !look->pressed && self->timed != TIMED_RTT)
			time_normal__see_dispersion(normal, k, n);
	}
	tell(watch, look, self, known ? normal : NULL, tail);
	tell_state(symptom, shift, look, known);
	if (self->timed != TIMED_RTT || !known || !has_risen(watch, look, normal))
		return;
	symptom->value = reading_of(look->link->total->srtt_us / 1e6);
	symptom__raise(symptom, look, watch->risen_ns, look->threshold, false);
}

void detect_body(struct link_watch *watch, const struct look *look, const struct detector *self)
{
	detect(watch, look, self, false);
}

void detect_tail(struct link_watch *watch, const struct look *look, const struct detector *self)
{
	detect(watch, look, self, true);
}
