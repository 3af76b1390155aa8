#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# A real fault reaches everybody: the stream, the store, a real Alertmanager, a real Prometheus, a
# webhook that checks signatures, the page in a browser, and the terminal; and so does its end.

bats_require_minimum_version 1.5.0
load outage

setup() {
	make_world
	start_hook
	start_alertmanager
}

teardown() {
	if [[ -z $BATS_TEST_COMPLETED ]]; then
		show_logs
		jq -r '"# " + ([.event, .id, .summary] | tostring)' "$BATS_TEST_TMPDIR/sensor/out"
	fi
	if [[ -n $TERMINAL ]]; then
		tmux -L "$TERMINAL" kill-server
	fi
	unmake_world
}

start_prometheus() {
	mkdir -p "$BATS_TEST_TMPDIR/prometheus/data"
	cat >"$BATS_TEST_TMPDIR/prometheus/prometheus.yml" <<-END
		global: {scrape_interval: 1s, evaluation_interval: 1s}
		rule_files: ["$ROOT/scripts/prometheus/faultline.rules.yml"]
		scrape_configs:
		  - {job_name: faultline, static_configs: [{targets: ["127.0.0.1:9435"], labels: {site: tokyo}}]}
	END
	spawn prometheus "$SPACE" prometheus --web.listen-address=127.0.0.1:9090 \
		--config.file="$BATS_TEST_TMPDIR/prometheus/prometheus.yml" \
		--storage.tsdb.path="$BATS_TEST_TMPDIR/prometheus/data"
}

# Does Prometheus's alert fire on the link?
fires() {
	get --fail "http://127.0.0.1:9090/api/v1/alerts" |
		jq -e --arg link "$1" '.data.alerts[] | select(.labels.alertname == "FaultlineLinkFaulty"
			and .labels.link == $link and .state == "firing")'
}

fires_not() {
	! fires "$1"
}

# The sensor's first incident that has a link in its scope, as an id.
incident_of() {
	events sensor "[.[] | select(.scope.links | index(\"$1\"))][0].id // \"\""
}

incident_known() {
	[[ -n $(incident_of "$1") ]]
}

shows() {
	tmux -L "$TERMINAL" capture-pane -p | grep -qE -- "$1"
}

# A terminal of 80 columns with top in it.
open_top() {
	TERMINAL=$SPACE
	env -u TMUX tmux -u -L "$TERMINAL" -f /dev/null new-session -d -x 80 -y 24 \
		ip netns exec "$SPACE" "$FAULTLINE" top --config "$BATS_TEST_TMPDIR/sensor/faultline.yaml"
}

summaries_fit() {
	events sensor '.[].summary' >"$BATS_TEST_TMPDIR/summaries"
	[[ $(LC_ALL=C.UTF-8 wc -L <"$BATS_TEST_TMPDIR/summaries") -le 110 ]]
}

add_up() {
	python3 "$ROOT/tests/cli/reckon.py" "$ROOT/user/judge/confidence.c" <"$BATS_TEST_TMPDIR/sensor/out"
}

