/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses and endpoints: every spelling, every refusal, and the way back to text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct address address_of(const char *text)
{
	struct address address;

	assert_int_equal(parse_address(text, &address), 0);
	return address;
}

static struct endpoint endpoint_of(const char *text)
{
	struct endpoint endpoint;
	const char *why = NULL;

	if (parse_endpoint(text, &endpoint, &why) != 0)
		fail_msg("\"%s\" was refused: %s", text, why);
	return endpoint;
}

static void addresses_are_read_and_written(void **state)
{
	static const struct {
		const char *text, *back;
		bool ipv4, unspecified;
	} cases[] = {
		{"192.0.2.1", "192.0.2.1", true, false},
		{"0.0.0.0", "0.0.0.0", true, true},
		{"255.255.255.255", "255.255.255.255", true, false},
		{"::ffff:192.0.2.1", "192.0.2.1", true, false},
		{"::FFFF:C000:0201", "192.0.2.1", true, false},
		{"::", "::", false, true},
		{"::1", "::1", false, false},
		{"2001:db8:0:0:0:0:0:1", "2001:db8::1", false, false},
		{"2001:DB8::A", "2001:db8::a", false, false},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct address address = address_of(cases[i].text);
		char text[ADDRESS_TEXT_LEN];

		assert_ptr_equal(format_address(&address, text), text);
		assert_string_equal(text, cases[i].back);
		assert_int_equal(address_is_ipv4(&address), cases[i].ipv4);
		assert_int_equal(address_is_unspecified(&address), cases[i].unspecified);
	}
}

static void bad_addresses_change_nothing(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"192.0.2",
		"192.0.2.256",
		"192.0.2.01",
		"192.0.2.1 ",
		" 192.0.2.1",
		"1",
		"192.0.2.1.1",
		"example.com",
		"2001:db8",
		":::",
		"2001::db8::1",
		"[::1]",
		"fe80::1%lo",
		"::1/128",
		"12345::",
		"::g",
	};
	struct address address, before;

	(void)state;
	memset(&before, 0x5a, sizeof(before));
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		address = before;
		if (parse_address(texts[i], &address) != -EINVAL)
			fail_msg("\"%s\" was taken", texts[i]);
		assert_memory_equal(&address, &before, sizeof(before));
	}
}

static void an_ipv4_mapped_address_is_the_ipv4_one(void **state)
{
	struct address mapped = address_of("::ffff:203.0.113.9");
	struct address plain = address_of("203.0.113.9");

	(void)state;
	assert_memory_equal(&mapped, &plain, sizeof(plain));
}

static void ports_are_written_behind_addresses(void **state)
{
	struct address ipv4 = address_of("192.0.2.1"), ipv6 = address_of("2001:db8::1");
	char text[ENDPOINT_TEXT_LEN];

	(void)state;
	assert_string_equal(format_address_port(&ipv4, 7001, text), "192.0.2.1:7001");
	assert_string_equal(format_address_port(&ipv6, 65535, text), "[2001:db8::1]:65535");
}

