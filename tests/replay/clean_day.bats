# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# A day made of recorded clean traffic, with an open of ten to twenty times the load, has no page.
# `make bench` has a week of different days: build/tests/bench/clean_day --days 7 RECORDING.

FAULTLINE=${FAULTLINE:-$BATS_TEST_DIRNAME/../../build/faultline}
CLEAN_DAY=$(dirname "$FAULTLINE")/tests/bench/clean_day
HOUR=$(dirname "$FAULTLINE")/tests/bench/recording_hour

@test "a day of clean traffic has no page" {
	local recordings=("$BATS_TEST_DIRNAME"/D9-*.rec)
	run timeout 300 "$CLEAN_DAY" --seed "${CLEAN_DAY_SEED:-1}" "${recordings[0]}"
	printf '# %s\n' "${lines[@]}"
	[[ $status -eq 0 && ${lines[-1]} == *", 0 pages" ]]
}

@test "the same day made of a fault has one" {
	local recordings=("$BATS_TEST_DIRNAME"/E5-*.rec)
	run timeout 300 "$CLEAN_DAY" "${recordings[0]}"
	[[ $status -eq 1 && ${lines[-1]} =~ \ [1-9][0-9]*\ pages$ ]]
}

@test "an hour of a hundred links that lose what lines lose has no page" {
	"$HOUR" "$BATS_TEST_TMPDIR/hour.rec" 100 3600
	run timeout 300 "$FAULTLINE" replay --json "$BATS_TEST_TMPDIR/hour.rec"
	[[ $status -eq 0 ]]
	printf '# %s\n' "${lines[@]}"
	[[ $output != *'"severity": "page"'* && $output != *'"severity":"page"'* ]]
}
