# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# Our own side and the box in between: each trouble is made for real, and must be told.
#
#   $TRADER lan 10.82.0.1 ---- bridge in $SWITCH ---- 10.82.0.2 lan $GATEWAY, far ends on its lo
#
# What the kernel tells by itself must be known at once: the sensor of those tests has a tick of a
# minute, so that no tick can be what found it.  Nobody asks it for its links before, for that reads
# everything.

load ../sensor

HOLD=$ROOT/build/tests/bpf/hold
readonly FAR=203.0.113.9 FAR2=203.0.113.10 PORT=7001

setup() {
	local id
	id=$(printf '%x%04x' "$BASHPID" "$RANDOM")
	TRADER=flt$id GATEWAY=flg$id SWITCH=flw$id
	for namespace in "$TRADER" "$GATEWAY" "$SWITCH"; do
		ip netns add "$namespace"
		ip -n "$namespace" link set lo up
	done
	ip -n "$SWITCH" link add name br0 type bridge
	ip -n "$SWITCH" link set br0 up
	plug "$TRADER" p-trader 10.82.0.1/24
	plug "$GATEWAY" p-gateway 10.82.0.2/24
	ip -n "$GATEWAY" addr add "$FAR/32" dev lo
	ip -n "$GATEWAY" addr add "$FAR2/32" dev lo
	ip -n "$TRADER" route add default via 10.82.0.2
	# What takes the kernel half a minute by default is to end soon.
	ip netns exec "$TRADER" sysctl -qw net.ipv4.neigh.lan.base_reachable_time_ms=800 \
		net.ipv4.neigh.lan.delay_first_probe_time=1 net.ipv4.neigh.lan.retrans_time_ms=150
}

teardown() {
	[[ -n $BATS_TEST_COMPLETED ]] || show_logs
	finish_all
	[[ -z ${TCP_MEM:-} ]] || sysctl -qw net.ipv4.tcp_mem="$TCP_MEM"
	[[ -z ${CGROUP:-} ]] || wait_until 10 "the cgroup is empty" rmdir "$CGROUP" 2>/dev/null
	for namespace in "$TRADER" "$GATEWAY" "$SWITCH"; do
		ip netns del "$namespace"
	done
}

# A cable between the interface "lan" of a namespace and a port of the switch.
plug() {
	ip link add lan netns "$1" type veth peer name "$2" netns "$SWITCH"
	ip -n "$SWITCH" link set "$2" master br0 up
	ip -n "$1" addr add "$3" dev lan
	ip -n "$1" link set lan up
}

# A sensor in the trader.  $1: its tick.
sensor() {
	configure watch <<-END
		links:
		  - {name: feed, kind: external, endpoints: ["$FAR:$PORT"], via: [edge]}
		  - {name: other, kind: external, endpoints: ["$FAR2:$PORT"]}
		devices:
		  - {name: edge, address: 10.82.0.2}
	END
	sed -i "s/^interval: .*/interval: $1/" "$BATS_TEST_TMPDIR/watch/faultline.yaml"
	start_sensor watch "$TRADER"
}

serve_far() {
	spawn "serve-$1" "$GATEWAY" "$HOLD" serve "$1" "$PORT"
	expect_line "serve-$1" '^ready'
}

talk_to() {
	spawn "talk-$1" "$TRADER" "$HOLD" talk "$1" "$PORT"
	expect_line "talk-$1" '^ready'
}

# Does a jq expression hold on the links of the sensor?
holds() {
	[[ $(links_jq watch "$1") == true ]]
}

expect() {
	wait_until 30 "$1" holds "$1" && return 0
	links_jq watch '{links: [.links[] | {name, drops, icmp, connects}], devices, host_state} | del(.host_state.mib) | tojson' | sed 's/^/# /'
	return 1
}

