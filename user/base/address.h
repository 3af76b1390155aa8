/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses, prefixes, ports and endpoints as text and as bytes.
 *
 * An address is sixteen bytes in network order, IPv4 as ::ffff:a.b.c.d, everywhere in the program:
 * one type, one comparison, and an IPv4-mapped IPv6 socket is the same peer as an IPv4 one.
 */
#ifndef FAULTLINE_ADDRESS_H
#define FAULTLINE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADDRESS_TEXT_LEN  46 /* INET6_ADDRSTRLEN */
#define ENDPOINT_TEXT_LEN 64 /* "[" address "]:" port */

struct address {
	uint8_t byte[16];
};

/* Addresses of a prefix and a range of ports, both ends included. */
struct endpoint {
	struct address prefix; /* host bits are zero */
	uint8_t prefix_bits;   /* 0 … 128, counted on the sixteen bytes: 192.0.2.0/24 is 120 */
	uint16_t port_low;     /* 0 … 65535 with port_high 65535: every port */
	uint16_t port_high;
};

bool address_is_ipv4(const struct address *address);
bool address_is_unspecified(const struct address *address); /* :: or 0.0.0.0 */

/* "192.0.2.1" or "2001:db8::1".  0, or -EINVAL; *address changes only on success. */
int parse_address(const char *text, struct address *address);

/* Writes the shortest usual form, IPv4 as dotted quad; returns @text. */
char *format_address(const struct address *address, char text[ADDRESS_TEXT_LEN]);

/* "192.0.2.1:7001", "[2001:db8::1]:7001"; returns @text. */
char *format_address_port(const struct address *address, uint16_t port, char text[ENDPOINT_TEXT_LEN]);

/* Clears every bit behind the first @bits.  bits: 0 … 128. */
void mask_address(struct address *address, unsigned bits);

/*
 * An address or CIDR, then optionally a port or port range: "203.0.113.0/24:7001",
 * "[2001:db8::]/64:7001-7010", "[2001:db8::1]:443", "192.0.2.7", "2001:db8::/64".
 * Bits set beyond the prefix length are an error.  Since IPv4 lives in ::ffff:0:0/96, "::/0" holds
 * IPv4 too.
 * Returns 0 or -EINVAL with *why set to a constant sentence part such as "prefix length over 32".
 */
int parse_endpoint(const char *text, struct endpoint *endpoint, const char **why);

/* The same, but clears bits set beyond the prefix length instead of refusing them. */
int parse_endpoint_masked(const char *text, struct endpoint *endpoint, const char **why);

/* The usual form of an endpoint, which parse_endpoint() reads back; returns @text. */
char *format_endpoint(const struct endpoint *endpoint, char text[ENDPOINT_TEXT_LEN]);

bool endpoint_contains(const struct endpoint *endpoint, const struct address *address, uint16_t port);

/* Is the address inside the first @bits bits of @prefix?  bits: 0 … 128. */
bool address_in_prefix(const struct address *address, const struct address *prefix, unsigned bits);

#endif
