/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel counted and we did not: a lower bound while traffic runs, exact at rest, and
 * never falling.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sense/audit.h"

static struct audit audit_of(uint64_t baseline, uint64_t total)
{
	struct audit audit = {};

	audit.counter[AUDIT_RETRANSMITS].known = true;
	audit.counter[AUDIT_RETRANSMITS].baseline = baseline;
	audit.counter[AUDIT_RETRANSMITS].total = total;
	return audit;
}

static void test_agreement_misses_nothing(void **state)
{
	struct audit audit = audit_of(1000, 1700);

	(void)state;
	audit__compare(&audit, AUDIT_RETRANSMITS, 700);
	assert_int_equal(audit__missing(&audit, AUDIT_RETRANSMITS), 0);
}

static void test_what_the_kernel_has_beyond_ours_is_missing(void **state)
{
	struct audit audit = audit_of(1000, 1700);

	(void)state;
	audit__compare(&audit, AUDIT_RETRANSMITS, 697);
	assert_int_equal(audit__missing(&audit, AUDIT_RETRANSMITS), 3);
	assert_int_equal(audit__missing(&audit, AUDIT_RESETS_SENT), 0);
}

static void test_being_ahead_is_no_loss_and_takes_none_back(void **state)
{
	struct audit audit = audit_of(1000, 1700);

	(void)state;
	audit__compare(&audit, AUDIT_RETRANSMITS, 698);
	audit.counter[AUDIT_RETRANSMITS].total = 1800;
	audit__compare(&audit, AUDIT_RETRANSMITS, 810);
	assert_int_equal(audit__missing(&audit, AUDIT_RETRANSMITS), 2);
	audit.counter[AUDIT_RETRANSMITS].total = 1900;
	audit__compare(&audit, AUDIT_RETRANSMITS, 895);
	assert_int_equal(audit__missing(&audit, AUDIT_RETRANSMITS), 5);
}

static void test_an_unknown_counter_misses_nothing(void **state)
{
	struct audit audit = audit_of(1000, 1700);

	(void)state;
	audit.counter[AUDIT_RETRANSMITS].known = false;
	audit__compare(&audit, AUDIT_RETRANSMITS, 0);
	assert_int_equal(audit__missing(&audit, AUDIT_RETRANSMITS), 0);
}

static void test_from_its_beginning_this_host_has_nothing_missing(void **state)
{
	struct audit audit = {};

	(void)state;
	audit__begin(&audit);
	assert_true(audit.counter[AUDIT_RETRANSMITS].known);
	assert_true(audit.counter[AUDIT_RESETS_SENT].known);
	audit__compare(&audit, AUDIT_RETRANSMITS, 0);
	assert_int_equal(audit__missing(&audit, AUDIT_RETRANSMITS), 0);
	audit__read(&audit);
	assert_true(audit.counter[AUDIT_RESETS_SENT].total >=
		    audit.counter[AUDIT_RESETS_SENT].baseline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agreement_misses_nothing),
		cmocka_unit_test(test_what_the_kernel_has_beyond_ours_is_missing),
		cmocka_unit_test(test_being_ahead_is_no_loss_and_takes_none_back),
		cmocka_unit_test(test_an_unknown_counter_misses_nothing),
		cmocka_unit_test(test_from_its_beginning_this_host_has_nothing_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
