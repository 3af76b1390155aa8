/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's counters as text: the right one of the right protocol, and no nonsense believed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sense/snmp.h"

static int parse(const char *text, const char *protocol, const char *name, uint64_t *value)
{
	FILE *stream = fmemopen((void *)text, strlen(text), "r");
	int err;

	assert_non_null(stream);
	err = snmp_parse(stream, protocol, name, value);
	fclose(stream);
	return err;
}

static const char two_protocols[] = "Ip: Forwarding OutRsts\nIp: 1 7\n"
				    "Tcp: RtoMax RetransSegs OutRsts\nTcp: -1 34 12\n";

static void a_counter_is_found_by_protocol_and_name(void **state)
{
	uint64_t value = 0;

	(void)state;
	assert_int_equal(parse(two_protocols, "Tcp", "OutRsts", &value), 0);
	assert_int_equal(value, 12);
	assert_int_equal(parse(two_protocols, "Ip", "OutRsts", &value), 0);
	assert_int_equal(value, 7);
}

static void what_is_not_there_is_said(void **state)
{
	uint64_t value = 99;

	(void)state;
	assert_int_equal(parse(two_protocols, "Tcp", "Nothing", &value), -ENOENT);
	assert_int_equal(parse(two_protocols, "Udp", "OutRsts", &value), -ENOENT);
	assert_int_equal(parse(two_protocols, "Tc", "OutRsts", &value), -ENOENT);
	assert_int_equal(parse("Tcp: OutRsts\n", "Tcp", "OutRsts", &value), -ENOENT);
	assert_int_equal(value, 99);
}

static void lines_that_do_not_fit_are_refused(void **state)
{
	uint64_t value = 99;

	(void)state;
	assert_int_equal(parse("Tcp: A OutRsts\nUdp: 1 2\n", "Tcp", "OutRsts", &value), -EINVAL);
	assert_int_equal(parse("Tcp: A OutRsts\nTcp: 1\n", "Tcp", "OutRsts", &value), -EINVAL);
	assert_int_equal(parse("Tcp: A\nTcp: 1 2\n", "Tcp", "OutRsts", &value), -EINVAL);
	assert_int_equal(parse("Tcp: OutRsts\nTcp: 12x\n", "Tcp", "OutRsts", &value), -EINVAL);
	assert_int_equal(
		parse("Tcp: OutRsts\nTcp: 99999999999999999999\n", "Tcp", "OutRsts", &value),
		-EINVAL);
	assert_int_equal(value, 99);
}

static void this_host_has_them(void **state)
{
	uint64_t value = UINT64_MAX;

	(void)state;
	assert_int_equal(snmp_read("Tcp", "RetransSegs", &value), 0);
	assert_int_not_equal(value, UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_counter_is_found_by_protocol_and_name),
		cmocka_unit_test(what_is_not_there_is_said),
		cmocka_unit_test(lines_that_do_not_fit_are_refused),
		cmocka_unit_test(this_host_has_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
