/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A scene: everything that is known about one trouble, of a link, or of a device alone.
 */
#ifndef FAULTLINE_SCENE_H
#define FAULTLINE_SCENE_H

#include "judge/view.h"

struct scene_of {
	size_t link;			    /* index into the view, SIZE_MAX: of a device alone */
	const struct device_sample *device; /* then this one */
	const struct scene *memory; /* what was raised earlier in the same trouble; NULL: nothing */
	const bool *explained; /* EVIDENCE_COUNT: findings that another fault accounts for; NULL:
				  none */
};

struct trouble_seen {
	enum trouble main; /* TROUBLE_COUNT: there is none */
	uint64_t began_ns, raised_ns;
	bool hard;
	bool own; /* the link itself has a symptom, not only its process or interface */
};

/* Fills in @scene, about ten kilobytes, and what the trouble is. */
void scene__make(const struct view *view, const struct scene_of *of, struct scene *scene,
		 struct trouble_seen *seen);

#endif
