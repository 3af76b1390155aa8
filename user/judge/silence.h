/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long a wait may take before it is a fault: a survival test on the waits that were learned.
 */
#ifndef FAULTLINE_SILENCE_H
#define FAULTLINE_SILENCE_H

#include "judge/baseline.h"

/* A feed whose market rests still says every second that it is there. */
#define SILENCE_FLOOR_NS 2000000000ULL

/*
 * -ln S(t): how unlikely it is that a wait as those in @normal takes @wait_ns or longer, in nats.
 * Below the late end of what was seen it is 0; beyond, the tail is taken as Pareto's,
 * S(t) = late_share * (t / late_ns)^-a, since an exponential tail would call every market that
 * slows down a fault.  The index a is the slope between median and late end, so that regular
 * heartbeats have a steep tail and bursty news a flat one, and is kept within 1.5 ... 12.
 */
double wait_nats(const struct time_normal *normal, double wait_ns);

/*
 * The wait at which wait_nats() comes to @nats; but not below one and a half times the longest
 * wait that is remembered, and not over eight times: however heavy the tail, what lasts eight
 * times as long as anything of a thousand waits before is worth a call.  Of fewer the longest says
 * less, and the eight grow with the root of what is missing.  0 when too little is known.
 */
double wait_limit_ns(const struct time_normal *normal, double nats);

/*
 * The limit of a feed's silence: wait_limit_ns() for a test that is asked anew after each gap,
 * @gaps_per_look of them; never below SILENCE_FLOOR_NS.
 *
 * The floor has a reason outside this program: feed protocols send a heartbeat after a second
 * without data (SoupBinTCP and MoldUDP64 both say so), and when a market falls quiet the gaps go
 * from milliseconds to that second at once, which nothing in the gaps before foretells.  Two
 * seconds are a heartbeat missed, with room for one that was lost and sent again.  Feeds with
 * slower heartbeats are known by their gaps once one of them was seen; before that, silence_after
 * is for them.
 */
double silence_limit_ns(const struct time_normal *normal, double threshold, double gaps_per_look);

#endif
