#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# The DaemonSet: its manifest as far as it can be checked without a cluster, and the sensor with
# exactly the rights and mounts that it lists, and with each of them taken away.

bats_require_minimum_version 1.5.0
load ../sensor
load chroot
load debian

MANIFEST=$ROOT/scripts/kubernetes/daemonset.yaml

setup_file() {
	load ../sensor
	load chroot
	load debian
	make_packages
	make_tarball
	BARE=$(bare_debian bookworm "$PACKAGE") || NO_DEBIAN=$BARE
	export BARE NO_DEBIAN TARBALL
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir config
	manifest config >config/faultline.yaml
}

# What would meet other sensors of this machine, or call somebody, is left out of a run.
keep_apart() {
	sed -i -e 's/^listen:.*/listen: ""/' -e '/^pagers:/,$d' config/faultline.yaml
}

teardown() {
	finish_all
}

manifest() {
	python3 -B "$BATS_TEST_DIRNAME/manifest.py" "$MANIFEST" "$1"
}

# Prints the command of a container.  $1: capabilities; then its arguments.
container() {
	printf '%s\n' unshare --mount --cgroup "$BATS_TEST_DIRNAME/container" "$PWD" "$BARE" "$TARBALL" "$@"
}

# Runs it to its end.
contain() {
	local command
	mapfile -t command < <(container "$@")
	"${command[@]}" 3>&-
}

need_bare() {
	[[ -z ${NO_DEBIAN:-} ]] || skip "$NO_DEBIAN"
}

missing() {
	jq -r '.capabilities[] | select(.state == "missing") | .name' | sort
}

@test "the manifest is one that Kubernetes knows, and its configuration is valid" {
	run -0 manifest check
	[[ -z $output ]]
	"$FAULTLINE" check config/faultline.yaml
	sed 's/hostPID/hostPid/' "$MANIFEST" >wrong.yaml
	run -1 python3 -B "$BATS_TEST_DIRNAME/manifest.py" wrong.yaml check
	[[ $output == "pod: hostPid is not known" ]]
}

@test "with the rights of the manifest it runs, answers its probe, and sees sockets of pods" {
	local command words port=39114
	need_bare
	keep_apart
	# A pod: a connection that stands, in a network of its own, older than the sensor.
	spawn pod - unshare --net python3 -B "$BATS_TEST_DIRNAME/pod.py" "$port"
	expect_line pod connected
	# This process stands for the first one, which a guarded machine lets nobody look at.
	mapfile -t words < <(manifest command | sed "s#/proc/1/#/proc/$$/#")
	mapfile -t command < <(container "$(manifest capabilities)" "${words[@]}")
	spawn sensor - "${command[@]}"
	expect_line sensor "ready:"
	wait_until 20 "the pod's socket" sees_pod "$port"
	# Control groups have their names of the node.
	[[ $(readlink "/proc/${PID_OF[sensor]}/ns/cgroup") == "$(readlink "/proc/$$/ns/cgroup")" ]]
	finish sensor
	run -1 grep -iE 'denied|not permitted|read-only' sensor/log
}

sees_pod() {
	nsenter --target "${PID_OF[sensor]}" --mount /opt/faultline/bin/faultline links --json |
		jq -e --arg port ":$1" 'any(.links[]; (.name | contains($port)) and .segments_out > 0)' >/dev/null
}

@test "doctor misses nothing that the manifest's scope needs, and names each right that is taken away" {
	local all capability rest name
	need_bare
	all=$(manifest capabilities)
	[[ -n $all ]]
	contain "$all" faultline doctor --json >doctor.json
	jq -e .main_job doctor.json
	missing <doctor.json >missing
	diff - missing <<-'END'
		cap_bpf
		cap_chown
		cap_dac_override
		cap_perfmon
		cap_setpcap
		cap_sys_resource
	END
	for capability in $all; do
		rest=$(tr ' ' '\n' <<<"$all" | grep -vx "$capability" | tr '\n' ' ')
		name=cap_${capability,,}
		printf '# without %s\n' "$name"
		if [[ $capability == SYS_ADMIN ]]; then
			run -3 --separate-stderr contain "$rest" faultline doctor --json
			jq -e '.main_job == false and (.why | contains("cap_bpf is missing"))' <<<"$output"
		else
			run -0 --separate-stderr contain "$rest" faultline doctor --json
		fi
		missing <<<"$output" | comm -13 missing - | diff <(echo "$name") -
		jq -e --arg name "$name" '.capabilities[] | select(.name == $name) | .lost | length > 20' <<<"$output"
	done
}

@test "for the node's own network alone BPF and PERFMON do" {
	need_bare
	printf 'scope: host\nlisten: ""\n' >config/faultline.yaml
	contain "BPF PERFMON NET_ADMIN DAC_READ_SEARCH" faultline run --duration 3s >out 2>log
	grep -q "ready:" log
	run -3 contain "BPF NET_ADMIN DAC_READ_SEARCH" faultline run --duration 3s
	[[ $output == *"cap_perfmon is missing"* ]]
}