# One of the trader's interfaces, devices or links, in a jq expression.
lan='(.host_state.interfaces[] | select(.name == "lan"))'
edge='(.devices[] | select(.name == "edge"))'
feed='(.links[] | select(.name == "feed"))'
other='(.links[] | select(.name == "other"))'

@test "cable pulled and plugged in: told at once" {
	sensor 1m
	ip -n "$SWITCH" link set p-trader down
	expect_line watch 'interface lan lost its carrier'
	expect "$lan.carrier == 0 and $lan.up == 1 and $lan.carrier_lost_s != null"
	ip -n "$SWITCH" link set p-trader up
	expect_line watch 'interface lan has its carrier back'
	expect "$lan.carrier == 1 and $lan.carrier_lost_s == null and $lan.carrier_changes >= 2"
}

@test "the gateway's port goes down: its neighbour fails, told at once, with the time it took" {
	serve_far "$FAR"
	sensor 1m
	talk_to "$FAR"
	wait_until 10 "the gateway is known" neighbour_is reachable
	ip -n "$GATEWAY" link set lan down
	expect_line watch 'neighbour 10.82.0.2: failed'
	expect "$edge.state == \"faulty\" or $edge.state == \"suspect\""
	expect "$edge.failures >= 1 and $edge.failed_after_s > 0.2 and $edge.failed_after_s < 20"
	# Our cable is well all the while.
	expect "$lan.carrier == 1 and $lan.carrier_lost_s == null"
	ip -n "$GATEWAY" link set lan up
	ip -n "$GATEWAY" addr replace 10.82.0.2/24 dev lan
	# It stays called faulty for as long as its incident is held open.
	expect "$edge.neighbour == \"reachable\" and $edge.unconfirmed_s == 0 and $edge.failures == 1"
}

neighbour_is() {
	ip -n "$TRADER" neigh show 10.82.0.2 | grep -qi "$1"
}

@test "probes in flight show while the gateway does not answer" {
	ip netns exec "$TRADER" sysctl -qw net.ipv4.neigh.lan.retrans_time_ms=5000
	serve_far "$FAR"
	sensor 200ms
	talk_to "$FAR"
	ip -n "$GATEWAY" link set lan down
	expect "$edge.neighbour == \"probe\" and $edge.probes >= 1 and $edge.state == \"suspect\" and $edge.unconfirmed_s > 0"
}

@test "gateway replaced: the MAC change is told at once" {
	serve_far "$FAR"
	ip netns exec "$GATEWAY" sysctl -qw net.ipv4.conf.lan.arp_notify=1
	sensor 1m
	talk_to "$FAR"
	wait_until 10 "the gateway is known" neighbour_is reachable
	ip -n "$GATEWAY" link set lan address 02:00:00:00:12:34
	expect_line watch 'neighbour 10.82.0.2 changed its MAC from .* to 02:00:00:00:12:34'
	expect "$edge.mac == \"02:00:00:00:12:34\" and $edge.mac_changes == 1 and $edge.mac_changed_s != null"
}

@test "route deleted, added and changed: told at once, and the way of the link follows" {
	sensor 1m
	ip -n "$TRADER" route del default
	expect_line watch 'route 0.0.0.0/0 via 10.82.0.2 was deleted'
	expect "$feed.way.routed == false"
	ip -n "$TRADER" route add default via 10.82.0.2
	expect_line watch 'route 0.0.0.0/0 via 10.82.0.2 was added'
	expect "$feed.way.routed and $feed.way.devices == [\"edge\"]"
	ip -n "$TRADER" route replace default via 10.82.0.7
	expect_line watch 'route 0.0.0.0/0 via 10.82.0.7 was added'
	# What the configuration says stands behind what the routes say.
	expect "$feed.way.devices == [\"10.82.0.7\", \"edge\"] and $other.way.devices == [\"10.82.0.7\"]"
	expect '.host_state.routes.deleted == 2 and .host_state.routes.added == 2'
}

