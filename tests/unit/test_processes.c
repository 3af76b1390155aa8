/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watched processes, their cgroups, and the processors with the kernel's own threads for packets,
 * read below a root of our own.
 */
#include "base/duration.h"
#include "host_root.h"
#include "sense/cgroup.h"
#include "sense/changes.h"
#include "sense/processes.h"
#include "sense/processors.h"

/* ---- cgroups ----------------------------------------------------------------------------- */

static void mixed_hierarchies(void **state)
{
	char unified[CGROUP_PATH_LEN], cpu[CGROUP_PATH_LEN];
	struct cgroup_mounts mounts;

	(void)state;
	parse_cgroup_mounts(
		"26 1 0:4 / /proc rw - proc proc rw\n"
		"30 23 0:26 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset\n"
		"31 23 0:27 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup "
		"rw,cpu,cpuacct\n"
		"32 23 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
		&mounts);
	assert_string_equal(mounts.cpu, "/sys/fs/cgroup/cpu");
	assert_string_equal(mounts.unified, "/sys/fs/cgroup/unified");
	parse_cgroup("9:name=systemd:/\n3:cpuset:/x\n2:cpu,cpuacct:/app\n0::/app.slice/a b\n",
		     unified, cpu);
	assert_string_equal(cpu, "/app");
	assert_string_equal(unified, "/app.slice/a b");
	parse_cgroup("0::/../outside\n", unified, cpu);
	assert_string_equal(unified, "");
	assert_string_equal(cpu, "");
}

static void throttling_of_both_versions(void **state)
{
	struct reading throttled, throttled_us;

	(void)state;
	parse_cpu_stat("usage_usec 5\nnr_periods 9\nnr_throttled 4\nthrottled_usec 1500\n",
		       &throttled, &throttled_us);
	assert_reading(throttled, 4);
	assert_reading(throttled_us, 1500);
	parse_cpu_stat("nr_periods 9\nnr_throttled 3\nthrottled_time 2000000\n", &throttled,
		       &throttled_us);
	assert_reading(throttled, 3);
	assert_reading(throttled_us, 2000);
	/* The root cgroup has no limit, and so it is never throttled: not nought, but unknown. */
	parse_cpu_stat("usage_usec 5\n", &throttled, &throttled_us);
	assert_not_available(throttled);
}

/* ---- processes --------------------------------------------------------------------------- */

#define STAT(pid, comm, state, start) \
#pid " (" comm ") " state " 1 1 1 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 2 0 " start " 1 1\n"

