/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When the hooks that every packet pays for are taken off and put back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sense/packet_budget.h"

#define SECOND_NS 1000000000ULL
#define MOST	  (2 * PACKET_BUDGET_PER_SECOND) /* of two processors */

static void few_packets_are_traced(void **state)
{
	struct packet_budget budget = {.cpus = 2};

	(void)state;
	for (uint64_t second = 1; second < 100; second++)
		assert_true(packet_budget__allows(&budget, true, 1e9 + (double)second * MOST,
						  second * SECOND_NS));
}

static void many_packets_are_not(void **state)
{
	struct packet_budget budget = {.cpus = 2};

	(void)state;
	assert_true(packet_budget__allows(&budget, true, 1e9, SECOND_NS));
	assert_false(packet_budget__allows(&budget, true, 1e9 + MOST + 1, 2 * SECOND_NS));
}

static void tracing_comes_back_at_half_the_load_after_a_while(void **state)
{
	struct packet_budget budget = {.cpus = 2};
	double packets = 1e9;
	uint64_t second = 1;

	(void)state;
	assert_true(packet_budget__allows(&budget, true, packets, second++ * SECOND_NS));
	packets += MOST * 2.0;
	assert_false(packet_budget__allows(&budget, true, packets, second++ * SECOND_NS));
	second--; /* calm from here on */
	for (uint64_t calm = 1; calm < PACKET_BUDGET_CALM_NS / SECOND_NS; calm++) {
		packets += MOST * 0.4;
		assert_false(packet_budget__allows(&budget, false, packets,
						   (second + calm) * SECOND_NS));
	}
	packets += MOST * 0.4;
	assert_true(packet_budget__allows(&budget, false, packets,
					  second * SECOND_NS + PACKET_BUDGET_CALM_NS));
}

static void a_look_too_short_changes_nothing(void **state)
{
	struct packet_budget budget = {.cpus = 2};

	(void)state;
	assert_true(packet_budget__allows(&budget, true, 0, SECOND_NS));
	assert_true(packet_budget__allows(&budget, true, 1e9, SECOND_NS + 1));
	assert_false(packet_budget__allows(&budget, true, 1e9, 2 * SECOND_NS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_packets_are_traced),
		cmocka_unit_test(many_packets_are_not),
		cmocka_unit_test(tracing_comes_back_at_half_the_load_after_a_while),
		cmocka_unit_test(a_look_too_short_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
