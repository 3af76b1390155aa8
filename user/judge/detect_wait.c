/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What has not come for so long now: data of a feed, an answer, an acknowledgement, a read, an
 * accept.
 *
 * Each wait is held against a limit that the waits learned on this link give (silence.h) and
 * against a floor.  The floors are the times that a network or a program that is well may take
 * without any warning in what was learned: a segment lost twice is sent a third time after 600 ms
 * and acknowledged within 1.5 s; a program may be off its processor, or collect garbage, for the
 * better part of a second.
 */
#include <math.h>

#include "judge/detector.h"
#include "judge/silence.h"

#define NSEC_PER_SEC	  1e9
#define PENDING_FLOOR_NS  ((double)SILENCE_FLOOR_NS) /* a heartbeat may need no answer */
#define PENDING_ROOM	  1.5
#define UNREAD_FLOOR_NS	  1e9
#define UNREAD_UNKNOWN_NS 5e9 /* before anything was learned */
/* Before enough was learned: so long, and so many times the longest of so many seen. */
#define UNLEARNED_NS	 10e9
#define UNLEARNED_TIMES	 20.0
#define UNLEARNED_SEEN	 20
#define ACK_FLOOR_NS	 1.5e9
#define ACK_ROUND_TRIPS	 10.0
#define SESSION_GRACE_NS 60000000000ULL /* a market need not begin on the second */
#define FULL_NS		 1000000000ULL

/* What @wait_ns against @limit_ns says; 0: the limit is not known. */
static void tell(struct symptom *symptom, const struct look *look, double wait_ns, double limit_ns,
		 double nats, bool hard)
{
	struct reading before = symptom->value;

	symptom->value = reading_of(wait_ns / NSEC_PER_SEC);
	if (!(limit_ns > 0)) {
		symptom->state = SYMPTOM_LEARNING;
		symptom->strength = 0;
		return;
	}
	if (wait_ns >= limit_ns) {
		symptom__raise(symptom, look, look->seen_ns - (uint64_t)wait_ns,
			       fmax(nats, look->threshold), hard);
		return;
	}
	symptom__calm(symptom, look);
	symptom->strength = fmin(nats, look->threshold);
	/* Of what may come back is told what it was. */
	if (symptom->state == SYMPTOM_RAISED)
		symptom->value = before;
}

static const struct time_normal *known_time(const struct look *look, enum timed timed)
{
	const struct time_normal *normal = look->normal->time[timed];

	return look->normal->learned && normal && time_normal__known(normal) ? normal : NULL;
}

/*
 * The limit of a link that is not learned yet: a time that is long for anybody, and for what was
 * seen of the link so far.  0: not even that is known.
 */
static double unlearned_limit_ns(const struct link_watch *watch, enum timed timed)
{
	const struct timed_watch *seen = watch->timed[timed];

	if (!seen || seen->before.count < UNLEARNED_SEEN)
		return 0;
	return fmax(UNLEARNED_NS, UNLEARNED_TIMES * (double)seen->before.max_ns);
}

/* For how long something has been waited for, while this host was awake. */
static double since(const struct link_watch *watch, const struct look *look, uint64_t then_ns)
{
	if (then_ns < watch->awake_ns)
		then_ns = watch->awake_ns;
	return look->seen_ns > then_ns ? (double)(look->seen_ns - then_ns) : 0;
}

void detect_silence(struct link_watch *watch, const struct look *look, const struct detector *self)
{
	struct symptom *symptom = &watch->symptom[self->symptom];
	const struct time_normal *gaps = known_time(look, TIMED_GAP);
	uint64_t from_ns = watch->last_data_ns, after_ns;
	double limit_ns, wait_ns, rate;

	/* Without a connection there is nothing to be silent on: other symptoms tell of that. */
	if (!watch->config || !watch->config->feed || !from_ns || !watch->connected_ns ||
	    watch->slot != SLOT_IN_SESSION) {
		symptom__not_observed(symptom);
		return;
	}
	if (watch->connected_ns > from_ns)
		from_ns = watch->connected_ns;
	if (watch->session_ns && watch->session_ns + SESSION_GRACE_NS > from_ns)
		from_ns = watch->session_ns + SESSION_GRACE_NS;
	after_ns = watch->config->silence_after_ns;
	wait_ns = since(watch, look, from_ns);
	rate = gaps && look->normal->traffic_s > 0 ? gaps->total / look->normal->traffic_s : 0;
	limit_ns = after_ns ? (double)after_ns
		   : gaps   ? silence_limit_ns(gaps, look->threshold, rate)
			    : unlearned_limit_ns(watch, TIMED_GAP);
	symptom->baseline = gaps ? reading_of(gaps->p50_ns / NSEC_PER_SEC) : READING_NOT_AVAILABLE;
	symptom->units = gaps ? (uint64_t)gaps->total : 0;
	tell(symptom, look, wait_ns, limit_ns, gaps ? wait_nats(gaps, wait_ns) : 0, false);
}

bool gauge_missing(struct symptom *symptom, const struct look *look)
{
	if (look->link->gauges_known)
		return false;
	if (symptom->state != SYMPTOM_RAISED)
		symptom__not_observed(symptom);
	return true;
}

/*
 * The kernel side knows which requests wait.  Where one socket is all there is, an application that
 * said something later is alive, and what it did not answer needed no answer.  Heartbeats that
 * nobody answers look like requests: what is sent on while something waits has to be as large as
 * requests are, and a wait that once ended well has room.
 */
