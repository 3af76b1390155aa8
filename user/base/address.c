/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses, prefixes, ports and endpoints: text to bytes and back.
 *
 * The bytes are sixteen in network order for both families, so that comparing, masking and finding
 * the longest prefix need one path only.  Names are never resolved here: an address that changes
 * under the sensor would silently move traffic from one link to another.
 */
#include "base/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define IPV4_OFFSET	 12 /* where the four bytes stand within the sixteen */
#define IPV4_PREFIX_BITS 96

static const uint8_t ipv4_prefix[IPV4_OFFSET] = {[10] = 0xff, [11] = 0xff};

bool address_is_ipv4(const struct address *address)
{
	return memcmp(address->byte, ipv4_prefix, sizeof(ipv4_prefix)) == 0;
}

bool address_is_unspecified(const struct address *address)
{
	static const struct address zero;

	if (address_is_ipv4(address))
		return memcmp(address->byte + IPV4_OFFSET, zero.byte, 4) == 0;
	return memcmp(address, &zero, sizeof(zero)) == 0;
}

int parse_address(const char *text, struct address *address)
{
	struct address parsed;

	if (inet_pton(AF_INET, text, parsed.byte + IPV4_OFFSET) == 1)
		memcpy(parsed.byte, ipv4_prefix, sizeof(ipv4_prefix));
	else if (inet_pton(AF_INET6, text, parsed.byte) != 1)
		return -EINVAL;
	*address = parsed;
	return 0;
}

char *format_address(const struct address *address, char text[ADDRESS_TEXT_LEN])
{
	if (address_is_ipv4(address))
		inet_ntop(AF_INET, address->byte + IPV4_OFFSET, text, ADDRESS_TEXT_LEN);
	else
		inet_ntop(AF_INET6, address->byte, text, ADDRESS_TEXT_LEN);
	return text;
}

char *format_address_port(const struct address *address, uint16_t port,
			  char text[ENDPOINT_TEXT_LEN])
{
	const char *form = address_is_ipv4(address) ? "%s:%u" : "[%s]:%u";
	char host[ADDRESS_TEXT_LEN];

	snprintf(text, ENDPOINT_TEXT_LEN, form, format_address(address, host), port);
	return text;
}

char *format_endpoint(const struct endpoint *endpoint, char text[ENDPOINT_TEXT_LEN])
{
	bool ipv4 = address_is_ipv4(&endpoint->prefix) && endpoint->prefix_bits >= IPV4_PREFIX_BITS;
	bool every_port = endpoint->port_low == 0 && endpoint->port_high == UINT16_MAX;
	char host[ADDRESS_TEXT_LEN];
	int len;

	len = snprintf(text, ENDPOINT_TEXT_LEN, ipv4 || every_port ? "%s" : "[%s]",
		       format_address(&endpoint->prefix, host));
	if (endpoint->prefix_bits < 128)
		len += snprintf(text + len, ENDPOINT_TEXT_LEN - len, "/%d",
				endpoint->prefix_bits - (ipv4 ? IPV4_PREFIX_BITS : 0));
	if (!every_port)
		len += snprintf(text + len, ENDPOINT_TEXT_LEN - len, ":%u", endpoint->port_low);
	if (!every_port && endpoint->port_low != endpoint->port_high)
		snprintf(text + len, ENDPOINT_TEXT_LEN - len, "-%u", endpoint->port_high);
	return text;
}

/*
 * Reads decimal digits at *@cursor and moves it behind them.  -EINVAL without a digit; values are
 * held at @limit + 1, so that no number of digits overflows.
 */
static int parse_number(const char **cursor, unsigned limit, unsigned *value)
{
	const char *at = *cursor;
	unsigned sum = 0;

	if (*at < '0' || *at > '9')
		return -EINVAL;
	for (; *at >= '0' && *at <= '9'; at++) {
		sum = sum * 10 + (*at - '0');
		if (sum > limit)
			sum = limit + 1;
	}
	*cursor = at;
	*value = sum;
	return 0;
}

/* Everything behind the colon: "7001" or "7001-7010". */
static int parse_ports(const char *text, struct endpoint *endpoint, const char **why)
{
	unsigned low, high;

	if (parse_number(&text, UINT16_MAX, &low) != 0) {
		*why = "no port after the colon; expected a port or a range such as 7001-7010";
		return -EINVAL;
	}
	high = low;
	if (*text == '-') {
		text++;
		if (parse_number(&text, UINT16_MAX, &high) != 0) {
			*why = "no port after the dash; expected a range such as 7001-7010";
			return -EINVAL;
		}
	}
	if (*text != '\0') {
		*why = "unexpected text after the port; expected a port or range";
		return -EINVAL;
	}
	if (low < 1 || low > UINT16_MAX || high < 1 || high > UINT16_MAX) {
		*why = "port out of range; expected 1 to 65535";
		return -EINVAL;
	}
	if (low > high) {
		*why = "port range runs backwards; expected the lower port first";
		return -EINVAL;
	}
	endpoint->port_low = low;
	endpoint->port_high = high;
	return 0;
}

