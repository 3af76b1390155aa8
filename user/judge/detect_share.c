/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shares that shift, and things that must not happen at all.
 *
 * A share is tested by a CUSUM once half a minute of traffic was seen.  Failures in a row need no
 * statistics, nor do events that a host that is well never has; but a single one is not enough,
 * since applications restart and try again: it takes three, or two that are a second apart.
 */
#include <math.h>

#include "judge/detector.h"

#define STREAK_ENOUGH  3.0
#define STREAK_LASTING 2.0
#define LASTING_NS     1000000000ULL
#define CONNECTING_NS  1500000000ULL /* a SYN lost once is answered a second later */
#define EVENTS_NS      10000000000ULL

static void tell_value(struct symptom *symptom, const struct shift *shift)
{
	symptom->units = (uint64_t)fmin(shift->recent_n, 1e18);
	symptom->value = shift->recent_n > 0 ? reading_of(shift->recent_k / shift->recent_n)
					     : READING_NOT_AVAILABLE;
}

/* Looks, and says what the CUSUM says; hard symptoms are the caller's. */
static void follow(struct link_watch *watch, const struct look *look, const struct detector *self,
		   double k, double n)
{
	const struct share_normal *normal = &look->normal->share[self->symptom];
	struct symptom *symptom = &watch->symptom[self->symptom];
	struct shift *shift = &watch->shift[self->symptom];
	struct cusum_design design = {.threshold = look->threshold, .rise = self->rise};
	bool hard = symptom->state == SYMPTOM_RAISED && symptom->hard;

	share_design(normal->k, normal->n, &self->rule, &design.p0, &design.p1);
	if (!look->normal->learned)
		design.p0 = 0; /* adds nothing */
	shift__take(shift, &design, k, n, look->now_ns, look->fade);
	tell_value(symptom, shift);
	symptom->baseline = look->normal->learned ? reading_of(share_normal__mean(normal))
						  : READING_NOT_AVAILABLE;
	if (k > 0)
		symptom->last_ns = look->now_ns;
	if (hard)
		return;
	symptom->strength = shift->up.statistic;
	symptom->hard = false;
	if (shift->raised) {
		symptom->state = SYMPTOM_RAISED;
		symptom->began_ns = shift->began_ns;
		symptom->raised_ns = shift->raised_ns;
		symptom->last_ns = shift->last_ns;
		symptom->strength = fmax(symptom->strength, look->threshold);
	} else if (shift->recent_n < 0.5) {
		symptom__not_observed(symptom);
	} else {
		symptom->state = look->normal->learned ? SYMPTOM_NORMAL : SYMPTOM_LEARNING;
	}
}

void detect_share(struct link_watch *watch, const struct look *look, const struct detector *self)
{
	struct symptom *symptom = &watch->symptom[self->symptom];
	double k = 0, n = 0;

	if (!self->count(watch, look, &k, &n)) {
		symptom__not_observed(symptom);
		return;
	}
	share_normal__see(&watch->normal[watch->slot].share[self->symptom], k, n);
	follow(watch, look, self, k, n);
}

static bool streak__take(struct streak *streak, const struct look *look, double k, double n)
{
	if (n > k) {
		*streak = (struct streak){};
		return false;
	}
	if (!(k > 0))
		return false;
	if (!(streak->events > 0))
		streak->first_ns = look->before_ns;
	streak->events += k;
	streak->last_ns = look->now_ns;
	return streak->events >= STREAK_ENOUGH ||
	       (streak->events >= STREAK_LASTING && look->now_ns - streak->first_ns > LASTING_NS);
}

void detect_failing(struct link_watch *watch, const struct look *look, const struct detector *self)
{
	struct symptom *symptom = &watch->symptom[self->symptom];
	struct streak *streak = &watch->streak[self->symptom];
	bool was_raised = symptom->state == SYMPTOM_RAISED, was_hard = was_raised && symptom->hard;
	double k = 0, n = 0;
	bool failing;

	if (!self->count(watch, look, &k, &n)) {
		symptom__not_observed(symptom);
		return;
	}
	share_normal__see(&watch->normal[watch->slot].share[self->symptom], k, n);
	failing = streak__take(streak, look, k, n);
	if (was_hard && n > k) /* one that succeeds ends it; what is left is a share */
		symptom->hard = false, symptom->state = SYMPTOM_NORMAL;
	follow(watch, look, self, k, n);
	if (failing)
		symptom__raise(symptom, look, streak->first_ns,
			       fmax(look->threshold, watch->shift[self->symptom].up.statistic),
			       true);
}

