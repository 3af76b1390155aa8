/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/view.h"

#include <string.h>

#define MS 1000000ULL

const char *trouble_name(enum trouble trouble)
{
	static const char *const names[TROUBLE_COUNT] = {
		[TROUBLE_DARK] = "dark",   [TROUBLE_REFUSED] = "refused", [TROUBLE_LOSSY] = "lossy",
		[TROUBLE_SLOW] = "slow",   [TROUBLE_WAITING] = "waiting", [TROUBLE_LOCAL] = "local",
		[TROUBLE_NAMES] = "names",
	};

	return trouble < TROUBLE_COUNT ? names[trouble] : "none";
}

/*
 * A line that goes dark is noticed to a packet; a share of losses is noticed after so many
 * segments, and when it began is an estimate.
 */
uint64_t trouble_window_ns(enum trouble trouble)
{
	switch (trouble) {
	case TROUBLE_DARK:
		return 1200 * MS;
	case TROUBLE_REFUSED:
		return 3000 * MS;
	case TROUBLE_LOSSY:
		return 20000 * MS;
	case TROUBLE_SLOW:
		return 10000 * MS;
	default:
		return 5000 * MS;
	}
}

bool link_view__heard_since(const struct link_view *link, uint64_t since_ns)
{
	const struct peer *total = link->sample->total;
	/* What was sent before still arrives for a round trip. */
	uint64_t from_ns = since_ns + 2 * MS + 2000ULL * total->srtt_us;

	return total->last_data_ns > from_ns || total->last_ack_ns > from_ns;
}

static enum side declared_side(const struct config *config, const char *device)
{
	for (size_t i = 0; i < config->device_count; i++) {
		if (!strcmp(config->devices[i].name, device))
			return config->devices[i].side;
	}
	return SIDE_INFRA;
}

static void find_way(const struct view *view, struct link_view *link)
{
	const struct known_way *way = link->way;

	link->gateway = NULL;
	link->gateway_side = SIDE_INFRA;
	link->loopback = false;
	for (size_t i = 0; *way->gateway && i < view->sample->device_count; i++) {
		if (!strcmp(view->sample->devices[i].name, way->gateway))
			link->gateway = &view->sample->devices[i];
	}
	if (link->gateway)
		link->gateway_side = declared_side(view->config, link->gateway->name);
	for (size_t i = 0; i < way->interface_count; i++) {
		for (size_t j = 0; j < view->sample->interface_count; j++) {
			const struct interface_sample *interface = &view->sample->interfaces[j];

			if (interface->index == way->interface[i] && !strcmp(interface->name, "lo"))
				link->loopback = true;
		}
	}
	link->on_link = way->known && !*way->gateway;
}

static void find_far(struct link_view *link)
{
	const struct link_sample *sample = link->sample;

	memset(&link->far, 0, sizeof(link->far));
	link->inbound = false;
	link->pid = 0;
	for (size_t i = 0; i < sample->peer_count; i++) {
		const struct peer_sample *peer = &sample->peers[i];

		if (i == 0) {
			link->inbound = peer->key.direction == PEER_INCOMING;
			if (link->inbound)
				link->far = peer->remote;
			else
				memcpy(link->far.byte, peer->key.address, sizeof(link->far.byte));
		}
		if (!link->pid)
			link->pid = peer->owner_tgid;
	}
}

static void find_troubles(struct link_view *link)
{
	uint64_t began_ns[TROUBLE_COUNT + 1] = {};

	link->troubles = 0;
	link->main = TROUBLE_COUNT;
	link->began_ns = 0;
	for (unsigned i = 0; i < LINK_SYMPTOM_COUNT; i++) {
		const struct symptom *symptom = link->symptom[i];
		enum trouble trouble = trouble_of_link(i);

		if (symptom->state != SYMPTOM_RAISED || trouble == TROUBLE_COUNT)
			continue;
		link->troubles |= TROUBLE_BIT(trouble);
		if (!began_ns[trouble] || symptom->began_ns < began_ns[trouble])
			began_ns[trouble] = symptom->began_ns;
	}
	for (unsigned trouble = 0; trouble < TROUBLE_COUNT; trouble++) {
		if (link->troubles & TROUBLE_BIT(trouble)) {
			link->main = trouble;
			link->began_ns = began_ns[trouble];
			return;
		}
	}
}

void view__complete(struct view *view)
{
	for (size_t i = 0; i < view->count; i++) {
		find_way(view, &view->links[i]);
		find_far(&view->links[i]);
		find_troubles(&view->links[i]);
	}
}
