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

#define NSEC_PER_SEC 1e9
#define LATE_NS	     2000000000ULL

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

/*
 * What a person reads beside "usually": of the time since the shift began, or of the last few
 * seconds, and not of a window that holds good times as well.
 */
static void tell(struct link_watch *watch, const struct look *look, const struct detector *self,
		 double quantile, double normal_ns)
{
	const struct shift *shift = &watch->shift[self->symptom];
	struct symptom *symptom = &watch->symptom[self->symptom];
	const struct timed_watch *timed = watch->timed[self->timed];
	uint64_t from_ns = look->now_ns - LATE_NS;
	struct hist late = {};

	if (shift->raised && shift->began_ns > from_ns - LATE_NS)
		from_ns = shift->began_ns + WINDOW_SLOT_NS / 2;
	if (timed && timed->window.sum.count) {
		time_window__since(&timed->window, from_ns, &late);
		if (!late.count)
			late = timed->window.sum;
	}
	symptom->units = late.count;
	symptom->value = late.count ? reading_of(hist_quantile_ns(&late, quantile) / NSEC_PER_SEC)
				    : READING_NOT_AVAILABLE;
	symptom->baseline = look->normal->learned && normal_ns > 0
				    ? reading_of(normal_ns / NSEC_PER_SEC)
				    : READING_NOT_AVAILABLE;
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

static void detect(struct link_watch *watch, const struct look *look, const struct detector *self,
		   bool tail)
{
	struct symptom *symptom = &watch->symptom[self->symptom];
	struct shift *shift = &watch->shift[self->symptom];
	struct time_normal *normal = look->normal->time[self->timed];
	const struct hist *came = &look->hist[self->timed];
	bool known = look->normal->learned && normal && time_normal__known(normal);
	double n = (double)came->count, k = 0, w = worth(look, self->timed, n);

	if (!timed_known(look, operations[self->timed])) {
		symptom__not_observed(symptom);
		return;
	}
	if (known) {
		const struct time_cut *cut = tail ? &normal->tail : &normal->body;
		struct cusum_design design = {.p0 = cut->p0,
					      .p1 = cut->p1,
					      .threshold = look->threshold,
					      .rise = self->rise};

		k = n > 0 ? time_beyond(came, cut) : 0;
		w /= time_normal__dispersion(normal);
		shift__take(shift, &design, k * w, n * w, look->now_ns, look->fade);
		if (!tail && n > 0 && !shift->raised && self->timed != TIMED_RTT)
			time_normal__see_dispersion(normal, k, n);
	}
	tell(watch, look, self, tail ? 0.99 : 0.5,
	     !known ? 0
	     : tail ? normal->p99_ns
		    : normal->p50_ns);
	tell_state(symptom, shift, look, known);
}

void detect_body(struct link_watch *watch, const struct look *look, const struct detector *self)
{
	detect(watch, look, self, false);
}

void detect_tail(struct link_watch *watch, const struct look *look, const struct detector *self)
{
	detect(watch, look, self, true);
}
