/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way of a link as it last was: when an interface or a route goes, so does the kernel's answer
 * by which way the far end is reached, just when it is asked whose fault that is.
 */
#ifndef FAULTLINE_KNOWN_WAY_H
#define FAULTLINE_KNOWN_WAY_H

#include "judge/sample.h"

struct known_way {
	bool known;
	char gateway[64]; /* the nearest device; "" none: the far end is on our own network */
	int interface[WAY_HOPS_MAX]; /* indices, outermost first */
	size_t interface_count;
};

/* Takes the way of a sample, when it has one. */
void known_way__take(struct known_way *way, const struct sample *sample,
		     const struct way_sample *now);

#endif
