# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# The harness itself, as far as it needs no guest.

bats_require_minimum_version 1.5.0

VM=$BATS_TEST_DIRNAME/run
KERNEL=debian-12

@test "lists, TAP, paths and messages are read as they are meant" {
	cd "$BATS_TEST_DIRNAME"
	python3 -B -m unittest checks
}

@test "kernels are listed, and another name is a clear error" {
	run -0 "$VM" --list
	[[ ${#lines[@]} == 4 && $output == *debian-11*debian-12*debian-13*unstable* ]]
	run -125 "$VM" minix true
	[[ $output == *"minix: no such kernel; there are debian-11,"* ]]
}

@test "without a command, or with a build that is not there, nothing boots" {
	run -2 "$VM" "$KERNEL"
	[[ $output == *"which command?"* ]]
	run -125 "$VM" --build "$BATS_TEST_TMPDIR" "$KERNEL" true
	[[ $output == *"$BATS_TEST_TMPDIR/faultline is not built"* ]]
}
