/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rights, given up in this order: the helper is forked first, so that it has nothing of ours; when
 * everything is attached, open and bound, capabilities are dropped and no new privileges allowed;
 * then system calls are filtered.  What a reload and hooks that come back need is still allowed.
 *
 * Where the kernel lets us keep more than we want, or filters nothing, the sensor goes on and says
 * so: to watch is its job.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/config.h"
#include "base/log.h"
#include "base/privileges.h"
#include "base/seccomp.h"
#include "cmd.h"
#include "run.h"
#include "sense/kernel_side.h"
#include "sense/sensor.h"
#include "tell/command_helper.h"

int run_start_helper(struct run *run)
{
	if (!run->record_only) {
		run->commands = command_helper__new();
		if (!run->commands) {
			log_error("the process that starts pagers cannot be made: %s",
				  strerror(errno));
			return EXIT_FAILED;
		}
	}
	/* Whatever we make from here on is for our user alone, unless it is opened on purpose. */
	umask(077);
	return EXIT_DONE;
}

void run_confine(struct run *run)
{
	struct privileges_options options = {
		.all_namespaces = run->config->scope == SCOPE_ALL,
		.map_fd = kernel_side__peers_fd(sensor__kernel(run->sensor)),
		.directory = run->record_only ? NULL : run->config->state_dir,
	};
	char text[256];
	int err = privileges_drop(&options, &run->capabilities);

	if (err)
		log_warning("capabilities could not be dropped: %s", strerror(-err));
	else
		log_info("capabilities kept: %s",
			 privileges_text(run->capabilities, text, sizeof(text)));
	run->filter_err = err ? err : seccomp_confine(options.all_namespaces);
	if (run->filter_err && run->filter_err != -ENOTSUP)
		log_warning("system calls are not filtered: %s", strerror(-run->filter_err));
}
