/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way of a link of which no route was ever found: by the device that the configuration names
 * and the interface that reaches it, or over the network that its far end and an interface of ours
 * share.
 */
#ifndef FAULTLINE_DECLARED_WAY_H
#define FAULTLINE_DECLARED_WAY_H

#include "judge/known_way.h"

/* Fills in @way unless it is known; what is not told by @link and @sample stays as it is. */
void declared_way__take(struct known_way *way, const struct sample *sample,
			const struct link_sample *link);

#endif
