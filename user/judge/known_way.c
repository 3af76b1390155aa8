/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/known_way.h"

#include <stdio.h>
#include <string.h>

void known_way__take(struct known_way *way, const struct sample *sample,
		     const struct way_sample *now)
{
	const struct device_sample *gateway = NULL;

	if (!now || now->unroutable || !now->interface_count)
		return;
	for (size_t i = 0; !gateway && i < now->device_count && i < WAY_HOPS_MAX; i++) {
		if (now->devices[i] < sample->device_count)
			gateway = &sample->devices[now->devices[i]];
	}
	memset(way, 0, sizeof(*way));
	way->known = true;
	snprintf(way->gateway, sizeof(way->gateway), "%s", gateway ? gateway->name : "");
	way->interface_count =
		now->interface_count < WAY_HOPS_MAX ? now->interface_count : WAY_HOPS_MAX;
	memcpy(way->interface, now->interfaces, way->interface_count * sizeof(int));
}
