# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# Who waits for whom, against programs that wait for known times: the sensor's medians and maxima
# are within the error of its histogram of what the program's own clock says.
#
# When system calls begin is not traced while the host makes very many of them, and then durations
# are missing, not wrong: what the sensor measured and what it says it did not are the whole.  A
# mode whose calls were not traced in full is run again, a few times.

load network

# A bucket of the histogram is at most 6.25 % off; what is the longest is kept as it is.  The clocks
# of the program and of the sensor are read on two sides of a system call, at whose end the program
# may have to wait for its processor: by so much as its sleeps ended too late meanwhile.
readonly PERCENT=6.25 CALL_US=60

# Whether this kernel can tell when a call began (doctor says so): without it no call has a duration.
setup_file() {
	CALLS_CAN_BE_TRACED=$("$FAULTLINE" doctor --json |
		jq '.hooks[] | select(.name == "sys_enter") | .state == "in use"')
	export CALLS_CAN_BE_TRACED
}

setup() {
	network_up
	spawn far "$SERVER" "$TOOLS/wait_far" 10.81.0.2 "$PORT"
	expect_line far '^ready'
}

teardown() {
	network_down
}

# Runs a mode of wait_near under a new sensor; what both say is in near.json and links.json.
wait_near() {
	local mode=$1 address=${3:-10.81.0.2} program=wait_near
	start_sensor sensor "$CLIENT"
	wait_until 20 "calls are traced" calls_traced
	[[ $mode != @(every-way|uring) ]] || program=wait_ways
	ip netns exec "$CLIENT" "$TOOLS/$program" "$mode" "$address" "$PORT" "${2:-20}" \
		>"$BATS_TEST_TMPDIR/near.json" || return 1
	wait_quiet "$CLIENT" || return 1
	links sensor >"$BATS_TEST_TMPDIR/links.json"
	finish sensor
}

calls_traced() {
	[[ $CALLS_CAN_BE_TRACED == false || $(links_jq sensor .sensor.calls_traced) == true ]]
}

near() {
	jq -r "$1" "$BATS_TEST_TMPDIR/near.json"
}

# An expression on the link whose name ends with the port: 0 is PORT, 1 the one after it.
link() {
	jq -r --arg port ":$((PORT + $1))" \
		".links[] | select(.name | endswith(\$port)) | $2" "$BATS_TEST_TMPDIR/links.json"
}

# Is a as good as b?  $1: what; $2: sensor; $3: truth, both in us; $4: error of the histogram in
# percent; $5: what else they may differ by.
close_to() {
	printf '#   %-24s sensor %10s us, truth %10s us, +- %s %% and %s us\n' "$@" >&3
	awk -v a="$2" -v b="$3" -v percent="$4" -v slack="$5" \
		'BEGIN { d = a - b; if (d < 0) d = -d; exit !(d <= b * percent / 100 + slack) }'
}

# The same of a median and of a longest, with the allowance that the program measured.  The program
# times a response from the end of its send, the sensor from the middle of it.
median_close_to() {
	close_to "$1, median" "$2" "$3" "$PERCENT" \
		"$(near ".oversleep.p50_us * 2 + $CALL_US + $(sending "$1" p50_us)")"
}

longest_close_to() {
	close_to "$1, longest" "$2" "$3" 0 \
		"$(near ".oversleep.max_us * 2 + $CALL_US + $(sending "$1" max_us)")"
}

# What of a send may belong to the operation $1, as an expression.
sending() {
	[[ $1 == response ]] && printf '(.send.%s // 0)' "$2" || printf 0
}

# The same of a response: it ends when the answer is here, and the program may have to wait for its
# processor before it knows, however long.
longest_response_close_to() {
	awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }' && {
		printf '#   %-24s sensor %10s us, truth %10s us at most\n' "response, longest" "$1" "$2" >&3
		return 0
	}
	longest_close_to response "$1" "$2"
}

