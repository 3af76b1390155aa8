/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table of at most ADDRESSES_MAX rows.  The kernel tells of an address again each time that its
 * lifetime is renewed; only one that was not there is a change.
 */
#include "sense/addresses.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "sense/changes.h"

struct addresses {
	struct address_sample list[ADDRESSES_MAX];
	bool named[ADDRESSES_MAX]; /* in the dump under way */
	size_t count;
	bool dumped; /* once, so that what appears is new */
	struct changes *changes;
};

struct addresses *addresses__new(struct changes *changes)
{
	struct addresses *addresses = calloc(1, sizeof(*addresses));

	if (addresses)
		addresses->changes = changes;
	return addresses;
}

void addresses__free(struct addresses *addresses)
{
	free(addresses);
}

static bool read_row(const struct nlmsghdr *message, struct address_sample *row)
{
	struct nlattr *attribute[IFA_MAX + 1] = {}, *bytes;
	const struct ifaddrmsg *header = nlmsg_data(message);

	if (nlmsg_parse((struct nlmsghdr *)message, sizeof(*header), attribute, IFA_MAX, NULL))
		return false;
	/* Of a point-to-point interface IFA_ADDRESS is the far end. */
	bytes = attribute[IFA_LOCAL] ? attribute[IFA_LOCAL] : attribute[IFA_ADDRESS];
	if (!bytes)
		return false;
	memset(row, 0, sizeof(*row));
	row->interface = (int)header->ifa_index;
	row->bits = header->ifa_prefixlen;
	if (header->ifa_family == AF_INET6 && nla_len(bytes) == 16) {
		memcpy(row->address.byte, nla_data(bytes), 16);
		return true;
	}
	if (header->ifa_family != AF_INET || nla_len(bytes) != 4)
		return false;
	row->address.byte[10] = row->address.byte[11] = 0xff;
	memcpy(row->address.byte + 12, nla_data(bytes), 4);
	return true;
}

static size_t find(const struct addresses *addresses, const struct address_sample *row)
{
	size_t i;

	for (i = 0; i < addresses->count; i++) {
		const struct address_sample *each = &addresses->list[i];

		if (each->interface == row->interface && each->bits == row->bits &&
		    !memcmp(&each->address, &row->address, sizeof(row->address)))
			break;
	}
	return i;
}

static void tell(struct addresses *addresses, const struct address_sample *row, bool added)
{
	char text[ADDRESS_TEXT_LEN];

	if (addresses->dumped)
		changes__add(addresses->changes,
			     added ? CHANGE_ADDRESS_ADDED : CHANGE_ADDRESS_DELETED,
			     "address %s/%u was %s", format_address(&row->address, text), row->bits,
			     added ? "added" : "deleted");
}

static void remove_at(struct addresses *addresses, size_t i)
{
	tell(addresses, &addresses->list[i], false);
	addresses->count--;
	addresses->list[i] = addresses->list[addresses->count];
	addresses->named[i] = addresses->named[addresses->count];
}

void addresses__take(struct addresses *addresses, const struct nlmsghdr *message)
{
	struct address_sample row;
	size_t at;

	if ((message->nlmsg_type != RTM_NEWADDR && message->nlmsg_type != RTM_DELADDR) ||
	    !read_row(message, &row))
		return;
	at = find(addresses, &row);
	if (message->nlmsg_type == RTM_DELADDR) {
		if (at < addresses->count)
			remove_at(addresses, at);
		return;
	}
	if (at == ADDRESSES_MAX)
		return;
	if (at == addresses->count) {
		addresses->list[addresses->count++] = row;
		tell(addresses, &row, true);
	}
	addresses->named[at] = true;
}

void addresses__dump_begins(struct addresses *addresses)
{
	memset(addresses->named, 0, sizeof(addresses->named));
}

void addresses__dump_ends(struct addresses *addresses)
{
	for (size_t i = addresses->count; i-- > 0;) {
		if (!addresses->named[i])
			remove_at(addresses, i);
	}
	addresses->dumped = true;
}

const struct address_sample *addresses__list(const struct addresses *addresses, size_t *count)
{
	*count = addresses->count;
	return addresses->list;
}
