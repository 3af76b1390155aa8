#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# A short share of what `make fuzz`, `make torture`, `make sanitize`, `make soak` and `make lint` do
# at length: seconds of each, always with the same seed; TORTURE_SEED=N chooses others.

setup_file() {
	export TORTURE_SEED=${TORTURE_SEED:-1}
	# The build under the sanitizers, for the first and the last test.
	make -s -j"$(nproc)" sanitized
}

@test "every input language: four seconds under the fuzzer" {
	SEED=$TORTURE_SEED tests/fuzz/run 4
}

@test "commands: a call that fails is told, whichever it is" {
	tests/torture/fail_nth --seed "$TORTURE_SEED" --share 8 check replay completion
	tests/torture/fail_nth --seed "$TORTURE_SEED" --share 40 incidents explain history audit doctor
}

@test "the sensor: memory runs out once, anywhere in its life" {
	tests/torture/fail_nth --seed "$TORTURE_SEED" --share 400 --kind alloc run
}

@test "the sensor: descriptors, maps, processes or the disk run out once" {
	tests/torture/fail_nth --seed "$TORTURE_SEED" --share 4 --kind open --kind bpf run
	tests/torture/fail_nth --seed "$TORTURE_SEED" --share 1 --kind write --kind fork run
}

@test "the sensor's life under the sanitizers" {
	tests/torture/sanitize --life
}

@test "half a minute under load holds no more in the end" {
	tests/torture/soak --minutes 0.5
}

@test "cppcheck finds nothing" {
	tests/torture/lint --quick
}
