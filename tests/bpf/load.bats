# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# Bounds: many sockets, many connects, many addresses.  The sums stay exact, what was given up is
# said, and memory stays within the goal.

load network

# The goal is for 10,000 sockets of a hundred links; a thousand links and 8,192 peers, each at its
# most, take some 18 KB and 2 KB apiece.
readonly RSS_GOAL_BYTES=$((32 << 20)) RSS_BOUND_BYTES=$((80 << 20)) PEERS_MAX=8192

setup() {
	network_up
	serve
}

teardown() {
	[[ -n $BATS_TEST_COMPLETED ]] || show_logs
	network_down
}

rss_within() {
	local rss
	rss=$(links_jq "$1" .sensor.rss_bytes)
	printf '# %s: resident memory %s KiB of %s KiB\n' "$1" $((rss >> 10)) $(($2 >> 10)) >&3
	((rss > 0 && rss <= $2))
}

sockets_are() {
	[[ $(links_jq "$1" '[.links[].sockets] | add') == "$2" ]]
}

@test "10,000 sockets and 1,000 connects a second: all counted, nothing lost, within memory" {
	start_sensor client "$CLIENT"
	start_sensor server "$SERVER"
	before_client=$(kernel_counters "$CLIENT")
	before_server=$(kernel_counters "$SERVER")
	spawn hold "$CLIENT" "$TOOLS/traffic" hold fd81::2 "$PORT" 10000
	expect_line hold '^held'
	traffic short 10.81.0.2 "$PORT" 10000 rate=1000

	# Both sides have every open socket in view.
	wait_until 20 "10,000 open sockets at the client" sockets_are client 10000
	wait_until 20 "10,000 open sockets at the server" sockets_are server 10000
	rss_within client $RSS_GOAL_BYTES
	rss_within server $RSS_GOAL_BYTES

	finish hold
	finish serve
	wait_quiet "$CLIENT"
	wait_quiet "$SERVER"
	compare_with_kernel client "$CLIENT" "$before_client" 20,000 connects
	compare_with_kernel server "$SERVER" "$before_server" 20,000 connects
	for sensor in client server; do
		[[ $(links_jq "$sensor" '.sensor | .events_lost + .peers_evicted') == 0 ]]
		[[ $(links_jq "$sensor" '[.links[].sockets] | add') == 0 ]]
	done
	# Ten thousand customers of a port are one peer.
	(($(links_jq server .sensor.peers) <= 7))
}

@test "a scan of 100,000 addresses: peers and links are bounded, the sums exact" {
	start_sensor client "$CLIENT"
	start_sensor server "$SERVER"
	before_client=$(kernel_counters "$CLIENT")
	before_server=$(kernel_counters "$SERVER")
	traffic short 10.81.0.2 "$PORT" 100
	traffic connect 10.128.0.1 9 100000 step=1 parallel=256 limit=600
	traffic short 10.81.0.2 "$PORT" 100
	finish serve
	wait_quiet "$CLIENT"
	wait_quiet "$SERVER"
	compare_with_kernel client "$CLIENT" "$before_client" scan
	compare_with_kernel server "$SERVER" "$before_server" scan
	[[ $(links_jq client '[.links[].connects.refused] | add') == 100000 ]]

	links_jq client '"# \(.links | length) links, \(.sensor)"' >&3
	(($(links_jq client .sensor.peers) <= PEERS_MAX + 2))
	(($(links_jq client '.links | length') <= 1100))
	# What did not fit is said.
	(($(links_jq client .sensor.peers_evicted) >= 100000 - PEERS_MAX))
	rss_within client $RSS_BOUND_BYTES
	rss_within server $RSS_BOUND_BYTES
}