@test "a route that goes with its interface, without a word, is found by the tick" {
	ip -n "$TRADER" link add spare type veth peer name spare-end
	ip -n "$TRADER" link set spare up
	ip -n "$TRADER" addr add 10.83.0.1/24 dev spare
	ip -n "$TRADER" route add 198.51.100.0/24 via 10.83.0.2
	sensor 200ms
	ip -n "$TRADER" link set spare down
	expect_line watch 'route 198.51.100.0/24 via 10.83.0.2 was deleted'
	ip -n "$TRADER" link del spare
	expect_line watch 'interface spare is gone'
}

@test "ways: several gateways, policy routes, macvlan and bridge" {
	local upper='(.links[] | select(.name == "upper"))' bridged='(.links[] | select(.name == "bridged"))'
	ip -n "$TRADER" route add 198.51.100.0/24 nexthop via 10.82.0.2 nexthop via 10.82.0.3
	ip -n "$TRADER" rule add to 192.0.2.0/24 table 100
	ip -n "$TRADER" route add default via 10.82.0.4 table 100
	ip -n "$TRADER" link add upper link lan type macvlan mode bridge
	ip -n "$TRADER" addr add 10.84.0.1/24 dev upper
	ip -n "$TRADER" link set upper up
	ip -n "$TRADER" link add inner type bridge
	ip -n "$TRADER" link add port type veth peer name port-end
	ip -n "$TRADER" link set port master inner up
	ip -n "$TRADER" link set port-end up
	ip -n "$TRADER" addr add 10.85.0.1/24 dev inner
	ip -n "$TRADER" link set inner up
	configure watch <<-END
		links:
		  - {name: both, kind: external, endpoints: ["198.51.100.9:1"]}
		  - {name: policy, kind: external, endpoints: ["192.0.2.9:1"]}
		  - {name: upper, kind: external, endpoints: ["10.84.0.9:1"]}
		  - {name: bridged, kind: external, endpoints: ["10.85.0.9:1"]}
	END
	start_sensor watch "$TRADER"
	expect '(.links[] | select(.name == "both")).way.devices == ["10.82.0.2", "10.82.0.3"]'
	expect '(.links[] | select(.name == "policy")).way.devices == ["10.82.0.4"]'
	expect "$upper.way == {routed: true, devices: [], interfaces: [\"upper\", \"lan\"]}"
	expect "$bridged.way.interfaces == [\"inner\", \"port\"]"
	ip -n "$TRADER" rule del to 192.0.2.0/24 table 100
	expect_line watch 'a routing rule was deleted'
	expect '(.links[] | select(.name == "policy")).way.devices == ["10.82.0.2"]'
}

@test "ways: IPv6 goes by its own routes" {
	ip -n "$TRADER" addr add 2001:db8:82::1/64 dev lan nodad
	ip -n "$TRADER" route add 2001:db8:98::/64 via 2001:db8:82::2
	configure watch <<-END
		links:
		  - {name: routed, kind: external, endpoints: ["[2001:db8:98::9]:1"]}
		  - {name: near, kind: external, endpoints: ["[2001:db8:82::9]:1"]}
		  - {name: nowhere, kind: external, endpoints: ["[2001:db8:99::9]:1"]}
	END
	start_sensor watch "$TRADER"
	expect '(.links[] | select(.name == "routed")).way.devices == ["2001:db8:82::2"]'
	expect '(.links[] | select(.name == "near")).way == {routed: true, devices: [], interfaces: ["lan"]}'
	expect '(.links[] | select(.name == "nowhere")).way.routed == false'
	ip -n "$TRADER" route del 2001:db8:98::/64
	expect '(.links[] | select(.name == "routed")).way.routed == false'
}