# The operation $1 was seen as often as the program did it, and took as long.  $2: port offset.
agrees() {
	local operation=$1 port=${2:-0}
	if [[ $CALLS_CAN_BE_TRACED == false && $operation =~ ^(send|recv|accept|close)$ ]]; then
		[[ $(link "$port" ".latency.$operation.count // 0") == 0 ]] && nothing_lost "$operation" "$port"
		return
	fi
	[[ $(link "$port" ".latency.$operation.count") == $(near ".$operation.count") ]] || {
		printf '# %s: counted %s, done %s\n' "$operation" \
			"$(link "$port" ".latency.$operation.count")" "$(near ".$operation.count")"
		return 1
	}
	median_close_to "$operation" "$(link "$port" ".latency.$operation.p50_us")" \
		"$(near ".$operation.p50_us")" || return 1
	if [[ $operation == response ]]; then
		longest_response_close_to "$(link "$port" .latency.response.max_us)" "$(near .response.max_us)"
	else
		longest_close_to "$operation" "$(link "$port" ".latency.$operation.max_us")" \
			"$(near ".$operation.max_us")"
	fi
}

# Every call of $1 is measured or told as not measured.  $2: port offset.  $3: calls done.
nothing_lost() {
	local seen
	seen=$(link "${2:-0}" "(.latency.$1.count // 0) + (.not_measured.$1 // 0)")
	[[ $seen == "${3:-$(near ".$1.count")}" ]] || {
		printf '# %s: %s measured or not, %s done\n' "$1" "$seen" "$(near ".$1.count")"
		return 1
	}
}

# Runs $1 until its send and receive calls were traced in full, but not for ever.
wait_near_traced() {
	local try
	for try in 1 2 3 4 5; do
		wait_near "$@" || return 1
		[[ $CALLS_CAN_BE_TRACED == false || $(jq '[.links[].not_measured | .send // 0, .recv // 0, .accept // 0] | add' \
			"$BATS_TEST_TMPDIR/links.json") == 0 ]] && return 0
		printf '# calls were not traced all the time, try %s\n' "$try" >&3
	done
	return 1
}

@test "waits: blocked for 20 ms in recv" {
	wait_near_traced blocked
	agrees recv
	agrees send
	agrees response
	[[ $(link 0 .blocked.recv) == 20 ]]
	[[ $(link 0 '.blocked.send // 0') == 0 ]]
}

@test "waits: an answer that lies unread for 30 ms" {
	wait_near_traced late
	agrees pickup
	agrees response
	agrees recv
	[[ $(link 0 '.blocked.recv // 0') -lt 20 ]]
}

@test "waits: 100 requests in flight, answered one by one" {
	wait_near pipeline 100
	median_close_to response "$(link 0 .latency.response.p50_us)" "$(near .response.p50_us)"
	printf "#   answers %s, not measured %s\n" "$(link 0 .latency.response.count)" "$(link 0 .not_measured.response)" >&3
	# The first burst teaches the sensor that requests are answered one by one.
	[[ $(link 0 '.latency.response.count + .not_measured.response') == 400 ]]
	# Answers that come as one on a busy machine make it learn anew.
	[[ $(link 0 .latency.response.count) -ge 200 ]]
}

@test "waits: always 30 requests in flight" {
	wait_near window 30
	median_close_to response "$(link 0 .latency.response.p50_us)" "$(near .response.p50_us)"
	[[ $(link 0 '.latency.response.count + .not_measured.response') == 600 ]]
	[[ $(link 0 .latency.response.count) -ge 540 ]]
}

