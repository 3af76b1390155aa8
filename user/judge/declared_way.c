/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/declared_way.h"

#include <stdio.h>
#include <string.h>

/* Our interface whose network a far end is in, 0: none. */
static int interface_of(const struct sample *sample, const struct peer_sample *peer)
{
	for (size_t i = 0; i < sample->address_count; i++) {
		const struct address_sample *own = &sample->addresses[i];
		unsigned bits = own->bits + (address_is_ipv4(&own->address) ? 96 : 0);
		const uint8_t *one = own->address.byte, *other = peer->key.address;

		if (peer->key.direction == PEER_OUTGOING && own->bits && bits <= 128 &&
		    !memcmp(one, other, bits / 8) &&
		    (bits % 8 == 0 || !((one[bits / 8] ^ other[bits / 8]) >> (8 - bits % 8))))
			return own->interface;
	}
	return 0;
}

void declared_way__take(struct known_way *way, const struct sample *sample,
			const struct link_sample *link)
{
	const struct way_sample *now = link->way;
	const struct device_sample *device = NULL;
	int interface = 0;

	if (way->known)
		return;
	if (now && now->device_count && now->devices[0] < sample->device_count)
		device = &sample->devices[now->devices[0]];
	if (device)
		interface = device->interface;
	else if (link->peer_count)
		interface = interface_of(sample, &link->peers[0]);
	if (device)
		snprintf(way->gateway, sizeof(way->gateway), "%s", device->name);
	way->known = !device && interface > 0;
	if (interface > 0) {
		way->interface[0] = interface;
		way->interface_count = 1;
	}
}