void detect_pending(struct link_watch *watch, const struct look *look, const struct detector *self)
{
	struct symptom *symptom = &watch->symptom[self->symptom];
	const struct time_normal *response = known_time(look, TIMED_RESPONSE);
	const struct peer *total = look->link->total;
	uint64_t from_ns = total->pending_ns;
	double limit_ns, wait_ns;

	if (gauge_missing(symptom, look))
		return;
	if (!timed_known(look, HIST_RESPONSE)) {
		symptom__not_observed(symptom);
		return;
	}
	if (from_ns && total->alive <= 1 && total->last_data_ns > from_ns)
		from_ns = total->last_data_ns;
	wait_ns = from_ns && !watch->chatter ? since(watch, look, from_ns) : 0;
	limit_ns = unlearned_limit_ns(watch, TIMED_RESPONSE);
	if (response) {
		limit_ns = fmax(PENDING_FLOOR_NS, wait_limit_ns(response, look->threshold));
		limit_ns = fmax(limit_ns, PENDING_ROOM * look->normal->pending_longest_ns);
	}
	symptom->baseline =
		response ? reading_of(response->p99_ns / NSEC_PER_SEC) : READING_NOT_AVAILABLE;
	symptom->units = total->pending;
	tell(symptom, look, wait_ns, limit_ns, response ? wait_nats(response, wait_ns) : 0, false);
}

void detect_unread(struct link_watch *watch, const struct look *look, const struct detector *self)
{
	struct symptom *symptom = &watch->symptom[self->symptom];
	const struct time_normal *pickup = known_time(look, TIMED_PICKUP);
	uint64_t unread_ns = look->link->total->unread_ns;
	double wait_ns = unread_ns ? since(watch, look, unread_ns) : 0;
	double limit_ns = UNREAD_UNKNOWN_NS;

	if (gauge_missing(symptom, look))
		return;
	if (!timed_known(look, HIST_PICKUP)) {
		symptom__not_observed(symptom);
		return;
	}
	if (pickup)
		limit_ns = fmax(UNREAD_FLOOR_NS, wait_limit_ns(pickup, look->threshold));
	symptom->baseline =
		pickup ? reading_of(pickup->p99_ns / NSEC_PER_SEC) : READING_NOT_AVAILABLE;
	symptom->units = look->link->total->unread_bytes;
	tell(symptom, look, wait_ns, limit_ns, pickup ? wait_nats(pickup, wait_ns) : 0, false);
}

void detect_ack_missing(struct link_watch *watch, const struct look *look,
			const struct detector *self)
{
	struct symptom *symptom = &watch->symptom[self->symptom];
	const struct time_normal *rtt = known_time(look, TIMED_RTT);
	const struct peer *total = look->link->total;
	uint64_t from_ns = total->unacked_ns;
	double limit_ns = ACK_FLOOR_NS;

	if (gauge_missing(symptom, look))
		return;
	/* The end of a connection counts as a byte: that nobody acknowledges it is nobody's loss.
	 */
	if (!total->alive && total->unacked_bytes <= look->link->sockets)
		from_ns = 0;
	/* One of many sockets may hang; the link does not while the far side answers any. */
	if (from_ns && total->last_ack_ns > from_ns)
		from_ns = total->last_ack_ns;
	if (rtt)
		limit_ns = fmax(limit_ns, ACK_ROUND_TRIPS * rtt->p99_ns);
	symptom->baseline = rtt ? reading_of(rtt->p99_ns / NSEC_PER_SEC) : READING_NOT_AVAILABLE;
	symptom->units = total->unacked_bytes;
	tell(symptom, look, from_ns ? since(watch, look, from_ns) : 0, limit_ns, look->threshold,
	     true);
}

/* The fullest of the queues that belong to the link; false: it has none that is known. */
static bool accept_queue(const struct link_watch *watch, const struct look *look, double *fill)
{
	const struct link_sample *link = look->link;
	bool found = false;

	*fill = 0;
	for (size_t i = 0; i < look->sample->listener_count; i++) {
		const struct listener_sample *listener = &look->sample->listeners[i];
		bool ours = false;

		for (size_t j = 0; watch->config && j < watch->config->local_port_count; j++)
			ours |= watch->config->local_ports[j] == listener->port;
		for (size_t j = 0; !watch->config && j < link->peer_count; j++)
			ours |= link->peers[j].key.direction == PEER_INCOMING &&
				link->peers[j].key.port == listener->port;
		if (!ours || !listener->limit)
			continue;
		found = true;
		*fill = fmax(*fill, (double)listener->queued / listener->limit);
	}
	return found;
}

void detect_accept_queue(struct link_watch *watch, const struct look *look,
			 const struct detector *self)
{
	struct symptom *symptom = &watch->symptom[self->symptom];
	double fill;

	if (!accept_queue(watch, look, &fill)) {
		symptom__not_observed(symptom);
		watch->full_ns = 0;
		return;
	}
	if (fill < 1)
		watch->full_ns = 0;
	else if (!watch->full_ns)
		watch->full_ns = look->now_ns;
	symptom->value = reading_of(fill);
	symptom->baseline = reading_of(0);
	symptom->units = 1;
	/* Many may come at once: it is a fault when nobody takes them away within a second. */
	if (watch->full_ns && look->now_ns - watch->full_ns >= FULL_NS * 9 / 10)
		symptom__raise(symptom, look, watch->full_ns, look->threshold, true);
	else
		symptom__calm(symptom, look);
}
