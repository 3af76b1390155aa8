/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When tracing of system calls stops and begins again, on a made-up clock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sense/call_budget.h"

#define SECOND_NS 1000000000ULL
#define BUSY                                                                                 \
	(CALL_BUDGET_PER_SECOND * 2 + 1) /* calls a second, one more than two processors may \
					  */

static void a_quiet_host_is_traced(void **state)
{
	struct call_budget budget = {.cpus = 2};
	bool traced = false;

	(void)state;
	for (uint64_t second = 1; second < 1000; second++) {
		traced = call_budget__allows(&budget, traced, second * 1000, second * SECOND_NS);
		assert_true(traced);
	}
}

static void just_as_much_as_the_budget_is_allowed(void **state)
{
	struct call_budget budget = {.cpus = 2};
	uint64_t calls = 0;
	bool traced = true;

	(void)state;
	assert_true(call_budget__allows(&budget, false, 0, SECOND_NS));
	for (uint64_t second = 2; second < 1000 && traced; second++) {
		calls += BUSY - 1;
		traced = call_budget__allows(&budget, traced, calls, second * SECOND_NS);
	}
	assert_true(traced);
	/* What was put by lasts for a moment, at twice the rate for a second. */
	assert_true(call_budget__allows(&budget, true, calls + 2 * (BUSY - 1), 1000 * SECOND_NS));
	assert_false(call_budget__allows(&budget, true, calls + 4 * BUSY, 1001 * SECOND_NS));
}

/* The storm ends tracing as soon as a second's worth is gone, however often it is asked. */
static void a_storm_is_noticed_between_ticks(void **state)
{
	struct call_budget budget = {.cpus = 2};
	uint64_t calls = 0, now_ns = SECOND_NS;
	bool traced = call_budget__allows(&budget, false, 0, now_ns);

	(void)state;
	while (traced) {
		calls += 16384;
		now_ns += 4096000; /* four million a second */
		traced = call_budget__allows(&budget, traced, calls, now_ns);
	}
	assert_in_range(now_ns - SECOND_NS, 1, 30000000);
	/* A trial under the same storm is shorter still. */
	now_ns += CALL_BUDGET_PAUSE_NS;
	assert_true(call_budget__allows(&budget, false, calls, now_ns));
	assert_true(call_budget__allows(&budget, true, calls + 16384, now_ns + 4096000));
	assert_false(call_budget__allows(&budget, true, calls + 32768, now_ns + 8192000));
}

/* Under a load that stays, hardly a tick is traced; when it is gone, all are again. */
static void pauses_grow_under_load_and_end_with_it(void **state)
{
	struct call_budget budget = {.cpus = 2};
	uint64_t calls = 0, traced_seconds = 0;
	bool traced = false;

	(void)state;
	for (uint64_t second = 1; second <= 3600; second++) {
		calls += traced ? 3 * BUSY : 0;
		traced = call_budget__allows(&budget, traced, calls, second * SECOND_NS);
		traced_seconds += traced;
	}
	assert_in_range(traced_seconds, 1, 3600 / 100);
	for (uint64_t second = 3601; second <= 3601 + 3 * 120; second++)
		traced = call_budget__allows(&budget, traced, calls, second * SECOND_NS);
	assert_true(traced);
	assert_int_equal(budget.pause_ns, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quiet_host_is_traced),
		cmocka_unit_test(just_as_much_as_the_budget_is_allowed),
		cmocka_unit_test(a_storm_is_noticed_between_ticks),
		cmocka_unit_test(pauses_grow_under_load_and_end_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
