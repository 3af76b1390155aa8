# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# What the sensor may do once it has started, what each right that is missing costs, that its whole
# life goes on under the filter, and what the files it makes are open to.

bats_require_minimum_version 1.5.0
load network

# The capabilities that stay on this kernel, of those that doctor lists.
readonly NET_ADMIN=12 DAC_READ_SEARCH=2 SYS_PTRACE=19 SYS_ADMIN=21 BPF=39

setup() {
	network_up
}

teardown() {
	[[ -n $BATS_TEST_COMPLETED ]] || show_logs
	network_down
}

# A line of the status of a thread or process.  $1: its directory in /proc; $2: the field.
status_of() {
	awk -v field="$2:" '$1 == field { print $2 }' "$1/status"
}

# The bits of capabilities as /proc shows them.
bits() {
	local bit sum=0
	for bit in "$@"; do
		sum=$((sum | 1 << bit))
	done
	printf '%016x\n' "$sum"
}

# Kernels that let nobody without CAP_BPF ask about a map make the sensor keep it.
bpf_kept() {
	[[ $(($(printf '0x%s' "$(status_of "/proc/$1" CapEff)") >> BPF & 1)) -eq 1 ]] && printf '%s\n' "$BPF"
	return 0
}

# Is every thread of a process without all rights but these?
expect_confined() {
	local pid=$1 task
	shift
	for task in "/proc/$pid/task/"*; do
		for set in CapPrm CapEff; do
			[[ $(status_of "$task" "$set") == "$(bits "$@")" ]] || {
				printf '# %s %s: %s\n' "$task" "$set" "$(status_of "$task" "$set")"
				return 1
			}
		done
		for set in CapInh CapBnd CapAmb; do
			[[ $(status_of "$task" "$set") == 0000000000000000 ]]
		done
		[[ $(status_of "$task" NoNewPrivs) == 1 ]]
	done
}

# Builds with sanitizers have no filter: their checks at the exit need other calls.
filtered() {
	nm -D "$FAULTLINE" | grep -q seccomp_load
}

@test "after the start the least is left, and the filter is on" {
	start_sensor client "$CLIENT"
	pid=${PID_OF[client]}
	mapfile -t kept < <(bpf_kept "$pid")
	expect_confined "$pid" "$NET_ADMIN" "$DAC_READ_SEARCH" "${kept[@]}"
	! filtered || [[ $(status_of "/proc/$pid" Seccomp) == 2 ]]
	# Who starts pagers has no right at all.
	helper=$(pgrep -P "$pid")
	[[ $(cat "/proc/$helper/comm") == faultline-pager ]]
	expect_confined "$helper"
	! finish client || wait_until 10 "the helper goes with the sensor" gone "$helper"
}

@test "scope all keeps what entering namespaces needs" {
	configure all <<<'scope: all'
	start_sensor all -
	mapfile -t kept < <(bpf_kept "${PID_OF[all]}")
	expect_confined "${PID_OF[all]}" "$NET_ADMIN" "$DAC_READ_SEARCH" "$SYS_PTRACE" "$SYS_ADMIN" "${kept[@]}"
}

@test "the helper goes when the sensor is killed" {
	start_sensor client "$CLIENT"
	helper=$(pgrep -P "${PID_OF[client]}")
	finish client KILL || [[ $? -eq 137 ]]
	wait_until 10 "the helper goes with the sensor" gone "$helper"
}

