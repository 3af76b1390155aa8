# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# The sums hold for connections that begin and end in unusual ways, also where slots are kept in a
# hash, and no socket is left over.

load network

setup() {
	network_up
	ip netns exec "$CLIENT" sysctl -qw net.ipv4.tcp_fastopen=3
}

teardown() {
	[[ -n $BATS_TEST_COMPLETED ]] || show_logs
	network_down
}

unusual_sockets_agree() {
	local before
	start_sensor sensor "$CLIENT" "$@"
	before=$(kernel_counters "$CLIENT")
	ip netns exec "$CLIENT" "$ROOT/tests/bpf/unusual_sockets.py"
	wait_quiet "$CLIENT"
	compare_with_kernel sensor "$CLIENT" "$before" "$*"
	[[ $(kernel_counter "$CLIENT" Tcp OutRsts) -gt 200 ]]
	[[ $(links_jq sensor '[.links[].sockets] | add') == 0 ]]
	[[ $(links_jq sensor '.links[] | select(.name == ":5001") | .connects.accepted') == 41 ]]
	[[ $(links_jq sensor '.links[] | select(.name == "127.0.0.1:5001") | .connects.accepted') == 0 ]]
}

@test "unusual sockets: the sums equal the kernel's counters" {
	unusual_sockets_agree
}

@test "unusual sockets: the same without socket storage" {
	unusual_sockets_agree --deny-hook socket_storage
}
