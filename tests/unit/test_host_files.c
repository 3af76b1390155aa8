/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is read of /proc, /sys and /etc, below a root of our own: every parser, what a missing or
 * damaged file costs, and that a reading that is not there is never nought.
 */
#include <errno.h>

#include "host_root.h"
#include "sense/changes.h"
#include "sense/clock_step.h"
#include "sense/mib.h"
#include "sense/proc_net.h"
#include "sense/resolv_conf.h"

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
		TEST(resolvers_of_the_host),
		TEST(clock_steps),
		TEST(changes_are_kept_and_the_oldest_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
