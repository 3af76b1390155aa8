/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A link's baselines as they are kept over restarts: for each slot null or {"traffic_s", "shares",
 * "times"}.  Tests and symptoms are not kept: what is still wrong shows again.
 */
#include <errno.h>
#include <stdlib.h>

#include "judge/detector.h"

#define SAVED_VERSION 1

void link_normal__clear(struct link_normal *normal)
{
	for (unsigned i = 0; i < TIMED_COUNT; i++)
		free(normal->time[i]);
	*normal = (struct link_normal){};
}

static const char *const timed_keys[TIMED_COUNT] = {
	[TIMED_RESPONSE] = "response", [TIMED_PICKUP] = "pickup", [TIMED_RTT] = "rtt",
	[TIMED_CONNECT] = "connect",   [TIMED_GAP] = "gap",
};

static json_t *normal__save(const struct link_normal *normal)
{
	json_t *shares = json_object(), *times = json_object();
	bool failed = !shares || !times;

	for (unsigned i = 0; !failed && i < LINK_SYMPTOM_COUNT; i++) {
		if (normal->share[i].n > 0)
			failed = json_object_set_new(shares, link_symptom_signal(i),
						     share_normal__save(&normal->share[i])) != 0;
	}
	for (unsigned i = 0; !failed && i < TIMED_COUNT; i++) {
		if (normal->time[i] && time_normal__known(normal->time[i]))
			failed = json_object_set_new(times, timed_keys[i],
						     time_normal__save(normal->time[i])) != 0;
	}
	if (failed) {
		json_decref(shares);
		json_decref(times);
		return NULL;
	}
	return json_pack("{s:f, s:o, s:o}", "traffic_s", normal->traffic_s, "shares", shares,
			 "times", times);
}

json_t *link_watch__save(const struct link_watch *watch)
{
	json_t *slots = json_array();

	for (unsigned i = 0; slots && i < SLOT_COUNT; i++) {
		const struct link_normal *normal = &watch->normal[i];

		if (json_array_append_new(slots,
					  normal->learned ? normal__save(normal) : json_null())) {
			json_decref(slots);
			return NULL;
		}
	}
	return slots ? json_pack("{s:i, s:o}", "version", SAVED_VERSION, "slots", slots) : NULL;
}

static int restore_times(struct link_normal *normal, const json_t *times)
{
	for (unsigned i = 0; i < TIMED_COUNT; i++) {
		const json_t *saved = json_object_get(times, timed_keys[i]);

		if (!saved)
			continue;
		normal->time[i] = time_normal__new(timed_margin_ns[i]);
		if (!normal->time[i])
			return -ENOMEM;
		if (time_normal__restore(normal->time[i], saved))
			return -EINVAL;
	}
	return 0;
}

static int normal__restore(struct link_normal *normal, const json_t *saved)
{
	json_t *shares, *times;

	if (json_is_null(saved))
		return 0;
	if (json_unpack((json_t *)saved, "{s:F, s:o, s:o}", "traffic_s", &normal->traffic_s,
			"shares", &shares, "times", &times) ||
	    !json_is_object(shares) || !json_is_object(times) || !(normal->traffic_s >= 0) ||
	    normal->traffic_s > 1e12)
		return -EINVAL;
	for (unsigned i = 0; i < LINK_SYMPTOM_COUNT; i++) {
		const json_t *share = json_object_get(shares, link_symptom_signal(i));

		if (share && share_normal__restore(&normal->share[i], share))
			return -EINVAL;
	}
	normal->settled_s = normal->traffic_s;
	normal->learned = true;
	return restore_times(normal, times);
}

int link_watch__restore(struct link_watch *watch, const json_t *saved)
{
	struct link_normal normal[SLOT_COUNT] = {};
	json_t *slots;
	int version, err = 0;

	if (json_unpack((json_t *)saved, "{s:i, s:o}", "version", &version, "slots", &slots) ||
	    version != SAVED_VERSION || json_array_size(slots) != SLOT_COUNT)
		return -EINVAL;
	for (unsigned i = 0; !err && i < SLOT_COUNT; i++)
		err = normal__restore(&normal[i], json_array_get(slots, i));
	for (unsigned i = 0; i < SLOT_COUNT; i++) {
		if (err) {
			link_normal__clear(&normal[i]);
		} else {
			link_normal__clear(&watch->normal[i]);
			watch->normal[i] = normal[i];
		}
	}
	return err;
}
