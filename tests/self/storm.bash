# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The world of tests/page/outage.bash with a far machine more, $STORMY, that storms come from and go
# to; what the two links of that world tell meanwhile; and sums to compare.

load ../page/outage

TOOLS=$BUILD/tests/bpf
STORMY=203.0.113.66
NEAR=10.88.0.2
PORT=7100
# One for what is enough to see; more for a storm worth the name.
STORM=${FAULTLINE_TEST_STORM:-1}
readonly RSS_BOUND_BYTES=$((80 << 20))

storm_world() {
	make_world
	ip -n "$CARRIER" address add "$STORMY/32" dev lo
	# Many retransmits in little time on this one, and no waiting for what is lost.
	ip -n "$SPACE" route add "$STORMY/32" via 10.88.0.1 rto_min 4ms
	for space in "$SPACE" "$CARRIER"; do
		ip netns exec "$space" sysctl -eqw net.ipv4.tcp_rto_max_ms=1000 \
			net.ipv4.tcp_max_syn_backlog=1024 \
			net.ipv4.tcp_synack_retries=2 net.ipv4.tcp_syn_retries=3 \
			net.ipv4.tcp_orphan_retries=2 net.ipv4.tcp_fin_timeout=2 \
			net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=1000000 \
			net.ipv4.icmp_msgs_burst=100000 net.ipv4.ip_local_port_range="10000 60999"
	done
	configure_trader </dev/null
	BEFORE=$(counters)
	start_sensor sensor "$SPACE" --json
	wait_until 60 "orders flow" flows orders 300
}

# A storm is to take what others leave: these are tests of the sensor, not of a starved host.
storm() {
	local space=$1
	shift
	ip netns exec "$space" nice -n 19 "$TOOLS/storm" "$@"
}

# Drops of what comes in at the far side; nftables rules from stdin.
far_drops() {
	{
		printf 'table inet storm {\nchain input {\ntype filter hook input priority 0\n'
		cat
		printf '}\n}\n'
	} | ip netns exec "$CARRIER" nft -f -
}

# RetransSegs OutRsts ActiveOpens PassiveOpens of the trader's namespace.
counters() {
	# shellcheck disable=SC2016 # the fields are awk's
	ip netns exec "$SPACE" awk '
		$1 != "Tcp:" { next }
		!names { names = split($0, name); next }
		{ for (i = 2; i <= names; i++) value[name[i]] = $i }
		END { print value["RetransSegs"], value["OutRsts"], value["ActiveOpens"], value["PassiveOpens"] }
	' /proc/net/snmp
}

counter() {
	local -a now before
	read -ra now <<<"$(counters)"
	read -ra before <<<"$BEFORE"
	printf '%s\n' $((now[$1] - before[$1]))
}

# What the sensor has of the same two since its start: retransmits and resets sent.
sensor_sums() {
	links_jq sensor '[([.links[].retransmits.segments] | add) + .not_attributed.retransmits,
		([.links[].resets.sent] | add) + .not_attributed.resets_sent] | join(" ")'
}

# The kernel's count was read after the sensor had rested: only ever the same or a little later.
sums_agree() {
	local before after
	before="$(counter 0) $(counter 1)"
	SUMS=$(sensor_sums)
	after="$(counter 0) $(counter 1)"
	[[ $before == "$after" && $SUMS == "$after" ]]
}

expect_sums() {
	local agreed=0
	wait_until 60 "the sums are the kernel's" sums_agree || agreed=1
	printf '# retransmits and resets sent: kernel %s %s, sensor %s\n' \
		"$(counter 0)" "$(counter 1)" "$SUMS" >&3
	return "$agreed"
}

# The links that no storm concerns: nobody far away is blamed for them, and nothing far pages.
others_unblamed() {
	local blamed
	blamed=$(events sensor '[.[] | select(.event != "resolve" and .side == "external" and
		(.scope.links | index("rates") or index("orders"))) | .summary] | unique | .[]')
	[[ -z $blamed ]] || {
		printf '# blamed: %s\n' "$blamed"
		return 1
	}
}

# Have so many connects to what nobody declared failed?
scanned() {
	[[ $(links_jq sensor '[.links[] | select(.declared | not) | .connects | .refused + .timed_out + .unreachable] | add') == "$1" ]]
}

# Bounded, whatever comes.
within_bounds() {
	links_jq sensor '"# \(.links | length) links; \(.sensor)"' >&3
	[[ $(links_jq sensor ".sensor.rss_bytes > 0 and .sensor.rss_bytes <= $RSS_BOUND_BYTES and
		.sensor.peers <= 8194 and (.links | length) <= 1100") == true ]]
}

# Has the sensor said this of its own health?  $1: what; $2: name; $3: degraded or recovered.
told_health() {
	jq -se --arg what "$1" --arg name "$2" --arg event "${3:-degraded}" '
		any(.[]; .schema == "faultline.health/1" and .what == $what and .name == $name and
			.event == $event)' "$BATS_TEST_TMPDIR/sensor/out" >"$BATS_TEST_TMPDIR/told"
}

end_world() {
	if [[ -z $BATS_TEST_COMPLETED ]]; then
		show_logs
		jq -r '"# " + ([.event, .id // .name, .summary // .text] | tostring)' \
			"$BATS_TEST_TMPDIR"/sensor/out*
	fi
	unmake_world
}
