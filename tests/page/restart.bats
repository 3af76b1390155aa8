#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# The sensor is killed, reloaded and robbed of its store while a fault is there: no page is lost,
# none comes twice, and its own restart is no news.

bats_require_minimum_version 1.5.0
load outage

setup() {
	make_world
	start_hook
	hook_lines | configure_trader
	start_sensor sensor "$SPACE" --json
	wait_until 60 "orders flow" flows orders 300
}

teardown() {
	if [[ -z $BATS_TEST_COMPLETED ]]; then
		show_logs
		jq -r '"# " + ([.event, .id, .summary] | tostring)' "$BATS_TEST_TMPDIR"/sensor/out*
	fi
	unmake_world
}

# Only one pager: the Alertmanager is not there.
hook_lines() {
	pagers_lines | grep -v alertmanager
}

# Kills the sensor; what it wrote to the stream is kept.
kill_sensor() {
	finish sensor KILL || [ $? = 137 ]
	cat "$BATS_TEST_TMPDIR/sensor/out" >>"$BATS_TEST_TMPDIR/sensor/out.before"
}

# The ids of open incidents of orders that the sensor holds now.
open_now() {
	get "$URL/api/status" | jq -r '[.incidents[] | select(.event != "resolve" and
		(.scope.links | index("orders"))) | .id] | join(" ")'
}

is_open() {
	[[ -n $(open_now) ]]
}

none_open() {
	[[ -z $(open_now) ]]
}

# Did the webhook accept just one event of a kind of an incident?  What was told in the moment of a
# kill is told again with the same id and number: by those a receiver knows it.
accepted_once() {
	[[ $(hooked "[.[] | select(.status == 200 and .body.id == \"$1\" and .body.event == \"$2\") | .body.seq] | unique | length") == 1 ]]
}

# Is nothing left to be sent?
all_told() {
	get "$URL/api/status" | jq -e '[.pagers[].queued] | add == 0'
}

refused_more_than() {
	[[ $(links_jq sensor '.links[] | select(.name == "orders") | .connects.refused') -gt $1 ]]
}

@test "killed between the opening and the page, it is paged once, and over once" {
	finish hook KILL || [ $? = 137 ]
	kill_far
	wait_until 60 "it is open" is_open
	id=$(open_now)
	kill_sensor
	start_hook
	start_sensor sensor "$SPACE" --json
	wait_until 60 "the page arrives" accepted_once "$id" open
	[ "$(open_now)" = "$id" ]
	start_far
	wait_until 60 "the end arrives" accepted_once "$id" resolve
	accepted_once "$id" open
	faultline audit
}

@test "killed while an incident is open, the fault stays: the same goes on, and ends once" {
	kill_far
	wait_until 60 "it is open" is_open
	id=$(open_now)
	wait_until 60 "it is paged" accepted_once "$id" open
	wait_until 30 "all is told" all_told
	kill_sensor
	start_sensor sensor "$SPACE" --json
	# Longer than what is open is held without a sign of it.
	wait_until 90 "the fault is seen for long" refused_more_than 120
	[ "$(open_now)" = "$id" ]
	[ "$(events sensor '[.[] | select(.event == "open" and (.scope.links | index("orders")))] | length')" = 0 ]
	start_far
	wait_until 60 "the end arrives" accepted_once "$id" resolve
	accepted_once "$id" open
	[ "$(events sensor "[.[] | select(.id == \"$id\" and .event == \"resolve\")][0].evidence | length > 0")" = true ]
	python3 "$ROOT/tests/cli/reckon.py" "$ROOT/user/judge/confidence.c" <"$BATS_TEST_TMPDIR/sensor/out"
	faultline audit
}

@test "the fault ends while the sensor is down: it is over, once; and a restart is no news" {
	kill_far
	wait_until 60 "it is open" is_open
	id=$(open_now)
	wait_until 60 "it is paged" accepted_once "$id" open
	wait_until 30 "all is told" all_told
	kill_sensor
	start_far
	start_sensor sensor "$SPACE" --json
	wait_until 60 "the end arrives" accepted_once "$id" resolve
	wait_until 60 "none is open" none_open
	wait_until 30 "all is told" all_told
	kill_sensor
	start_sensor sensor "$SPACE" --json
	wait_until 60 "orders flow" flows orders 300
	[ "$(events sensor length)" = 0 ]
	accepted_once "$id" open
	accepted_once "$id" resolve
}

@test "the store is damaged while the sensor is down: it starts, says so, and the fault is open once" {
	kill_far
	wait_until 60 "it is open" is_open
	id=$(open_now)
	kill_sensor
	sqlite3 "$BATS_TEST_TMPDIR/sensor/faultline.db" 'pragma wal_checkpoint(truncate)'
	truncate -s 20000 "$BATS_TEST_TMPDIR/sensor/faultline.db"
	start_sensor sensor "$SPACE" --json
	wait_until 60 "it is open" is_open
	grep -q 'store: ' "$BATS_TEST_TMPDIR/sensor/log"
	[ "$(open_now | wc -w)" = 1 ]
	start_far
	wait_until 60 "none is open" none_open
	faultline audit
}

@test "a reload keeps what is open; a link that it takes out closes its incident, with the reason" {
	kill_far
	wait_until 60 "it is open" is_open
	id=$(open_now)
	kill -HUP "${PID_OF[sensor]}"
	expect_line sensor 'reload|configuration'
	[ "$(open_now)" = "$id" ]
	sed -i '/name: orders/,/contact:/d' "$BATS_TEST_TMPDIR/sensor/faultline.yaml"
	"$FAULTLINE" check "$BATS_TEST_TMPDIR/sensor/faultline.yaml"
	kill -HUP "${PID_OF[sensor]}"
	wait_until 30 "it is closed" accepted_once "$id" resolve
	[ "$(events sensor "[.[] | select(.id == \"$id\" and .event == \"resolve\")][0].closed_by")" = reload ]
	# What was the link's is found again as what nothing declares.
	wait_until 30 "the same fault elsewhere" events_are sensor \
		'[.[] | select(.event == "open" and (.scope.links | index("203.0.113.10:7002")))] | length' 1
	none_open
	faultline explain "$id" | tr -s ' \n' ' ' | grep -q 'taken out of the configuration'
}
