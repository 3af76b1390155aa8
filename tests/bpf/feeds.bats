# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# Feeds: datagrams and the gaps between them, also of groups; receive buffers that are full, against
# the kernel's own count; and a connection that is silent, for each of the reasons it can have.

load network

readonly FEED=$ROOT/tests/bpf/feed.py UDP_PORT=7500

setup() {
	network_up
	start_sensor sensor "$CLIENT"
}

teardown() {
	[[ -n $BATS_TEST_COMPLETED ]] || show_logs
	network_down
}

# An expression on the link named $1.
link() {
	links_jq sensor ".links[] | select(.name == \"$1\") | $2"
}

# Starts feed.py in the client, with a pipe as its standard input.  $1: name; else its arguments.
listener() {
	local name=$1
	shift
	mkfifo "$BATS_TEST_TMPDIR/$name.in"
	exec {INPUT}<>"$BATS_TEST_TMPDIR/$name.in"
	# shellcheck disable=SC2016 # expanded by the inner shell
	spawn "$name" "$CLIENT" bash -c 'exec "$@" <"$0"' "$BATS_TEST_TMPDIR/$name.in" "$FEED" "$@"
	expect_line "$name" '^ready'
}

tell() {
	printf '%s\n' "$1" >&"$INPUT"
}

# A feed to address $1, on the link $2: 50 datagrams, 10 ms apart.
feed_is_seen() {
	local longest
	listener taker take "$1" "$UDP_PORT" 50
	ip netns exec "$SERVER" "$FEED" send "$1" "$UDP_PORT" 50 10 >"$BATS_TEST_TMPDIR/sent"
	expect_line taker '"taken": 50'
	wait_until 10 "all datagrams are counted" seen "$2" 50
	[[ $(link "$2" '.datagrams.read') == 50 ]]
	[[ $(link "$2" '.datagrams.dropped // 0') == 0 ]]
	[[ $(link "$2" '.latency.gap.count') == 49 ]]
	[[ $(link "$2" '.latency.pickup.count') == 50 ]]
	longest=$(jq .longest_gap_us "$BATS_TEST_TMPDIR/sent")
	printf '#   median gap %s us of 10000, longest %s us of %s\n' "$(link "$2" .latency.gap.p50_us)" \
		"$(link "$2" .latency.gap.max_us)" "$longest" >&3
	awk -v p50="$(link "$2" .latency.gap.p50_us)" 'BEGIN { exit !(p50 > 9300 && p50 < 10700) }'
}

seen() {
	[[ $(link "$1" '.datagrams.in') == "$2" ]]
}

@test "feeds: a group, IPv4" {
	ip -n "$SERVER" route add 239.0.0.0/8 dev line
	feed_is_seen 239.1.2.3 "239.1.2.3:$UDP_PORT"
}

@test "feeds: a group, IPv6" {
	feed_is_seen ff15::7 "[ff15::7]:$UDP_PORT"
}

@test "feeds: datagrams to a port" {
	feed_is_seen 10.81.0.1 ":$UDP_PORT"
}

@test "feeds: datagrams that find the receive buffer full are the kernel's own count" {
	local dropped
	listener taker take 10.81.0.1 "$UDP_PORT" 0
	ip netns exec "$SERVER" "$FEED" send 10.81.0.1 "$UDP_PORT" 200 0
	wait_rest 20 "all datagrams came" kernel_counter "$CLIENT" Udp RcvbufErrors
	dropped=$(kernel_counter "$CLIENT" Udp RcvbufErrors)
	tell read
	expect_line taker '"taken"'
	printf '#   dropped %s, read %s of 200\n' "$dropped" \
		"$(grep -o '[0-9]*}' "$BATS_TEST_TMPDIR/taker/out")" >&3
	[[ $dropped -gt 0 ]]
	wait_until 10 "all datagrams are counted" seen ":$UDP_PORT" $((200 - dropped))
	[[ $(link ":$UDP_PORT" '.datagrams.dropped') == "$dropped" ]]
	[[ $(link ":$UDP_PORT" '.datagrams.read') == $((200 - dropped)) ]]
}

# Is the reading $2 of the silent link true?  $1: port offset.
reads() {
	[[ $(link "10.81.0.2:$((PORT + $1))" "$2") == true ]]
}

@test "feeds: silent, and the far kernel still acknowledges" {
	spawn far "$SERVER" "$TOOLS/wait_far" 10.81.0.2 "$PORT"
	expect_line far '^ready'
	listener asker ask 10.81.0.2 "$PORT"
	tell send
	wait_until 20 "an acknowledgement, and no data" \
		reads 0 '.last_ack_ms != null and .last_data_ms == null and .unacked_bytes == 0'
}

@test "feeds: silent, and the far kernel does not acknowledge either" {
	spawn far "$SERVER" "$TOOLS/wait_far" 10.81.0.2 "$PORT"
	expect_line far '^ready'
	listener asker ask 10.81.0.2 "$PORT"
	tell send
	wait_until 20 "an acknowledgement" reads 0 '.last_ack_ms != null and .unacked_bytes == 0'
	line_command rule cut both drop
	tell send
	wait_until 20 "bytes that nobody acknowledges, for longer and longer" \
		reads 0 '.unacked_bytes == 32 and .last_ack_ms > 1000'
}

@test "feeds: not silent, but nobody reads" {
	spawn far "$SERVER" "$TOOLS/wait_far" 10.81.0.2 "$PORT"
	expect_line far '^ready'
	listener asker ask 10.81.0.2 $((PORT + 1))
	tell read
	expect_line asker '^done'
	wait_until 20 "bytes that wait unread, the last of them new" \
		reads 1 '.unread_bytes > 100 and .unread_ms > 4000 and .last_data_ms < 2000'
	tell read
	wait_until 20 "they were read" reads 1 '.unread_ms < 3000'
}
