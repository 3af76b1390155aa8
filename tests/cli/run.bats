# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# The commands from outside: exit codes and what is said when something is not possible, one sensor
# at a time, signals, and the hooks denied one by one.

bats_require_minimum_version 1.5.0
load ../sensor

setup() {
	# A configuration that anybody may read and whose state nobody but root may write.
	configure own </dev/null
	PUBLIC=
	CONFIG=$BATS_TEST_TMPDIR/own/faultline.yaml
}

teardown() {
	[[ -n $BATS_TEST_COMPLETED ]] || show_logs
	finish_all
	[[ -z $PUBLIC ]] || rm -r "$PUBLIC"
}

# A copy of the program and of the configuration where everybody may read them.
make_public() {
	PUBLIC=$(mktemp -d)
	chmod 755 "$PUBLIC"
	cp "$FAULTLINE" "$CONFIG" "$PUBLIC"
}

as_nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"
}

# Hides the kernel's type information from a command.
without_btf() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare -m sh -c 'mount --bind /dev/null /sys/kernel/btf/vmlinux && exec "$@"' sh "$@"
}

@test "not root: exit 3, and the message says how to get further" {
	make_public
	for command in run doctor; do
		run -3 as_nobody "$PUBLIC/faultline" "$command" --config "$PUBLIC/faultline.yaml"
		[[ $output == *"run as root (sudo faultline"* ]]
	done
	# With a state of its own, it is the kernel that says no.
	sed -i "s#^state_dir:.*#state_dir: $PUBLIC/state#" "$PUBLIC/faultline.yaml"
	install -d -o 65534 "$PUBLIC/state"
	run -3 as_nobody "$PUBLIC/faultline" run --config "$PUBLIC/faultline.yaml"
	[[ $output == *"run as root (sudo faultline"*CAP_BPF* ]]
}

@test "not root: links cannot open the control socket, and says so" {
	make_public
	echo "control: $PUBLIC/control.sock" | tee -a "$CONFIG" "$PUBLIC/faultline.yaml"
	start_sensor own -
	run -1 as_nobody "$PUBLIC/faultline" links --config "$PUBLIC/faultline.yaml"
	[[ $output == *"$PUBLIC/control.sock"* ]]
	[[ $output == *root* ]]
}

@test "no BTF: exit 3, and the message names what the kernel needs" {
	for command in run doctor; do
		run -3 without_btf "$FAULTLINE" "$command" --config "$CONFIG"
		[[ $output == *CONFIG_DEBUG_INFO_BTF* ]]
	done
}

@test "links without a sensor: exit 1, and how to start one" {
	run -1 "$FAULTLINE" links --config "$CONFIG"
	[[ $output == *"no sensor is running"*"faultline run"* ]]
}

@test "a second sensor on the same state is refused, and the first goes on" {
	start_sensor own -
	run -1 "$FAULTLINE" run --config "$CONFIG"
	[[ $output == *"already running"* || $output == *"another"* ]]
	[[ $output == *"${PID_OF[own]}"* ]]
	links own | jq -e '.schema == "faultline.links/1"'
}

@test "SIGTERM and SIGINT stop it cleanly, and its control socket goes with it" {
	for signal in TERM INT; do
		start_sensor own -
		[[ -S $BATS_TEST_TMPDIR/own/control.sock ]]
		finish own "$signal"
		[[ ! -e $BATS_TEST_TMPDIR/own/control.sock ]]
	done
}

@test "--duration stops it by itself" {
	start_sensor own - --duration 1s
	wait_until 20 "the sensor ends" gone "${PID_OF[own]}"
	finish own
	grep -q 'stopping' "$BATS_TEST_TMPDIR/own/log"
}

@test "a killed sensor leaves nothing in the kernel or on disk that stops the next" {
	start_sensor own -
	code=0
	finish own KILL || code=$?
	[[ $code == 137 ]]
	start_sensor own -
	links own | jq -e '.links'
}

@test "SIGHUP with a good configuration takes it, with a bad one keeps the old" {
	cat >>"$CONFIG" <<-'END'
		links:
		  - {name: first, kind: external, endpoints: ["203.0.113.1"]}
	END
	start_sensor own -
	[[ $(links_jq own '[.links[] | select(.declared) | .name] | join(" ")') == first ]]

	sed -i 's/name: first/name: second/' "$CONFIG"
	kill -HUP "${PID_OF[own]}"
	wait_until 20 "the new link is in force" declared second

	cp "$CONFIG" "$BATS_TEST_TMPDIR/good.yaml"
	sed -i 's/kind: external/kind: externl/' "$CONFIG"
	kill -HUP "${PID_OF[own]}"
	expect_line own 'old.* stays in force'
	grep -q "$CONFIG:5:.*externl.*external" "$BATS_TEST_TMPDIR/own/log"
	cp "$BATS_TEST_TMPDIR/good.yaml" "$CONFIG" # links reads it, too
	declared second
}

declared() {
	[[ $(links_jq own '[.links[] | select(.declared) | .name] | join(" ")') == "$1" ]]
}

@test "with --json only events go to stdout, one JSON object a line" {
	start_sensor own - --json --deny-hook tcp_send_reset
	finish own
	jq -es 'length > 0 and all(.[]; .schema == "faultline.health/1")' "$BATS_TEST_TMPDIR/own/out"
	[[ $(jq -c . "$BATS_TEST_TMPDIR/own/out") == "$(jq -Rc fromjson "$BATS_TEST_TMPDIR/own/out")" ]]
	grep -q tcp_send_reset "$BATS_TEST_TMPDIR/own/out"
}

