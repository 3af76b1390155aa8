# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# The sums over links equal the kernel's own counters, to the unit: whatever the traffic, on either
# side of a line that loses packets.

load network

setup() {
	network_up
}

teardown() {
	[[ -n $BATS_TEST_COMPLETED ]] || show_logs
	network_down
}

# Every way a connection can go, over the lossy line.  $1: the server's address; $2: an address
# that is unreachable; $3: one that never answers; $4: one where nobody listens.
all_traffic() {
	traffic short "$1" "$PORT" "$(scaled 2000)"
	traffic bulk "$1" "$PORT" 4 bytes="$(scaled 20000000)"
	traffic fetch "$1" "$PORT" 4 bytes="$(scaled 5000000)"
	traffic reset "$1" "$PORT" "$(scaled 100)"
	traffic ignored "$1" "$PORT" "$(scaled 100)"
	traffic half "$1" "$PORT" "$(scaled 100)"
	traffic abort "$1" "$PORT" "$(scaled 100)"
	traffic unread "$1" "$PORT" "$(scaled 100)"
	traffic killed "$1" "$PORT" "$(scaled 50)"
	traffic give-up "$1" "$PORT" "$(scaled 50)"
	traffic connect "$4" 9 "$(scaled 200)"
	traffic connect "$2" 9 "$(scaled 50)"
	traffic connect "$3" 9 "$(scaled 50)" syncnt=1
	traffic give-up "$3" 9 "$(scaled 50)"
}

# A sensor on each side; the same traffic is held against both kernels' counters.
counts_agree() {
	local before_client before_server accepted family=$1
	shift
	line_command rule loss loss 3%
	serve
	start_sensor client "$CLIENT"
	start_sensor server "$SERVER"
	before_client=$(kernel_counters "$CLIENT")
	before_server=$(kernel_counters "$SERVER")

	all_traffic "$@"
	# A server that ends resets what it has not read; the client's last sockets would be told of
	# that, and no application any more.
	wait_quiet "$CLIENT"
	finish serve
	wait_quiet "$CLIENT"
	wait_quiet "$SERVER"

	compare_with_kernel client "$CLIENT" "$before_client" "$family"
	compare_with_kernel server "$SERVER" "$before_server" "$family"

	# The line must have lost something in both directions, or nothing was tested.
	[[ $(kernel_counter "$CLIENT" Tcp RetransSegs) -gt $(scaled 100) ]]
	[[ $(kernel_counter "$SERVER" Tcp RetransSegs) -gt $(scaled 100) ]]

	# What became of connects, and resets that ended a socket, as the applications saw them; a
	# connect that was given up may have been accepted before that.
	accepted=$(($(kernel_counter "$SERVER" Tcp PassiveOpens) - ${before_server##* }))
	(($(truth .ok) <= accepted && accepted <= $(truth '.ok + .given_up')))
	compare "client, as the application" "ok refused timed_out unreachable resets_in" "0 0 0 0 0" \
		"$accepted $(truth .refused) $(truth .timed_out) $(truth .unreachable) \
		 $(truth '.reset + .refused')" \
		"$(links_jq client '[.links[].connects] | [([.[].ok] | add), ([.[].refused] | add),
			([.[].timed_out] | add), ([.[].unreachable] | add)] | join(" ")') \
		 $(links_jq client '[.links[].resets.received] | add')"
	# An emulated processor is so slow in a hook that an interrupt may come in the middle of it.
	[[ $(links_jq client '.sensor.events_lost') -le ${FAULTLINE_TEST_LOST:-0} ]]
	[[ $(links_jq server '.sensor.events_lost') -le ${FAULTLINE_TEST_LOST:-0} ]]
	[[ $(links_jq client '.sensor.peers_evicted') == 0 ]]
}

@test "IPv4: the sums over links equal the kernel's counters on both sides of a lossy line" {
	exactly counts_agree IPv4 10.81.0.2 10.90.0.1 10.91.0.1 10.128.0.1
}

@test "IPv6: the sums over links equal the kernel's counters on both sides of a lossy line" {
	exactly counts_agree IPv6 fd81::2 fd90::1 fd90:0:0:1::1 fd90:0:0:2::1
}

mapped_counts_agree() {
	counts_agree IPv4-mapped ::ffff:10.81.0.2 ::ffff:10.90.0.1 ::ffff:10.91.0.1 ::ffff:10.128.0.1
	links_jq client '.links[].peers[]' | grep -qx "10.81.0.2:$PORT"
	[[ $(links_jq client '.links[].peers[]') != *ffff* ]]
}

@test "IPv4-mapped: the same, and the peer is the IPv4 address" {
	exactly mapped_counts_agree
}