static void put_process(const struct fixture *fixture, const char *stat)
{
	put(fixture, "/proc/812/stat", stat);
	put(fixture, "/proc/812/limits",
	    "Limit                     Soft Limit           Hard Limit           Units     \n"
	    "Max open files            1024                 4096                 files     \n");
	put(fixture, "/proc/812/task/812/schedstat", "1000 2000 3\n");
	put(fixture, "/proc/812/task/813/schedstat", "10 20 3\n");
	put(fixture, "/proc/812/fd/0", "");
	put(fixture, "/proc/812/fd/1", "");
	put(fixture, "/proc/812/fd/2", "");
	put(fixture, "/proc/812/cgroup", "0::/app\n2:cpu:/app\n");
	put(fixture, "/sys/fs/cgroup/unified/app/cpu.pressure",
	    "some avg10=0.00 avg60=0.00 avg300=0.00 total=77\n");
	put(fixture, "/sys/fs/cgroup/cpu/app/cpu.stat",
	    "nr_periods 9\nnr_throttled 3\nthrottled_time 2000000\n");
	put(fixture, "/proc/self/mountinfo",
	    "31 23 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
	    "32 23 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
}

static void a_process_from_its_first_reading_to_its_end(void **state)
{
	struct fixture *fixture = *state;
	struct changes changes = {};
	const struct process_sample *list;
	struct processes *processes;
	size_t count;

	put_process(fixture, STAT(812, "my (odd) app", "S", "4242"));
	processes = processes__new(fixture->files, &changes);
	processes__watch(processes, 812);
	processes__watch(processes, 812);
	processes__watch(processes, 0);
	processes__read(processes);
	list = processes__list(processes, &count);
	assert_int_equal(count, 1);
	assert_string_equal(list[0].comm, "my (odd) app");
	assert_int_equal(list[0].state, 'S');
	assert_int_equal(list[0].start_ticks, 4242);
	assert_reading(list[0].reading[PROCESS_THREADS], 2);
	assert_reading(list[0].reading[PROCESS_RUN_NS], 1010);
	assert_reading(list[0].reading[PROCESS_WAIT_NS], 2020);
	assert_reading(list[0].reading[PROCESS_FILES], 3);
	assert_reading(list[0].reading[PROCESS_FILES_LIMIT], 1024);
	assert_reading(list[0].reading[PROCESS_CPU_SOME_US], 77);
	assert_not_available(list[0].reading[PROCESS_IO_SOME_US]);
	assert_reading(list[0].reading[PROCESS_THROTTLED], 3);
	assert_reading(list[0].reading[PROCESS_THROTTLED_US], 2000);
	assert_int_equal(changes.total, 0);

	put(fixture, "/proc/812/stat", STAT(812, "my (odd) app", "T", "4242"));
	processes__read(processes);
	assert_int_equal(changes.total, 1);
	assert_int_equal(changes.kept[0].kind, CHANGE_PROCESS_STOPPED);
	assert_string_equal(changes.kept[0].text, "process my (odd) app (pid 812) is stopped");
	put(fixture, "/proc/812/stat", STAT(812, "my (odd) app", "R", "4242"));
	processes__read(processes);
	assert_int_equal(changes.kept[1].kind, CHANGE_PROCESS_CONTINUED);

	/* The pid is another process now: the one we watched is gone. */
	put(fixture, "/proc/812/stat", STAT(812, "other", "S", "9999"));
	processes__read(processes);
	assert_int_equal(changes.kept[2].kind, CHANGE_PROCESS_GONE);
	list = processes__list(processes, &count);
	assert_int_equal(count, 1);
	assert_int_equal(list[0].state, 'X');
	assert_not_available(list[0].reading[PROCESS_WAIT_NS]);
	processes__free(processes);
	assert_int_equal(proc_files__missing(fixture->files), 0);
}

/* Fields 12 and 42; a kernel that was told not to count waits for disks writes noughts. */
static void waits_for_disks(void **state)
{
	static const char text[] =
		"812 (app) D 1 1 1 0 -1 4194304 1 0 55 0 0 0 0 0 20 0 2 0 7 1 1 1 1 "
		"1 1 1 1 1 1 1 1 1 1 1 17 0 0 0 250 0 0";
	struct fixture *fixture = *state;
	struct changes changes = {};
	struct processes *processes;
	const struct process_sample *list;
	size_t count;

	put_process(fixture, text);
	processes = processes__new(fixture->files, &changes);
	processes__watch(processes, 812);
	processes__read(processes);
	list = processes__list(processes, &count);
	assert_int_equal(list[0].state, 'D');
	assert_reading(list[0].reading[PROCESS_MAJOR_FAULTS], 55);
	assert_reading(list[0].reading[PROCESS_IO_WAIT_US],
		       250 * 1e6 / (double)sysconf(_SC_CLK_TCK));
	put(fixture, "/proc/sys/kernel/task_delayacct", "0\n");
	processes__read(processes);
	assert_not_available(list[0].reading[PROCESS_IO_WAIT_US]);
	assert_reading(list[0].reading[PROCESS_MAJOR_FAULTS], 55);
	put(fixture, "/proc/sys/kernel/task_delayacct", "1\n");
	processes__read(processes);
	assert_reading(list[0].reading[PROCESS_IO_WAIT_US],
		       250 * 1e6 / (double)sysconf(_SC_CLK_TCK));
	processes__free(processes);
}

/* Of many processes some are looked at less closely, but never their descriptors. */
static void limits_of_many_processes_are_read_each_time(void **state)
{
	struct fixture *fixture = *state;
	struct changes changes = {};
	struct processes *processes;
	const struct process_sample *list;
	char path[64], stat[128];
	size_t count;

	processes = processes__new(fixture->files, &changes);
	for (unsigned pid = 100; pid < 120; pid++) {
		snprintf(path, sizeof(path), "/proc/%u/stat", pid);
		snprintf(stat, sizeof(stat),
			 "%u (app) S 1 1 1 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 2 0 7 1 1", pid);
		put(fixture, path, stat);
		processes__watch(processes, pid);
	}
	for (unsigned limit = 10; limit < 15; limit++) {
		for (unsigned pid = 100; pid < 120; pid++) {
			snprintf(path, sizeof(path), "/proc/%u/limits", pid);
			snprintf(stat, sizeof(stat), "Max open files  %u  4096  files\n",
				 limit * 1000 + pid);
			put(fixture, path, stat);
			processes__watch(processes, pid);
		}
		processes__read(processes);
		list = processes__list(processes, &count);
		assert_int_equal(count, 20);
		for (size_t i = 0; i < count; i++)
			assert_reading(list[i].reading[PROCESS_FILES_LIMIT],
				       limit * 1000 + list[i].pid);
	}
	processes__free(processes);
}

static void a_process_nobody_names_any_more_leaves(void **state)
{
	struct fixture *fixture = *state;
	struct changes changes = {};
	struct processes *processes;
	size_t count;

	put_process(fixture, STAT(812, "app", "S", "1"));
	processes = processes__new(fixture->files, &changes);
	processes__watch(processes, 812);
	for (int i = 0; i < 100; i++)
		processes__read(processes);
	processes__list(processes, &count);
	assert_int_equal(count, 0);
	assert_int_equal(changes.total, 0);
	processes__free(processes);
}

static void more_processes_than_there_is_room_are_counted(void **state)
{
	struct fixture *fixture = *state;
	struct changes changes = {};
	struct processes *processes;

	put_process(fixture, STAT(812, "app", "S", "1"));
	processes = processes__new(fixture->files, &changes);
	for (uint32_t pid = 1; pid <= PROCESSES_MAX + 5; pid++)
		processes__watch(processes, pid);
	assert_int_equal(processes__refused(processes), 5);
	/* None of them exists; that is no change, for none was ever seen. */
	processes__read(processes);
	assert_int_equal(changes.total, 0);
	processes__free(processes);
}

static void damaged_files_of_a_process(void **state)
{
	struct process_stat stat;
	double run, wait;

	(void)state;
	assert_false(parse_process_stat("", &stat));
	assert_false(parse_process_stat("812 (app", &stat));
	assert_false(parse_process_stat(") 812 (", &stat));
	assert_false(parse_process_stat("812 (app) S 1 2 3", &stat));
	assert_not_available(parse_files_limit("Max open files unlimited unlimited files"));
	assert_not_available(parse_files_limit(""));
	assert_false(parse_schedstat("17", &run, &wait));
}

/* ---- processors -------------------------------------------------------------------------- */

static void read_at(const struct fixture *fixture, struct processors *processors, uint64_t now_s,
		    struct reading host[HOST_READING_COUNT])
{
	memset(host, 0, HOST_READING_COUNT * sizeof(*host));
	(void)fixture;
	processors__read(processors, now_s * NS_PER_SECOND, host);
}

static void the_busiest_processor_of_each_tick(void **state)
{
	struct fixture *fixture = *state;
	struct processors *processors = processors__new(fixture->files);
	double tick_us = 1e6 / (double)sysconf(_SC_CLK_TCK);
	struct reading host[HOST_READING_COUNT];

	put(fixture, "/proc/stat",
	    "cpu  20 2 10 900 5 1 3 7 0 0\ncpu0 10 1 5 450 2 0 1 3 0 0\n"
	    "cpu1 10 1 5 450 3 1 2 4 0 0\nintr 1 2 3\ncpu9 1000 0 0 0 0 0 0 0 0 0\n");
	read_at(fixture, processors, 1, host);
	assert_reading(host[HOST_CPU_BUSY_US], 36 * tick_us);
	assert_reading(host[HOST_CPU_SOFTIRQ_US], 3 * tick_us);
	assert_reading(host[HOST_CPU_STEAL_US], 7 * tick_us);
	assert_reading(host[HOST_CPU_BUSIEST_US], 0);
	/* First one is the busier, by 30 ticks, then the other, by 50. */
	put(fixture, "/proc/stat",
	    "cpu  70 2 10 900 5 1 3 7\ncpu0 40 1 5 450 2 0 1 3\ncpu1 30 1 5 450 3 1 2 4\n");
	read_at(fixture, processors, 2, host);
	assert_reading(host[HOST_CPU_BUSIEST_US], 30 * tick_us);
	put(fixture, "/proc/stat",
	    "cpu  120 2 10 900 5 1 3 7\ncpu0 40 1 5 450 2 0 1 3\ncpu1 80 1 5 450 3 1 2 4\n");
	read_at(fixture, processors, 3, host);
	assert_reading(host[HOST_CPU_BUSIEST_US], 80 * tick_us);
	assert_reading(host[HOST_CPU_BUSY_US], 136 * tick_us);
	processors__free(processors);
}

static void the_wait_of_the_threads_for_packets(void **state)
{
	struct fixture *fixture = *state;
	struct processors *processors = processors__new(fixture->files);
	struct reading host[HOST_READING_COUNT];

	put(fixture, "/proc/stat", "cpu  1 1 1 1 1 1 1 1\n");
	read_at(fixture, processors, 1, host);
	assert_not_available(host[HOST_SOFTIRQ_WAIT_US]);
	put(fixture, "/proc/2/task/2/children", "13 14 22 40 ");
	put(fixture, "/proc/13/stat",
	    "13 (ksoftirqd/0) S 2 0 0 0 -1 69238848 0 0 0 0 0 1 0 0 20 0 1 0 5\n");
	put(fixture, "/proc/14/stat",
	    "14 (rcu_preempt) I 2 0 0 0 -1 69238848 0 0 0 0 0 1 0 0 20 0 1 0 5\n");
	put(fixture, "/proc/22/stat",
	    "22 (napi/eth0-8) S 2 0 0 0 -1 69238848 0 0 0 0 0 1 0 0 20 0 1 0 5\n");
	put(fixture, "/proc/13/schedstat", "5000 7000 3\n");
	put(fixture, "/proc/14/schedstat", "1000000 1000000 3\n");
	put(fixture, "/proc/22/schedstat", "2000 4000 3\n");
	/* They are looked for once a minute. */
	read_at(fixture, processors, 2, host);
	assert_not_available(host[HOST_SOFTIRQ_WAIT_US]);
	read_at(fixture, processors, 62, host);
	assert_reading(host[HOST_SOFTIRQ_RUN_US], 7);
	assert_reading(host[HOST_SOFTIRQ_WAIT_US], 11);
	take_away(fixture, "/proc/22/schedstat");
	read_at(fixture, processors, 63, host);
	assert_reading(host[HOST_SOFTIRQ_WAIT_US], 7);
	processors__free(processors);
}

static void lines_that_are_no_processor(void **state)
{
	static const char *const lines[] = {"",
					    "cpu",
					    "cp",
					    "intr 5",
					    "cpux 1 2 3 4 5 6 7",
					    "cpu0",
					    "cpu0 1 2 3",
					    "cpu-1 1 2 3 4 5 6 7"};
	struct processor_ticks ticks;
	int number;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		assert_false(parse_processor(lines[i], &number, &ticks));
	/* A kernel that ends before steal. */
	assert_true(parse_processor("cpu12 1 2 3 4 5 6 7", &number, &ticks));
	assert_int_equal(number, 12);
	assert_int_equal(ticks.busy, 19);
	assert_int_equal(ticks.steal, 0);
	assert_true(handles_packets("ksoftirqd/11"));
	assert_true(handles_packets("napi/eth0-8193"));
	assert_false(handles_packets("ksoftirqd"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mixed_hierarchies),
		TEST(throttling_of_both_versions),
		TEST(a_process_from_its_first_reading_to_its_end),
		TEST(a_process_nobody_names_any_more_leaves),
		TEST(more_processes_than_there_is_room_are_counted),
		TEST(damaged_files_of_a_process),
		TEST(waits_for_disks),
		TEST(limits_of_many_processes_are_read_each_time),
		TEST(the_busiest_processor_of_each_tick),
		TEST(the_wait_of_the_threads_for_packets),
		TEST(lines_that_are_no_processor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
