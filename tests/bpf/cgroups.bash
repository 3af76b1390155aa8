# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The end of the cgroups below $TOP that a test made.

# Everything in them goes, also what is stopped or was forked there; true when they are gone.
remove_cgroups() {
	local pid
	while read -r pid; do
		[[ $pid == 0 ]] || kill -KILL "$pid"
	done < <(find "$TOP" -name cgroup.procs -exec cat {} +)
	find "$TOP" -depth -type d -exec rmdir {} +
	[[ ! -d $TOP ]]
}
