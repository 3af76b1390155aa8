/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Feeds arbitrary bytes to every parser of a file of /proc, /sys or /etc.
 *
 * Beside not crashing, no reading may be negative or no number, and none may have a value without
 * being known.
 *
 * With clang: -fsanitize=fuzzer,address,undefined.  Built with -DFUZZ_REPLAY it is a plain program
 * that runs each file named on its command line once.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean_name.h"
#include "sense/cgroup.h"
#include "sense/container_name.h"
#include "sense/mib.h"
#include "sense/proc_net.h"
#include "sense/processes.h"
#include "sense/resolv_conf.h"
#include "target.h"

static void check(const struct reading *readings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		demand(!isnan(readings[i].value) && readings[i].value >= 0,
		       "a reading is a number");
		demand(readings[i].known || readings[i].value == 0, "what is not known is nought");
	}
}

/* They are told to people: each ends, is UTF-8, and holds nothing that a terminal obeys. */
static void check_told(const char *name, size_t room)
{
	demand(strnlen(name, room) < room, "a name of a container ends");
	while (*name) {
		uint32_t code;

		name += utf8_decode(name, &code);
		demand(!character_is_harmful(code), "a name is clean");
	}
}

static void parse_process(const char *text)
{
	struct process_stat stat = {};
	struct reading limit = parse_files_limit(text);
	double run_ns = 0, wait_ns = 0;

	check(&limit, 1);
	if (parse_process_stat(text, &stat))
		check_told(stat.comm, sizeof(stat.comm));
	parse_schedstat(text, &run_ns, &wait_ns);
	demand(run_ns >= 0 && wait_ns >= 0, "times are positive");
}

static void check_container(const struct container_name *name)
{
	check_told(name->cgroup, sizeof(name->cgroup));
	check_told(name->container, sizeof(name->container));
	check_told(name->runtime, sizeof(name->runtime));
	check_told(name->pod, sizeof(name->pod));
	check_told(name->unit, sizeof(name->unit));
}

static void parse_cgroups(const char *text)
{
	char unified[CGROUP_PATH_LEN], cpu[CGROUP_PATH_LEN];
	struct container_name name;
	struct cgroup_mounts mounts;
	struct reading reading[2];

	parse_cgroup_mounts(text, &mounts);
	parse_cgroup(text, unified, cpu);
	demand(strlen(unified) < CGROUP_PATH_LEN && strlen(cpu) < CGROUP_PATH_LEN, "paths end");
	parse_container(text, &name);
	check_container(&name);
	parse_container_path(text, &name);
	check_container(&name);
	parse_cpu_stat(text, &reading[0], &reading[1]);
	check(reading, 2);
}

static void parse_host(char *text)
{
	struct reading host[HOST_READING_COUNT] = {}, mib[MIB_COUNTER_COUNT] = {};
	struct address resolvers[RESOLVERS_MAX];
	struct pressure pressure;
	char *copy = strdup(text);

	parse_pressure(text, &pressure);
	demand(pressure.some_us.value >= 0 && pressure.full_us.value >= 0, "pressure is positive");
	parse_softnet(text, host);
	parse_sockstat(text, host);
	parse_tcp_mem(text, host);
	parse_file_nr(text, host);
	parse_loadavg(text, host);
	host[HOST_PORTS] = parse_port_range(text, text);
	demand(host[HOST_PORTS].value <= 65536, "there are so many ports");
	parse_port_range("1 65535", text);
	demand(parse_resolv_conf(text, resolvers, RESOLVERS_MAX) <= RESOLVERS_MAX, "room is kept");
	strcpy(copy, text);
	parse_conntrack(copy, host);
	check(host, HOST_READING_COUNT);
	strcpy(copy, text);
	mib_parse_lines(copy, mib);
	mib_parse(text, mib);
	check(mib, MIB_COUNTER_COUNT);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	parse_process(text);
	parse_cgroups(text);
	parse_host(text);
	free(text);
	return 0;
}

#include "replay.h"
