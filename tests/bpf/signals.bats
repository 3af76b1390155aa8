# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# What separates two faults that look alike: who sent a reset or an ICMP error, which segments die,
# what sockets wait for now.  Each is made alone, on real sockets over the line.

load network

readonly FAR_PORT=7100

setup() {
	network_up
	spawn far "$SERVER" "$ROOT/tests/bpf/signal_ends.py" serve 10.81.0.2 "$FAR_PORT"
	expect_line far '^ready'
	start_sensor client "$CLIENT"
	wait_until 60 "calls are traced" calls_traced
}

teardown() {
	[[ -n $BATS_TEST_COMPLETED ]] || show_logs
	network_down
}

# A busy machine makes more calls than the sensor looks at.
calls_traced() {
	[[ $(links_jq client .sensor.calls_traced) == true ]]
}

# Connections to the far end.  $1: a name; $2: how many; then what they ask.
ask() {
	local name=$1
	shift
	spawn "$name" "$CLIENT" "$ROOT/tests/bpf/signal_ends.py" ask 10.81.0.2 "$FAR_PORT" "$@"
	expect_line "$name" '^ready'
}

# Does a jq expression hold on the sensor's link whose peer is $1?
holds() {
	[[ $(links_jq client "[.links[] | select(.peers[0] == \"$1\")] | add // {} | $2") == true ]]
}

# $1: jq expression on the link of a peer; $2: the peer, else the far end.
expect() {
	local peer=${2:-10.81.0.2:$FAR_PORT}
	wait_until 30 "$1" holds "$peer" "$1" && return 0
	links_jq client '.links[] | {peers, sockets, retransmits, resets, connects, errors, now, icmp,
		bad_checksums, last_ack_ms} | tojson' | sed 's/^/# /'
	links_jq client '.sensor | tojson' | sed 's/^/# /'
	return 1
}

@test "resets of the far end have its usual hops" {
	ask askers 10 'say 100' reset
	expect '.resets.received == 10 and .resets.received_usual_ttl == 10 and .resets.received_odd_ttl == 0'
}

@test "resets that a box between us forged have not" {
	ask askers 10 'say 100' 'say 100'
	line_command reset near ttl 63 dport "$FAR_PORT"
	expect '.resets.received == 10 and .resets.received_odd_ttl == 10 and .resets.received_usual_ttl == 0'
}

@test "whose hops are not known is neither" {
	ask askers 10 reset
	expect '.resets.received == 10 and .resets.received_odd_ttl == 0 and .resets.received_usual_ttl == 0'
}

@test "refused with the hops of the far end, or of another" {
	ask askers 1 'say 100' 'say 100'
	# What it says so is known as its own: only one that is called the same can be compared.
	expect '.connects.ok == 1'
	finish far KILL || [[ $? == 137 ]]
	ip netns exec "$CLIENT" python3 -c "
import socket
for i in range(10):
    try: socket.create_connection(('10.81.0.2', $FAR_PORT)).close()
    except ConnectionRefusedError: pass"
	expect '.resets.received_refused == 10 and .resets.received_usual_ttl == 10'
	ip netns exec "$SERVER" sysctl -qw net.ipv4.ip_default_ttl=60
	ip netns exec "$CLIENT" python3 -c "
import socket
for i in range(10):
    try: socket.create_connection(('10.81.0.2', $FAR_PORT)).close()
    except ConnectionRefusedError: pass"
	expect '.resets.received_refused == 20 and .resets.received_odd_ttl == 10'
}

@test "connects that find no way are counted on their link, once" {
	ip -n "$CLIENT" route add unreachable 10.99.0.0/16
	ip -n "$CLIENT" route add prohibit 10.98.0.0/16
	ip -n "$CLIENT" route add blackhole 10.97.0.0/16
	ip -n "$CLIENT" -6 route add unreachable fd99::/64
	ip -n "$CLIENT" route del default
	for to in 10.99.0.1 10.98.0.1 10.97.0.1 fd99::1 192.0.2.1; do
		ip netns exec "$CLIENT" "$TOOLS/traffic" connect "$to" 9 10
	done
	expect '.connects.unreachable == 10 and .errors.EHOSTUNREACH == 10' 10.99.0.1:9
	expect '.connects.local_error == 10 and .errors.EACCES == 10' 10.98.0.1:9
	expect '.connects.local_error == 10 and .errors.other == 10' 10.97.0.1:9
	expect '.connects.unreachable == 10 and .errors.EHOSTUNREACH == 10' '[fd99::1]:9'
	expect '.connects.unreachable == 10 and .errors.ENETUNREACH == 10' 192.0.2.1:9
}