@test "a bridge: the port that leads to the next hop, once it has learned it" {
	local far='(.links[] | select(.name == "far"))'
	ip -n "$TRADER" link add inner type bridge
	for port in one two; do
		ip -n "$TRADER" link add "$port" type veth peer name "$port-end" netns "$GATEWAY"
		ip -n "$TRADER" link set "$port" master inner up
		ip -n "$GATEWAY" link set "$port-end" up
	done
	ip -n "$TRADER" addr add 10.85.0.1/24 dev inner
	ip -n "$TRADER" link set inner up
	ip -n "$GATEWAY" addr add 10.85.0.2/24 dev two-end
	ip -n "$TRADER" route add 198.51.100.0/24 via 10.85.0.2
	configure watch <<-END
		links:
		  - {name: far, kind: external, endpoints: ["198.51.100.9:1"]}
	END
	start_sensor watch "$TRADER"
	expect "$far.way.interfaces | sort == [\"inner\", \"one\", \"two\"]"
	ip netns exec "$TRADER" bash -c 'echo >/dev/udp/10.85.0.2/9'
	expect "$far.way.interfaces == [\"inner\", \"two\"]"
}

@test "rules that choose a table by mark, user or source are counted" {
	sensor 200ms
	expect '.host_state.routes.rules_unseen == 0'
	ip -n "$TRADER" rule add to 192.0.2.0/24 table 100
	ip -n "$TRADER" rule add fwmark 7 table 100
	ip -n "$TRADER" rule add uidrange 1000-2000 table 100
	ip -n "$TRADER" -6 rule add from fd00::/8 table 100
	expect '.host_state.routes.rules_unseen == 3'
}

@test "a queue discipline of ours drops: counted as tc counts it" {
	local drops
	sensor 200ms
	tc -n "$TRADER" qdisc add dev lan root tbf rate 64kbit burst 2kb limit 3000
	ip netns exec "$TRADER" bash -c '
		exec 3>/dev/udp/10.82.0.2/9
		for ((i = 0; i < 200; i++)); do printf "%01200d" 0 >&3; done' || return 1
	expect "$lan.qdisc_drops > 100 and $lan.qdisc_overlimits > 0"
	drops=$(tc -n "$TRADER" -s -j qdisc show dev lan | jq '.[] | select(.kind == "tbf").drops')
	expect "$lan.qdisc_drops == $drops"
	# The datagrams had a flow, which is a link that was found.
	expect '[.links[] | select(.name == "10.82.0.2:9").drops | to_entries[] |
		select(.key | startswith("QDISC_")).value] | add > 100'
}

# $1: hook of nftables; $2: match.
drop_with_nft() {
	ip netns exec "$TRADER" nft -f - <<-END
		table inet wall {
			counter dropped {}
			chain hits {
				type filter hook $1 priority 0;
				$2 counter name dropped drop;
			}
		}
	END
}

nft_dropped() {
	ip netns exec "$TRADER" nft -j list counters | jq '.nftables[].counter? // empty | .packets'
}

@test "an ICMP error of a box between us and the far end is told from one of the far end" {
	local between='(.links[] | select(.name == "between"))'
	ip netns exec "$GATEWAY" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0 \
		net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.lan.send_redirects=0
	ip -n "$GATEWAY" route add 198.51.100.0/24 via 10.82.0.7
	ip netns exec "$GATEWAY" nft -f - <<-END
		table ip wall {
			chain through {
				type filter hook forward priority 0;
				ip daddr 198.51.100.9 reject with icmp type admin-prohibited
			}
			chain own {
				type filter hook input priority 0;
				ip daddr $FAR reject with icmp type admin-prohibited
			}
		}
	END
	configure watch <<-END
		links:
		  - {name: between, kind: external, endpoints: ["198.51.100.9:$PORT"]}
		  - {name: feed, kind: external, endpoints: ["$FAR:$PORT"]}
	END
	start_sensor watch "$TRADER"
	ip netns exec "$TRADER" "$ROOT/build/tests/bpf/traffic" connect 198.51.100.9 "$PORT" 10
	ip netns exec "$TRADER" "$ROOT/build/tests/bpf/traffic" connect "$FAR" "$PORT" 10
	expect "$between.icmp.prohibited >= 10 and $between.icmp.from_between == $between.icmp.prohibited"
	expect "$feed.icmp.prohibited >= 10 and ($feed.icmp.from_between // 0) == 0"
}

