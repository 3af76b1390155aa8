# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# faultline note: into the file, or through the running sensor.

bats_require_minimum_version 1.5.0
load keep

teardown() {
	[[ -n $BATS_TEST_COMPLETED ]] || show_logs
	finish_all
}

@test "a note and what it turned out to be are kept, in the chain" {
	make_store
	run -0 faultline note 20241121 their line card was changed --turned-out external/path
	[[ $output == "noted on 20241121-101500-quotes-1" ]]
	run -0 faultline note last --turned-out unknown/unknown
	run -0 faultline explain last --json
	jq -e '.notes[0] | .text == "their line card was changed" and .turned_out == {"side": "external", "place": "path"}
		and .incident == "20241121-101500-quotes-1" and (.author | length) > 0' <<<"$output"
	jq -e '.turned_out == {"side": "unknown", "place": "unknown"}' <<<"$output"
	run -0 faultline audit
	[[ $output == *"9 events and 2 notes"* ]]
	run -0 faultline incidents
	[[ $output == *"20241121-101500-quotes-1  turned out to be unknown"* ]]
}

@test "behind sudo the author is who called it" {
	make_store unknown
	SUDO_USER=alice run -0 faultline note last "seen"
	run -0 faultline explain last
	[[ $output == *"alice: seen"* ]]
}

@test "a verdict that there is none of is a wrong command line, with those that there are" {
	make_store unknown
	for verdict in path external external/nowhere internal/path external/app unknown/path /path external/path/x; do
		run -2 faultline note last text --turned-out "$verdict"
		[[ $output == *"\"$verdict\" is no verdict"*external/peer-app*internal/kernel-net* ]]
	done
	for verdict in internal/peer-app infra/peer-host external/gateway internal/cpu unknown/unknown; do
		run -0 faultline note last text --turned-out "$verdict"
	done
}

@test "an incident that there is none of, no text, or too much of it" {
	make_store
	run -1 faultline note nosuch text
	[[ $output == *'no incident "nosuch"'* ]]
	run -1 faultline note 202411 text
	[[ $output == *"several incidents"* ]]
	run -2 faultline note last
	[[ $output == *"what is to be noted?"* ]]
	run -2 faultline note
	[[ $output == *"which incident?"* ]]
	run -1 faultline note last "$(head -c 3000 /dev/zero | tr '\0' x)"
	[[ $output == *"the most is 2000"* ]]
}

@test "with a sensor that runs, the note goes through it" {
	make_store
	start_sensor own -
	run -0 faultline note 20241121 "through the sensor" --turned-out external/path
	[[ $output == "noted on 20241121-101500-quotes-1" ]]
	run -1 faultline note nosuch text
	[[ $output == *'no incident "nosuch"'* ]]
	run -0 faultline explain 20241121
	[[ $output == *"through the sensor"* ]]
	finish own
	run -0 faultline audit
}

@test "without a store nothing is made" {
	make_store unknown
	rm "$STATE"/faultline.db*
	run -1 faultline note last text
	[[ $output == *"no store"* ]]
	[[ ! -e $STATE/faultline.db ]]
}
