/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets that back off: two or more retransmits of a segment stayed without an answer.
 *
 * One burst of losses can make a socket back off once, but not at two looks in a row: its next
 * retransmit is 400 ms after, and the one after that 800 ms.
 */
#include <math.h>

#include "judge/detector.h"

#define LASTING_NS   900000000ULL
#define HALF	     0.5
#define ACK_ALONE_NS 200000000ULL
#define ACK_LATE_NS  2000000000ULL

/* Since when something holds that holds now, or 0. */
static uint64_t holds_since(uint64_t since_ns, bool holds, uint64_t now_ns)
{
	if (!holds)
		return 0;
	return since_ns ? since_ns : now_ns;
}

/*
 * Every socket sends again and again, and the far kernel answers with acknowledgements that bring
 * nothing else: it hears us and has no room, for its application does not read.  That is no way
 * that is cut, and no long packet that is lost.  Where a box on the way turns us down what is still
 * heard are the far side's own repetitions.
 */
static bool has_no_room(const struct link_watch *watch, const struct look *look)
{
	const struct peer *total = look->link->total;

	return watch->stuck_ns && watch->symptom[SYMPTOM_UNREACHABLE].state != SYMPTOM_RAISED &&
	       total->backing_off == total->alive && !total->stuck_full_size &&
	       total->last_ack_ns > watch->stuck_ns &&
	       total->last_ack_ns > total->last_data_ns + ACK_ALONE_NS;
}

void detect_stuck(struct link_watch *watch, const struct look *look, const struct detector *self)
{
	struct symptom *symptom = &watch->symptom[self->symptom];
	const struct peer *total = look->link->total;
	double share = total->alive ? (double)total->backing_off / total->alive : 0;
	bool hard = symptom->state == SYMPTOM_RAISED && symptom->hard;

	if (gauge_missing(symptom, look))
		return;
	watch->stuck_ns = holds_since(watch->stuck_ns, total->alive && share >= HALF, look->now_ns);
	watch->no_room = has_no_room(watch, look);
	if (watch->no_room) {
		symptom->hard = false;
		symptom->state = SYMPTOM_NORMAL;
		return;
	}
	if (hard && !watch->stuck_ns)
		symptom->hard = false, symptom->state = SYMPTOM_NORMAL;
	detect_share(watch, look, self);
	if (!watch->stuck_ns || look->now_ns - watch->stuck_ns < LASTING_NS)
		return;
	symptom->value = reading_of(share);
	symptom->units = total->alive;
	symptom__raise(symptom, look, watch->stuck_ns, look->threshold, true);
}

/*
 * Full-sized segments die while the far kernel is heard: a line that carries only short packets and
 * does not say so.
 */
void detect_full_size(struct link_watch *watch, const struct look *look,
		      const struct detector *self)
{
	struct symptom *symptom = &watch->symptom[self->symptom];
	const struct peer *total = look->link->total;
	bool heard = total->last_ack_ns + ACK_LATE_NS > look->seen_ns ||
		     look->delta[PEER_CONNECT_OK] > 0;
	bool only_full = total->stuck_full_size && !total->stuck_small && heard;

	if (gauge_missing(symptom, look))
		return;
	if (!total->alive && symptom->state != SYMPTOM_RAISED) {
		symptom__not_observed(symptom);
		return;
	}
	watch->full_size_ns = holds_since(watch->full_size_ns, only_full, look->now_ns);
	symptom->units = total->backing_off;
	symptom->value = total->backing_off
				 ? reading_of((double)total->stuck_full_size / total->backing_off)
				 : reading_of(0);
	symptom->baseline = reading_of(0);
	if (watch->full_size_ns && look->now_ns - watch->full_size_ns >= LASTING_NS)
		symptom__raise(symptom, look, watch->full_size_ns, look->threshold, true);
	else
		symptom__calm(symptom, look);
	(void)self;
}
