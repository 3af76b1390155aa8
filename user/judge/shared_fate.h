/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared fate: who else is in the same trouble, and who has traffic enough to show that he is not.
 */
#ifndef FAULTLINE_SHARED_FATE_H
#define FAULTLINE_SHARED_FATE_H

#include "judge/view.h"

/*
 * Writes the fate findings of a link into @scene.  @main, @began_ns: its trouble; of a link without
 * symptoms of its own, that of its process or interface.
 */
void shared_fate__find(const struct view *view, size_t link, enum trouble main, uint64_t began_ns,
		       struct scene *scene);

#endif
