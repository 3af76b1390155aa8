/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is read of /proc, /sys and /etc, below a root of our own: every parser, what a missing or
 * damaged file costs, and that a reading that is not there is never nought.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sense/cgroup.h"
#include "sense/changes.h"
#include "sense/clock_step.h"
#include "sense/mib.h"
#include "sense/proc_files.h"
#include "sense/proc_net.h"
#include "sense/processes.h"
#include "sense/resolv_conf.h"

#define PATH_ROOM 512

struct fixture {
	char root[64];
	struct proc_files *files;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	strcpy(fixture->root, "/tmp/faultline-host-XXXXXX");
	assert_non_null(mkdtemp(fixture->root));
	fixture->files = proc_files__new(fixture->root);
	assert_non_null(fixture->files);
	*state = fixture;
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	return remove(path);
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	nftw(fixture->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	proc_files__free(fixture->files);
	free(fixture);
	return 0;
}

/* Writes a file below the root, with the directories it needs. */
static void put(const struct fixture *fixture, const char *path, const char *text)
{
	char full[PATH_ROOM];
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", fixture->root, path);
	for (char *at = full + strlen(fixture->root) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		mkdir(full, 0700);
		*at = '/';
	}
	file = fopen(full, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void take_away(const struct fixture *fixture, const char *path)
{
	char full[PATH_ROOM];

	snprintf(full, sizeof(full), "%s%s", fixture->root, path);
	assert_int_equal(unlink(full), 0);
}

static void assert_reading(struct reading reading, double value)
{
	assert_true(reading.known);
	assert_true(fabs(reading.value - value) < 1e-6);
}

static void assert_not_available(struct reading reading)
{
	assert_false(reading.known);
	assert_true(reading.value == 0);
}

/* ---- files ------------------------------------------------------------------------------- */

static void a_missing_file_is_listed_once_and_leaves_when_it_is_there(void **state)
{
	struct fixture *fixture = *state;
	char *text;

	for (int i = 0; i < 3; i++)
		assert_int_equal(proc_files__read(fixture->files, "/proc/loadavg", &text), -ENOENT);
	assert_int_equal(proc_files__try(fixture->files, "/proc/other", &text), -ENOENT);
	assert_int_equal(proc_files__missing(fixture->files), 1);
	assert_string_equal(proc_files__missing_path(fixture->files, 0), "/proc/loadavg");
	assert_int_equal(proc_files__missing_error(fixture->files, 0), ENOENT);
	put(fixture, "/proc/loadavg", "0.1 0.2 0.3 4/100 1\n");
	assert_int_equal(proc_files__read(fixture->files, "/proc/loadavg", &text), 0);
	assert_string_equal(text, "0.1 0.2 0.3 4/100 1\n");
	assert_int_equal(proc_files__missing(fixture->files), 0);
}

static void a_directory_in_place_of_a_file_is_listed(void **state)
{
	struct fixture *fixture = *state;
	char *text;

	put(fixture, "/proc/loadavg/x", "");
	assert_int_equal(proc_files__read(fixture->files, "/proc/loadavg", &text), -EISDIR);
	assert_int_equal(proc_files__missing_error(fixture->files, 0), EISDIR);
}

static void a_long_file_is_read_whole(void **state)
{
	struct fixture *fixture = *state;
	size_t len = 100000;
	char *content = malloc(len + 1), *text;

	memset(content, 'x', len);
	content[len] = '\0';
	put(fixture, "/long", content);
	assert_int_equal(proc_files__read(fixture->files, "/long", &text), 0);
	assert_string_equal(text, content);
	free(content);
}

static void the_list_of_missing_files_is_bounded(void **state)
{
	struct fixture *fixture = *state;
	char path[32], *text;

	for (int i = 0; i < 2 * PROC_FILES_MISSING_MAX; i++) {
		snprintf(path, sizeof(path), "/missing/%d", i);
		assert_int_equal(proc_files__read(fixture->files, path, &text), -ENOENT);
	}
	assert_int_equal(proc_files__missing(fixture->files), PROC_FILES_MISSING_MAX);
}

/* ---- the host ---------------------------------------------------------------------------- */

static void put_host(const struct fixture *fixture)
{
	put(fixture, "/proc/pressure/cpu",
	    "some avg10=12.93 avg60=10.87 avg300=21.85 total=419835256\n"
	    "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
	put(fixture, "/proc/pressure/memory",
	    "some avg10=1.50 avg60=0.00 avg300=0.00 total=17\n"
	    "full avg10=0.00 avg60=0.00 avg300=0.00 total=9\n");
	put(fixture, "/proc/pressure/io",
	    "some avg10=2.00 avg60=0.00 avg300=0.00 total=7793015\n"
	    "full avg10=0.00 avg60=0.00 avg300=0.00 total=6618761\n");
	put(fixture, "/proc/self/net/softnet_stat",
	    "00000010 00000001 00000002 00000000 00000000 00000000 00000000 00000000 00000000 "
	    "00000000 00000000 00000003 00000000 00000000 00000000\n"
	    "000000ff 00000000 00000001 00000000 00000000 00000000 00000000 00000000 00000000 "
	    "00000000 00000000 00000000 00000001 00000000 00000000\n");
	put(fixture, "/proc/self/net/sockstat",
	    "sockets: used 10025\nTCP: inuse 102 orphan 1 tw 4803 alloc 333 mem 1051\n"
	    "UDP: inuse 5 mem 16\nUDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n");
	put(fixture, "/proc/sys/net/ipv4/tcp_mem", "10\t20\t30\n");
	put(fixture, "/proc/sys/fs/file-nr", "1333\t0\t2466177\n");
	put(fixture, "/proc/loadavg", "1.13 1.74 2.11 4/321 5214\n");
	put(fixture, "/proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
	put(fixture, "/proc/sys/net/ipv4/ip_local_reserved_ports", "8080,40000-40009\n");
	put(fixture, "/proc/sys/net/netfilter/nf_conntrack_count", "7\n");
	put(fixture, "/proc/sys/net/netfilter/nf_conntrack_max", "262144\n");
	put(fixture, "/proc/self/net/stat/nf_conntrack",
	    "entries  clashres found new invalid ignore delete chainlength insert insert_failed "
	    "drop early_drop icmp_error  expect_new expect_create expect_delete search_restart\n"
	    "00000007  00000000 0 0 0 0 0 0 0 00000002 0000000a 00000001 0 0 0 0 0\n"
	    "00000007  00000000 0 0 0 0 0 0 0 00000001 00000006 00000000 0 0 0 0 0\n");
}

static void a_whole_host_is_read(void **state)
{
	struct reading host[HOST_READING_COUNT] = {};
	struct fixture *fixture = *state;

	put_host(fixture);
	proc_net_read(fixture->files, host);
	assert_int_equal(proc_files__missing(fixture->files), 0);
	assert_reading(host[HOST_CPU_SOME_US], 419835256);
	assert_reading(host[HOST_CPU_SOME_AVG10], 12.93);
	assert_reading(host[HOST_MEMORY_SOME_US], 17);
	assert_reading(host[HOST_MEMORY_FULL_US], 9);
	assert_reading(host[HOST_IO_SOME_US], 7793015);
	assert_reading(host[HOST_IO_FULL_US], 6618761);
	assert_reading(host[HOST_SOFTNET_PROCESSED], 0x10f);
	assert_reading(host[HOST_SOFTNET_DROPPED], 1);
	assert_reading(host[HOST_SOFTNET_SQUEEZED], 3);
	assert_reading(host[HOST_SOFTNET_BACKLOG], 3);
	assert_reading(host[HOST_TCP_SOCKETS], 102);
	assert_reading(host[HOST_TCP_ORPHANS], 1);
	assert_reading(host[HOST_TCP_TIME_WAIT], 4803);
	assert_reading(host[HOST_TCP_MEMORY_PAGES], 1051);
	assert_reading(host[HOST_UDP_MEMORY_PAGES], 16);
	assert_reading(host[HOST_FILES_OPEN], 1333);
	assert_reading(host[HOST_FILES_LIMIT], 2466177);
	assert_reading(host[HOST_RUNNABLE], 4);
	assert_reading(host[HOST_PORTS], 28232 - 10);
	assert_reading(host[HOST_CONNTRACK_ENTRIES], 7);
	assert_reading(host[HOST_CONNTRACK_LIMIT], 262144);
	assert_reading(host[HOST_CONNTRACK_DROPPED], 16);
	assert_reading(host[HOST_CONNTRACK_EARLY_DROPPED], 1);
	assert_reading(host[HOST_CONNTRACK_INSERT_FAILED], 3);
}

static void tiny_socket_memory_shows(void **state)
{
	struct reading host[HOST_READING_COUNT] = {};
	struct fixture *fixture = *state;

	put_host(fixture);
	proc_net_read(fixture->files, host);
	assert_reading(host[HOST_TCP_MEMORY_PRESSURE_PAGES], 20);
	assert_reading(host[HOST_TCP_MEMORY_LIMIT_PAGES], 30);
	assert_true(host[HOST_TCP_MEMORY_PAGES].value > host[HOST_TCP_MEMORY_LIMIT_PAGES].value);
}

/* Every file taken away in turn costs its own readings, is said once, and the others stay. */
static void each_missing_file_costs_its_own_readings_alone(void **state)
{
	static const struct {
		const char *path;
		enum host_reading lost;
		bool listed;
	} cases[] = {
		{"/proc/pressure/cpu", HOST_CPU_SOME_US, true},
		{"/proc/pressure/memory", HOST_MEMORY_FULL_US, true},
		{"/proc/pressure/io", HOST_IO_SOME_US, true},
		{"/proc/self/net/softnet_stat", HOST_SOFTNET_SQUEEZED, true},
		{"/proc/self/net/sockstat", HOST_TCP_ORPHANS, true},
		{"/proc/sys/fs/file-nr", HOST_FILES_OPEN, true},
		{"/proc/loadavg", HOST_RUNNABLE, true},
		{"/proc/sys/net/ipv4/ip_local_port_range", HOST_PORTS, true},
		{"/proc/self/net/stat/nf_conntrack", HOST_CONNTRACK_DROPPED, true},
		/* No conntrack is no fault, and only the first namespace has this limit. */
		{"/proc/sys/net/netfilter/nf_conntrack_count", HOST_CONNTRACK_ENTRIES, false},
		{"/proc/sys/net/ipv4/tcp_mem", HOST_TCP_MEMORY_LIMIT_PAGES, false},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct reading host[HOST_READING_COUNT] = {};

		put_host(fixture);
		proc_net_read(fixture->files, host);
		memset(host, 0, sizeof(host));
		take_away(fixture, cases[i].path);
		proc_net_read(fixture->files, host);
		proc_net_read(fixture->files, host);
		assert_not_available(host[cases[i].lost]);
		assert_int_equal(proc_files__missing(fixture->files), cases[i].listed);
		for (size_t j = 0; j < sizeof(cases) / sizeof(*cases); j++) {
			bool conntrack = !strncmp(cases[i].path, "/proc/sys/net/netfilter", 23) &&
					 cases[j].lost == HOST_CONNTRACK_DROPPED;

			if (j != i && !conntrack)
				assert_true(host[cases[j].lost].known);
		}
	}
	put_host(fixture);
}

static void damaged_text_gives_no_reading(void **state)
{
	static const char *const damaged[] = {
		"",  "\n",	 "some avg10=",		  "zzzz zzzz", "TCP: inuse", "-",
		"1", "\xff\xfe", "some avg10=x total=y\n"};
	(void)state;

	for (size_t i = 0; i < sizeof(damaged) / sizeof(*damaged); i++) {
		struct reading host[HOST_READING_COUNT] = {};
		struct pressure pressure;
		char text[64];

		parse_pressure(damaged[i], &pressure);
		assert_not_available(pressure.some_us);
		parse_softnet(damaged[i], host);
		parse_sockstat(damaged[i], host);
		parse_tcp_mem(damaged[i], host);
		parse_file_nr(damaged[i], host);
		parse_loadavg(damaged[i], host);
		strcpy(text, damaged[i]);
		parse_conntrack(text, host);
		for (size_t j = 0; j < HOST_READING_COUNT; j++)
			assert_not_available(host[j]);
		assert_not_available(parse_port_range(damaged[i], ""));
	}
}

static void the_port_range_less_the_reserved_ones(void **state)
{
	(void)state;
	assert_reading(parse_port_range("40000 40009", ""), 10);
	assert_reading(parse_port_range("40000\t40009\n", "40000"), 9);
	assert_reading(parse_port_range("40000 40009", "1-40004,40009-65535"), 4);
	assert_reading(parse_port_range("40000 40009", "1-65535"), 0);
	assert_reading(parse_port_range("40000 40009", "80,443"), 10);
	assert_not_available(parse_port_range("40009 40000", ""));
	assert_not_available(parse_port_range("1 70000", ""));
}

static void pressure_that_the_kernel_turned_off_in_part(void **state)
{
	struct pressure pressure;

	(void)state;
	/* Before 5.13 there is no "full" of the CPU. */
	parse_pressure("some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n", &pressure);
	assert_reading(pressure.some_us, 0);
	assert_not_available(pressure.full_us);
}

/* ---- MIB counters ------------------------------------------------------------------------ */

static void the_names_are_sorted_for_bisection(void **state)
{
	(void)state;
	for (unsigned i = 1; i < MIB_COUNTER_COUNT; i++)
		assert_true(strcmp(mib_counter_name(i - 1), mib_counter_name(i)) < 0);
}

static void counters_are_found_by_name_in_any_order(void **state)
{
	struct reading mib[MIB_COUNTER_COUNT];
	struct fixture *fixture = *state;

	put(fixture, "/proc/self/net/snmp",
	    "Ip: Forwarding DefaultTTL InDiscards\nIp: 2 64 3\n"
	    "Tcp: MaxConn RetransSegs OutRsts NewOne\nTcp: -1 18446744073709551615 12 9\n"
	    "Udp: RcvbufErrors\nUdp: 4\n");
	put(fixture, "/proc/self/net/netstat",
	    "TcpExt: ListenDrops ListenOverflows\nTcpExt: 5 6\nIpExt: InNoRoutes\nIpExt: 7\n");
	mib_read(fixture->files, mib);
	assert_reading(mib[MIB_IpInDiscards], 3);
	assert_true(mib[MIB_TcpRetransSegs].known && mib[MIB_TcpRetransSegs].value > 1.8e19);
	assert_reading(mib[MIB_TcpOutRsts], 12);
	assert_reading(mib[MIB_UdpRcvbufErrors], 4);
	assert_reading(mib[MIB_TcpExtListenDrops], 5);
	assert_reading(mib[MIB_TcpExtListenOverflows], 6);
	assert_reading(mib[MIB_IpExtInNoRoutes], 7);
	assert_not_available(mib[MIB_TcpExtTCPBacklogDrop]);
	assert_not_available(mib[MIB_Ip6OutNoRoutes]);
	/* Without IPv6 nothing is missing. */
	assert_int_equal(proc_files__missing(fixture->files), 0);
	put(fixture, "/proc/self/net/snmp6", "Ip6InReceives   \t1\nIp6OutNoRoutes  \t8\n");
	mib_read(fixture->files, mib);
	assert_reading(mib[MIB_Ip6OutNoRoutes], 8);
}

static void lines_that_do_not_fit_are_passed_over(void **state)
{
	static const char *const damaged[] = {
		"",
		"Tcp:",
		"Tcp: RetransSegs",
		"Tcp: RetransSegs\n",
		"Tcp: RetransSegs\nTcp:\n",
		"Tcp: RetransSegs\nUdp: 1\n",
		"Tcp: RetransSegs\nTcp: x\n",
		"Tcp: RetransSegs\nTcp: -1\n",
		"Tcp: RetransSegs\nTcp: 99999999999999999999999\n",
		"Tcp: RetransSegs OutRsts\nTcp: \n",
		":\n:\n",
	};
	(void)state;

	for (size_t i = 0; i < sizeof(damaged) / sizeof(*damaged); i++) {
		struct reading mib[MIB_COUNTER_COUNT] = {};
		char text[64];

		strcpy(text, damaged[i]);
		mib_parse(text, mib);
		for (size_t j = 0; j < MIB_COUNTER_COUNT; j++)
			assert_not_available(mib[j]);
	}
}

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

static void a_process_nobody_names_any_more_leaves(void **state)
{
	struct fixture *fixture = *state;
	struct changes changes = {};
	struct processes *processes;
	size_t count;

	put_process(fixture, STAT(812, "app", "S", "1"));
	processes = processes__new(fixture->files, &changes);
	processes__watch(processes, 812);
	for (int i = 0; i < 20; i++)
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

/* ---- names and time ---------------------------------------------------------------------- */

static void resolvers_of_the_host(void **state)
{
	struct fixture *fixture = *state;
	struct address list[RESOLVERS_MAX];
	char text[ADDRESS_TEXT_LEN];

	assert_int_equal(resolv_conf_read(fixture->files, list), 0);
	assert_int_equal(proc_files__missing(fixture->files), 1);
	put(fixture, "/etc/resolv.conf",
	    "# nameserver 9.9.9.9\nsearch example\nnameserver 192.0.2.53\n"
	    " nameserver fe80::1%eth0\nnameserver 192.0.2.53\nnameserver nonsense\noptions x\n");
	assert_int_equal(resolv_conf_read(fixture->files, list), 2);
	assert_string_equal(format_address(&list[0], text), "192.0.2.53");
	assert_string_equal(format_address(&list[1], text), "fe80::1");
	/* Behind a stub of our own stand the real ones. */
	put(fixture, "/etc/resolv.conf", "nameserver 127.0.0.53\n");
	put(fixture, "/run/systemd/resolve/resolv.conf", "nameserver 192.0.2.54\n");
	assert_int_equal(resolv_conf_read(fixture->files, list), 2);
	assert_string_equal(format_address(&list[1], text), "192.0.2.54");
}

static void clock_steps(void **state)
{
	struct clock_step clock = {};

	(void)state;
	assert_false(clock_step__take(&clock, 1000000000000));
	assert_false(clock_step__take(&clock, 1000000000000 + CLOCK_STEP_MIN_NS - 1));
	assert_true(clock_step__take(&clock, 1003600000000000));
	assert_true(clock.last_s > 0);
	assert_true(clock_step__take(&clock, 1000000000000));
	assert_true(clock.last_s < 0);
	assert_int_equal(clock.steps, 2);
	memset(&clock, 0, sizeof(clock));
	for (int i = 0; i < 100; i++)
		assert_false(clock_step__read(&clock));
}

static void changes_are_kept_and_the_oldest_leave(void **state)
{
	struct changes changes = {};

	(void)state;
	for (int i = 0; i < CHANGES_KEPT + 10; i++)
		changes__add(&changes, CHANGE_RULES, "number %d", i);
	assert_int_equal(changes.count, CHANGES_KEPT);
	assert_int_equal(changes.total, CHANGES_KEPT + 10);
	assert_string_equal(changes.kept[0].text, "number 10");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_missing_file_is_listed_once_and_leaves_when_it_is_there),
		TEST(a_directory_in_place_of_a_file_is_listed),
		TEST(a_long_file_is_read_whole),
		TEST(the_list_of_missing_files_is_bounded),
		TEST(a_whole_host_is_read),
		TEST(tiny_socket_memory_shows),
		TEST(each_missing_file_costs_its_own_readings_alone),
		TEST(damaged_text_gives_no_reading),
		TEST(the_port_range_less_the_reserved_ones),
		TEST(pressure_that_the_kernel_turned_off_in_part),
		TEST(the_names_are_sorted_for_bisection),
		TEST(counters_are_found_by_name_in_any_order),
		TEST(lines_that_do_not_fit_are_passed_over),
		TEST(mixed_hierarchies),
		TEST(throttling_of_both_versions),
		TEST(a_process_from_its_first_reading_to_its_end),
		TEST(a_process_nobody_names_any_more_leaves),
		TEST(more_processes_than_there_is_room_are_counted),
		TEST(damaged_files_of_a_process),
		TEST(resolvers_of_the_host),
		TEST(clock_steps),
		TEST(changes_are_kept_and_the_oldest_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
