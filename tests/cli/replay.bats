# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# record and replay from outside: what is refused, what is said of a recording that is not whole,
# and that the same recording is judged the same each time.

bats_require_minimum_version 1.5.0
load ../sensor

setup_file() {
	cat >"$BATS_FILE_TMPDIR/faultline.yaml" <<-END
		interval: 200ms
		listen: ""
		state_dir: $BATS_FILE_TMPDIR
		links:
		  - {name: feed, kind: external, endpoints: ["203.0.113.1:7001"]}
	END
	"$FAULTLINE" record "$BATS_FILE_TMPDIR/whole.rec" --duration 1s \
		--config "$BATS_FILE_TMPDIR/faultline.yaml"
}

setup() {
	WHOLE=$BATS_FILE_TMPDIR/whole.rec
	PART=$BATS_TEST_TMPDIR/part.rec
}

teardown() {
	finish_all
}

@test "replay: the same recording gives the same bytes, also from a pipe" {
	"$FAULTLINE" replay --json "$WHOLE" >"$BATS_TEST_TMPDIR/first"
	"$FAULTLINE" replay --json "$WHOLE" >"$BATS_TEST_TMPDIR/second"
	"$FAULTLINE" replay --json - <"$WHOLE" >"$BATS_TEST_TMPDIR/third"
	cmp "$BATS_TEST_TMPDIR/first" "$BATS_TEST_TMPDIR/second"
	cmp "$BATS_TEST_TMPDIR/first" "$BATS_TEST_TMPDIR/third"
}

@test "replay: a file that is missing, or no recording: exit 1, and which it is" {
	run -1 "$FAULTLINE" replay "$BATS_TEST_TMPDIR/nowhere.rec"
	[[ $output == *nowhere.rec*"No such file"* ]]
	run -1 "$FAULTLINE" replay "$BATS_FILE_TMPDIR/faultline.yaml"
	[[ $output == *faultline.yaml*"no recording of faultline"* ]]
	: >"$PART"
	run -1 "$FAULTLINE" replay "$PART"
	[[ $output == *"no recording of faultline"* ]]
	printf 'faultline-recording 9\nxyz' >"$PART"
	run -1 "$FAULTLINE" replay "$PART"
	[[ $output == *"another version"* ]]
	run -2 "$FAULTLINE" replay
	[[ $output == *"no file named"* ]]
}

@test "replay: cut off or damaged: the samples before are judged, exit 1, and where it ends" {
	size=$(stat -c %s "$WHOLE")
	head -c $((size - 40)) "$WHOLE" >"$PART"
	run -1 "$FAULTLINE" replay "$PART"
	[[ $output == *"ends "*sample*"judged"* ]]
	head -c 30 "$WHOLE" >"$PART"
	run -1 "$FAULTLINE" replay "$PART"
	[[ $output == *"ends before its first sample"* ]]
	cp "$WHOLE" "$PART"
	printf '\xff\xff\xff\xff' | dd of="$PART" bs=1 seek=$((size / 2)) conv=notrunc status=none
	run -1 "$FAULTLINE" replay "$PART"
	[[ $output == *damaged* ]]
}

@test "replay: another configuration is taken, and a wrong one is refused" {
	echo 'links: [{name: other, kind: external, endpoints: ["198.51.100.1"]}]' \
		>"$BATS_TEST_TMPDIR/other.yaml"
	"$FAULTLINE" replay --json "$WHOLE" --config "$BATS_TEST_TMPDIR/other.yaml"
	echo 'links: 7' >"$BATS_TEST_TMPDIR/other.yaml"
	run -2 "$FAULTLINE" replay "$WHOLE" --config "$BATS_TEST_TMPDIR/other.yaml"
	[[ $output == *other.yaml:1:* ]]
}

@test "record: a file that exists stays as it is" {
	cp "$WHOLE" "$PART"
	for command in "record $PART" "run --record $PART"; do
		# shellcheck disable=SC2086 # a command and its operand
		run -2 "$FAULTLINE" $command --config "$BATS_FILE_TMPDIR/faultline.yaml"
		[[ $output == *"$PART: exists"* ]]
	done
	cmp "$WHOLE" "$PART"
	run -2 "$FAULTLINE" record
	[[ $output == *"no file named"* ]]
	run -2 "$FAULTLINE" run --record -
	[[ $output == *"standard output is for events"* ]]
}

@test "record: into a pipe, and what comes out of it is whole" {
	"$FAULTLINE" record - --duration 1s --config "$BATS_FILE_TMPDIR/faultline.yaml" >"$PART"
	"$FAULTLINE" replay --json "$PART"
}

@test "record: one that is killed leaves what it had" {
	spawn recorder - "$FAULTLINE" record "$PART" --config "$BATS_FILE_TMPDIR/faultline.yaml"
	expect_line recorder ready
	began=$(stat -c %s "$PART")
	wait_until 20 "samples are on disk" longer_than "$PART" "$began"
	code=0
	finish recorder KILL || code=$?
	[[ $code == 137 ]]
	run -1 "$FAULTLINE" replay "$PART"
	[[ $output == *"without an end"*judged* ]]
}

longer_than() {
	(($(stat -c %s "$1") > $2))
}

@test "run --record: what cannot be written any more ends the recording, said once, and not the sensor" {
	# A reader that goes away is an error of writing like any other.
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	head -c 4500 <"$BATS_TEST_TMPDIR/fifo" >"$BATS_TEST_TMPDIR/got" &
	reader=$!
	start_sensor own - --record "$BATS_TEST_TMPDIR/fifo" --json
	wait "$reader"
	expect_line own '"what":"recording"'
	links own | jq -e '.links'
	[[ $(grep -c '"what":"recording"' "$BATS_TEST_TMPDIR/own/out") == 1 ]]
	finish own
}
