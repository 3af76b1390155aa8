# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# Why a segment was sent again, a connection reset, a connect refused: each cause made alone, by
# losing chosen packets, and held against the kernel's own counters where it has one.

load network

setup() {
	network_up
}

begin() {
	serve
	start_sensor client "$CLIENT"
	start_sensor server "$SERVER"
	note_kernel
}

teardown() {
	[[ -n $BATS_TEST_COMPLETED ]] || show_logs
	network_down
}

# The sum over links of one counter of a sensor: retransmits tlp.
counted() {
	links_jq "$1" "[.links[].$2.$3] | add // 0"
}

# Shows and compares counters of a sensor with what they must be: GROUP.NAME=VALUE...
expect_counts() {
	local sensor=$1 pair wanted got failed=0
	shift
	printf '# %-28s %12s %12s\n' "$sensor" expected sensor >&3
	for pair in "$@"; do
		wanted=${pair#*=} pair=${pair%%=*}
		got=$(counted "$sensor" "${pair%.*}" "${pair#*.}")
		printf '#   %-26s %12s %12s\n' "$pair" "$wanted" "$got" >&3
		[[ $got == "$wanted" ]] || failed=1
	done
	return "$failed"
}

at_rest() {
	wait_quiet "$CLIENT"
	wait_quiet "$SERVER"
}

# How much a counter of the kernel grew since note_kernel.
note_kernel() {
	declare -gA KERNEL_BEFORE
	local name
	for name in TCPSynRetrans TCPLossProbes TCPFastRetrans TCPTimeouts TCPSlowStartRetrans; do
		KERNEL_BEFORE[$name]=$(kernel_counter "$CLIENT" TcpExt "$name")
	done
	KERNEL_BEFORE[RetransSegs]=$(kernel_counter "$CLIENT" Tcp RetransSegs)
}

grown() {
	local protocol=TcpExt
	[[ $1 != RetransSegs ]] || protocol=Tcp
	echo $(($(kernel_counter "$CLIENT" "$protocol" "$1") - KERNEL_BEFORE[$1]))
}

syn_again() {
	begin
	traffic connect 10.91.0.1 9 20 syncnt=2
	traffic connect fd90:0:0:1::1 9 20 syncnt=1
	at_rest
	[[ $(grown TCPSynRetrans) -ge 60 ]]
	expect_counts client retransmits.syn="$(grown TCPSynRetrans)" \
		retransmits.segments="$(grown RetransSegs)" retransmits.rto=0 retransmits.fast=0 \
		connects.timed_out=40
}

@test "SYN sent again: the kernel's TCPSynRetrans" {
	exactly syn_again
}

synack_again() {
	begin
	line_command rule synack in syn limit 10 drop
	before=$(kernel_counter "$SERVER" Tcp RetransSegs)
	traffic short 10.81.0.2 "$PORT" 10
	finish serve
	at_rest
	repeated=$(($(kernel_counter "$SERVER" Tcp RetransSegs) - before))
	((repeated >= 10))
	expect_counts server retransmits.synack="$repeated" retransmits.segments="$repeated" \
		connects.accepted=10
	[[ $(links_jq server '[.links[] | select(.retransmits.synack > 0) | .peers[]] | join(" ")') == ":$PORT" ]]
}

@test "SYN-ACK sent again: counted at the side that accepts" {
	exactly synack_again
}

lost_tail() {
	begin
	line_command rule tail out data limit 1 drop
	traffic short 10.81.0.2 "$PORT" 1
	at_rest
	expect_counts client retransmits.tlp="$(grown TCPLossProbes)" retransmits.segments=1 \
		retransmits.tlp=1 retransmits.rto=0 retransmits.fast=0 retransmits.episodes=1
}

@test "a lost tail is repaired by a tail loss probe, and is one episode" {
	exactly lost_tail
}

needless_probe() {
	begin
	# What follows the SYN-ACK takes so long that the sender doubts it; nothing is lost.
	line_command rule slow in skip 1 limit 2 delay 300ms
	traffic short 10.81.0.2 "$PORT" 1
	at_rest
	expect_counts client retransmits.tlp=1 retransmits.segments=1 retransmits.rto=0 \
		retransmits.episodes=0
}

@test "a needless tail loss probe is shown apart, and is no episode" {
	exactly needless_probe
}

lost_repeatedly() {
	begin
	line_command rule dead out data limit 4 drop
	traffic short 10.81.0.2 "$PORT" 1
	at_rest
	[[ $(grown RetransSegs) == 4 ]]
	expect_counts client retransmits.tlp="$(grown TCPLossProbes)" \
		retransmits.rto="$(grown TCPTimeouts)" retransmits.segments=4 retransmits.fast=0 \
		retransmits.episodes=1
}

@test "lost again and again: the timeout's retransmits, in one episode" {
	exactly lost_repeatedly
}

single_losses() {
	begin
	line_command rule holes out nth 400,900,1500,2200,3000
	traffic bulk 10.81.0.2 "$PORT" 1 bytes=10000000
	at_rest
	[[ $(line_command report | jq .out.data_dropped) == 5 ]]
	expect_counts client retransmits.fast="$(grown TCPFastRetrans)" \
		retransmits.segments="$(grown RetransSegs)" retransmits.fast=5 retransmits.rto=0 \
		retransmits.episodes=5
}

@test "single losses inside a long transfer: fast retransmits, one for each" {
	exactly single_losses
}

lost_burst() {
	begin
	line_command rule burst out nth "$(seq -s, 1000 1009)"
	traffic bulk 10.81.0.2 "$PORT" 1 bytes=10000000
	at_rest
	expect_counts client retransmits.segments="$(grown RetransSegs)" \
		retransmits.fast="$(grown TCPFastRetrans)" retransmits.episodes=1
	(($(counted client retransmits segments) >= 10))
}

@test "a burst lost out of one flight is one episode" {
	exactly lost_burst
}

lossy_line() {
	begin
	line_command rule loss loss 3%
	traffic bulk 10.81.0.2 "$PORT" 4 bytes=20000000
	traffic short 10.81.0.2 "$PORT" 300
	at_rest
	for reason in syn tlp fast rto synack failed_local; do
		printf -v "$reason" %s "$(counted client retransmits "$reason")"
	done
	# shellcheck disable=SC2154 # set by printf
	expect_counts client retransmits.syn="$(grown TCPSynRetrans)" \
		retransmits.fast="$(grown TCPFastRetrans)" \
		retransmits.segments="$(grown RetransSegs)" retransmits.failed_local="$(grown TCPRetransFail)" \
		retransmits.segments=$((syn + tlp + fast + rto + synack + failed_local))
	((tlp <= $(grown TCPLossProbes)))
}

@test "on a lossy line every retransmit has one reason, and they add up to the kernel's" {
	exactly lossy_line
}

retransmits_grew_by() {
	(($(grown RetransSegs) >= $1))
}

own_firewall() {
	begin
	spawn transfer "$CLIENT" "$TOOLS/traffic" bulk 10.81.0.2 "$PORT" 1 bytes=100000000000
	wait_until 20 "the transfer runs" bytes_out_reach 20000000
	note_kernel
	ip netns exec "$CLIENT" nft -f - <<-END
		table inet ours {
			chain output {
				type filter hook output priority 0
				tcp dport $((PORT + 1)) drop
			}
			chain input {
				type filter hook input priority 0
				tcp sport $((PORT + 1)) drop
			}
		}
	END
	wait_until 20 "4 retransmits that fail" retransmits_grew_by 4
	failed=$(counted client retransmits failed_local)
	for reason in tlp fast rto; do
		[[ $(counted client retransmits "$reason") == 0 ]]
	done
	ip netns exec "$CLIENT" nft delete table inet ours
	wait_until 20 "the transfer goes on" bytes_out_grow
	finish transfer
	finish serve
	at_rest
	expect_counts client retransmits.segments="$(grown RetransSegs)"
	[[ $(counted client retransmits failed_local) == "$failed" ]]
	((failed >= 4))
	links_jq client '.links[].retransmits | "# \(.)"' >&3
}

@test "a retransmit that our own firewall drops is failed_local, and none of the path's" {
	exactly own_firewall
}

bytes_out_reach() {
	(($(links_jq client '[.links[].bytes_out] | add // 0') >= $1))
}

bytes_out_grow() {
	local now
	now=$(links_jq client '[.links[].bytes_out] | add')
	BYTES_BEFORE=${BYTES_BEFORE:-$now}
	((now > BYTES_BEFORE + 1000000))
}

injected_resets() {
	begin
	spawn hold "$CLIENT" "$TOOLS/traffic" hold 10.81.0.2 "$PORT" 200
	expect_line hold '^held'
	traffic reset 10.81.0.2 "$PORT" 30
	# The holders say nothing: their own resets come from the line, forged.
	line_command reset near dport $((PORT + 6))
	injected=$(line_command report | jq .in.resets_injected)
	finish hold
	tail -n 1 "$BATS_TEST_TMPDIR/hold/out" | jq -e '.reset == 200'
	[[ $injected == 200 ]]
	finish serve
	at_rest
	expect_counts client resets.received=230 resets.received_refused=0
}

@test "injected resets: each one that ends a socket is received once" {
	exactly injected_resets
}

icmp_answers() {
	begin
	ip netns exec "$SERVER" nft -f - <<-'END'
		table inet answers {
			chain input {
				type filter hook input priority -10
				ip daddr 10.128.0.1 reject with icmp type admin-prohibited
				ip6 daddr fd90:0:0:2::1 reject with icmpv6 type admin-prohibited
				ip daddr 10.128.0.2 reject with icmp type port-unreachable
				ip daddr 10.128.0.3 reject with tcp reset
			}
		}
	END
	traffic connect 10.128.0.1 9 20
	ip netns exec "$CLIENT" "$TOOLS/traffic" connect fd90:0:0:2::1 9 20
	# Who takes the error before the socket is closed leaves none to tell a refusal by.
	traffic connect 10.128.0.2 9 20 patient=1
	traffic connect 10.128.0.3 9 20
	at_rest
	expect_counts client connects.unreachable=40 connects.refused=40 resets.received=20 \
		resets.received_refused=20 connects.local_error=0
}

@test "ICMP answers to a SYN: unreachable or prohibited; a port's is a refusal without a reset" {
	exactly icmp_answers
}

no_port_left() {
	begin
	ip netns exec "$CLIENT" sysctl -qw net.ipv4.ip_local_port_range="20000 20009"
	before=$(kernel_counter "$CLIENT" Tcp ActiveOpens)
	ip netns exec "$CLIENT" "$TOOLS/traffic" connect 10.91.0.1 9 20 syncnt=1 | tee "$BATS_TEST_TMPDIR/ports"
	at_rest
	jq -e '.timed_out == 10 and .local_error == 10' "$BATS_TEST_TMPDIR/ports"
	[[ $(($(kernel_counter "$CLIENT" Tcp ActiveOpens) - before)) == 10 ]]
	expect_counts client connects.timed_out=10 connects.local_error=10
}

@test "no port left to connect from is our own error, and not an active open" {
	exactly no_port_left
}