# The rule is open again before the two are compared, so that both rest. A slow machine may send a
# segment twice, and of two the kernel drops one: that is another reason.
check_firewall() {
	local dropped
	serve_far "$FAR"
	serve_far "$FAR2"
	sensor 200ms
	talk_to "$FAR"
	talk_to "$FAR2"
	drop_with_nft "$1" "$2"
	expect "$feed.drops.NETFILTER_DROP >= 3"
	ip netns exec "$TRADER" nft flush chain inet wall hits
	dropped=$(nft_dropped)
	expect "$feed.drops.NETFILTER_DROP == $dropped"
	expect "$other.drops.NETFILTER_DROP == null and .host_state.drops.NETFILTER_DROP == null"
}

@test "our firewall drops on output: by reason, on the link it hits and no other" {
	check_firewall output "ip daddr $FAR"
}

@test "our firewall drops on input: by reason, on the link it hits and no other" {
	check_firewall input "ip saddr $FAR"
}

@test "ordinary traffic, closes and resets are no drops" {
	serve_far "$FAR"
	sensor 200ms
	spawn many "$TRADER" "$HOLD" connect "$FAR" "$PORT" 50
	expect_line many '^ready {"count": 50'
	finish many KILL || [[ $? == 137 ]]
	talk_to "$FAR"
	expect "$feed.sockets == 1"
	expect "$feed.drops == {}"
}

@test "accept queue full: which port, how many wait, and the overflows" {
	local listener='(.host_state.listeners[] | select(.address | endswith(":8080")))'
	sensor 200ms
	spawn shop "$TRADER" "$HOLD" listen 10.82.0.1 8080 2
	expect_line shop '^ready'
	for i in 1 2 3 4 5 6; do
		spawn "customer$i" "$GATEWAY" "$HOLD" connect 10.82.0.1 8080 1
	done
	# One more than the limit, and now and then two when both processors let one in at once.
	expect "$listener.limit == 2 and ($listener.queued | . == 3 or . == 4)"
	expect '.host_state.accept.full == 1 and .host_state.mib.TcpExtListenOverflows > 0'
}

@test "ports exhausted: none is left towards the destination that took them" {
	ip netns exec "$TRADER" sysctl -qw net.ipv4.ip_local_port_range="40000 40019"
	serve_far "$FAR"
	sensor 200ms
	expect '.host_state.ports == {range: 20, left: 20}'
	spawn hungry "$TRADER" "$HOLD" connect "$FAR" "$PORT" 100
	expect_line hungry '^ready {"count": 20, "error": "EADDRNOTAVAIL"}'
	expect '.host_state.ports == {range: 20, left: 0}'
}

@test "ports held by TIME_WAIT are not left" {
	ip netns exec "$TRADER" sysctl -qw net.ipv4.ip_local_port_range="40000 40019" net.ipv4.tcp_tw_reuse=0
	serve_far "$FAR"
	sensor 200ms
	talk_to "$FAR"
	spawn many "$TRADER" "$HOLD" connect "$FAR" "$PORT" 12
	expect_line many '^ready {"count": 12'
	finish many KILL || [[ $? == 137 ]]
	expect '.host_state.sockets.tcp_time_wait == 12 and .host_state.ports.left == 7'
}

@test "descriptors exhausted: as many as the process may have" {
	local process='(.host_state.processes[] | select(.comm == "hold" and .files_limit == 64))'
	serve_far "$FAR"
	sensor 200ms
	# shellcheck disable=SC2016 # the arguments are the inner shell's
	spawn hungry "$TRADER" bash -c 'ulimit -n 64; exec "$@"' bash "$HOLD" files "$FAR" "$PORT"
	expect_line hungry '^ready .*"EMFILE"'
	expect "$process.files >= 64"
}