@test "what sockets wait for: an answer, an acknowledgement, a connect" {
	ask idle 3 'say 100' 'say 100'
	expect '.now.alive == 3 and .now.fresh == 3 and .now.pending == null'
	# The far kernel acknowledges, the far application says nothing.
	ask silent 2 'say 100' think
	expect '.now.alive == 5 and .now.pending == 2 and .now.pending_acked_ms > 1000'
	expect '.now.backing_off == null and .now.unacked_ms == null'
	# Nothing is acknowledged any more.
	line_command rule dead drop
	spawn blind "$CLIENT" "$ROOT/tests/bpf/signal_ends.py" ask 10.81.0.2 "$FAR_PORT" 1 'say 100'
	expect '.now.connecting == 1 and .now.connecting_ms > 500'
}

@test "nothing comes through: sockets back off, those over a segment of full size apart" {
	ask idle 2 'say 100' 'say 100'
	line_command rule dead out longer 999 drop
	ask stuck 2 'say 10' "$(printf '%.0s.' {1..4000})"
	expect '.now.alive == 4 and .now.backing_off == 2 and .now.stuck_full_size == 2 and .now.stuck_small == null'
	expect '.retransmits.full_size > 0 and .now.unacked_ms > 500 and .now.fresh_backing_off == 2'
	expect '.now.pending_acked_ms == null'
}

@test "what comes in leaves a gap that nobody fills" {
	ask idle 1 'say 100' 'say 100'
	line_command rule hole in longer 999 drop
	ask short 2 'say 100' 'say 3000'
	expect '.now.holes == 2 and .now.hole_ms > 300'
}

@test "damaged packets are counted on their link" {
	line_command rule bad in corrupt 20%
	ask askers 20 'say 100' 'say 100' 'say 100' 'say 100' 'say 100'
	line_command clear
	(($(kernel_counter "$CLIENT" Tcp InCsumErrors) > 3))
	wait_until 20 "as many as the kernel counts" damaged_as_the_kernel_says
}

damaged_as_the_kernel_says() {
	holds "10.81.0.2:$FAR_PORT" ".bad_checksums == $(kernel_counter "$CLIENT" Tcp InCsumErrors)"
}

@test "ICMP errors: which kind, and whether a box between sent them" {
	ip netns exec "$SERVER" nft -f - <<-'END'
		table inet answers {
			chain input {
				type filter hook input priority -10
				ip daddr 10.128.0.1 reject with icmp type admin-prohibited
				ip6 daddr fd90:0:0:2::1 reject with icmpv6 type admin-prohibited
				ip daddr 10.128.0.2 reject with icmp type port-unreachable
			}
		}
	END
	ip netns exec "$CLIENT" "$TOOLS/traffic" connect 10.128.0.1 9 10
	ip netns exec "$CLIENT" "$TOOLS/traffic" connect fd90:0:0:2::1 9 10
	ip netns exec "$CLIENT" "$TOOLS/traffic" connect 10.128.0.2 9 10 patient=1
	expect '.connects.unreachable == 10 and .icmp.prohibited >= 10 and .resets.received == 0' 10.128.0.1:9
	expect '.connects.unreachable == 10 and .icmp.prohibited >= 10' '[fd90:0:0:2::1]:9'
	expect '.connects.refused == 10 and .icmp.port_unreachable >= 10 and .resets.received == 0' 10.128.0.2:9
}

@test "a process that gets no more sockets, and no other" {
	local process='(.host_state.processes[] | select(.files_limit == 40))'
	# Between two looks of the sensor another process of that name connects to the same, later.
	kill -STOP "${PID_OF[client]}"
	spawn hungry "$CLIENT" bash -c 'ulimit -n 40; exec python3 -c "$1"' bash "
import socket, time
held = [socket.create_connection(('10.81.0.2', $FAR_PORT))]
failed = 0
while failed < 25:
    try: held.append(socket.socket())
    except OSError: failed += 1
print('ready', flush=True)
time.sleep(3600)"
	expect_line hungry '^ready'
	ask others 1 'say 100' 'say 100'
	kill -CONT "${PID_OF[client]}"
	wait_until 20 "25 sockets refused" host_holds "$process.sockets_refused == 25 and $process.files >= 40"
	host_holds '[.host_state.processes[] | select(.files_limit != 40).sockets_refused] | all(. == 0)'
}

host_holds() {
	[[ $(links_jq client "$1") == true ]]
}

@test "acknowledgements are heard of flows that only send, and their end is known" {
	spawn sender "$CLIENT" python3 -c "
import socket, time
to = socket.create_connection(('10.81.0.2', $FAR_PORT))
print('ready', flush=True)
while True:
    to.sendall(b'.\\n')
    time.sleep(0.02)"
	expect_line sender '^ready'
	# The far application never says a word.
	expect '.segments_out > 50 and .bytes_in == 0 and .last_data_ms == null and .last_ack_ms < 400'
	line_command rule deaf in drop
	expect '.last_ack_ms > 1500 and .now.unacked_ms > 1000 and .now.backing_off == 1'
	line_command clear
	expect '.last_ack_ms < 400 and .now.backing_off == null'
}
