# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# A day made of recorded clean traffic, with an open of ten to twenty times the load, has no page.
# For a week of such days: build/tests/bench/clean_day RECORDING 7 SEED.

FAULTLINE=${FAULTLINE:-$BATS_TEST_DIRNAME/../../build/faultline}
CLEAN_DAY=$(dirname "$FAULTLINE")/tests/bench/clean_day

@test "a day of clean traffic has no page" {
	local recordings=("$BATS_TEST_DIRNAME"/D9-*.rec)
	run timeout 300 "$CLEAN_DAY" "${recordings[0]}" 1 "${CLEAN_DAY_SEED:-1}"
	printf '# %s\n' "${lines[@]}"
	[[ $status -eq 0 && ${lines[-1]} == *", 0 pages" ]]
}

@test "the same day made of a fault has one" {
	local recordings=("$BATS_TEST_DIRNAME"/E5-*.rec)
	run timeout 300 "$CLEAN_DAY" "${recordings[0]}" 1
	[[ $status -eq 1 && ${lines[-1]} =~ \ [1-9][0-9]*\ pages$ ]]
}
