/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts that a scene is made of.  Only scene.c and the scene_*.c files include this.
 */
#ifndef FAULTLINE_SCENE_PARTS_H
#define FAULTLINE_SCENE_PARTS_H

#include "judge/scene.h"

static inline bool scene__raised(const struct scene *scene, unsigned evidence)
{
	return scene->finding[evidence].state == SYMPTOM_RAISED;
}

const char *scene_interface_name(const struct sample *sample, int index); /* "" unknown */

/* scene_checks.c: readings that say nothing in the light of others are left out. */

/* Before it is known what the trouble is: what is only its end. */
void scene__check_ends(const struct view *view, const struct link_view *link, struct scene *scene);
/* Afterwards. */
void scene__check(const struct view *view, const struct trouble_seen *seen, struct scene *scene);
bool scene__names_in_trouble(const struct scene *scene);

/* scene_context.c: what became of a link, and what stands around it. */
void scene__put_context(const struct view *view, const struct link_view *link,
			const struct trouble_seen *seen, struct scene *scene);
/* Incidents that are open and may be the cause of a trouble by @gateway and @interface ("": none)
 * of @name. */
void scene__put_open_causes(const struct view *view, const char *name, const char *gateway,
			    const char *interface, const struct trouble_seen *seen,
			    struct scene *scene);

#endif
