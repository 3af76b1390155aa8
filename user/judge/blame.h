/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blame: from a scene to the place where the fault is, how sure, and what it leaves unexplained.
 */
#ifndef FAULTLINE_BLAME_H
#define FAULTLINE_BLAME_H

#include "judge/scene.h"

#define CAUSE_KEY_LEN 112

/* A verdict is given when its place has at least so much of the probability … */
#define VERDICT_MIN 0.6
/* … or all places of its side together this much: whose it is comes before where it is. */
#define SIDE_MIN 0.75

struct verdict {
	enum place place; /* PLACE_UNKNOWN: not separable */
	enum side side;
	double confidence; /* stated, before the sensor's own losses are taken off */
	double share[PLACE_COUNT];
	enum place best, second; /* the likeliest two, whatever the verdict */
	struct trouble_seen seen;
	unsigned troubles;
	char key[CAUSE_KEY_LEN]; /* which gateway, which process, …: equal keys, one cause */
};

/*
 * Weighs a scene that has a trouble.  @link: of which it is, NULL: of a device.
 */
void blame(const struct view *view, const struct scene_of *of, const struct scene *scene,
	   const struct trouble_seen *seen, struct verdict *verdict);

/*
 * Marks the raised findings that a fault at @place accounts for: those whose rows do not speak
 * clearly against it.  Returns how many raised symptoms of the link remain that it can't cause.
 */
size_t blame__explain(const struct scene *scene, enum place place, bool explained[EVIDENCE_COUNT]);

/* What would tell two places apart, in a sentence part. */
const char *would_separate(enum place one, enum place other, enum config_language language);

/* The side of a place for a link (NULL: of a device alone) that goes by @gateway (NULL: none). */
enum side side_of(const struct view *view, const struct scene_of *of, enum place place);

#endif
