# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What timing system calls and waits costs: a storm of getppid(), and a ping-pong on loopback, where
# the sensor traces both ends.  Sourced by tests/bench/run, whose functions it uses.

# A row of the storm: the first calls, the last, and the mean.  $1: what is attached; $2: seconds.
storm() {
	# shellcheck disable=SC2046,SC2183 # three words
	printf '  %-44s %8s %8s %8s\n' "$1" $(taskset -c "$CPU" "$BENCH/syscalls" "$2")
}

calls_traced() {
	[[ $("$FAULTLINE" links --json --config "$WORK/faultline.yaml" | jq .sensor.calls_traced) == true ]]
}

waits_storm() {
	printf '\na storm of getppid() for a second: ns of each call\n'
	printf '  %-44s %8s %8s %8s\n' '' first last mean
	storm off 1
	sensor_up faultline
	until calls_traced; do
		sleep "$POLL_SECONDS"
	done
	storm 'faultline, whose budget ends the tracing' 1
	finish faultline
	spawn empty - "$BENCH/empty_hooks" sys_enter
	await empty ready
	storm 'an empty program at sys_enter' 1
	finish empty
	spawn empty - "$BENCH/empty_hooks" sys_enter sys_exit
	await empty ready
	storm 'empty programs at sys_enter and sys_exit' 1
	finish empty
	spawn script - bpftrace -e 'tracepoint:raw_syscalls:sys_enter /0/ { } tracepoint:raw_syscalls:sys_exit /0/ { }'
	if until_attached script; then
		storm 'the same by bpftrace' 1
		finish script
	fi
	command -v syscount >/dev/null || return 0
	spawn syscount - syscount -L -i 1
	if until_attached syscount; then
		storm 'syscount -L' 1
		finish syscount
	fi
}

loopback_up() {
	spawn local "$CLIENT" taskset -c "$CPU" "$BENCH/pingpong" serve 127.0.0.1 $((PORT + 2))
	await local ready
}

loopback_rate() {
	ip netns exec "$CLIENT" taskset -c "$CPU" "$BENCH/pingpong" ask 127.0.0.1 $((PORT + 2)) \
		"$SECONDS_EACH" | jq -r .rate
}

waits_loopback() {
	local round off on
	printf '\nping-pong on loopback, both ends traced: requests a second\n'
	loopback_up
	for ((round = 0; round < ROUNDS; round++)); do
		off=$(loopback_rate)
		sensor_up faultline
		loopback_rate >/dev/null # the first tick, in which system calls are traced
		on=$(loopback_rate)
		finish faultline
		printf '%s %s\n' "$off" "$on"
	done | awk '{ print $2 / $1, $1 }' | sort -n | awk '{ ratio[NR] = $1; off[NR] = $2 }
		END { middle = int((NR + 1) / 2)
			printf "  ratio to off: %.3f (%.3f - %.3f), off %.0f\n",
				ratio[middle], ratio[1], ratio[NR], off[middle] }'
	finish local
}

# The same receives, timed by a script of bpftrace and counted by both: sensor and script must agree.
waits_agree() {
	local near="$PWD/build/tests/bpf/wait_near" far="$PWD/build/tests/bpf/wait_far"
	printf '\n200 receives that wait 20 ms: the sensor beside a bpftrace script, on the same traffic\n'
	spawn far "$SERVER" "$far" 10.83.0.2 $((PORT + 10))
	await far ready
	sensor_up faultline
	spawn script - bpftrace -e '
		tracepoint:syscalls:sys_enter_recvfrom /comm == "wait_near"/ { @began[tid] = nsecs; }
		tracepoint:syscalls:sys_exit_recvfrom /@began[tid]/
			{ @us = stats((nsecs - @began[tid]) / 1000); delete(@began[tid]); }
		tracepoint:sock:sock_send_length /comm == "wait_near"/ { @sends = count(); }
		END { clear(@began); }'
	if until_attached script; then
		ip netns exec "$CLIENT" "$near" blocked 10.83.0.2 $((PORT + 10)) 200 >"$WORK/near"
		finish script
		"$FAULTLINE" links --json --config "$WORK/faultline.yaml" | jq -r '.links[] |
			select(.name == "watched") | "  faultline:  \(.latency.recv.count) receives, longest " +
			"\(.latency.recv.max_us) us; \(.latency.send.count + (.not_measured.send // 0)) sends"'
		printf '  bpftrace:   %s\n' "$(grep '^@' "$WORK/script" | tr '\n' ' ')"
		jq -r '"  itself:     \(.recv.count) receives, longest \(.recv.max_us) us; \(.send.count) sends"' \
			"$WORK/near"
	fi
	finish faultline
	finish far
}
