# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# The store under a running sensor: the disk full, the file damaged or removed, kill -9.  Notes are
# what is written, for they can be made at will.

bats_require_minimum_version 1.5.0
load keep

setup() {
	export TZ=Asia/Tokyo
	STATE=$BATS_TEST_TMPDIR/disk
	CONFIG=$BATS_TEST_TMPDIR/own/faultline.yaml
	mkdir "$STATE"
	mount -t tmpfs -o size=3m,mode=750 faultline "$STATE"
	configure own </dev/null
	sed -i "s#^state_dir:.*#state_dir: $STATE#" "$CONFIG"
	"$ROOT/build/tests/cli/feed_store" "$STATE" "$EVENTS/unknown.json"
}

teardown() {
	[[ -n $BATS_TEST_COMPLETED ]] || show_logs
	finish_all
	umount "$STATE"
}

# Fills the disk to the last byte; the sensor may write beside it.
fill() {
	if cat /dev/zero >"$STATE/filler"; then
		return 1 # it never ends but for want of room
	fi
	[[ $(df --output=avail "$STATE" | tail -n 1) -eq 0 ]]
}

notes() {
	faultline explain last --json | jq -r '.notes[].text'
}

has_notes() {
	[[ $(notes | tr '\n' ' ') == "$1" ]]
}

@test "a full disk: said once, writes wait, and are there in order when there is room again" {
	start_sensor own -
	faultline note last first
	fill
	for i in 1 2 3; do
		run -0 faultline note last "$i $(head -c 1500 /dev/zero | tr '\0' x)"
	done
	# The log of the file has some room of its own; then the disk is asked.
	for i in $(seq 4 60); do
		run -0 faultline note last "$i $(head -c 1900 /dev/zero | tr '\0' x)"
	done
	[[ $output == *"waits in memory"* ]]
	expect_line own 'store faultline.db: .*full'
	links own | jq -e '.schema == "faultline.links/1"'
	rm "$STATE/filler"
	expect_line own 'store faultline.db: well again'
	[[ $(grep -c "store faultline.db: .*full" "$BATS_TEST_TMPDIR/own/log") -eq 1 ]]
	[[ $(notes | cut -d' ' -f1 | tr '\n' ' ') == "first $(seq -s ' ' 1 60) " ]]
	finish own
	run -0 faultline audit
}

@test "a damaged file: moved aside, said, and the sensor runs on a new one" {
	printf 'this is no database at all, and it never was one' >"$STATE/faultline.db"
	rm -f "$STATE"/faultline.db-*
	start_sensor own -
	expect_line own 'damaged: it is kept as .*faultline.db.damaged-'
	compgen -G "$STATE/faultline.db.damaged-*"
	run -0 faultline incidents
	[[ $output == "no incidents" ]]
}

@test "a file removed beneath the sensor: said, and a new one begun" {
	start_sensor own -
	rm "$STATE"/faultline.db*
	expect_line own 'was removed: a new one is begun'
	run -0 faultline audit
}

@test "kill -9 loses nothing that was said to be kept" {
	start_sensor own -
	for i in 1 2 3 4 5; do
		faultline note last "$i"
	done
	finish own KILL || [[ $? -eq 137 ]]
	has_notes "1 2 3 4 5 "
	run -0 faultline audit
	start_sensor own -
	run -0 faultline audit
}

@test "an incident that was open and that the judge knows nothing of is closed after the start" {
	start_sensor own - --json
	expect_line own '"event":"resolve","id":"20241121-101500-quotes-1","seq":2'
	run -0 faultline explain 20241121 --json
	jq -e '.event.event == "resolve" and .event.closed_by == "restart"' <<<"$output"
	# Once: the next start finds nothing to close.
	finish own
	start_sensor own - --json
	run -0 faultline audit
	[[ $output == *"2 events and 0 notes"* ]]
}
