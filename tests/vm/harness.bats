# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# The harness itself: what a command does in a guest comes back as it was, and a guest that goes
# wrong is a failure that says how.

bats_require_minimum_version 1.5.0

VM=$BATS_TEST_DIRNAME/run
KERNEL=debian-12

@test "exit status, output, files and the order of words come back" {
	run -42 "$VM" --results "$BATS_TEST_TMPDIR/results" "$KERNEL" sh -c '
		echo "$0 $1"; uname -r; echo on stderr >&2
		mkdir /results/deep; echo "from inside" >/results/deep/file; exit 42' "two  words" "*"
	[[ ${lines[0]} == "two  words *" && ${lines[1]} == 6.1.*-cloud-amd64 ]]
	[[ ${lines[2]} == "on stderr" ]]
	[[ $(<"$BATS_TEST_TMPDIR/results/deep/file") == "from inside" ]]
}

@test "a kernel that panics under the command is a failure with its console, and not tried again" {
	run -125 "$VM" --console "$BATS_TEST_TMPDIR/console" "$KERNEL" sh -c '
		echo before; sleep 1; echo c >/proc/sysrq-trigger; sleep 60'
	[[ $output == *"before"*"sysrq: Trigger a crash"*"Kernel panic"*"the kernel panicked"* ]]
	[[ $output != *"once more"* ]]
	grep -q "Kernel panic - not syncing" "$BATS_TEST_TMPDIR/console"
}

@test "a command that does not end is a failure at its time limit, with what it had said" {
	run -125 "$VM" --seconds 20 "$KERNEL" sh -c 'echo begun; exec sleep 1000'
	[[ $output == *begun*"not done after 20 s"* ]]
}

@test "a guest that turns itself off under the command is a failure" {
	run -125 "$VM" "$KERNEL" sh -c 'echo o >/proc/sysrq-trigger; sleep 60'
	[[ $output == *"it ended without results"* ]]
}

@test "a boot that never reaches its first program is tried three times" {
	run -125 "$VM" --append "rdinit=/no/such/program" "$KERNEL" true
	[[ $output == *"boot 1 of 3"*"once more"*"boot 2 of 3"*"once more"*"boot 3 of 3"* ]]
}

# What the package manager of this machine goes by, and when it last changed.
package_setup() {
	find /etc/apt /var/lib/apt /var/lib/dpkg/status /var/cache/apt -printf '%p %s %T@\n' | sort
}

@test "a kernel is fetched, and the set-up of packages on this machine stays as it was" {
	package_setup >"$BATS_TEST_TMPDIR/before"
	FAULTLINE_VM_CACHE=$BATS_TEST_TMPDIR/cache run -0 "$VM" --fetch "$KERNEL"
	[[ $output == 6.1.*-cloud-amd64 ]]
	[[ -s $BATS_TEST_TMPDIR/cache/kernels/$KERNEL/vmlinux ]]
	package_setup >"$BATS_TEST_TMPDIR/after"
	diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}
