# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# Nothing of the past is counted, and nothing from the start on is missed: a sensor that begins in
# the middle of a lossy transfer, one that is stopped and started again, and a network namespace
# that is younger than the sensor.

load network

setup() {
	late=
	network_up
	serve
}

teardown() {
	[[ -n $BATS_TEST_COMPLETED ]] || show_logs
	[[ -z $late ]] || ip netns del "$late"
	network_down
}

# A transfer without end over the lossy line, with a past of many retransmits.
begin_lossy_transfer() {
	line_command rule loss loss 3%
	spawn transfer "$CLIENT" "$TOOLS/traffic" bulk 10.81.0.2 "$PORT" 4 bytes=100000000000 limit=200
	wait_until 60 "1000 retransmits before the sensor starts" retransmits_reach 1000
}

retransmits_reach() {
	(($(kernel_counter "$CLIENT" Tcp RetransSegs) >= $1))
}

end_transfer() {
	finish transfer
	finish serve
	wait_quiet "$CLIENT"
	jq -e '.unfinished == 0' "$BATS_TEST_TMPDIR/transfer/out"
}

# The line loses nothing for a while, and what was lost before is repaired.
pause_losses() {
	line_command remove loss
	wait_rest 20 "all losses are repaired" kernel_counter "$CLIENT" Tcp RetransSegs
}

@test "a sensor that starts during a transfer counts all that follows, and nothing of its past" {
	begin_lossy_transfer
	pause_losses
	start_sensor client "$CLIENT"
	before=$(kernel_counters "$CLIENT")
	line_command rule loss loss 3%
	past=$(kernel_counter "$CLIENT" Tcp RetransSegs)
	wait_until 60 "as many retransmits again" retransmits_reach $((2 * past))
	end_transfer
	compare_with_kernel client "$CLIENT" "$before" started during a transfer
	# The transfer is four old sockets: they are no new connects, and have their process.
	[[ $(links_jq client '[.links[].connects.ok] | add') == 0 ]]
	[[ $(links_jq client '.links | length') == 1 ]]
}

@test "a sensor that starts while packets are being lost counts between its start and its word" {
	begin_lossy_transfer
	earliest=$(kernel_counter "$CLIENT" Tcp RetransSegs)
	start_sensor client "$CLIENT"
	latest=$(kernel_counter "$CLIENT" Tcp RetransSegs)
	wait_until 60 "as many retransmits again" retransmits_reach $((2 * latest))
	end_transfer
	after=$(kernel_counter "$CLIENT" Tcp RetransSegs)
	counted=$(links_jq client '[.links[].retransmits.segments] | add')
	printf '# since the process began %s, sensor %s, since it said ready %s\n' \
		$((after - earliest)) "$counted" $((after - latest)) >&3
	((counted <= after - earliest))
	((counted >= after - latest))
}

@test "a sensor that is stopped and started again shows no burst, and counts on" {
	begin_lossy_transfer
	start_sensor client "$CLIENT"
	wait_until 60 "1000 more retransmits" retransmits_reach \
		$(($(kernel_counter "$CLIENT" Tcp RetransSegs) + 1000))
	finish client
	pause_losses
	start_sensor client "$CLIENT"
	before=$(kernel_counters "$CLIENT")
	[[ $(links_jq client '[.links[].retransmits.segments] | add') == 0 ]]
	line_command rule loss loss 3%
	wait_until 60 "1000 more retransmits" retransmits_reach \
		$(($(kernel_counter "$CLIENT" Tcp RetransSegs) + 1000))
	end_transfer
	compare_with_kernel client "$CLIENT" "$before" started again
}

# Adds the counters of the namespaces $@.
sum_counters() {
	local namespace
	for namespace in "$@"; do
		kernel_counters "$namespace"
	done | awk '{ for (i = 1; i <= 4; i++) sum[i] += $i } END { print sum[1], sum[2], sum[3], sum[4] }'
}

# The sensor's four counters, summed over the links of the namespaces $@.
counters_of() {
	local namespaces
	namespaces=$(printf '|%s' "$@")
	links_jq all '[.links[] | select(.name | test("@('"${namespaces#|}"')$"))] |
		[([.[].retransmits.segments] | add // 0), ([.[].resets.sent] | add // 0),
		 ([.[].connects | .ok + .refused + .timed_out + .unreachable + .local_error] | add // 0),
		 ([.[].connects.accepted] | add // 0)] | join(" ")'
}

@test "scope all sees namespaces that are made after it started" {
	configure all <<<'scope: all'
	start_sensor all -
	late=flz${CLIENT#flc}
	ip netns add "$late"
	ip -n "$late" link set lo up
	ip -n "$late" address add 10.82.0.1/32 dev lo
	before=$(sum_counters "$CLIENT" "$SERVER" "$late")
	line_command rule loss loss 3%
	traffic short 10.81.0.2 "$PORT" 200
	spawn late_serve "$late" "$TOOLS/serve" 10.82.0.1 7100
	expect_line late_serve '^ready'
	ip netns exec "$late" "$TOOLS/traffic" short 10.82.0.1 7100 300
	ip netns exec "$late" "$TOOLS/traffic" reset 10.82.0.1 7100 40
	ip netns exec "$late" "$TOOLS/traffic" unread 10.82.0.1 7100 30
	finish late_serve
	finish serve
	wait_quiet "$CLIENT"
	wait_quiet "$SERVER"
	wait_quiet "$late"
	compare "three namespaces, scope all" "RetransSegs OutRsts ActiveOpens PassiveOpens" "$before" \
		"$(sum_counters "$CLIENT" "$SERVER" "$late")" \
		"$(counters_of "$CLIENT" "$SERVER" "$late")"
}
