/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One end of the line: a TUN or TAP device in a network namespace.
 */
#ifndef LAB_LINE_TUN_H
#define LAB_LINE_TUN_H

#include <linux/types.h>
#include <stdbool.h>

#include "words.h"

enum { TUN_ADDRS_MAX = 4 };

struct tun_spec {
	char netns[108]; /* name in /run/netns, a path, or "-" for the caller's own */
	char device[16];
	struct prefix addr[TUN_ADDRS_MAX];
	unsigned int addr_count;
};

/* Reads `NS:DEV[:ADDR/LEN[,ADDR/LEN...]]`. -EINVAL with @error (of @size bytes) set. */
int tun_spec__parse(struct tun_spec *spec, const char *text, char *error, unsigned int size);

struct tun;

/*
 * Makes the device in its namespace, sets its addresses and brings it up; the caller's own
 * namespace is the same afterwards. The device goes away with tun__free(). NULL with errno, and
 * @error says which step failed.
 */
struct tun *tun__new(const struct tun_spec *spec, unsigned int mtu, bool tap, char *error,
		     unsigned int size);
void tun__free(struct tun *tun);

/* Readable when a packet waits; never blocks. */
int tun__fd(const struct tun *tun);

/* Packets that the device dropped before the line could read them. */
__u64 tun__lost(const struct tun *tun);

/* Tells the namespace that the device lost or regained its carrier. 0 or -errno. */
int tun__set_carrier(struct tun *tun, bool on);

#endif
