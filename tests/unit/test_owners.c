/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the processes that own sockets live, as long as it is known, and in a bounded table.
 */
#include "base/duration.h"
#include "host_root.h"
#include "sense/owners.h"

#define STAT(pid, name, start)                                                               \
#pid " (" name ") S 1 1 1 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 " #start " 1 1 1 1 " \
	     "1 1 1 1 1 1 1 1 1 17 0 0 0 0 0 0\n"

static void a_process_is_looked_at_when_it_appears(void **state)
{
	struct fixture *fixture = *state;
	struct owners *owners = owners__new(fixture->root);

	put(fixture, "/proc/7/stat", STAT(7, "mymate", 100));
	put(fixture, "/proc/7/cgroup", "0::/system.slice/mymate.service\n");
	assert_null(owners__find(owners, 7));
	owners__note(owners, 7, NS_PER_SECOND);
	assert_string_equal(owners__find(owners, 7)->comm, "mymate");
	assert_string_equal(owners__find(owners, 7)->name.unit, "mymate.service");
	owners__note(owners, 0, NS_PER_SECOND);
	assert_int_equal(owners__count(owners), 1);
	owners__free(owners);
}

static void one_that_has_ended_keeps_its_place(void **state)
{
	struct fixture *fixture = *state;
	struct owners *owners = owners__new(fixture->root);

	put(fixture, "/proc/7/stat", STAT(7, "mymate", 100));
	put(fixture, "/proc/7/cgroup", "0::/system.slice/mymate.service\n");
	owners__note(owners, 7, NS_PER_SECOND);
	take_away(fixture, "/proc/7/stat");
	take_away(fixture, "/proc/7/cgroup");
	owners__note(owners, 7, 50 * NS_PER_SECOND);
	assert_string_equal(owners__find(owners, 7)->name.unit, "mymate.service");
	owners__free(owners);
}

static void one_that_moves_is_found_again(void **state)
{
	struct fixture *fixture = *state;
	struct owners *owners = owners__new(fixture->root);

	put(fixture, "/proc/7/stat", STAT(7, "runc", 100));
	put(fixture, "/proc/7/cgroup", "0::/system.slice/docker.service\n");
	owners__note(owners, 7, NS_PER_SECOND);
	put(fixture, "/proc/7/stat", STAT(7, "nginx", 100));
	put(fixture, "/proc/7/cgroup", "0::/lxc/web\n");
	owners__note(owners, 7, 2 * NS_PER_SECOND);
	assert_string_equal(owners__find(owners, 7)->comm, "runc");
	owners__note(owners, 7, 40 * NS_PER_SECOND);
	assert_string_equal(owners__find(owners, 7)->comm, "nginx");
	assert_string_equal(owners__find(owners, 7)->name.container, "web");
	owners__free(owners);
}

static void one_that_was_never_there_is_not_known(void **state)
{
	struct fixture *fixture = *state;
	struct owners *owners = owners__new(fixture->root);

	owners__note(owners, 8, NS_PER_SECOND);
	assert_null(owners__find(owners, 8));
	put(fixture, "/proc/8/cgroup", "0::/lxc/web\n");
	owners__note(owners, 8, 40 * NS_PER_SECOND);
	assert_null(owners__find(owners, 8));
	owners__free(owners);
}

static void the_table_is_bounded_and_forgets(void **state)
{
	struct fixture *fixture = *state;
	struct owners *owners = owners__new(fixture->root);

	for (uint32_t pid = 1; pid <= OWNERS_MAX + 5; pid++)
		owners__note(owners, pid, NS_PER_SECOND);
	assert_int_equal(owners__count(owners), OWNERS_MAX);
	assert_int_equal(owners__refused(owners), 5);
	owners__note(owners, 1, 60 * NS_PER_SECOND);
	owners__forget_idle(owners, 62 * NS_PER_SECOND);
	assert_int_equal(owners__count(owners), 1);
	owners__note(owners, OWNERS_MAX + 5, 63 * NS_PER_SECOND);
	assert_int_equal(owners__count(owners), 2);
	owners__free(owners);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_process_is_looked_at_when_it_appears, setup,
						teardown),
		cmocka_unit_test_setup_teardown(one_that_has_ended_keeps_its_place, setup,
						teardown),
		cmocka_unit_test_setup_teardown(one_that_moves_is_found_again, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_was_never_there_is_not_known, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_table_is_bounded_and_forgets, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
