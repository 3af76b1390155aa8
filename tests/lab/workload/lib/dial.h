/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a client gets to its peer: it looks the name up as an application does that calls its
 * resolver library (blocking, over UDP, with the library's own retries, but always at the one
 * server that the lab names), and dials from one of several source addresses, so that one program
 * can be many customers.
 */
#ifndef FAULTLINE_LAB_DIAL_H
#define FAULTLINE_LAB_DIAL_H

#include "workload.h"

#include <arpa/nameser.h>
#include <resolv.h>

static struct __res_state lookup_state;

/* Asks the server at "ADDRESS:PORT" (IPv4) from now on: two tries of one second. NULL: no lookups.
 */
static inline int lookup__start(const char *server)
{
	struct sockaddr_storage address;

	if (!server)
		return 0;
	if (parse_endpoint(server, &address) != sizeof(struct sockaddr_in) ||
	    res_ninit(&lookup_state))
		return -EINVAL;
	lookup_state.nscount = 1;
	memcpy(&lookup_state.nsaddr_list[0], &address, sizeof(struct sockaddr_in));
	lookup_state.retrans = 1;
	lookup_state.retry = 2;
	lookup_state.options &= ~(RES_DNSRCH | RES_DEFNAMES);
	return 0;
}

/* The first address of an answer to one question of type A; NULL when there is none. */
static inline const unsigned char *lookup__first_address(const unsigned char *answer, int len)
{
	const unsigned char *end = answer + len;
	const unsigned char *at = answer + 12;

	if (len < 12 || (answer[6] == 0 && answer[7] == 0))
		return NULL;
	/* The question's name, then the answer's, each with type and class. */
	for (int part = 0; part < 2; part++) {
		int name_len = dn_skipname(at, end);

		if (name_len < 0)
			return NULL;
		at += name_len + 4;
	}
	/* TTL of four bytes, length of two, address. */
	return at + 10 <= end && at[4] == 0 && at[5] == 4 ? at + 6 : NULL;
}

/* Blocks until there is an answer or the library gives up. Returns 0 or -EHOSTUNREACH. */
static inline int lookup__address(const char *host, struct in_addr *address)
{
	unsigned char answer[512];
	int len = res_nquery(&lookup_state, host, C_IN, T_A, answer, sizeof(answer));
	const unsigned char *found = lookup__first_address(answer, len);

	if (!found)
		return -EHOSTUNREACH;
	memcpy(address, found, 4);
	return 0;
}

/* Is it this host itself that could not connect, with no packet sent? */
static inline bool dial__failed_at_home(int err)
{
	return err == EADDRNOTAVAIL || err == EMFILE || err == ENFILE || err == ENOBUFS ||
	       err == ENETUNREACH || err == EPERM;
}

/* Binds `fd` to `first` plus `index` (IPv4, any port). Returns 0 or -errno. */
static inline int dial__bind_from(int fd, const char *first, unsigned int index)
{
	struct sockaddr_in source = {.sin_family = AF_INET};
	int one = 1;

	if (inet_pton(AF_INET, first, &source.sin_addr) != 1)
		return -EINVAL;
	source.sin_addr.s_addr = htonl(ntohl(source.sin_addr.s_addr) + index);
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	return bind(fd, (struct sockaddr *)&source, sizeof(source)) ? -errno : 0;
}

#endif