static void endpoints_are_read_and_written(void **state)
{
	static const struct {
		const char *text, *prefix;
		unsigned bits, low, high;
		const char *back;
	} cases[] = {
		{"192.0.2.7", "192.0.2.7", 128, 0, 65535, "192.0.2.7"},
		{"192.0.2.7:443", "192.0.2.7", 128, 443, 443, "192.0.2.7:443"},
		{"203.0.113.0/24:7001", "203.0.113.0", 120, 7001, 7001, "203.0.113.0/24:7001"},
		{"203.0.113.0/24", "203.0.113.0", 120, 0, 65535, "203.0.113.0/24"},
		{"0.0.0.0/0:80", "0.0.0.0", 96, 80, 80, "0.0.0.0/0:80"},
		{"192.0.2.7/32:1-65535", "192.0.2.7", 128, 1, 65535, "192.0.2.7:1-65535"},
		{"2001:db8::/64", "2001:db8::", 64, 0, 65535, "2001:db8::/64"},
		{"2001:db8::1", "2001:db8::1", 128, 0, 65535, "2001:db8::1"},
		{"[2001:db8::]/64:7001-7010", "2001:db8::", 64, 7001, 7010,
		 "[2001:db8::]/64:7001-7010"},
		{"[2001:db8::1]:443", "2001:db8::1", 128, 443, 443, "[2001:db8::1]:443"},
		{"[2001:db8::1]", "2001:db8::1", 128, 0, 65535, "2001:db8::1"},
		{"[::]/0:1", "::", 0, 1, 1, "[::]/0:1"},
		{"[::ffff:192.0.2.0]/120:80", "192.0.2.0", 120, 80, 80, "192.0.2.0/24:80"},
		{"[::fffe:0:0]/95:80", "::fffe:0:0", 95, 80, 80, "[::fffe:0:0]/95:80"},
		{"192.0.2.7:7001-7001", "192.0.2.7", 128, 7001, 7001, "192.0.2.7:7001"},
		{"192.0.2.7:00080", "192.0.2.7", 128, 80, 80, "192.0.2.7:80"},
		{"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65534-65535",
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 128, 65534, 65535,
		 "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65534-65535"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct endpoint endpoint = endpoint_of(cases[i].text), again;
		struct address prefix = address_of(cases[i].prefix);
		char text[ENDPOINT_TEXT_LEN];

		assert_memory_equal(&endpoint.prefix, &prefix, sizeof(prefix));
		assert_int_equal(endpoint.prefix_bits, cases[i].bits);
		assert_int_equal(endpoint.port_low, cases[i].low);
		assert_int_equal(endpoint.port_high, cases[i].high);
		assert_string_equal(format_endpoint(&endpoint, text), cases[i].back);
		again = endpoint_of(text);
		assert_memory_equal(&again.prefix, &prefix, sizeof(prefix));
		assert_int_equal(again.prefix_bits, cases[i].bits);
		assert_int_equal(again.port_low, cases[i].low);
		assert_int_equal(again.port_high, cases[i].high);
	}
}

#define NOT_AN_ADDRESS "not an address; expected IPv4, IPv6 or a prefix, names are not resolved"
#define NO_PORT	       "no port after the colon; expected a port or a range such as 7001-7010"
#define OUT_OF_RANGE   "port out of range; expected 1 to 65535"
#define HOST_BITS      "address has bits set beyond the prefix length"

static void bad_endpoints_say_why(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", NOT_AN_ADDRESS},
		{":80", NOT_AN_ADDRESS},
		{"example.com:80", NOT_AN_ADDRESS},
		{"localhost", NOT_AN_ADDRESS},
		{"192.0.2.300", NOT_AN_ADDRESS},
		{"[]:80", NOT_AN_ADDRESS},
		{"/24", NOT_AN_ADDRESS},
		{"fe80::1%eth0", NOT_AN_ADDRESS},
		{"0000000000000000000000000000000000000000000000000000000000000001",
		 NOT_AN_ADDRESS},
		{"[2001:db8::1:443", "no closing bracket; expected [ADDRESS]"},
		{"[192.0.2.1]:80",
		 "brackets around an IPv4 address; expected them around IPv6 only"},
		{"203.0.113.0/33", "prefix length over 32"},
		{"203.0.113.0/99999999999999999999:1", "prefix length over 32"},
		{"2001:db8::/129", "prefix length over 128"},
		{"[2001:db8::]/129:80", "prefix length over 128"},
		{"203.0.113.0/", "no prefix length after the slash"},
		{"203.0.113.0/:80", "no prefix length after the slash"},
		{"203.0.113.0/-1", "no prefix length after the slash"},
		{"2001:db8::/64:7001",
		 "a port after a bare IPv6 address; expected [ADDRESS]/BITS:PORT"},
		{"192.0.2.1:", NO_PORT},
		{"192.0.2.1:http", NO_PORT},
		{"192.0.2.1: 80", NO_PORT},
		{"192.0.2.1:-80", NO_PORT},
		{"192.0.2.1:80-", "no port after the dash; expected a range such as 7001-7010"},
		{"192.0.2.1:80x", "unexpected text after the port; expected a port or range"},
		{"192.0.2.1:80-90-100", "unexpected text after the port; expected a port or range"},
		{"192.0.2.1:80/24", "unexpected text after the port; expected a port or range"},
		{"192.0.2.1:0", OUT_OF_RANGE},
		{"192.0.2.1:0-10", OUT_OF_RANGE},
		{"192.0.2.1:65536", OUT_OF_RANGE},
		{"192.0.2.1:4294967297", OUT_OF_RANGE},
		{"192.0.2.1:90-80", "port range runs backwards; expected the lower port first"},
		{"[::1]x", "unexpected text after the address; expected /BITS or :PORT"},
		{"10.0.0.0/8 ", "unexpected text after the address; expected /BITS or :PORT"},
		{"203.0.113.1/24:7001", HOST_BITS},
		{"0.0.0.1/0", HOST_BITS},
		{"2001:db8::1/64", HOST_BITS},
		{"::1/127", HOST_BITS},
	};
	struct endpoint endpoint, before;

	(void)state;
	memset(&before, 0x5a, sizeof(before));
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *why = NULL;

		endpoint = before;
		if (parse_endpoint(cases[i].text, &endpoint, &why) != -EINVAL)
			fail_msg("\"%s\" was taken", cases[i].text);
		assert_string_equal(why, cases[i].why);
		assert_memory_equal(&endpoint, &before, sizeof(before));
	}
}

