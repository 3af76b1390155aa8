#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# Storms of events on one link: the sums stay the kernel's own, memory stays bounded, what was lost
# is told, and nobody is blamed for the links that the storm does not concern.
#
# FAULTLINE_TEST_STORM=50 makes them fifty times larger.

bats_require_minimum_version 1.5.0
load storm

setup() {
	storm_world
}

teardown() {
	end_world
}

retransmits_reach() {
	(($(counter 0) >= $1))
}

@test "a storm of retransmits: every one is counted" {
	far_drops <<<"ip daddr $STORMY tcp dport 7101 numgen random mod 100 < 70 drop"
	spawn far_storm "$CARRIER" "$TOOLS/serve" "$STORMY" "$PORT"
	expect_line far_storm '^ready'
	spawn storm "$SPACE" nice -n 19 "$TOOLS/traffic" bulk "$STORMY" "$PORT" 400 bytes=100000000 limit=600
	wait_until 120 "so many retransmits" retransmits_reach $((20000 * STORM))
	finish storm KILL || [ $? = 137 ]
	ip netns exec "$CARRIER" nft flush ruleset
	finish far_storm KILL || [ $? = 137 ]
	expect_sums
	within_bounds
	others_unblamed
}

# $1: how many packets; then the kind, the source, the destination and the port.
far_storm() {
	storm "$CARRIER" "${@:2}" $(($1 * STORM)) 20000 | tee "$BATS_TEST_TMPDIR/sent"
}

@test "SYN flood against a port of ours, and a scan of ours: no far end is blamed" {
	spawn listener "$SPACE" "$TOOLS/serve" "$NEAR" 8080
	expect_line listener '^ready'
	far_storm 60000 syn "$STORMY" "$NEAR" 8080
	far_storm 10000 scan "$STORMY" "$NEAR" 20000
	# Each port that nobody listens on is answered with a reset, which belongs to no link.
	(($(counter 1) >= 10000))
	expect_sums
	(($(links_jq sensor .not_attributed.resets_sent) >= 9000))
	within_bounds
	others_unblamed
}

@test "floods of RST and ICMP that fit no connection: nothing is broken, nobody is blamed" {
	far_storm 60000 rst "$FAR" "$NEAR" 7002
	far_storm 30000 icmp "$FAR" "$NEAR" 7002
	far_storm 30000 echo "$STORMY" "$NEAR" 0
	expect_sums
	[ "$(links_jq sensor '[.links[] | select(.declared) | .resets.received] | add')" = 0 ]
	within_bounds
	others_unblamed
	state_is orders faulty && false
	state_is rates healthy || state_is rates learning
}

@test "we scan 10,000 ports: links and peers are bounded, and that is told" {
	spawn scanner "$SPACE" nice -n 19 python3 "$BATS_TEST_DIRNAME/scan.py" "$STORMY" 20000 10000
	expect_line scanner '^scanned 10000'
	wait_until 60 "all are counted" scanned 10000
	expect_sums
	wait_until 30 "the full table of links is told" told_health tables links
	[ "$(links_jq sensor '[.links[] | select(.name == "others") | .connects.refused > 5000] | .[0]')" = true ]
	within_bounds
	others_unblamed
}

@test "SYN flood from us into nothing: counted, and only that far end is blamed" {
	far_drops <<<"ip daddr $STORMY drop"
	spawn flood "$SPACE" nice -n 19 python3 "$BATS_TEST_DIRNAME/scan.py" "$STORMY" 7100 1 15000
	expect_line flood '^waiting 15000'
	wait_until 60 "SYNs are sent again" retransmits_reach 15000
	expect_sums
	[ "$(links_jq sensor "[.links[] | select(.name == \"$STORMY:7100\") | .now.connecting] | .[0]")" = 15000 ]
	within_bounds
	others_unblamed
}

facts_lost() {
	(($(links_jq sensor .sensor.events_lost) > $1))
}

@test "the ring of single events is full while the sensor is stopped: told, and the sums are whole" {
	kill -STOP "${PID_OF[sensor]}"
	# More than fit, on one processor or many, within what is told a second.
	spawn scanner "$SPACE" nice -n 19 python3 "$BATS_TEST_DIRNAME/scan.py" "$STORMY" 20000 5000
	expect_line scanner '^scanned 5000'
	kill -CONT "${PID_OF[sensor]}"
	wait_until 60 "all are counted" scanned 5000
	wait_until 30 "it is told" facts_lost 1000
	wait_until 30 "it is told" told_health events facts
	expect_sums
	others_unblamed
}
