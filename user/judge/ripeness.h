/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ripeness: when a suspicion is sure enough, or old enough, to be told.
 */
#ifndef FAULTLINE_RIPENESS_H
#define FAULTLINE_RIPENESS_H

#include "judge/incident.h"

/* Notes what a suspicion says in this sample. */
void suspicion__follow(struct suspicion *suspicion, uint64_t now_ns);

/* Did it say the same in two samples half a second apart? */
bool suspicion__stable(const struct suspicion *suspicion, uint64_t now_ns);

/* Is it time to open an incident for it?  @all: every suspicion of the sample. */
bool suspicion__ripe(const struct suspicion *suspicion, const struct suspicion *all,
		     size_t all_count, uint64_t now_ns);

#endif
