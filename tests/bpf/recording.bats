# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# A live recording over loopback: what ran was seen, and replaying it gives the same bytes each time,
# those that the running sensor itself told.

bats_require_minimum_version 1.5.0
load ../sensor

TOOLS=$ROOT/build/tests/bpf

setup() {
	NAMESPACE=flr$(printf '%x%04x' "$BASHPID" "$RANDOM")
	ip netns add "$NAMESPACE"
	ip -n "$NAMESPACE" link set lo up
}

teardown() {
	[[ -n $BATS_TEST_COMPLETED ]] || show_logs
	finish_all
	ip netns del "$NAMESPACE"
}

longer_than() {
	(($(stat -c %s "$1") > $2))
}

@test "a live recording replays to the events of the run, the same bytes each time" {
	local recording=$BATS_TEST_TMPDIR/live.rec size
	configure own <<-'END'
		links:
		  - {name: lo-link, kind: external, endpoints: ["127.0.0.1:7000-7020"]}
	END
	spawn serve "$NAMESPACE" "$TOOLS/serve" 127.0.0.1 7000
	expect_line serve ready
	start_sensor own "$NAMESPACE" --json --record "$recording"
	ip netns exec "$NAMESPACE" "$TOOLS/traffic" short 127.0.0.1 7000 200
	ip netns exec "$NAMESPACE" "$TOOLS/traffic" reset 127.0.0.1 7000 20
	size=$(stat -c %s "$recording")
	wait_until 20 "what happened is in the recording" longer_than "$recording" "$size"
	finish own

	"$FAULTLINE" replay --json "$recording" >"$BATS_TEST_TMPDIR/first"
	"$FAULTLINE" replay --json "$recording" >"$BATS_TEST_TMPDIR/second"
	cmp "$BATS_TEST_TMPDIR/first" "$BATS_TEST_TMPDIR/second"
	# The state directory was empty, so that the run knew no more than its recording.
	grep -F '"faultline.incident/1"' "$BATS_TEST_TMPDIR/own/out" >"$BATS_TEST_TMPDIR/told" || [[ $? == 1 ]]
	cmp "$BATS_TEST_TMPDIR/told" "$BATS_TEST_TMPDIR/first"
}