# Runs a command without a capability.  $1: its name; further: the command.
lacking() {
	local name=${1#cap_}
	shift
	setpriv --bounding-set="-$name" --inh-caps="-$name" "$@"
}

@test "doctor lists every capability, and what each that is missing costs" {
	"$FAULTLINE" doctor --json | jq -e '.capabilities | length == 10 and all(.for and .needed)'
	for name in $("$FAULTLINE" doctor --json | jq -r '.capabilities[].name'); do
		run lacking "$name" "$FAULTLINE" doctor --json
		jq -e --arg name "$name" '.capabilities[] | select(.name == $name) |
			.state == "missing" and (.lost | length > 0)' <<<"$output"
	done
}

@test "without what loads programs: exit 3, and the message names it" {
	configure client </dev/null
	for name in bpf perfmon; do
		run -3 setpriv --bounding-set="-$name,-sys_admin" --inh-caps="-$name,-sys_admin" \
			"$FAULTLINE" run --config "$BATS_TEST_TMPDIR/client/faultline.yaml"
		[[ $output == *"cap_$name is missing"*"run as root"* ]]
	done
}

@test "without one that only helps: it runs, and says what is lost" {
	for name in net_admin dac_read_search sys_admin sys_ptrace; do
		configure "$name" <<<'scope: all'
		spawn "$name" - setpriv --bounding-set="-$name" --inh-caps="-$name" \
			"$FAULTLINE" run --json --config "$BATS_TEST_TMPDIR/$name/faultline.yaml"
		expect_line "$name" ready
		expect_line "$name" "capability cap_$name: missing: lost is .+"
		expect_line "$name" "\"what\":\"capability\",\"name\":\"cap_$name\""
		finish "$name"
	done
	configure own </dev/null
	spawn own - setpriv --bounding-set=-sys_admin,-sys_ptrace --inh-caps=-sys_admin,-sys_ptrace \
		"$FAULTLINE" run --config "$BATS_TEST_TMPDIR/own/faultline.yaml"
	expect_line own ready
	finish own
	! grep capability "$BATS_TEST_TMPDIR/own/log" | grep missing
}

# The life of a sensor on its smallest rights: traffic counted to the unit, a reload, a recording, a
# command as a pager, the web server, and the control socket.
@test "all of its life goes on without them" {
	cat >"$BATS_TEST_TMPDIR/page" <<-END
		#!/bin/sh
		cat /proc/self/status >"$BATS_TEST_TMPDIR/paged.status"
		echo "\$FAULTLINE_EVENT" >>"$BATS_TEST_TMPDIR/paged"
	END
	chmod 755 "$BATS_TEST_TMPDIR/page"
	configure client <<-END
		pagers:
		  - {type: exec, command: ["$BATS_TEST_TMPDIR/page"]}
		links:
		  - {name: far, kind: external, endpoints: ["10.81.0.2:$PORT"]}
	END
	sed -i 's/^listen: .*/listen: 127.0.0.1:9435/' "$BATS_TEST_TMPDIR/client/faultline.yaml"
	serve
	start_sensor client "$CLIENT" --record "$BATS_TEST_TMPDIR/client/kept.rec"
	before=$(kernel_counters "$CLIENT")
	traffic short 10.81.0.2 "$PORT" 100
	kill -HUP "${PID_OF[client]}"
	expect_line client 'reload: the new configuration is in force, 1 links declared'
	traffic reset 10.81.0.2 "$PORT" 20
	wait_quiet "$CLIENT"
	compare_with_kernel client "$CLIENT" "$before" confined
	finish serve
	traffic connect 10.81.0.2 "$PORT" 40
	wait_until 40 "somebody is paged" test -s "$BATS_TEST_TMPDIR/paged"
	grep -q '^CapEff:.0000000000000000$' "$BATS_TEST_TMPDIR/paged.status"
	grep -q '^NoNewPrivs:.1$' "$BATS_TEST_TMPDIR/paged.status"
	grep -q '^Seccomp:.0$' "$BATS_TEST_TMPDIR/paged.status"
	ip netns exec "$CLIENT" curl -sSf http://127.0.0.1:9435/metrics | grep -q '^faultline_link_segments_total{.*link="far"'
	"$FAULTLINE" incidents --json --config "$BATS_TEST_TMPDIR/client/faultline.yaml" | jq -e '.scope.links == ["far"]'
	finish client
	"$FAULTLINE" replay --json "$BATS_TEST_TMPDIR/client/kept.rec" | jq -se 'any(.scope.links == ["far"])'
}

calls_traced() {
	[[ $(links_jq client .sensor.calls_traced) == "$1" ]]
}

@test "hooks that a busy host made it take off come back without any right" {
	"$FAULTLINE" doctor --json | jq -e '.hooks[] | select(.name == "sys_enter") | .state == "in use"' ||
		skip "this kernel shows no system calls"
	start_sensor client "$CLIENT"
	wait_until 60 "calls are traced" calls_traced true
	spawn storm - "$ROOT/build/tests/bench/syscalls" 60
	wait_until 50 "they are too many" calls_traced false
	finish storm KILL || [[ $? -eq 137 ]]
	wait_until 150 "they are traced again" calls_traced true
	mapfile -t kept < <(bpf_kept "${PID_OF[client]}")
	expect_confined "${PID_OF[client]}" "$NET_ADMIN" "$DAC_READ_SEARCH" "${kept[@]}"
}

@test "what it makes is for its user alone" {
	folder=$BATS_TEST_TMPDIR/client/made/state
	configure client </dev/null
	sed -i "s#^state_dir: .*#state_dir: $folder#" "$BATS_TEST_TMPDIR/client/faultline.yaml"
	umask 000
	start_sensor client "$CLIENT" --record "$folder.rec"
	umask 022
	# The name of each, its kind and its mode.
	find "$folder" "$folder.rec" -printf '%y %m %f\n' | sort | tee "$BATS_TEST_TMPDIR/made"
	[[ $(wc -l <"$BATS_TEST_TMPDIR/made") -ge 6 ]]
	run ! grep -vE '^(d 700 state|s 600 control\.sock|f 600 (faultline\.db(-wal|-shm)?|lock|state\.rec))$' "$BATS_TEST_TMPDIR/made"
}
