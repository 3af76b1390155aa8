#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# What a link was like yesterday, on the page and from the command line of a running sensor.

bats_require_minimum_version 1.5.0
load outage

setup() {
	export TZ=UTC
	make_world
	configure sensor <<-END
		links: [{name: rates-feed, kind: external, endpoints: ["$FAR:7001"]}]
	END
	sed -i "s#^listen:.*#listen: 127.0.0.1:9435#" "$BATS_TEST_TMPDIR/sensor/faultline.yaml"
	DAY=$(date -u -d yesterday +%F)
	for name in feed_silent minutes; do
		sed "s/2024-11-18/$DAY/g" "$ROOT/tests/cli/events/$name.json" >"$BATS_TEST_TMPDIR/$name.json"
	done
	"$BUILD/tests/cli/feed_store" "$BATS_TEST_TMPDIR/sensor" \
		"$BATS_TEST_TMPDIR/feed_silent.json" "$BATS_TEST_TMPDIR/minutes.json"
	start_sensor sensor "$SPACE" --json
}

teardown() {
	[[ -n $BATS_TEST_COMPLETED ]] || show_logs
	unmake_world
}

@test "a moment in an incident of yesterday: its state, its figures, and the incident" {
	run -0 faultline history rates-feed --at "$DAY 01:16:30"
	[[ $output == *"state faulty"*"incidents in that time"*"20241118-011500-rates-feed-1"* ]]
	browser "$URL" history rates-feed "${DAY}T01:16:30" 20241118-011500-rates-feed-1
	browser "$URL" history rates-feed "${DAY}T01:16:30" faulty
	browser "$URL" history rates-feed "${DAY}T01:13:30" healthy
	browser "$URL" history rates-feed "${DAY}T03:00:00" "Nothing is known"
}