@test "process stopped, continued and gone" {
	serve_far "$FAR"
	sensor 200ms
	talk_to "$FAR"
	local process="(.host_state.processes[] | select(.pid == ${PID_OF[talk-$FAR]}))"
	expect "$process.stopped == false and $process.run_ns > 0"
	kill -STOP "${PID_OF[talk-$FAR]}"
	expect "$process.stopped and $process.state == \"T\""
	expect_line watch "process hold \(pid ${PID_OF[talk-$FAR]}\) is stopped"
	kill -CONT "${PID_OF[talk-$FAR]}"
	expect "$process.stopped == false"
	local pid=${PID_OF[talk-$FAR]}
	finish "talk-$FAR" KILL || [[ $? == 137 ]]
	expect_line watch "process hold \(pid $pid\) is gone"
	expect "$process.gone_s != null and $process.run_ns == null"
}

@test "CPU hog: the wait of the process that has to share, and not of another" {
	serve_far "$FAR"
	serve_far "$FAR2"
	sensor 200ms
	talk_to "$FAR2"
	spawn spin "$TRADER" "$HOLD" spin "$FAR" "$PORT" 0
	expect_line spin '^ready'
	local spin="(.host_state.processes[] | select(.pid == ${PID_OF[spin]}))"
	local talk="(.host_state.processes[] | select(.pid == ${PID_OF[talk-$FAR2]}))"
	local pressure_before
	pressure_before=$(links_jq watch .host_state.pressure.cpu_some_us)
	for i in 1 2; do
		spawn "hog$i" - taskset -c 0 bash -c 'while :; do :; done'
	done
	# Two hogs leave it a third of the processor; it waits for the rest.
	expect "$spin.wait_ns > 1000000000 and $spin.wait_ns > 0.5 * $spin.run_ns"
	expect "$talk.wait_ns < 0.5 * $spin.wait_ns"
	expect ".host_state.pressure.cpu_some_us > $pressure_before + 500000"
}

# The kernel thread that polls the trader's interface, once there is one; its process id.
polling_thread() {
	local comm
	for comm in /proc/[0-9]*/comm; do
		if [[ $(cat "$comm" 2>/dev/null) == napi/lan-* ]]; then
			comm=${comm%/comm}
			printf '%s\n' "${comm#/proc/}"
		fi
	done
}

# A new one beside those of $1?
polled_by_another_than() {
	POLLER=$(comm -13 <(sort <<<"$1") <(polling_thread | sort) | head -n 1)
	[[ -n $POLLER ]]
}

@test "a real-time hog: its processor is the busiest, and the thread that handles our packets waits" {
	local others softirq busiest
	ip netns exec "$TRADER" test -e /sys/class/net/lan/threaded || skip "no threads poll here"
	others=$(polling_thread)
	# A veth device polls what comes from a peer that does not segment for it.
	ip netns exec "$SWITCH" ethtool -K p-trader tso off
	ip netns exec "$TRADER" ethtool -K lan gro on
	ip netns exec "$TRADER" bash -c 'echo 1 >/sys/class/net/lan/threaded'
	wait_until 10 "a thread polls our interface" polled_by_another_than "$others"
	taskset -cp 0 "$POLLER"
	serve_far "$FAR"
	sensor 200ms
	talk_to "$FAR"
	expect '.host_state.softirq.wait_us != null and .host_state.cpu.busiest_us != null'
	softirq=$(links_jq watch .host_state.softirq.wait_us)
	busiest=$(links_jq watch .host_state.cpu.busiest_us)
	# It ends by itself after some two seconds, and the kernel leaves a part to others meanwhile.
	# shellcheck disable=SC2016 # the variables are the inner shell's
	spawn hog - chrt -f 1 taskset -c 0 bash -c 'ulimit -t 3; SECONDS=0; while ((SECONDS < 2)); do :; done'
	expect ".host_state.softirq.wait_us > $softirq + 200000"
	expect ".host_state.cpu.busiest_us > $busiest + 1000000"
	wait_until 20 "the hog ends" gone "${PID_OF[hog]}"
}

