/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small things that people read or rely on: facts as sentences, times as text, the hook table, the
 * lock of an instance.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/instance.h"
#include "base/utc.h"
#include "sense/hook_table.h"
#include "tell/fact_text.h"

static const char *reason_name(const void *context, unsigned reason)
{
	(void)context;
	return reason == 11 ? "SK_RST_REASON_TCP_ABORT_ON_CLOSE" : NULL;
}

static struct fact ipv4_fact(__u8 kind, __u8 tcp_state, int error)
{
	return (struct fact){
		.kind = kind,
		.tcp_state = tcp_state,
		.error = error,
		.remote = {[10] = 0xff, [11] = 0xff, [12] = 203, [13] = 0, [14] = 113, [15] = 10},
		.remote_port = 7001,
		.owner_tgid = 812,
	};
}

static void facts_are_sentences(void **state)
{
	struct fact fact = ipv4_fact(FACT_RESET_RECEIVED, 1, 0);
	char text[FACT_TEXT_LEN];

	(void)state;
	assert_string_equal(
		fact_text(&fact, "rates-feed", reason_name, NULL, text),
		"reset received from 203.0.113.10:7001 in ESTABLISHED (rates-feed, process 812)");
	fact = ipv4_fact(FACT_RESET_SENT, 8, 11);
	assert_string_equal(fact_text(&fact, NULL, reason_name, NULL, text),
			    "reset sent to 203.0.113.10:7001 in CLOSE_WAIT: "
			    "SK_RST_REASON_TCP_ABORT_ON_CLOSE (a new link, process 812)");
	assert_string_equal(fact_text(&fact, "a", NULL, NULL, text),
			    "reset sent to 203.0.113.10:7001 in CLOSE_WAIT (a, process 812)");
	fact = ipv4_fact(FACT_CONNECT_FAILED, 2, ETIMEDOUT);
	assert_string_equal(fact_text(&fact, "a", NULL, NULL, text),
			    "connect to 203.0.113.10:7001 failed: Connection timed out (a, process "
			    "812)");
	fact = ipv4_fact(200, 99, 0);
	assert_string_equal(fact_text(&fact, "a", NULL, NULL, text),
			    "fact 200 of 203.0.113.10:7001 (a, process 812)");
}

static void times_are_utc_with_milliseconds(void **state)
{
	char text[UTC_TEXT_LEN];

	(void)state;
	assert_string_equal(utc_format((struct timespec){1795353301, 250999999}, text),
			    "2026-11-22T13:15:01.250Z");
	assert_string_equal(utc_format((struct timespec){0, 0}, text), "1970-01-01T00:00:00.000Z");
}

static void every_hook_can_be_named_and_explained(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOOK_COUNT; i++) {
		assert_int_equal(hook_table[i].id, i);
		assert_ptr_equal(hook_table__find(hook_table[i].name), &hook_table[i]);
		assert_non_null(hook_table[i].sees);
		assert_non_null(hook_table[i].lost);
		assert_non_null(hook_table[i].variant[0].program);
		assert_null(hook_table[i].variant[0].shortfall);
		if (hook_table[i].needs)
			assert_non_null(hook_table__find(hook_table[i].needs));
	}
	assert_null(hook_table__find("no_such_hook"));
}

static void one_instance_holds_the_lock(void **state)
{
	char directory[] = "/tmp/faultline-lock-XXXXXX", path[64], why[256] = "";
	int first, second;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/a/b", directory);
	first = instance_lock(path, why, sizeof(why));
	assert_true(first >= 0);
	second = instance_lock(path, why, sizeof(why));
	assert_int_equal(second, -EBUSY);
	assert_non_null(strstr(why, "another faultline runs already"));
	close(first);
	second = instance_lock(path, why, sizeof(why));
	assert_true(second >= 0);
	close(second);
	snprintf(path, sizeof(path), "%s/a/b/lock", directory);
	unlink(path);
	path[strlen(path) - strlen("/lock")] = 0;
	rmdir(path);
	path[strlen(path) - strlen("/b")] = 0;
	rmdir(path);
	assert_int_equal(rmdir(directory), 0);
}

static void a_lock_that_cannot_be_made_says_why(void **state)
{
	char why[256] = "";

	(void)state;
	assert_true(instance_lock("/dev/null/state", why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "/dev/null/state"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_are_sentences),
		cmocka_unit_test(times_are_utc_with_milliseconds),
		cmocka_unit_test(every_hook_can_be_named_and_explained),
		cmocka_unit_test(one_instance_holds_the_lock),
		cmocka_unit_test(a_lock_that_cannot_be_made_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
