/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the running sensor sees less than it should, stated once a tick; health tells what changed.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/json_memory.h"
#include "base/privileges.h"
#include "run.h"
#include "sense/host.h"
#include "sense/kernel_side.h"
#include "sense/link_table.h"
#include "sense/proc_files.h"
#include "sense/sensor.h"
#include "tell/health.h"

/* What of our own side cannot be read: said once, and once more when it can. */
static void state_host_health(struct run *run)
{
	const struct host *host = sensor__host(run->sensor);
	const struct proc_files *files = host ? host__files(host) : NULL;

	health__set(run->health, "host", "netlink", !host,
		    "interfaces, next hops and routes are not looked at");
	for (size_t i = 0; files && i < proc_files__missing(files); i++)
		health__set(run->health, "host", proc_files__missing_path(files, i), true,
			    "cannot be read (%s): what stands in it is not available",
			    strerror(proc_files__missing_error(files, i)));
	health__end_round(run->health, "host");
}

/* What the sensor must do without, and the filter that it should have. */
static void state_rights(struct run *run)
{
	bool all = run->config->scope == SCOPE_ALL;

	for (size_t i = 0; i < PRIVILEGE_COUNT; i++) {
		const struct privilege *row = &privilege_table[i];

		health__set(run->health, "capability", row->name,
			    privilege_missed(row, all, run->capabilities), "missing: lost is %s",
			    row->lost);
	}
	/* A build for tests, which has no filter, says nothing. */
	health__set(run->health, "sensor", "filter", run->filter_err && run->filter_err != -ENOTSUP,
		    "its system calls are not filtered: %s", strerror(-run->filter_err));
}

/* JSON is how everything is told; it says itself nothing of what it lacks. */
static void state_memory(struct run *run)
{
	uint64_t failures = json_memory_failures();

	health__set(run->health, "sensor", "memory", failures != run->json_failures,
		    "memory ran out: what was told since the last tick may lack something");
	run->json_failures = failures;
}

void run_state_health(struct run *run)
{
	const struct link_table *links = sensor__links(run->sensor);
	bool grace_over = clock_monotonic_ns() > run->grace_end_ns;

	for (size_t i = 0; i < HOOK_COUNT; i++) {
		const struct hook_status *status =
			kernel_side__status(sensor__kernel(run->sensor), i);

		health__set(run->health, "hook", hook_table[i].name, status->state != HOOK_IN_USE,
			    "not in use (%s): lost is %s", status->why, hook_table[i].lost);
	}
	health__set(run->health, "hook", "resolvers",
		    !kernel_side__packets_traced_since_ns(sensor__kernel(run->sensor)),
		    "the host has too many packets to look at each: answers of resolvers are not "
		    "seen until there are fewer");
	run_state_losses(run);
	for (size_t i = 0; i < link_table__count(links); i++) {
		struct link_view link = link_table__at(links, i);

		if (link.declared && grace_over)
			health__set(run->health, "link", link.name, !link.observed,
				    "not observed: no socket of it was ever seen; traffic that "
				    "bypasses the kernel cannot be");
	}
	if (grace_over)
		health__end_round(run->health, "link");
	state_host_health(run);
	state_rights(run);
	state_memory(run);
}