@test "too little memory for TCP: its limits, the pressure and what was pruned" {
	[[ -n ${FAULTLINE_TEST_OWN_KERNEL:-} ]] || skip "tcp_mem is the whole machine's"
	configure watch <<<''
	start_sensor watch -
	TCP_MEM=$(sysctl -n net.ipv4.tcp_mem)
	sysctl -qw net.ipv4.tcp_mem="64 96 128"
	spawn glut - python3 -c "
import socket, time
listener = socket.create_server(('127.0.0.1', $PORT), backlog=64)
senders, unread = [], []
for i in range(64):
    senders.append(socket.create_connection(('127.0.0.1', $PORT)))
    unread.append(listener.accept())
    senders[-1].setblocking(False)
print('ready', flush=True)
while True:
    for sender in senders:
        try: sender.send(bytes(65536))
        except BlockingIOError: pass
    time.sleep(0.05)"
	expect_line glut '^ready'
	expect '.host_state.sockets | .tcp_memory_pressure_pages == 96 and .tcp_memory_limit_pages == 128'
	expect '.host_state.sockets.tcp_memory_pages >= 96'
	expect '.host_state.mib.TcpExtTCPMemoryPressures > 0 and .host_state.mib.TcpExtPruneCalled > 0'
}

# A cgroup that has a tenth of a processor, of whichever version has the cpu controller here.
throttling_cgroup() {
	if [[ -d /sys/fs/cgroup/cpu ]]; then
		CGROUP=/sys/fs/cgroup/cpu/$TRADER CGROUP_MOUNT=(-t cgroup -o cpu)
		mkdir "$CGROUP"
		echo 10000 >"$CGROUP/cpu.cfs_quota_us"
	else
		CGROUP=/sys/fs/cgroup/$TRADER CGROUP_MOUNT=(-t cgroup2)
		echo +cpu >/sys/fs/cgroup/cgroup.subtree_control
		mkdir "$CGROUP"
		echo '10000 100000' >"$CGROUP/cpu.max"
	fi
}

@test "throttled by its cgroup: how often and for how long, and the pressure in it" {
	local mounts=$BATS_TEST_TMPDIR/mounts
	throttling_cgroup
	mkdir -p "$mounts/cpu" "$mounts/unified"
	serve_far "$FAR"
	configure watch <<<''
	# shellcheck disable=SC2016 # the arguments are the inner shell's
	spawn watch "$TRADER" unshare -m bash -c '
		mounts=$1; shift
		mount -t cgroup2 none "$mounts/unified"
		[[ $2 == cgroup2 ]] || mount "$1" "$2" "$3" "$4" none "$mounts/cpu"
		while [[ $1 != -- ]]; do shift; done; shift; exec "$@"' bash "$mounts" \
		"${CGROUP_MOUNT[@]}" -- "$FAULTLINE" run --config "$BATS_TEST_TMPDIR/watch/faultline.yaml"
	expect_line watch 'ready'
	spawn choked "$TRADER" "$HOLD" spin "$FAR" "$PORT" 0
	expect_line choked '^ready'
	echo "${PID_OF[choked]}" >"$CGROUP/cgroup.procs"
	local choked="(.host_state.processes[] | select(.pid == ${PID_OF[choked]}))"
	expect "$choked.throttled >= 5 and $choked.throttled_us > 100000"
	expect "$choked.cgroup_cpu_some_us != null"
}