/* So many within ten seconds. */
static void follow_events(struct symptom *symptom, struct streak *streak, const struct look *look,
			  double events, double enough)
{
	if (look->now_ns - streak->last_ns > EVENTS_NS)
		*streak = (struct streak){};
	if (events > 0) {
		if (!(streak->events > 0))
			streak->first_ns = look->before_ns;
		streak->events += events;
		streak->last_ns = look->now_ns;
	}
	symptom->units = (uint64_t)streak->events;
	symptom->value = reading_of(look->elapsed_s > 0 ? events / look->elapsed_s : 0);
	symptom->baseline = reading_of(0);
	if (events > 0 && streak->events >= enough)
		symptom__raise(symptom, look, streak->first_ns, look->threshold, true);
	else
		symptom__calm(symptom, look);
}

void detect_events(struct link_watch *watch, const struct look *look, const struct detector *self)
{
	struct symptom *symptom = &watch->symptom[self->symptom];
	const struct way_sample *way = look->link->way;
	bool route = self->symptom == SYMPTOM_NO_ROUTE;
	double k = 0, n = 0;
	bool known = self->count(watch, look, &k, &n);

	if (route && way && !way->unroutable)
		watch->routable = true;
	/* A far end that there never was a route to is a matter of the configuration. */
	if (route && way && way->unroutable && watch->routable) {
		symptom->value = reading_of(k);
		symptom->baseline = reading_of(0);
		symptom__raise(symptom, look, look->before_ns, look->threshold, true);
		return;
	}
	if (!known && !(route && way)) {
		symptom__not_observed(symptom);
		return;
	}
	follow_events(symptom, &watch->streak[self->symptom], look, k, self->enough);
}

/* A connect that is still without an outcome tells sooner than its end, a minute later. */
void detect_unanswered(struct link_watch *watch, const struct look *look,
		       const struct detector *self)
{
	struct symptom *symptom = &watch->symptom[self->symptom];
	uint64_t since_ns = look->link->gauges_known ? look->link->total->connecting_ns : 0;

	detect_failing(watch, look, self);
	if (!since_ns || since_ns > look->now_ns || look->delta[PEER_CONNECT_OK] > 0 ||
	    look->now_ns - since_ns < CONNECTING_NS)
		return;
	symptom->units = look->link->total->connecting;
	symptom->value = reading_of(1);
	symptom->baseline = reading_of(0);
	symptom__raise(symptom, look, since_ns, look->threshold, true);
}

/*
 * Established connections outlive ICMP, so that a box on the way may turn packets down while no
 * connect fails.
 */
void detect_unreachable(struct link_watch *watch, const struct look *look,
			const struct detector *self)
{
	struct symptom *symptom = &watch->symptom[self->symptom];
	struct streak *streak = &watch->streak[SYMPTOM_UNREACHABLE];
	double told =
		(double)look->delta[PEER_ICMP_PROHIBITED] + look->delta[PEER_ICMP_UNREACHABLE];
	struct symptom icmp = *symptom;

	if (!(told > 0) || look->delta[PEER_CONNECT_OK] > 0) {
		detect_failing(watch, look, self);
		return;
	}
	follow_events(&icmp, streak, look, told + look->delta[PEER_CONNECT_UNREACHABLE],
		      self->enough);
	icmp.value = reading_of(1);
	*symptom = icmp;
}

void detect_drops(struct link_watch *watch, const struct look *look, const struct detector *self)
{
	struct symptom *symptom = &watch->symptom[self->symptom];
	double segments = (double)look->delta[PEER_SEGMENTS_OUT] + look->delta[PEER_SEGMENTS_IN];
	double ruled = (double)look->drops_ruled, crowded = (double)look->drops_crowded;

	if (!look->sample->drops_known) {
		symptom__not_observed(symptom);
		return;
	}
	share_normal__see(&watch->normal[watch->slot].share[self->symptom], crowded,
			  segments + crowded);
	if (symptom->state == SYMPTOM_RAISED && symptom->hard && !(ruled > 0)) {
		symptom__calm(symptom, look);
		if (symptom->state == SYMPTOM_RAISED)
			return;
	}
	follow(watch, look, self, crowded, segments + crowded);
	symptom->value = reading_of(look->elapsed_s > 0 ? (ruled + crowded) / look->elapsed_s : 0);
	if (ruled > 0 || symptom->state != SYMPTOM_RAISED) {
		enum symptom_state state = symptom->state;

		follow_events(symptom, &watch->streak[self->symptom], look, ruled, self->enough);
		if (symptom->state != SYMPTOM_RAISED)
			symptom->state = state;
	}
	symptom->value = reading_of(look->elapsed_s > 0 ? (ruled + crowded) / look->elapsed_s : 0);
}
