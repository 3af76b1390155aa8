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
#define BUSY	  (CALL_BUDGET_PER_SECOND * 2 + 1) /* calls a second, one more than two processors may \
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

	(void)state;
	assert_true(call_budget__allows(&budget, false, 0, SECOND_NS));
	assert_true(call_budget__allows(&budget, true, BUSY - 1, 2 * SECOND_NS));
	assert_false(call_budget__allows(&budget, true, 2 * BUSY, 3 * SECOND_NS));
}

static void a_burst_too_short_to_tell_is_no_load(void **state)
{
	struct call_budget budget = {.cpus = 1};

	(void)state;
	assert_true(call_budget__allows(&budget, false, 0, SECOND_NS));
	assert_true(call_budget__allows(&budget, true, 1000000, SECOND_NS + 1000000));
}

/* Under a load that stays, hardly a tick is traced; when it is gone, all are again. */
static void pauses_grow_under_load_and_end_with_it(void **state)
{
	struct call_budget budget = {.cpus = 2};
	uint64_t calls = 0, traced_seconds = 0;
	bool traced = false;

	(void)state;
	for (uint64_t second = 1; second <= 3600; second++) {
		calls += traced ? BUSY : 0;
		traced = call_budget__allows(&budget, traced, calls, second * SECOND_NS);
		traced_seconds += traced;
	}
	assert_in_range(traced_seconds, 1, 3600 / 100);
	for (uint64_t second = 3601; second <= 3601 + 3 * 120; second++)
		traced = call_budget__allows(&budget, traced, calls, second * SECOND_NS);
	assert_true(traced);
	assert_int_equal(budget.pause_ns, CALL_BUDGET_PAUSE_NS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quiet_host_is_traced),
		cmocka_unit_test(just_as_much_as_the_budget_is_allowed),
		cmocka_unit_test(a_burst_too_short_to_tell_is_no_load),
		cmocka_unit_test(pauses_grow_under_load_and_end_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
