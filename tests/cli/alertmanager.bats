#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# A real Alertmanager, from Debian's package: alerts appear, change, and end.

bats_require_minimum_version 1.5.0
load pagers

setup() {
	mkdir -p "$BATS_TEST_TMPDIR/am"
	stand_in receiver any nothing
	PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	cat >"$BATS_TEST_TMPDIR/am/am.yml" <<-END
		route: {receiver: all, group_by: [incident], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
		receivers:
		  - name: all
		    webhook_configs: [{url: "http://127.0.0.1:$(port_of receiver)/", send_resolved: true}]
	END
	start_alertmanager
	configure feed <<-END
		pagers: [{type: alertmanager, url: "http://127.0.0.1:$PORT/"}]
	END
}

teardown() {
	exec 4>&-
	finish_all
}

start_alertmanager() {
	spawn am - prometheus-alertmanager --config.file="$BATS_TEST_TMPDIR/am/am.yml" \
		--storage.path="$BATS_TEST_TMPDIR/am" --web.listen-address="127.0.0.1:$PORT" \
		--cluster.listen-address= 4>&-
	wait_until 20 "Alertmanager answers" alerts_are 'length >= 0' true
}

# What it holds as active, through jq.
alerts() {
	curl -sf --max-time 5 "http://127.0.0.1:$PORT/api/v2/alerts?active=true" | jq -r "$1"
}

alerts_are() {
	[[ $(alerts "$1") == "$2" ]]
}

@test "an incident is an alert with its labels until it is resolved" {
	start_feed feed
	event feed_silent one open 1 >&4
	wait_until 20 "an alert" alerts_are 'length' 1
	[ "$(alerts '.[0].labels | [.alertname, .incident, .link, .side, .place, .severity, .owner, .instance] | join(" ")')" = \
		"FaultlineIncident one rates-feed external peer-app page rates-oncall trader-1" ]
	[[ $(alerts '.[0].annotations.summary') == THEIRS* ]]
	[[ $(alerts '.[0].annotations.ticket') == *"203.0.113.10:7001"* ]]
	[ "$(alerts '.[0].startsAt')" = 2026-11-22T13:15:00.100Z ]
	# It is to end well after the next repetition, should the sensor die.
	[ "$(alerts '.[0].endsAt | sub("\\..*"; "Z") | fromdate > now + 600')" = true ]
	wait_until 20 "a notification" firing_is firing
	event feed_back one resolve 2 ".time = (now | todate)" >&4
	wait_until 20 "it is over" alerts_are 'length' 0
	wait_until 20 "a notification of the end" firing_is resolved
	drain_feed feed
}

# What Alertmanager told its receiver last.
firing_is() {
	[[ $(got receiver 'if length > 0 then .[-1].body.status else "" end') == "$1" ]]
}

@test "a verdict that changes ends the old alert and begins a new one" {
	start_feed feed
	event not_clear one open 1 >&4
	wait_until 20 "an alert" alerts_are '[.[].labels.place] | join(" ")' unknown
	event not_clear one update 2 '.side = "external" | .place = "path" | .time = (now | todate)' >&4
	wait_until 20 "the new one alone" alerts_are '[.[].labels.place] | join(" ")' path
	drain_feed feed
}

@test "what is open is told again after a restart of the sensor, and of Alertmanager" {
	start_feed feed
	event feed_silent one open 1 >&4
	wait_until 20 "an alert" alerts_are 'length' 1
	drain_feed feed
	finish am KILL || [ $? = 137 ]
	start_alertmanager
	[ "$(alerts length)" = 0 ]
	start_feed feed
	wait_until 20 "the alert again" alerts_are '[.[].labels.incident] | join(" ")' one
	drain_feed feed
}
