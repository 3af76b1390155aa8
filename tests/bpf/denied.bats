# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# What is left when a hook is refused: doctor's word, held against real traffic.  Counts that a
# fallback promises are still the kernel's; what is lost is absent, never zero.

load network

setup() {
	network_up
}

teardown() {
	[[ -n $BATS_TEST_COMPLETED ]] || show_logs
	network_down
}

# Runs some of everything past a client sensor without the hooks $@.
without() {
	local hook denied=()
	serve
	line_command rule loss loss 3%
	for hook in "$@"; do
		denied+=(--deny-hook "$hook")
	done
	start_sensor client "$CLIENT" "${denied[@]}"
	start_sensor server "$SERVER" "${denied[@]}"
	before=$(kernel_counters "$CLIENT")
	before_server=$(kernel_counters "$SERVER")
	traffic short 10.81.0.2 "$PORT" "$(scaled 300)"
	traffic bulk fd81::2 "$PORT" 2 bytes="$(scaled 10000000)"
	traffic fetch 10.81.0.2 "$PORT" 2 bytes="$(scaled 3000000)"
	traffic reset 10.81.0.2 "$PORT" 30
	traffic unread fd81::2 "$PORT" 30
	traffic connect 10.128.0.1 9 40
	traffic connect fd90:0:0:1::1 9 10 syncnt=1
	finish serve
	wait_quiet "$CLIENT"
	wait_quiet "$SERVER"
	compare_with_kernel client "$CLIENT" "$before" without "$@"
}

# Absent, or null, in every link.
absent() {
	links_jq client "all(.links[]; $1 == null)" | grep -qx true
}

without_retransmit() {
	without tcp_retransmit_skb
	for reason in rto fast tlp syn episodes; do
		absent ".retransmits.$reason"
	done
	compare_with_kernel server "$SERVER" "$before_server" without tcp_retransmit_skb
}

@test "without tcp_retransmit_skb: the sums are still the kernel's, the reasons absent" {
	exactly without_retransmit
}

without_synack() {
	without tcp_retransmit_synack
	absent .retransmits.synack
}

@test "without tcp_retransmit_synack: the client's sums are the kernel's" {
	exactly without_synack
}

without_receive_reset() {
	without tcp_receive_reset
	[[ $(links_jq client '[.links[].resets.received] | add') == $((30 + 40)) ]]
	[[ $(links_jq client '[.links[].resets.received_refused] | add') == 40 ]]
	compare_with_kernel server "$SERVER" "$before_server" without tcp_receive_reset
}

@test "without tcp_receive_reset: resets received are read off the sockets" {
	exactly without_receive_reset
}

without_send_reset() {
	without tcp_send_reset
	absent .resets.sent
	compare_with_kernel server "$SERVER" "$before_server" without tcp_send_reset
}

@test "without tcp_send_reset: resets sent have no link, and their sum is the kernel's" {
	exactly without_send_reset
}

without_rest() {
	without "$@"
	compare_with_kernel server "$SERVER" "$before_server" without "$@"
}

@test "without tcp_destroy_sock: the sums are the kernel's" {
	exactly without_rest tcp_destroy_sock
}

@test "without iter_tcp and iter_task_file: the sums are the kernel's" {
	exactly without_rest iter_tcp iter_task_file
}
