/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When a verdict is ripe.  A hard fact is, at once, when it is clear whose; so is a trouble that
 * three links or more share, and a silence of two seconds, for others would have shown it by then.
 * Else the same verdict has to come in two samples half a second apart.  After two seconds what is
 * not clear opens as unknown, and changes when it is.
 */
#include "judge/ripeness.h"

#include <stdio.h>
#include <string.h>

#define SECOND_NS	1000000000ULL
#define STABLE_NS	(SECOND_NS / 2)
#define UNCLEAR_NS	(19 * SECOND_NS / 10)
#define SECOND_CAUSE_NS (2 * SECOND_NS)
#define CLEAR		0.9

void suspicion__follow(struct suspicion *suspicion, uint64_t now_ns)
{
	struct track *track = suspicion->track;

	if (strcmp(track->key, suspicion->verdict.key) != 0 || !track->times) {
		snprintf(track->key, sizeof(track->key), "%s", suspicion->verdict.key);
		track->since_ns = now_ns;
		track->times = 0;
	}
	track->times++;
	track->last_ns = now_ns;
}

bool suspicion__stable(const struct suspicion *suspicion, uint64_t now_ns)
{
	return suspicion->track->times >= 2 && now_ns - suspicion->track->since_ns >= STABLE_NS;
}

static bool known(const struct suspicion *suspicion)
{
	return suspicion->verdict.place != PLACE_UNKNOWN;
}

/* Is it time to open an incident for a suspicion by itself? */
static bool ripe(const struct suspicion *suspicion, uint64_t now_ns)
{
	const struct verdict *verdict = &suspicion->verdict;
	uint64_t age_ns = now_ns > verdict->seen.raised_ns ? now_ns - verdict->seen.raised_ns : 0;

	if (suspicion->after != PLACE_UNKNOWN)
		return known(suspicion) && verdict->share[verdict->best] >= CLEAR &&
		       suspicion->track->times >= 3 &&
		       now_ns - suspicion->track->since_ns >= SECOND_CAUSE_NS;
	if (known(suspicion) && verdict->seen.hard && verdict->share[verdict->best] >= CLEAR)
		return true;
	if (known(suspicion) && suspicion__stable(suspicion, now_ns))
		return true;
	/* Whoever shares it had the time to show it. */
	if (known(suspicion) && verdict->seen.main == TROUBLE_DARK &&
	    verdict->share[verdict->best] >= CLEAR &&
	    now_ns - verdict->seen.began_ns >= 2 * SECOND_NS)
		return true;
	return age_ns >= UNCLEAR_NS;
}

static size_t sharing(const struct suspicion *all, size_t all_count, const char *key)
{
	size_t count = 0;

	for (size_t i = 0; i < all_count; i++)
		count += !strcmp(all[i].verdict.key, key);
	return count;
}

/* Three at once are no chance. */
static bool shared(const struct suspicion *suspicion, const struct suspicion *all, size_t all_count)
{
	return known(suspicion) && suspicion->verdict.seen.main == TROUBLE_DARK &&
	       suspicion->verdict.share[suspicion->verdict.best] >= CLEAR &&
	       sharing(all, all_count, suspicion->verdict.key) >= 3;
}

bool suspicion__ripe(const struct suspicion *suspicion, const struct suspicion *all,
		     size_t all_count, uint64_t now_ns)
{
	return ripe(suspicion, now_ns) || shared(suspicion, all, all_count);
}
