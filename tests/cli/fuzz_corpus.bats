#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# Every decoder replays the inputs that fuzzing found worth keeping.

@test "every fuzz target takes its corpus" {
	local source name inputs
	for source in tests/fuzz/fuzz_*.c; do
		name=$(basename "$source" .c)
		inputs=(tests/fuzz/corpus/"${name#fuzz_}"/*)
		[ -e "${inputs[0]}" ]
		run "build/tests/fuzz/$name" "${inputs[@]}"
		printf '# %s: %d inputs, status %d\n' "$name" "${#inputs[@]}" "$status"
		[ "$status" -eq 0 ]
	done
}
