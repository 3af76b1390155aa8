/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table of at most NEIGHBOURS_MAX rows; when it is full, an entry nobody watches makes room for
 * one that is watched.
 *
 * The kernel tells a change when it knows: from REACHABLE by STALE and DELAY to PROBE, and to
 * FAILED when its probes went unanswered.  A neighbour that is well goes the first part of that way
 * each half minute, so of states FAILED alone, and what comes after it, is told as a change.  The time it took runs from the first doubt, which is
 * INCOMPLETE for a neighbour that was not known and DELAY for one that was.  A watched neighbour
 * that the kernel forgot keeps its row, so that its MAC is compared when it comes back.
 */
#include "sense/neighbours.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "sense/changes.h"

#define WATCHED_MAX 256
#define USER_HZ	    100.0 /* in which the kernel tells ages, whatever its own tick */
#define MAC_TEXT    (3 * NEIGHBOUR_MAC_MAX)

struct row {
	struct address address;
	int interface;
	bool named; /* in the dump under way */
	bool watched;
	uint64_t doubted_ns; /* when its absence was first suspected; 0: it is not */
	struct neighbour_sample sample;
};

struct neighbours {
	struct row rows[NEIGHBOURS_MAX];
	size_t count;
	struct address watched[WATCHED_MAX];
	size_t watched_count;
	uint64_t refused;
	struct changes *changes;
};

static enum neighbour_state state_of(uint16_t nud)
{
	if (nud & NUD_PERMANENT)
		return NEIGHBOUR_PERMANENT;
	if (nud & NUD_NOARP)
		return NEIGHBOUR_NOARP;
	if (nud & NUD_FAILED)
		return NEIGHBOUR_FAILED;
	if (nud & NUD_PROBE)
		return NEIGHBOUR_PROBE;
	if (nud & NUD_DELAY)
		return NEIGHBOUR_DELAY;
	if (nud & NUD_STALE)
		return NEIGHBOUR_STALE;
	if (nud & NUD_REACHABLE)
		return NEIGHBOUR_REACHABLE;
	return nud & NUD_INCOMPLETE ? NEIGHBOUR_INCOMPLETE : NEIGHBOUR_UNKNOWN;
}

struct neighbours *neighbours__new(struct changes *changes)
{
	struct neighbours *neighbours = calloc(1, sizeof(*neighbours));

	if (neighbours)
		neighbours->changes = changes;
	return neighbours;
}

void neighbours__free(struct neighbours *neighbours)
{
	free(neighbours);
}

static bool is_watched(const struct neighbours *neighbours, const struct address *address)
{
	for (size_t i = 0; i < neighbours->watched_count; i++) {
		if (!memcmp(&neighbours->watched[i], address, sizeof(*address)))
			return true;
	}
	return false;
}

static struct row *find(const struct neighbours *neighbours, const struct address *address,
			int interface)
{
	for (size_t i = 0; i < neighbours->count; i++) {
		const struct row *row = &neighbours->rows[i];

		if ((!interface || row->interface == interface) &&
		    !memcmp(&row->address, address, sizeof(*address)))
			return (struct row *)row;
	}
	return NULL;
}

static struct row *make(struct neighbours *neighbours, const struct address *address, int interface)
{
	struct row *row = NULL;
	bool watched = is_watched(neighbours, address);

	if (neighbours->count < NEIGHBOURS_MAX) {
		row = &neighbours->rows[neighbours->count++];
	} else {
		for (size_t i = 0; watched && !row && i < NEIGHBOURS_MAX; i++) {
			if (!neighbours->rows[i].watched)
				row = &neighbours->rows[i];
		}
		neighbours->refused++;
	}
	if (!row)
		return NULL;
	memset(row, 0, sizeof(*row));
	row->address = *address;
	row->interface = interface;
	row->watched = watched;
	return row;
}