static void host_bits_can_be_cleared(void **state)
{
	struct endpoint endpoint;
	char text[ENDPOINT_TEXT_LEN];
	const char *why;

	(void)state;
	assert_int_equal(parse_endpoint_masked("203.0.113.77/25:7001", &endpoint, &why), 0);
	assert_string_equal(format_endpoint(&endpoint, text), "203.0.113.0/25:7001");
	assert_int_equal(parse_endpoint_masked("2001:db8:ffff::1/33", &endpoint, &why), 0);
	assert_string_equal(format_endpoint(&endpoint, text), "2001:db8:8000::/33");
	assert_int_equal(parse_endpoint_masked("203.0.113.77/33", &endpoint, &why), -EINVAL);
}

static void prefixes_hold_addresses(void **state)
{
	static const struct {
		const char *endpoint, *address;
		unsigned port;
		bool inside;
	} cases[] = {
		{"203.0.113.0/24:7001", "203.0.113.255", 7001, true},
		{"203.0.113.0/24:7001", "203.0.113.255", 7002, false},
		{"203.0.113.0/24:7001", "203.0.114.0", 7001, false},
		{"203.0.113.0/24:7001", "203.0.112.255", 7001, false},
		{"203.0.113.0/24:7001", "::ffff:203.0.113.1", 7001, true},
		{"203.0.113.128/25:80-90", "203.0.113.128", 80, true},
		{"203.0.113.128/25:80-90", "203.0.113.255", 90, true},
		{"203.0.113.128/25:80-90", "203.0.113.127", 85, false},
		{"203.0.113.128/25:80-90", "203.0.113.200", 91, false},
		{"192.0.2.1", "192.0.2.1", 0, true},
		{"192.0.2.1", "192.0.2.1", 65535, true},
		{"192.0.2.1", "192.0.2.0", 1, false},
		{"0.0.0.0/0", "8.8.8.8", 53, true},
		{"0.0.0.0/0", "2001:db8::1", 53, false},
		{"[::]/0:53", "8.8.8.8", 53, true},
		{"[2001:db8::]/33:53", "2001:db8:7fff::1", 53, true},
		{"[2001:db8::]/33:53", "2001:db8:8000::1", 53, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct endpoint endpoint = endpoint_of(cases[i].endpoint);
		struct address address = address_of(cases[i].address);

		if (endpoint_contains(&endpoint, &address, cases[i].port) != cases[i].inside)
			fail_msg("%s %s port %u", cases[i].endpoint, cases[i].address,
				 cases[i].port);
	}
}

/* Against the plain definition: the first bits agree, one by one. */
static bool first_bits_agree(const struct address *a, const struct address *b, unsigned bits)
{
	for (unsigned i = 0; i < bits; i++) {
		if (((a->byte[i / 8] ^ b->byte[i / 8]) >> (7 - i % 8)) & 1)
			return false;
	}
	return true;
}

static void masks_agree_with_their_definition(void **state)
{
	unsigned seed = 20261122, inside = 0;

	(void)state;
	print_message("seed %u\n", seed);
	srandom(seed);
	for (unsigned round = 0; round < 20000; round++) {
		unsigned bits = random() % 129, flip = random() % 128;
		struct address a, b;

		for (size_t i = 0; i < sizeof(a.byte); i++)
			a.byte[i] = random();
		b = a;
		b.byte[flip / 8] ^= 0x80 >> flip % 8;
		assert_int_equal(address_in_prefix(&a, &b, bits), first_bits_agree(&a, &b, bits));
		inside += address_in_prefix(&a, &b, bits);
		mask_address(&b, bits);
		mask_address(&a, bits);
		assert_int_equal(memcmp(&a, &b, sizeof(a)) == 0, bits <= flip);
	}
	assert_in_range(inside, 1, 19999);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read_and_written),
		cmocka_unit_test(bad_addresses_change_nothing),
		cmocka_unit_test(an_ipv4_mapped_address_is_the_ipv4_one),
		cmocka_unit_test(ports_are_written_behind_addresses),
		cmocka_unit_test(endpoints_are_read_and_written),
		cmocka_unit_test(bad_endpoints_say_why),
		cmocka_unit_test(host_bits_can_be_cleared),
		cmocka_unit_test(prefixes_hold_addresses),
		cmocka_unit_test(masks_agree_with_their_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
