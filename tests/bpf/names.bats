# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# Names by either transport and either version of IP: queries, answers and their codes.

load network

setup() {
	network_up
	start_sensor client "$CLIENT"
}

teardown() {
	[[ -n $BATS_TEST_COMPLETED ]] || show_logs
	network_down
}

# $1: the resolver's address; $2: jq expression on its dns object.
expect_names() {
	wait_until 30 "$2" names_hold "$1" "$2" && return 0
	links_jq client '.devices[] | {address, dns} | tojson' | sed 's/^/# /'
	return 1
}

names_hold() {
	[[ $(links_jq client "[.devices[] | select(.address == \"$1\").dns] | first // {} | $2") == true ]]
}

# $1: a name; $2: address; $3: code.
resolver() {
	spawn "$1" "$SERVER" "$ROOT/tests/bpf/names.py" answer "$2" "$3"
	expect_line "$1" '^ready'
}

ask_names() {
	ip netns exec "$CLIENT" "$ROOT/tests/bpf/names.py" ask "$@"
}

@test "names over TCP: each query on one connection, answers with their code" {
	resolver four 10.81.0.2 2
	ask_names 10.81.0.2 tcp 20
	expect_names 10.81.0.2 '.queries == 20 and .answers == 20 and .retries == 0'
	expect_names 10.81.0.2 '.codes.SERVFAIL.answers == 20 and .failures == 20 and .unanswered_s == 0'
}

@test "names over IPv6: by UDP and by TCP" {
	resolver six fd81::2 3
	ask_names fd81::2 udp 15
	expect_names fd81::2 '.queries == 15 and .answers == 15 and .codes.NXDOMAIN.answers == 15'
	ask_names fd81::2 tcp 10
	expect_names fd81::2 '.queries == 25 and .answers == 25 and .codes.NXDOMAIN.answers == 25 and .failures == 0'
	expect_names fd81::2 '.p50_us > 0'
}
