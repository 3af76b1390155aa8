#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# The sensor itself is stopped, starved, short of memory or of files, or its clock jumps: nobody is
# blamed for what it did not see, and that it did not see is told.

bats_require_minimum_version 1.5.0
load storm

setup() {
	storm_world
}

teardown() {
	end_world
}

# The health that the status page shows, as "what name" lines.
health_now() {
	get "$URL/api/status" | jq -r '.health[] | .what + " " + .name'
}

jumped_times() {
	[[ $(grep -c 'the wall clock jumped' "$BATS_TEST_TMPDIR/sensor/log") == "$1" ]]
}

no_incident() {
	[[ $(events sensor length) == 0 ]]
}

@test "stopped for a while: the gap is told, the sums go on, and it is no silence of anybody" {
	kill -STOP "${PID_OF[sensor]}"
	wait_until 30 "the far end goes on" inside python3 -c '
import socket
feed = socket.create_connection(("203.0.113.10", 7001))
got = 0
while got < 300:
    got += len(feed.recv(64))'
	kill -CONT "${PID_OF[sensor]}"
	wait_until 30 "the gap is told" told_health sensor gap
	health_now | grep -qx 'sensor gap'
	expect_sums
	wait_until 30 "orders flow" flows orders 1000
	no_incident
}

@test "stopped while a fault begins and ends: nothing is told of it; one that stays is found" {
	kill -STOP "${PID_OF[sensor]}"
	kill_far
	start_far
	kill -CONT "${PID_OF[sensor]}"
	wait_until 60 "orders flow" flows orders 900
	kill -STOP "${PID_OF[sensor]}"
	kill_far
	kill -CONT "${PID_OF[sensor]}"
	wait_until 60 "an incident of orders" events_are sensor \
		'[.[] | select(.event == "open" and (.scope.links | index("orders")))] | length' 1
	[ "$(events sensor '[.[] | select(.scope.links | index("orders"))][-1] | .side + "/" + .place')" = external/peer-app ]
}

@test "starved of its processor: the sums are whole, and no far end is blamed for it" {
	finish sensor
	BEFORE=$(counters)
	start_sensor sensor "$SPACE" --json
	# It runs when nobody else wants to, and others want to on every processor.
	chrt --idle --all-tasks --pid 0 "${PID_OF[sensor]}"
	for ((i = 0; i < $(nproc) * 2; i++)); do
		spawn "hog$i" - bash -c 'while ((SECONDS < 60)); do :; done'
	done
	spawn scanner "$SPACE" python3 "$BATS_TEST_DIRNAME/scan.py" "$STORMY" 20000 3000
	expect_line scanner '^scanned 3000'
	for ((i = 0; i < $(nproc) * 2; i++)); do
		finish "hog$i" KILL || [ $? = 137 ]
	done
	chrt --other --all-tasks --pid 0 "${PID_OF[sensor]}"
	wait_until 60 "all are counted" scanned 3000
	expect_sums
	others_unblamed
}

@test "files of the host cannot be read: told with their names, null and not nought, links as ever" {
	finish sensor
	# Processes of other users are hidden, and so are the counters of the network.
	spawn sensor "$SPACE" unshare --mount sh -c '
		mount -t proc -o hidepid=2 proc /proc &&
		mount -t tmpfs none /proc/pressure &&
		mount --bind /dev/null /proc/net/snmp && mount --bind /dev/null /proc/net/netstat &&
		exec "$@"' sh "$FAULTLINE" run --json --config "$BATS_TEST_TMPDIR/sensor/faultline.yaml"
	expect_line sensor ready
	wait_until 60 "orders flow" flows orders 300
	wait_until 30 "it is told" told_health host /proc/pressure/cpu
	[ "$(links_jq sensor .host_state.pressure.cpu.some_us)" = null ]
	kill_far
	wait_until 60 "an incident of orders" events_are sensor \
		'[.[] | select(.event == "open" and (.scope.links | index("orders")))] | length' 1
	[ "$(events sensor '[.[] | select(.scope.links | index("orders"))][0].side')" = external ]
}

@test "the wall clock jumps an hour ahead and back: told, no incident, and time never runs backwards" {
	finish sensor
	rm "$BATS_TEST_TMPDIR/sensor/out"
	: >"$BATS_TEST_TMPDIR/shift"
	spawn sensor "$SPACE" env LD_PRELOAD="$BUILD/tests/self/clock_shim.so" \
		CLOCK_SHIFT="$BATS_TEST_TMPDIR/shift" "$FAULTLINE" run --json \
		--config "$BATS_TEST_TMPDIR/sensor/faultline.yaml"
	expect_line sensor ready
	wait_until 60 "orders flow" flows orders 300
	echo 3600 >"$BATS_TEST_TMPDIR/shift"
	expect_line sensor 'the wall clock jumped by 3[56]'
	wait_until 60 "orders flow" flows orders 600
	echo 0 >"$BATS_TEST_TMPDIR/shift"
	expect_line sensor 'the wall clock jumped by -3[56]'
	wait_until 60 "orders flow" flows orders 900
	no_incident
	# A fault that begins by the wrong clock and ends by the right one, an hour earlier.
	echo 3600 >"$BATS_TEST_TMPDIR/shift"
	wait_until 60 "the hour is in the log" jumped_times 3
	kill_far
	wait_until 60 "an incident of orders" events_are sensor \
		'[.[] | select(.event == "open" and (.scope.links | index("orders")))] | length' 1
	echo 0 >"$BATS_TEST_TMPDIR/shift"
	wait_until 60 "and back" jumped_times 4
	start_far
	wait_until 60 "it is over" events_are sensor '[.[] | select(.event == "resolve")] | length > 0' true
	[ "$(events sensor 'map(.time) | . == sort')" = true ]
}

# Runs for a moment with so many MiB of address space.
with_memory() {
	inside prlimit --as=$(($1 << 20)) "$FAULTLINE" run --duration 100ms \
		--config "$BATS_TEST_TMPDIR/sensor/faultline.yaml"
}

@test "too little memory to start: said as that, never as a kernel that lacks something" {
	finish sensor
	ours=0
	for mib in {28..96..4}; do
		run --separate-stderr with_memory "$mib"
		printf '# %s MiB: %s %s\n' "$mib" "$status" "${stderr_lines[0]}"
		[ "$status" != 0 ] || break
		# Where the libraries themselves find no room, their loader says so.
		[ "$status" != 127 ] || continue
		[ "$status" = 1 ]
		[[ $stderr == *[Mm]emory* ]]
		ours=$((ours + 1))
	done
	[ "$status" = 0 ]
	((ours > 0))
}