@test "waits: a message without an answer, and then requests again" {
	local p50
	wait_near unanswered
	p50=$(link 0 .latency.response.p50_us)
	printf "#   answers %s, not measured %s; median %s us of 20000, by the program %s us\n" \
		"$(link 0 .latency.response.count)" "$(link 0 .not_measured.response)" "$p50" \
		"$(near .response.p50_us)" >&3
	# The far side waits 20 ms; that an answer is taken for that to the request before makes 60 ms
	# more.  What the program says has its own waits for the processor in it.
	awk -v p50="$p50" -v truth="$(near '.response.p50_us + .oversleep.p50_us * 2')" \
		'BEGIN { exit !(p50 >= 20000 * 0.9375 && p50 <= truth * 1.0625) }'
	longest_response_close_to "$(link 0 .latency.response.max_us)" "$(near .response.max_us)"
	[[ $(link 0 '.latency.response.count + .not_measured.response') == 61 ]]
	[[ $(link 0 .latency.response.count) -ge 30 ]]
}

@test "waits: a request in two sends, its answer in three pieces" {
	wait_near pieces
	agrees response
}

@test "waits: a feed has no response time" {
	wait_near feed 50
	[[ $(link 1 .latency.response.count) == 0 ]]
	[[ $(link 1 .latency.pickup.count) == 50 ]]
	nothing_lost recv 1
	median_close_to gap "$(link 1 .latency.gap.p50_us)" 10000
}

@test "waits: sends that sleep, because the far side does not read" {
	wait_near_traced send-blocked
	agrees send 2
	[[ $(link 2 '.blocked.send') -gt 10 ]]
}

@test "waits: non-blocking, with epoll" {
	wait_near_traced epoll
	agrees response
	[[ $(link 0 .errors.EAGAIN) == 20 ]]
	[[ $(link 0 .latency.recv.count) == 40 ]]
	[[ $(link 0 '.blocked.recv // 0') -lt 20 ]]
}

@test "waits: eight threads" {
	wait_near_traced threads
	agrees recv
	agrees response
	agrees close
}

@test "waits: a child on the socket of its parent" {
	wait_near_traced forked
	agrees recv
	agrees response
}

@test "waits: a socket passed to a process that never connected" {
	wait_near passed
	agrees response
	nothing_lost recv
	nothing_lost send
}

@test "waits: processes that live for one request" {
	wait_near_traced short-lived
	agrees recv
	agrees response
	agrees connect
	agrees close
}

@test "waits: accept, and connections that wait for it" {
	wait_near_traced accepts 20 10.81.0.1
	[[ $(link 9 'select(.name == ":7009") | .latency.accept.count') == 20 ]]
	longest_close_to accept "$(link 9 'select(.name == ":7009") | .latency.accept.max_us')" \
		"$(near .accept.max_us)"
	longest_close_to "accept delay" "$(link 9 'select(.name == ":7009") | .latency.pickup.max_us')" \
		"$(near .pickup.max_us)"
	[[ $(link 9 'select(.name == ":7009") | .blocked.accept') == 10 ]]
}

@test "waits: connects that do not block" {
	line_command rule slow both delay 15ms
	wait_near connect
	agrees connect
	[[ $(near .connect.p50_us | cut -d. -f1) -ge 30000 ]]
}

@test "waits: every way to send and to receive" {
	wait_near_traced every-way 6
	agrees send
	agrees recv
	agrees response
	[[ $(link 0 .latency.pickup.count) == 36 ]]
}

@test "waits: io_uring, as far as the kernel shows it" {
	wait_near uring
	agrees response
	[[ $(link 0 .latency.pickup.count) == 20 ]]
	nothing_lost send 0 20
	# One that finds nothing yet is a receive that failed, and one more.
	[[ $(link 0 "(.latency.recv.count) + .not_measured.recv - (.errors.EAGAIN // 0)") == 20 ]]
	[[ $(link 0 .latency.recv.count) == 0 ]]
}

@test "waits: closes with unread bytes are no pickups" {
	wait_near_traced unread
	agrees close
	[[ $(link 0 .latency.response.count) == 20 ]]
	[[ $(link 0 .closed_unread) == 20 ]]
	[[ $(link 0 .latency.pickup.count) == 0 ]]
}

@test "waits: errors by link" {
	wait_near errors
	[[ $(link 3 .errors.ECONNRESET) == 20 ]]
	[[ $(link 3 .errors.EPIPE) == 20 ]]
}
