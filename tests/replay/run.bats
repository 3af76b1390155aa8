# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# Every recording gives its golden events, byte for byte.

FAULTLINE=${FAULTLINE:-$BATS_TEST_DIRNAME/../../build/faultline}

# $1: the recording.  What differs is shown, the golden line first.
gives_its_events() {
	"$FAULTLINE" replay --json "$1" >"$BATS_TEST_TMPDIR/events"
	if ! cmp "$BATS_TEST_TMPDIR/events" "${1%.rec}.events"; then
		diff "${1%.rec}.events" "$BATS_TEST_TMPDIR/events" | cut -c -400 | sed 's/^/# /'
		return 1
	fi
}

@test "every recording has its events, and events their recording" {
	local file
	for file in "$BATS_TEST_DIRNAME"/*.rec; do
		[[ $file == *'*.rec' || -e ${file%.rec}.events ]]
	done
	for file in "$BATS_TEST_DIRNAME"/*.events; do
		[[ $file == *'*.events' || -e ${file%.events}.rec ]]
	done
}

@test "every recording gives its golden events" {
	local file failed=0
	for file in "$BATS_TEST_DIRNAME"/*.rec; do
		[[ -e $file ]] || continue
		if ! gives_its_events "$file"; then
			printf '# %s: other events than its golden ones\n' "$(basename "$file")"
			failed=$((failed + 1))
		fi
	done
	((failed == 0))
}

@test "every verdict about a fault of the lab is the true one, and no page is false" {
	local score
	score=$("$BATS_TEST_DIRNAME/../lab/run" replay "$BATS_TEST_DIRNAME" --sensor "$FAULTLINE" \
		--json | tail -n 1)
	jq -r '.outcomes, {false_pages, failed}' <<<"$score" | sed 's/^/# /'
	jq -e '.counted == .runs and .false_pages == 0 and .outcomes.wrong == 0 and
		.outcomes.missed == 0 and .outcomes["side only"] == 0 and
		.outcomes.unknown == .abstained' <<<"$score"
}
