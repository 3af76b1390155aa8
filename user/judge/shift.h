/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A shift of a share: told by one CUSUM when it begins and by its mirror when it is over.
 *
 * Between the two the share is tested against the fault: "normal again" is a statement with a
 * strength of its own and not a time that passed, so a link without traffic stays as it was.
 */
#ifndef FAULTLINE_SHIFT_H
#define FAULTLINE_SHIFT_H

#include "judge/cusum.h"

struct shift {
	struct cusum up, down;
	bool raised;
	uint64_t began_ns, raised_ns, last_ns; /* last_ns: the last look with something bad */
	double since_k, since_n;	       /* since it is estimated to have begun */
	double recent_k, recent_n;	       /* of late: fading out with RECENT_S */
};

/* The time constant of what counts as "of late". */
#define RECENT_S 5.0

/*
 * What is over must be a thousand times likelier over than not.  A wrong "over" costs a second
 * opening and not a second's sleep, so it needs no budget.
 */
#define RECOVERY_NATS 6.9

/* A look; @fade: exp(-elapsed / RECENT_S).  Returns whether it is raised. */
bool shift__take(struct shift *shift, const struct cusum_design *design, double k, double n,
		 uint64_t now_ns, double fade);

/* Raises it for reasons of others: what its CUSUM has gathered is enough in company. */
void shift__raise(struct shift *shift, uint64_t now_ns);

/* Begins anew, with nothing raised. */
void shift__forget(struct shift *shift);

#endif
