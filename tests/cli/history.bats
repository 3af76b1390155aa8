# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# faultline history: what a link was like at a time.

bats_require_minimum_version 1.5.0
load keep

@test "--at shows the minutes around, the minute itself against normal, and the incident then" {
	make_store
	run -0 faultline history rates-feed --at "2024-11-18 10:16:30"
	[[ ${lines[0]} == MINUTE*STATE*RTT*RETRANS*SILENCE ]]
	[[ $output == *"2024-11-18 10:13  healthy "*"2.12ms"*"21ms"* ]]
	[[ $output == *"2024-11-18 10:14  suspect "* ]]
	[[ $output == *"2024-11-18 10:16  faulty "*"120s"* ]]
	[[ $output == *"in the minute of 2024-11-18 10:16:30 JST"*"state faulty"* ]]
	[[ $output == *"FIGURE"*"MEAN"*"MOST"*"NORMAL"* ]]
	[[ $output == *"silence "*"120s"*"120s"*"20ms"* ]]
	[[ $output == *"incidents in that time"*"20241118-011500-rates-feed-1"* ]]
	fits
}

@test "the same time in UTC is the same minute" {
	make_store
	run -0 faultline history rates-feed --at 2024-11-18T01:16:30Z
	[[ $output == *"in the minute of 2024-11-18 10:16:30 JST"*"state faulty"* ]]
}

@test "a time with no incident says so" {
	make_store
	run -0 faultline history rates-feed --since "2024-11-18 10:10" --until "2024-11-18 10:13"
	[[ $output == *"2024-11-18 10:10  healthy"*"2024-11-18 10:13  healthy"* ]]
	[[ $output == *"none with rates-feed in their scope"* ]]
}

@test "minutes in which nothing was kept are not passed over" {
	make_store
	run -0 faultline history rates-feed --since "2024-11-18 10:18" --until "2024-11-18 10:24"
	[[ $output == *"10:21  nothing was kept for 1 minute"* ]]
	run -0 faultline history rates-feed --at "2024-11-18 10:21:15"
	[[ $output == *"10:21:15 JST"*"nothing was kept of it"* ]]
	run -0 faultline history rates-feed --at "2024-11-17 10:21"
	[[ $output == *"nothing was kept of rates-feed in that time"* ]]
	fits
}

@test "--json is one object with the minutes and the incidents" {
	make_store
	run -0 --separate-stderr faultline history rates-feed --json --at 2024-11-18T01:16:30Z
	jq -e '.schema == "faultline.history/1" and .name == "rates-feed" and (.minutes | length) == 10' <<<"$output"
	jq -e '.minutes[] | select(.minute_ms == 1731892560000) | .state == "faulty"
		and .figures.silence == {"unit": "s", "mean": 119.5, "most": 119.5, "normal": 0.02}
		and (.figures | has("response_p50") | not)' <<<"$output"
	jq -e '.incidents[0].id == "20241118-011500-rates-feed-1"' <<<"$output"
}

@test "a name nobody knows is answered with those that are known" {
	make_store
	run -1 faultline history nosuch --at "2024-11-18 10:16"
	[[ $output == *'"nosuch"'*rates-feed* ]]
	run -2 faultline history
	[[ $output == *"which link or device?"* ]]
}

@test "times that contradict each other are a wrong command line" {
	make_store unknown
	run -2 faultline history quotes --at "2024-11-18 10:16" --since "2024-11-18 10:10"
	run -2 faultline history quotes --since "2024-11-18 10:16" --until "2024-11-18 10:10"
	[[ $output == *"before --since"* ]]
	run -2 faultline history quotes --at 25:00
	run -2 faultline history quotes --at 2999-01-01
	[[ $output == *"still to come"* ]]
}
