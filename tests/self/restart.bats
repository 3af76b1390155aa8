#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# An upgrade, a way back, a second instance, and baselines: what a restart must not change.  What a
# kill, a reload and a damaged store must not change is in tests/page/restart.bats.

bats_require_minimum_version 1.5.0
load storm

setup() {
	storm_world
}

teardown() {
	end_world
}

open_orders() {
	get "$URL/api/status" | jq -r '[.incidents[] | select(.event != "resolve" and
		(.scope.links | index("orders"))) | .id] | join(" ")'
}

orders_open() {
	[[ -n $(open_orders) ]]
}

orders_over() {
	[[ -z $(open_orders) ]]
}

stop_sensor() {
	finish sensor
	cat "$BATS_TEST_TMPDIR/sensor/out" >>"$BATS_TEST_TMPDIR/sensor/out.before"
}

# Events of orders in all lives of the sensor.  $1: open or resolve.
told_of_orders() {
	jq -s "[.[] | select(.schema == \"faultline.incident/1\" and .event == \"$1\" and
		(.scope.links | index(\"orders\"))) | .id] | unique | length" \
		"$BATS_TEST_TMPDIR/sensor/out.before" "$BATS_TEST_TMPDIR/sensor/out"
}

store() {
	sqlite3 "$BATS_TEST_TMPDIR/sensor/faultline.db" "$1"
}

@test "a stop and a start during a fault, with a binary that was replaced: one incident, told once" {
	kill_far
	wait_until 60 "it is open" orders_open
	id=$(open_orders)
	# The next version is put in the place of the one that runs, as packages do it.
	cp "$FAULTLINE" "$BATS_TEST_TMPDIR/faultline.next"
	stop_sensor
	FAULTLINE=$BATS_TEST_TMPDIR/faultline.next
	start_sensor sensor "$SPACE" --json
	wait_until 30 "it is open still" orders_open
	[ "$(open_orders)" = "$id" ]
	start_far
	wait_until 90 "it is over" orders_over
	[ "$(told_of_orders open)" = 1 ]
	[ "$(told_of_orders resolve)" = 1 ]
	faultline audit
}

@test "the store of an older version, in the middle of a fault: brought up to date, and nothing lost" {
	kill_far
	wait_until 60 "it is open" orders_open
	id=$(open_orders)
	stop_sensor
	# What the second version of the store brought.
	store 'drop table history; drop table history_shape; drop table history_subject; pragma user_version = 1'
	start_sensor sensor "$SPACE" --json
	wait_until 30 "it is open still" orders_open
	[ "$(open_orders)" = "$id" ]
	(($(store 'pragma user_version') > 1))
	[ "$(told_of_orders open)" = 1 ]
	faultline audit
}

@test "a way back: the store of a newer version is left alone, and the sensor watches without it" {
	stop_sensor
	before=$(store 'pragma user_version')
	store 'pragma user_version = 9999'
	start_sensor sensor "$SPACE" --json
	expect_line sensor 'newer version'
	wait_until 30 "it is told" told_health store faultline.db
	[ "$(store 'pragma user_version')" = 9999 ]
	kill_far
	wait_until 60 "faults are told all the same" orders_open
	finish sensor
	# Nothing was written into it, nor was it moved aside.
	! compgen -G "$BATS_TEST_TMPDIR/sensor/faultline.db.*damaged*"
	store "pragma user_version = $before"
	start_sensor sensor "$SPACE" --json
	faultline audit
}

@test "what the judge remembers is not what it can read: it learns anew, and says nothing false" {
	stop_sensor
	store "update memory set body = '{\"version\": 9999, \"links\": \"none\"}'"
	start_sensor sensor "$SPACE" --json
	wait_until 60 "orders flow" flows orders 300
	store "select body from memory" >"$BATS_TEST_TMPDIR/memory"
	[ "$(events sensor length)" = 0 ]
	kill_far
	wait_until 60 "a fault is found" orders_open
}

@test "a second instance with a state of its own and the same control socket is refused, and says why" {
	mkdir "$BATS_TEST_TMPDIR/second"
	sed -e "s#^state_dir:.*#state_dir: $BATS_TEST_TMPDIR/second#" \
		-e "s#^listen:.*#listen: \"\"#" \
		-e "\$acontrol: $BATS_TEST_TMPDIR/sensor/control.sock" \
		"$BATS_TEST_TMPDIR/sensor/faultline.yaml" >"$BATS_TEST_TMPDIR/second/faultline.yaml"
	run -1 inside "$FAULTLINE" run --config "$BATS_TEST_TMPDIR/second/faultline.yaml"
	[[ $output == *"control socket"*"running there already"* ]]
	run -1 inside "$FAULTLINE" run --config "$BATS_TEST_TMPDIR/sensor/faultline.yaml"
	[[ $output == *"another faultline runs already (process ${PID_OF[sensor]})"* ]]
	[ "$(links sensor | jq -r .schema)" = faultline.links/1 ]
}