@test "the far application is gone: everybody hears of it, and of its end" {
	pagers_lines | configure_trader
	start_sensor sensor "$SPACE" --json
	start_prometheus
	wait_until 60 "orders flow" flows orders 300
	kill_far
	wait_until 30 "an incident of orders" incident_known orders
	id=$(incident_of orders)
	[ "$(events sensor "[.[] | select(.id == \"$id\")][0] | [.event, .side, .place, .severity] | join(\" \")")" = \
		"open external peer-app page" ]
	# Whose fault, since when, who to call: in one line for a phone.
	[[ $(events sensor "[.[] | select(.id == \"$id\")][0].summary") == \
		*"far application (external, "*" since "*" UTC: "*"connec"*", call Vendor NOC +81-3-0000-0000" ]]
	summaries_fit
	# The store.
	faultline incidents --json | jq -se --arg id "$id" '[.. | objects | .id?] | index($id)'
	faultline explain "$id" >"$BATS_TEST_TMPDIR/explained"
	grep -q '^ *verdict *external/peer-app' "$BATS_TEST_TMPDIR/explained"
	faultline audit
	# The pagers.
	wait_until 30 "Alertmanager has it" alerts_are "[.[] | select(.labels.incident == \"$id\") |
		.labels.side + \"/\" + .labels.place] | join(\" \")" external/peer-app
	[[ $(alerts ".[] | select(.labels.incident == \"$id\") | .annotations.summary") == THEIRS* ]]
	wait_until 30 "the webhook has it" hooked_is "[.[] | select(.body.id == \"$id\" and
		.body.event == \"open\")] | map([.status, .wrong]) | tostring" '[[200,""]]'
	wait_until 60 "Prometheus fires" fires orders
	# What people look at.
	browser "$URL" incident orders external
	open_top
	wait_until 20 "top marks the link" shows '^[ >]orders +x faulty'
	wait_until 20 "top draws the way" shows '203\.0\.113\.10'
	# And its end.
	start_far
	wait_until 60 "it is over" events_are sensor "[.[] | select(.id == \"$id\" and .event == \"resolve\")] | length" 1
	wait_until 30 "Alertmanager knows" alerts_are "[.[] | select(.labels.incident == \"$id\")] | length" 0
	wait_until 30 "the webhook knows" hooked_is "[.[] | select(.body.id == \"$id\" and
		.body.event == \"resolve\")] | map([.status, .wrong]) | tostring" '[[200,""]]'
	wait_until 60 "Prometheus knows" fires_not orders
	browser "$URL" incident-over
	faultline explain "$id" | grep -q '^ *resolved '
	faultline audit
	add_up
}

@test "a feed goes silent: the far application's, in Japanese throughout" {
	{
		echo 'language: ja'
		pagers_lines
	} | configure_trader
	start_sensor sensor "$SPACE" --json
	wait_until 60 "the feed flows" flows rates 200
	kill -STOP "${PID_OF[far]}"
	wait_until 30 "an incident of rates" incident_known rates
	id=$(incident_of rates)
	[ "$(events sensor "[.[] | select(.id == \"$id\")][0] | [.side, .place] | join(\" \")")" = "external peer-app" ]
	[[ $(events sensor "[.[] | select(.id == \"$id\")][0].summary") == \
		*"相手先アプリ（社外、"*"データなし"*"連絡先 Vendor NOC +81-3-0000-0000" ]]
	summaries_fit
	wait_until 30 "Alertmanager has it" alerts_are "[.[] | select(.labels.incident == \"$id\")] | length" 1
	[[ $(alerts ".[] | select(.labels.incident == \"$id\") | .annotations.summary") == "【社外】"*"データなし"* ]]
	[[ $(alerts ".[] | select(.labels.incident == \"$id\") | .annotations.ticket") == *"事象:
- データ途絶時間:"* ]]
	browser --language ja "$URL" incident rates 社外
	kill -CONT "${PID_OF[far]}"
	wait_until 60 "it is over" events_are sensor "[.[] | select(.id == \"$id\" and .event == \"resolve\")] | length" 1
	[[ $(events sensor "[.[] | select(.id == \"$id\")][-1].summary") == *復旧* ]]
	wait_until 30 "Alertmanager knows" alerts_are "[.[] | select(.labels.incident == \"$id\")] | length" 0
	add_up
}

@test "the port at the far side of our cable goes down: what is between, one incident" {
	pagers_lines | configure_trader
	start_sensor sensor "$SPACE" --json
	wait_until 60 "orders flow" flows orders 300
	ip -n "$CARRIER" link set port down
	wait_until 30 "an incident of orders" incident_known orders
	id=$(incident_of orders)
	[ "$(events sensor "[.[] | select(.id == \"$id\")][0].side")" = infra ]
	wait_until 30 "both links are in it" events_are sensor "[.[] | select(.id == \"$id\")][-1].scope.links |
		contains([\"orders\", \"rates\"])" true
	[ "$(events sensor "[.[] | select(.scope.links | index(\"rates\")) | .id] | unique | length")" = 1 ]
	wait_until 30 "the webhook has it" hooked_is "[.[] | select(.body.id == \"$id\" and .body.event == \"open\")] | length" 1
	ip -n "$CARRIER" link set port up
	wait_until 90 "it is over" events_are sensor "[.[] | select(.id == \"$id\" and .event == \"resolve\")] | length" 1
	wait_until 30 "Alertmanager knows" alerts_are "[.[] | select(.labels.incident == \"$id\")] | length" 0
	add_up
}

@test "a pager that does not answer, and a link that nobody uses, are shown" {
	{
		pagers_lines
		printf '  - {type: datadog, url: "http://127.0.0.1:1/", api_key_file: %s}\n' "$BATS_TEST_TMPDIR/hook/key"
	} | configure_trader
	start_sensor sensor "$SPACE" --json
	wait_until 60 "orders flow" flows orders 300
	kill_far
	browser "$URL" trouble datadog 127.0.0.1
}
