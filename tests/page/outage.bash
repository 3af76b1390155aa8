# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A small world for outages: a trader and a carrier's gateway in namespaces of their own, joined by
# a cable; behind the gateway a feed (rates, port 7001) and an order gateway (orders, 7002). What a
# sensor tells goes to an Alertmanager and to a stand-in that checks signatures, both on the
# trader's loopback.

load ../sensor

BUILD=${FAULTLINE_BUILD:-$ROOT/build}
FAULTLINE=$BUILD/faultline
URL=http://127.0.0.1:9435
ALERTS=http://127.0.0.1:9093
FAR=203.0.113.10

# Makes the world; the trader's namespace is $SPACE, the carrier's $CARRIER.
make_world() {
	SPACE=out$$t
	CARRIER=out$$c
	ip netns add "$SPACE"
	ip netns add "$CARRIER"
	ip -n "$SPACE" link set lo up
	ip -n "$CARRIER" link set lo up
	ip -n "$SPACE" link add cable type veth peer name port netns "$CARRIER"
	ip -n "$SPACE" address add 10.88.0.2/24 dev cable
	ip -n "$CARRIER" address add 10.88.0.1/24 dev port
	ip -n "$CARRIER" address add "$FAR/32" dev lo
	ip -n "$SPACE" link set cable up
	ip -n "$CARRIER" link set port up
	ip -n "$SPACE" route add default via 10.88.0.1
	start_far
	spawn near "$SPACE" python3 "$ROOT/tests/page/near_end.py" 7002 "$FAR" 7001
}

unmake_world() {
	finish_all
	for space in "$SPACE" "$CARRIER"; do
		ip netns del "$space"
	done
}

start_far() {
	spawn far "$CARRIER" python3 "$ROOT/tests/page/far_end.py" 7002 "$FAR" 7001
	expect_line far listening
}

kill_far() {
	kill -KILL "${PID_OF[far]}"
	unset "PID_OF[far]"
}

# The configuration of the sensor; further lines come from stdin.
configure_trader() {
	configure sensor <<-END
		links:
		  - name: rates
		    kind: external
		    endpoints: ["$FAR:7001"]
		    via: [edge-router]
		    feed: true
		    silence_after: 1s
		    owner: rates-oncall
		    contact: "Vendor NOC +81-3-0000-0000, circuit TK-1234"
		  - name: orders
		    kind: external
		    endpoints: ["$FAR:7002"]
		    via: [edge-router]
		    contact: "Vendor NOC +81-3-0000-0000, circuit TK-1234"
		devices:
		  - {name: edge-router, address: 10.88.0.1, side: infra}
		$(cat)
	END
	sed -i "s#^listen:.*#listen: 127.0.0.1:9435#" "$BATS_TEST_TMPDIR/sensor/faultline.yaml"
}

# Pagers for the configuration.
pagers_lines() {
	printf 'pagers:\n'
	printf '  - {type: alertmanager, url: "%s"}\n' "$ALERTS"
	printf '  - {type: webhook, url: "http://127.0.0.1:%s/in", secret_file: %s}\n' \
		"$(cat "$BATS_TEST_TMPDIR/hook/port")" "$BATS_TEST_TMPDIR/hook/key"
}

inside() {
	ip netns exec "$SPACE" "$@"
}

get() {
	inside curl --silent --show-error --max-time 10 "$@"
}

faultline() {
	inside "$FAULTLINE" "$@" --config "$BATS_TEST_TMPDIR/sensor/faultline.yaml"
}

browser() {
	inside /usr/bin/python3 "$BATS_TEST_DIRNAME/browser.py" "$@"
}

# A stand-in that checks what a webhook gets.  It keeps its port and its key when it comes again.
start_hook() {
	mkdir -p "$BATS_TEST_TMPDIR/hook"
	(umask 077 && printf 'shared secret\n' >"$BATS_TEST_TMPDIR/hook/key")
	spawn hook "$SPACE" python3 "$ROOT/tests/cli/standins/pager.py" webhook "$BATS_TEST_TMPDIR/hook"
	expect_line hook listening
}

# What it got, through jq on the list of requests.
hooked() {
	touch "$BATS_TEST_TMPDIR/hook/requests"
	jq -s -r "$1" "$BATS_TEST_TMPDIR/hook/requests"
}

hooked_is() {
	[[ $(hooked "$1") == "$2" ]]
}

start_alertmanager() {
	mkdir -p "$BATS_TEST_TMPDIR/am"
	cat >"$BATS_TEST_TMPDIR/am/am.yml" <<-END
		route: {receiver: none}
		receivers: [{name: none}]
	END
	spawn am "$SPACE" prometheus-alertmanager --config.file="$BATS_TEST_TMPDIR/am/am.yml" \
		--storage.path="$BATS_TEST_TMPDIR/am" --web.listen-address="${ALERTS#http://}" \
		--cluster.listen-address=
	wait_until 30 "Alertmanager answers" alerts_are 'length >= 0' true
}

# What Alertmanager holds as active, through jq.
alerts() {
	get --fail "$ALERTS/api/v2/alerts?active=true" | jq -r "$1"
}

alerts_are() {
	[[ $(alerts "$1") == "$2" ]]
}

# The events that the sensor has written, through jq on the list of them.  $1: name of the sensor.
events() {
	jq -s -r "[.[] | select(.schema == \"faultline.incident/1\")] | $2" "$BATS_TEST_TMPDIR/$1/out"
}

events_are() {
	[[ $(events "$1" "$2") == "$3" ]]
}

state_is() {
	[[ $(links_jq sensor ".links[] | select(.name == \"$1\") | .state") == "$2" ]]
}

# Have at least so many segments of a link come in?
flows() {
	[[ $(links_jq sensor ".links[] | select(.name == \"$1\") | .segments_in") -gt $2 ]]
}
