/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers of reasons differ from kernel to kernel; names do not.  They are read from the kernel's
 * own type information, and the list of normal ends below is one of names: a kernel that lacks one
 * of them loses nothing, and one that has a new reason counts it as a drop.
 */
#include "sense/drop_reasons.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "SKB_DROP_REASON_"

/*
 * What happens to packets of a network in which nothing is wrong here: read and done with, a
 * duplicate of what is there already, a segment that ended its connection, for somebody else.
 */
static const char *const normal[] = {
	"SKB_NOT_DROPPED_YET",
	"SKB_CONSUMED",
	"NOT_SPECIFIED", /* kfree_skb() of old: most often an end as good as any */
	"QUEUE_PURGE",	 /* the queue's owner has gone */
	"SOCKET_CLOSE",	 /* … and so has this one */
	"TCP_OFOMERGE",	 /* joined with what waits for the missing piece */
	"TCP_OFO_QUEUE", /* … of which it is a duplicate */
	"TCP_OFO_DROP",	 /* what waited has come by another copy meanwhile */
	"TCP_OLD_DATA",	 /* sent twice by the far side */
	"TCP_OLD_ACK",
	"TCP_OLD_SEQUENCE",
	"TCP_RFC7323_PAWS_ACK", /* an old ACK that came late */
	"TCP_RFC7323_PAWS",	/* an old segment did: the line reordered it */
	"TCP_RFC7323_TW_PAWS",	/* … after the end of its connection */
	"TCP_RESET",		/* a RST that did its work */
	"TCP_CLOSE",
	"TCP_FASTOPEN",
	"UNIX_DISCONNECT", /* no packets at all */
	"UNIX_SKIP_OOB",
	"OTHERHOST", /* for somebody else on the wire */
	"UNICAST_IN_L2_MULTICAST",
	"IPV6_NDISC_NS_OTHERHOST",
	"LOCAL_MAC",
	"UNHANDLED_PROTO", /* a protocol that nobody here speaks */
	"IPV6DISABLED",
	"TAP_FILTER", /* a tap did not ask for it */
	"TAP_TXFILTER",
};

struct drop_reasons {
	char *name[DROP_REASONS]; /* NULL: the kernel has none of that number */
};

bool drop_reason_is_normal(const char *name)
{
	for (size_t i = 0; i < sizeof(normal) / sizeof(*normal); i++) {
		if (!strcmp(normal[i], name))
			return true;
	}
	return false;
}

static int read_names(struct drop_reasons *reasons, const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "skb_drop_reason", BTF_KIND_ENUM);
	const struct btf_type *type;
	const struct btf_enum *value;

	if (id < 0)
		return 0;
	type = btf__type_by_id(btf, id);
	value = btf_enum(type);
	for (int i = 0; i < btf_vlen(type); i++, value++) {
		const char *name = btf__name_by_offset(btf, value->name_off);
		unsigned number = (unsigned)value->val;

		if (number >= DROP_REASON_OTHER || reasons->name[number])
			continue;
		if (!strncmp(name, PREFIX, strlen(PREFIX)))
			name += strlen(PREFIX);
		reasons->name[number] = strdup(name);
		if (!reasons->name[number])
			return -ENOMEM;
	}
	return 0;
}

struct drop_reasons *drop_reasons__new(const struct btf *btf)
{
	struct drop_reasons *reasons = calloc(1, sizeof(*reasons));

	if (reasons && read_names(reasons, btf)) {
		drop_reasons__free(reasons);
		errno = ENOMEM;
		return NULL;
	}
	return reasons;
}

void drop_reasons__free(struct drop_reasons *reasons)
{
	if (!reasons)
		return;
	for (size_t i = 0; i < DROP_REASONS; i++)
		free(reasons->name[i]);
	free(reasons);
}

const char *drop_reasons__name(const struct drop_reasons *reasons, unsigned reason)
{
	if (reason == DROP_REASON_OTHER)
		return "OTHER_SUBSYSTEM";
	return reason < DROP_REASONS && reasons->name[reason] ? reasons->name[reason] : "UNKNOWN";
}

void drop_reasons__mark_damage(const struct drop_reasons *reasons, bool damage[DROP_REASONS])
{
	for (size_t i = 0; i < DROP_REASONS; i++)
		damage[i] = reasons->name[i] && (!strcmp(reasons->name[i], "TCP_CSUM") ||
						 !strcmp(reasons->name[i], "UDP_CSUM"));
}

void drop_reasons__mark_normal(const struct drop_reasons *reasons, bool normal_[DROP_REASONS])
{
	for (size_t i = 0; i < DROP_REASONS; i++)
		normal_[i] = reasons->name[i] && drop_reason_is_normal(reasons->name[i]);
}