@test "the command line: help for every command, and errors that quote what is wrong" {
	run -0 "$FAULTLINE" --version
	[[ $output == faultline\ [0-9]* ]]
	run -0 "$FAULTLINE" --help
	for command in run links doctor check; do
		[[ $output == *"  $command "* ]]
		"$FAULTLINE" "$command" --help | grep -q "^Usage: faultline $command"
	done
	# What is hidden stays so, and what is shown says what it does.
	[[ $output != *deny-hook* ]]

	run -2 "$FAULTLINE"
	run -2 "$FAULTLINE" rnu
	[[ $output == *rnu* ]]
	run -2 "$FAULTLINE" run --jsn
	[[ $output == *--jsn* ]]
	run -2 "$FAULTLINE" links --duration 3s
	[[ $output == *--duration* ]]
	run -2 "$FAULTLINE" run --duration soon
	[[ $output == *soon* ]]
	run -2 "$FAULTLINE" run surplus
	[[ $output == *surplus* ]]
	run -2 "$FAULTLINE" doctor --deny-hook no_such_hook
	[[ $output == *no_such_hook* ]]
	run -2 "$FAULTLINE" run --config "$BATS_TEST_TMPDIR/nowhere.yaml"
	[[ $output == *nowhere.yaml*"No such file"* ]]
}

@test "the example configuration is valid" {
	"$FAULTLINE" check "$ROOT/scripts/faultline.yaml"
}

# One row of doctor's table.
hook() {
	jq -e --arg name "$1" '.hooks[] | select(.name == $name)' "$BATS_TEST_TMPDIR/doctor"
}

@test "doctor: every hook is in use here, and the main job can run" {
	"$FAULTLINE" doctor --json --config "$CONFIG" >"$BATS_TEST_TMPDIR/doctor"
	jq -e '.schema == "faultline.doctor/1" and .main_job' "$BATS_TEST_TMPDIR/doctor"
	jq -e '["tcp_retransmit_skb", "tcp_retransmit_synack", "tcp_receive_reset", "tcp_send_reset",
		"inet_sock_set_state", "tcp_destroy_sock", "iter_tcp", "iter_task_file"]
		- [.hooks[].name] == []' "$BATS_TEST_TMPDIR/doctor"
	jq -e 'all(.hooks[]; .state == "in use" and (.sees | length > 0))' "$BATS_TEST_TMPDIR/doctor"
}

@test "doctor: a hook that is denied is the only one missing, and its loss is said" {
	mapfile -t names < <("$FAULTLINE" doctor --json --config "$CONFIG" | jq -r '.hooks[].name')
	((${#names[@]} >= 8))
	for name in "${names[@]}"; do
		code=0
		"$FAULTLINE" doctor --json --config "$CONFIG" --deny-hook "$name" \
			>"$BATS_TEST_TMPDIR/doctor" || code=$?
		hook "$name" | jq -e '.state != "in use" and (.lost | length > 20) and (.why | length > 0)'
		jq -e --arg name "$name" 'all(.hooks[] | select(.name != $name and .needs != $name);
			.state == "in use")' \
			"$BATS_TEST_TMPDIR/doctor"
		# The main job stands without any hook but the required one.
		if hook "$name" | jq -e .required; then
			[[ $code == 3 ]]
			jq -e '.main_job == false' "$BATS_TEST_TMPDIR/doctor"
			run -3 "$FAULTLINE" run --config "$CONFIG" --deny-hook "$name"
			[[ $output == *"$name"* ]]
		else
			[[ $code == 0 ]]
			jq -e .main_job "$BATS_TEST_TMPDIR/doctor"
		fi
	done
}

@test "doctor: a variant that is denied gives way to the next, or to nothing" {
	"$FAULTLINE" doctor --json --config "$CONFIG" --deny-hook tcp_send_reset_reason_tp \
		>"$BATS_TEST_TMPDIR/doctor"
	hook tcp_send_reset | jq -e '.state == "in use" and .way == "tp_btf(sk, skb)"'
	"$FAULTLINE" doctor --json --config "$CONFIG" --deny-hook tcp_send_reset_reason_tp \
		--deny-hook tcp_send_reset_tp >"$BATS_TEST_TMPDIR/doctor"
	hook tcp_send_reset | jq -e '.state == "denied" and (.why | contains("tp_btf(sk, skb)"))'
}

@test "doctor: without any hook but the required ones the main job still runs" {
	mapfile -t denied < <("$FAULTLINE" doctor --json --config "$CONFIG" |
		jq -r '.hooks[] | select(.required | not) | "--deny-hook", .name')
	((${#denied[@]} >= 14))
	"$FAULTLINE" doctor --json --config "$CONFIG" "${denied[@]}" >"$BATS_TEST_TMPDIR/doctor"
	jq -e '.main_job and all(.hooks[]; (.state == "in use") == .required)' "$BATS_TEST_TMPDIR/doctor"
	"$FAULTLINE" doctor --config "$CONFIG" "${denied[@]}" | grep -q 'lost: .*RTT'
	start_sensor own - "${denied[@]}"
	links own | jq -e .links
}