static char *mac_text(const uint8_t *mac, size_t len, char text[MAC_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	char *out = text;

	for (size_t i = 0; i < len; i++) {
		if (i)
			*out++ = ':';
		*out++ = digits[mac[i] >> 4];
		*out++ = digits[mac[i] & 15];
	}
	*out = '\0';
	return text;
}

static void note_mac(struct neighbours *neighbours, struct row *row, const struct nlattr *attribute)
{
	struct neighbour_sample *sample = &row->sample;
	char address[ADDRESS_TEXT_LEN], old[MAC_TEXT], new[MAC_TEXT];
	const uint8_t *mac = attribute ? nla_data(attribute) : NULL;
	size_t len = attribute ? nla_len(attribute) : 0;

	if (!len || len > NEIGHBOUR_MAC_MAX)
		return;
	if (sample->mac_len && (sample->mac_len != len || memcmp(sample->mac, mac, len))) {
		sample->mac_changes++;
		sample->mac_changed_ns = clock_monotonic_ns();
		if (row->watched)
			changes__add(neighbours->changes, CHANGE_NEIGHBOUR_MAC,
				     "neighbour %s changed its MAC from %s to %s",
				     format_address(&row->address, address),
				     mac_text(sample->mac, sample->mac_len, old),
				     mac_text(mac, len, new));
	}
	memcpy(sample->mac, mac, len);
	sample->mac_len = (uint8_t)len;
}

/* A neighbour that leaves FAILED for anything but an answer is still in doubt. */
static void note_doubt(struct row *row, enum neighbour_state state, uint64_t now_ns)
{
	switch (state) {
	case NEIGHBOUR_INCOMPLETE:
	case NEIGHBOUR_DELAY:
	case NEIGHBOUR_PROBE:
		if (!row->doubted_ns)
			row->doubted_ns = now_ns;
		break;
	case NEIGHBOUR_FAILED:
		row->sample.failures++;
		if (row->doubted_ns)
			row->sample.failed_after_s =
				reading_of((double)(now_ns - row->doubted_ns) / NS_PER_SECOND);
		row->doubted_ns = 0;
		break;
	default:
		row->doubted_ns = 0;
	}
}

static void note_state(struct neighbours *neighbours, struct row *row, enum neighbour_state state)
{
	struct neighbour_sample *sample = &row->sample;
	enum neighbour_state before = sample->state;
	char address[ADDRESS_TEXT_LEN];
	uint64_t now_ns = clock_monotonic_ns();

	if (before == state)
		return;
	sample->state = state;
	sample->since_ns = now_ns;
	note_doubt(row, state, now_ns);
	if (row->watched && state != NEIGHBOUR_UNKNOWN &&
	    (state == NEIGHBOUR_FAILED || before == NEIGHBOUR_FAILED))
		changes__add(neighbours->changes, CHANGE_NEIGHBOUR_STATE,
			     "neighbour %s: %s, was %s", format_address(&row->address, address),
			     neighbour_state_name(state), neighbour_state_name(before));
}

/* IPv4 as ::ffff:a.b.c.d; false for what is no address. */
static bool read_address(int family, const struct nlattr *attribute, struct address *address)
{
	size_t len = attribute ? nla_len(attribute) : 0;

	memset(address, 0, sizeof(*address));
	if (family == AF_INET6 && len == 16) {
		memcpy(address->byte, nla_data(attribute), 16);
		return true;
	}
	if (family != AF_INET || len != 4)
		return false;
	address->byte[10] = address->byte[11] = 0xff;
	memcpy(address->byte + 12, nla_data(attribute), 4);
	return true;
}

void neighbours__take(struct neighbours *neighbours, const struct nlmsghdr *message)
{
	struct nlattr *attribute[NDA_MAX + 1] = {};
	const struct ndmsg *header = nlmsg_data(message);
	struct nda_cacheinfo ages = {};
	struct address address;
	struct row *row;

	if ((message->nlmsg_type != RTM_NEWNEIGH && message->nlmsg_type != RTM_DELNEIGH) ||
	    nlmsg_parse((struct nlmsghdr *)message, sizeof(*header), attribute, NDA_MAX, NULL) ||
	    !read_address(header->ndm_family, attribute[NDA_DST], &address))
		return;
	row = find(neighbours, &address, header->ndm_ifindex);
	if (!row)
		row = make(neighbours, &address, header->ndm_ifindex);
	if (!row)
		return;
	row->named = true;
	note_mac(neighbours, row, attribute[NDA_LLADDR]);
	if (attribute[NDA_PROBES] && nla_len(attribute[NDA_PROBES]) >= 4)
		row->sample.probes = reading_of(nla_get_u32(attribute[NDA_PROBES]));
	if (attribute[NDA_CACHEINFO]) {
		nla_memcpy(&ages, attribute[NDA_CACHEINFO], sizeof(ages));
		row->sample.unconfirmed_s = reading_of(ages.ndm_confirmed / USER_HZ);
	}
	note_state(neighbours, row,
		   message->nlmsg_type == RTM_DELNEIGH ? NEIGHBOUR_UNKNOWN
						       : state_of(header->ndm_state));
}

void neighbours__dump_begins(struct neighbours *neighbours)
{
	for (size_t i = 0; i < neighbours->count; i++)
		neighbours->rows[i].named = false;
}

void neighbours__dump_ends(struct neighbours *neighbours)
{
	for (size_t i = neighbours->count; i-- > 0;) {
		struct row *row = &neighbours->rows[i];

		if (row->named)
			continue;
		row->sample.probes = READING_NOT_AVAILABLE;
		row->sample.unconfirmed_s = READING_NOT_AVAILABLE;
		note_state(neighbours, row, NEIGHBOUR_UNKNOWN);
		if (!row->watched)
			*row = neighbours->rows[--neighbours->count];
	}
}

void neighbours__watch(struct neighbours *neighbours, const struct address *address)
{
	if (is_watched(neighbours, address) || neighbours->watched_count == WATCHED_MAX)
		return;
	neighbours->watched[neighbours->watched_count++] = *address;
	for (size_t i = 0; i < neighbours->count; i++) {
		if (!memcmp(&neighbours->rows[i].address, address, sizeof(*address)))
			neighbours->rows[i].watched = true;
	}
}

void neighbours__watch_none(struct neighbours *neighbours)
{
	neighbours->watched_count = 0;
	for (size_t i = 0; i < neighbours->count; i++)
		neighbours->rows[i].watched = false;
}

void neighbours__find(const struct neighbours *neighbours, const struct address *address,
		      int interface, struct neighbour_sample *neighbour)
{
	const struct row *row = find(neighbours, address, interface);

	memset(neighbour, 0, sizeof(*neighbour));
	if (row)
		*neighbour = row->sample;
}

uint64_t neighbours__refused(const struct neighbours *neighbours)
{
	return neighbours->refused;
}
