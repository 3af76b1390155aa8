/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel side counts for each process how often socket() failed for want of descriptors.  The
 * number of a process may be another's by now, so its start must agree, too.
 *
 * A peer names the process of its newest socket alone, and the one that is out of descriptors makes
 * no more sockets: among several of one name it is never the newest.  So those that were refused
 * one are watched for that, as long as they live.
 *
 * Cost: one call of the kernel for each watched process and tick, and three for each that was ever
 * refused a socket, at most REFUSALS_MAX.
 */
#include "sense/refusals.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/duration.h"
#include "faultline/fact.h"
#include "faultline/limits.h"
#include "sense/kernel_side.h"
#include "sense/processes.h"

static bool is_gone(uint32_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	return access(path, F_OK) && errno == ENOENT;
}

void refusals_watch(const struct kernel_side *kernel, struct processes *processes)
{
	int fd = kernel_side__refused_sockets_fd(kernel);
	uint32_t pid[REFUSALS_MAX];
	size_t count = 0;

	while (count < REFUSALS_MAX &&
	       !bpf_map_get_next_key(fd, count ? &pid[count - 1] : NULL, &pid[count]))
		count++;
	for (size_t i = 0; i < count; i++) {
		if (is_gone(pid[i]))
			bpf_map_delete_elem(fd, &pid[i]);
		else
			processes__watch(processes, pid[i]);
	}
}

void refusals_read(const struct kernel_side *kernel, struct processes *processes)
{
	bool traced =
		kernel_side__calls_traced(kernel) && kernel_side__in_use(kernel, HOOK_SYS_EXIT);
	uint64_t tick_ns = NS_PER_SECOND / (uint64_t)sysconf(_SC_CLK_TCK);
	const struct process_sample *list;
	size_t count;

	list = processes__list(processes, &count);
	for (size_t i = 0; i < count; i++) {
		struct reading reading = READING_NOT_AVAILABLE;
		struct refusals refusals;

		if (traced && !list[i].gone_ns) {
			bool found = !bpf_map_lookup_elem(kernel_side__refused_sockets_fd(kernel),
							  &list[i].pid, &refusals);

			reading = reading_of(found && refusals.start_ns / tick_ns ==
								     list[i].start_ticks
						     ? (double)refusals.sockets
						     : 0);
		}
		processes__set(processes, i, PROCESS_SOCKETS_REFUSED, reading);
	}
}