@test "changes come faster than they are read: noticed, and repaired by reading the tables" {
	local i
	sensor 1m
	kill -STOP "${PID_OF[watch]}"
	for ((i = 0; i < 12000; i++)); do
		printf 'route add 10.%d.%d.%d/32 dev lan\n' $((100 + i / 65536)) $((i / 256 % 256)) $((i % 256))
	done | ip -n "$TRADER" -batch -
	ip -n "$TRADER" route replace default via 10.82.0.9
	kill -CONT "${PID_OF[watch]}"
	expect_line watch 'changes came faster than they were read'
	expect '.host_state.netlink.overruns >= 1'
	expect "$feed.way.devices == [\"10.82.0.9\", \"edge\"]"
}

@test "names: queries, answers, codes and time by resolver; one that is silent" {
	local good='(.devices[] | select(.address == "203.0.113.9"))'
	local bad='(.devices[] | select(.address == "203.0.113.10"))'
	local dead='(.devices[] | select(.address == "203.0.113.77"))'
	spawn good "$GATEWAY" "$HOLD" answer "$FAR" 0
	spawn bad "$GATEWAY" "$HOLD" answer "$FAR2" 2
	expect_line good '^ready'
	expect_line bad '^ready'
	sensor 200ms
	ip netns exec "$TRADER" "$HOLD" ask "$FAR" 40 connected
	ip netns exec "$TRADER" "$HOLD" ask "$FAR" 10 not
	ip netns exec "$TRADER" "$HOLD" ask "$FAR2" 20 not
	expect "$good.resolver and $good.dns.queries == 50 and $good.dns.answers == 50 and $good.dns.failures == 0"
	expect "$good.dns.codes.NOERROR.answers == 50 and $good.dns.p50_us > 0 and $good.dns.p99_us >= $good.dns.p50_us"
	expect "$bad.dns.queries == 20 and $bad.dns.failures == 20 and $bad.dns.codes.SERVFAIL.answers == 20"
	expect "$good.dns.unanswered_s == 0"
	ip -n "$GATEWAY" route add blackhole 203.0.113.77
	spawn asks "$TRADER" "$HOLD" ask 203.0.113.77 1 connected
	expect "$dead.dns.queries == 1 and $dead.dns.answers == 0 and $dead.dns.unanswered_s > 0.3"
}

@test "a host without pressure and conntrack: said once, null and not nought, and the rest works" {
	local empty=$BATS_TEST_TMPDIR/empty
	mkdir "$empty"
	configure watch <<<''
	# shellcheck disable=SC2016 # the arguments are the inner shell's
	spawn watch "$TRADER" unshare -m bash -c '
		mount --bind "$1" /proc/pressure && mount --bind "$1" /proc/sys/net/netfilter &&
		mount --bind "$1" /proc/sys/fs && shift && exec "$@"' bash "$empty" \
		"$FAULTLINE" run --json --config "$BATS_TEST_TMPDIR/watch/faultline.yaml"
	expect_line watch 'ready'
	expect '.host_state.pressure == {cpu_some_us: null, cpu_some_avg10: null, memory_some_us: null,
		memory_some_avg10: null, memory_full_us: null, io_some_us: null, io_some_avg10: null, io_full_us: null}'
	expect '[.host_state.conntrack[]] | all(. == null)'
	expect '.host_state.files == {open: null, limit: null}'
	expect '.host_state.softnet.processed > 0 and .host_state.mib.TcpOutSegs != null'
	expect "$lan.carrier == 1"
	wait_until 10 "five ticks" holds '.host_state.netlink.dumps > 40'
	for file in /proc/pressure/cpu /proc/pressure/memory /proc/pressure/io /proc/sys/fs/file-nr; do
		[[ $(jq -s "map(select(.what == \"host\" and .name == \"$file\")) | length" \
			"$BATS_TEST_TMPDIR/watch/out") == 1 ]]
	done
}