/*
 * The address itself, in brackets or bare, into @endpoint->prefix; *@cursor moves behind it and
 * *@ports says whether a port may follow, which a bare IPv6 address does not allow.
 */
static int parse_host(const char **cursor, struct endpoint *endpoint, bool *ipv4_text, bool *ports,
		      const char **why)
{
	const char *start = *cursor;
	bool bracketed = *start == '[';
	char host[ADDRESS_TEXT_LEN];
	const char *end;
	size_t len;

	if (bracketed) {
		end = strchr(++start, ']');
		if (!end) {
			*why = "no closing bracket; expected [ADDRESS]";
			return -EINVAL;
		}
	} else {
		const char *colon = strchr(start, ':');

		end = start + strcspn(start, "/");
		if (colon && colon < end && !strchr(colon + 1, ':'))
			end = colon; /* a single colon: what stands behind it is a port */
	}
	len = end - start;
	*why = "not an address; expected IPv4, IPv6 or a prefix, names are not resolved";
	if (len == 0 || len >= sizeof(host))
		return -EINVAL;
	memcpy(host, start, len);
	host[len] = '\0';
	if (parse_address(host, &endpoint->prefix) != 0)
		return -EINVAL;
	*ipv4_text = !strchr(host, ':');
	if (bracketed && *ipv4_text) {
		*why = "brackets around an IPv4 address; expected them around IPv6 only";
		return -EINVAL;
	}
	*ports = bracketed || *ipv4_text;
	*cursor = end + bracketed;
	return 0;
}

/* The optional "/BITS" at *@cursor, into @endpoint->prefix_bits. */
static int parse_prefix_bits(const char **cursor, struct endpoint *endpoint, bool ipv4_text,
			     const char **why)
{
	unsigned limit = ipv4_text ? 32 : 128;
	unsigned bits = limit;

	if (**cursor == '/') {
		(*cursor)++;
		if (parse_number(cursor, limit, &bits) != 0) {
			*why = "no prefix length after the slash";
			return -EINVAL;
		}
		if (bits > limit) {
			*why = ipv4_text ? "prefix length over 32" : "prefix length over 128";
			return -EINVAL;
		}
	}
	endpoint->prefix_bits = bits + (ipv4_text ? IPV4_PREFIX_BITS : 0);
	return 0;
}

void mask_address(struct address *address, unsigned bits)
{
	for (unsigned i = 0; i < sizeof(address->byte); i++) {
		if (bits >= 8) {
			bits -= 8;
			continue;
		}
		address->byte[i] &= (uint8_t)(0xff00 >> bits);
		bits = 0;
	}
}

/* Reads the whole text; the address keeps the bits behind the prefix length. */
static int parse_endpoint_text(const char *text, struct endpoint *endpoint, const char **why)
{
	bool ipv4_text, ports;
	int err;

	endpoint->port_low = 0;
	endpoint->port_high = UINT16_MAX;
	err = parse_host(&text, endpoint, &ipv4_text, &ports, why);
	if (err)
		return err;
	err = parse_prefix_bits(&text, endpoint, ipv4_text, why);
	if (err)
		return err;
	if (*text == '\0')
		return 0;
	if (*text == ':' && ports)
		return parse_ports(text + 1, endpoint, why);
	if (*text == ':')
		*why = "a port after a bare IPv6 address; expected [ADDRESS]/BITS:PORT";
	else
		*why = "unexpected text after the address; expected /BITS or :PORT";
	return -EINVAL;
}

int parse_endpoint_masked(const char *text, struct endpoint *endpoint, const char **why)
{
	struct endpoint parsed;
	int err;

	err = parse_endpoint_text(text, &parsed, why);
	if (err)
		return err;
	mask_address(&parsed.prefix, parsed.prefix_bits);
	*endpoint = parsed;
	return 0;
}

int parse_endpoint(const char *text, struct endpoint *endpoint, const char **why)
{
	struct endpoint parsed;
	struct address masked;
	int err;

	err = parse_endpoint_text(text, &parsed, why);
	if (err)
		return err;
	masked = parsed.prefix;
	mask_address(&masked, parsed.prefix_bits);
	if (memcmp(&masked, &parsed.prefix, sizeof(masked)) != 0) {
		*why = "address has bits set beyond the prefix length";
		return -EINVAL;
	}
	*endpoint = parsed;
	return 0;
}

bool address_in_prefix(const struct address *address, const struct address *prefix, unsigned bits)
{
	struct address masked = *address;
	struct address wanted = *prefix;

	mask_address(&masked, bits);
	mask_address(&wanted, bits);
	return memcmp(&masked, &wanted, sizeof(masked)) == 0;
}

bool endpoint_contains(const struct endpoint *endpoint, const struct address *address,
		       uint16_t port)
{
	return port >= endpoint->port_low && port <= endpoint->port_high &&
	       address_in_prefix(address, &endpoint->prefix, endpoint->prefix_bits);
}
