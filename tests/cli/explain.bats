# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# faultline explain: every part of an incident, and sums that can be checked.

bats_require_minimum_version 1.5.0
load keep

@test "an incident in full: verdict, times, scope, timeline, ticket" {
	make_store
	run -0 faultline explain 20241118-011500-rates-feed-1
	[[ ${lines[0]} == "rates-feed: over after 4 min: their application was silent (external)" ]]
	[[ $output == *"verdict    external/peer-app, confidence 0.97"* ]]
	[[ $output == *"began      2024-11-18 10:15:00 JST (2024-11-18T01:15:00.100Z)"* ]]
	[[ $output == *"resolved   2024-11-18 10:19:10 JST, after 4m 10s"* ]]
	[[ $output == *"processes  mymate (812)"* ]]
	[[ $output == *TIMELINE*"10:15:01  open: external/peer-app 0.91"*"10:15:09  update"*"10:19:10  resolve"* ]]
	[[ $output == *"TICKET"*"20241118-011500-rates-feed-1"* ]]
	fits
}

@test "the weights in the table add up to the sums, and are those of the event" {
	make_store
	run -0 faultline explain 20241118
	# Of every row the last three columns; the rows before "sum" against it.
	awk '/^EVIDENCE/ { on = 1 }
	     on && /^  [a-z.]+ .* [-+][0-9.]+ +[-+][0-9.]+ +[-+][0-9.]+$/ {
		     rows++; for (i = 0; i < 3; i++) sum[i] += $(NF - i) }
	     /^sum/ { for (i = 0; i < 3; i++) if ((sum[i] - $(NF - i)) ^ 2 > 1e-9) wrong = 1; seen = 1 }
	     END { exit !(seen && rows == 3 && !wrong) }' <<<"$output"
	[[ $output == *"feed.silence rates-feed "*"+4.200"*"+2.500"*"-1.500"* ]]
	[[ $output == *"sum "*"+6.700"*"-0.200"*"-1.500"* ]]
	[[ $output == *"confidence that was stated"*"97.0%"* ]]
}

@test "an unknown verdict says what would separate the places" {
	make_store
	run -0 faultline explain 20241121
	[[ $output == *"verdict    unknown"* ]]
	[[ $output == *"WHAT WOULD TELL THEM APART"*"the round trip time of this link"* ]]
	[[ $output == *"sensor     lost 12 events; could not see: who sent a reset"* ]]
	[[ $output == *"against, or ruled out"*"no more retransmits than usual"* ]]
	fits
}

@test "similar earlier incidents, and what they turned out to be" {
	make_store
	run -0 faultline note 20241104 "their feed handler was restarted" --turned-out external/peer-app
	run -0 faultline explain 20241118
	[[ $output == *"SIMILAR EARLIER INCIDENTS"*"20241104-022000-rates-feed-1"* ]]
	[[ $output == *"turned out to be"*"external/peer-app"* ]]
	[[ $output == *"the same scope"*"feed.silence"*"the same verdict"* ]]
	# The later one is not earlier than the first.
	run -0 faultline explain 20241104
	[[ $output == *"SIMILAR EARLIER INCIDENTS"*"none"* ]]
	[[ $output == *"NOTES"*"their feed handler was restarted"*"turned out to be external/peer-app"* ]]
}

@test "an incident is named by its id, by the beginning of it alone, or by last" {
	make_store
	run -0 faultline explain last
	[[ $output == *20241121-101500-quotes-1* ]]
	run -1 faultline explain 202411
	[[ $output == *"several incidents"* ]]
	run -1 faultline explain 2023
	[[ $output == *'no incident "2023"'*"faultline incidents"* ]]
	run -2 faultline explain
	[[ $output == *"which incident?"* ]]
}

@test "--json gives the whole: events, notes, what is like it" {
	make_store
	run -0 --separate-stderr faultline explain 20241118 --json
	jq -e '(.events | length) == 3 and .notes == [] and .event.seq == 3 and (.similar | length) == 1' <<<"$output"
}

@test "--event explains what a file or a stream holds, such as what replay wrote" {
	make_store unknown
	run -0 faultline explain --event "$EVENTS/feed_silent.json"
	[[ $output == *"20241118-011500-rates-feed-1"*"10:15:01  open"*"10:15:09  update"* ]]
	jq -c . "$EVENTS"/gateway_dead.json "$EVENTS"/app_stopped.json >"$BATS_TEST_TMPDIR/stream"
	run -0 faultline explain --event - <"$BATS_TEST_TMPDIR/stream"
	[[ $output == *"20241120-063000-orders-1"*"still open"* ]]
	run -0 faultline explain --event "$BATS_TEST_TMPDIR/stream" 20241119-050210-edge-router-1
	[[ $output == *"infra/gateway"* ]]
	run -1 faultline explain --event "$BATS_TEST_TMPDIR/stream" nosuch
	[[ $output == *"no event of an incident nosuch"* ]]
	run -1 faultline explain --event /dev/null
	run -1 faultline explain --event "$BATS_TEST_TMPDIR/nosuch"
	[[ $output == *"No such file"* ]]
}

@test "no byte that a terminal obeys gets through" {
	make_store unknown
	jq '.evidence[0].text = "\u001b[2Jgone\u0007" | .impact.processes[0].comm = "a\u001b]0;x" | .summary = "\u202e!"' \
		"$EVENTS/unknown.json" >"$BATS_TEST_TMPDIR/hostile.json"
	run -0 faultline explain --event "$BATS_TEST_TMPDIR/hostile.json"
	[[ $output == *"?[2Jgone?"* ]]
	[[ $output != *$'\e'* && $output != *$'\a'* && $output != *$'\u202e'* ]]
}
