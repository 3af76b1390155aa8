# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# Processes in cgroups as container runtimes and systemd make them, in namespaces of their own: who
# owns a link's sockets, and what is left when a namespace is gone.

bats_require_minimum_version 1.5.0
load network
load cgroups

readonly ID=3f2a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789abcd
readonly ID2=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
readonly POD=6d1c0b2e-4f5a-4b6c-8d7e-9f0a1b2c3d4e

# A hierarchy of cgroups that processes can be put into: version 2 first, then any of version 1.
writable_hierarchy() {
	local mount
	while read -r mount; do
		mkdir "$mount/flcontainers-$$" || continue
		rmdir "$mount/flcontainers-$$"
		printf '%s\n' "$mount"
		return 0
	done < <(awk '{ for (i = 7; i < NF; i++) if ($i == "-") type = $(i + 1) }
		type == "cgroup2" { print 1, $5 }
		type == "cgroup" && !/cpuset/ { print 2, $5 }' /proc/self/mountinfo |
		sort -n | cut -d' ' -f2)
	return 1
}

setup() {
	HIERARCHY=$(writable_hierarchy 2>/dev/null) || skip "no hierarchy of cgroups can be written to"
	TOP=$HIERARCHY/flcontainers-$$-$RANDOM
	network_up
	configure all <<<'scope: all'
}

teardown() {
	[[ -n $HIERARCHY ]] || return 0
	[[ -n $BATS_TEST_COMPLETED ]] || show_logs
	network_down
	[[ ! -d $TOP ]] || wait_until 20 "the cgroups are empty" remove_cgroups
}

# Like spawn, in a cgroup below $TOP.  $1: name; $2: namespace; $3: cgroup; further: the command.
spawn_in() {
	local name=$1 namespace=$2 cgroup=$TOP/$3
	shift 3
	mkdir -p "$cgroup"
	# shellcheck disable=SC2016 # the shell that is started expands them
	spawn "$name" - bash -c 'echo $$ >"$0/cgroup.procs" && exec ip netns exec "$@"' \
		"$cgroup" "$namespace" "$@"
}

# Do the owners of a link satisfy a jq expression?  $1: pattern of the link's name; $2: expression.
owned() {
	links_jq all "any(.links[] | select(.name | test(\"$1\")) | .owners[]; $2)" | grep -qx true
}

expect_owner() {
	wait_until 30 "links of $1 are owned by $2" owned "$@" && return 0
	links_jq all '.links[] | "# \(.name) \(.owners)"'
	return 1
}

@test "sockets belong to containers, pods and units" {
	spawn_in web "$SERVER" "system.slice/docker-$ID.scope" "$TOOLS/hold" serve 10.81.0.2 7300
	expect_line web ready
	spawn_in client "$CLIENT" "kubepods/burstable/pod$POD/$ID2" "$TOOLS/hold" talk 10.81.0.2 7300
	expect_line client ready
	spawn_in unit "$CLIENT" system.slice/mymate.service "$TOOLS/hold" talk 10.81.0.2 7300
	expect_line unit ready
	spawn old "$CLIENT" "$TOOLS/hold" talk 10.81.0.2 7300
	expect_line old ready
	# Those that were there before it, ...
	start_sensor all -
	expect_owner "^:7300@$SERVER\$" ".container == \"$ID\" and .runtime == \"docker\" and .comm == \"hold\""
	# ... and one that comes later; the owner of a peer is that of its newest socket.
	finish old KILL || [[ $? -eq 137 ]]
	finish unit KILL || [[ $? -eq 137 ]]
	finish client KILL || [[ $? -eq 137 ]]
	spawn_in client "$CLIENT" "kubepods/burstable/pod$POD/$ID2" "$TOOLS/hold" talk 10.81.0.2 7300
	expect_line client ready
	expect_owner "^10.81.0.2:7300@$CLIENT\$" \
		".container == \"$ID2\" and .pod == \"$POD\" and .comm == \"hold\" and (has(\"unit\") | not)"
	spawn_in unit "$CLIENT" system.slice/mymate.service "$TOOLS/hold" talk 10.81.0.2 7300
	expect_line unit ready
	expect_owner "^10.81.0.2:7300@$CLIENT\$" \
		'.unit == "mymate.service" and (has("container") | not) and (.cgroup | endswith("/mymate.service"))'
}

# The id of the first incident whose processes satisfy a jq expression.
incident_with() {
	"$FAULTLINE" incidents --json --config "$BATS_TEST_TMPDIR/all/faultline.yaml" |
		jq -r "select(any(.impact.processes[]?; $1)) | .id" | head -n 1 | grep .
}

@test "an incident says which container it hits, and so does its page" {
	cat >"$BATS_TEST_TMPDIR/page" <<-END
		#!/bin/sh
		cat >>"$BATS_TEST_TMPDIR/paged"
	END
	chmod 755 "$BATS_TEST_TMPDIR/page"
	configure all <<-END
		pagers:
		  - {type: exec, command: ["$BATS_TEST_TMPDIR/page"]}
	END
	spawn_in web "$SERVER" "docker/$ID" "$TOOLS/hold" serve 10.81.0.2 7300
	expect_line web ready
	spawn client "$CLIENT" "$TOOLS/hold" talk 10.81.0.2 7300
	expect_line client ready
	start_sensor all "$SERVER"
	expect_owner "^:7300\$" ".container == \"$ID\""
	# shellcheck disable=SC2046 # several
	kill -STOP $(cat "$TOP/docker/$ID/cgroup.procs")
	wait_until 40 "an incident names the container" incident_with ".container == \"$ID\""
	id=$(incident_with ".container == \"$ID\"")
	"$FAULTLINE" explain "$id" --config "$BATS_TEST_TMPDIR/all/faultline.yaml" |
		tee "$BATS_TEST_TMPDIR/explained"
	grep -qE "hold \([0-9]+\) \(docker ${ID:0:12}\)" "$BATS_TEST_TMPDIR/explained"
	wait_until 30 "somebody is paged" grep -qs "$ID" "$BATS_TEST_TMPDIR/paged"
}

# Are there links of the namespace that is gone, and do none of them have a peer any more?
namespace_forgotten() {
	links_jq all '[.links[] | select(.name | test(":7397@")) | .peers | length] | length > 0 and add == 0' |
		grep -qx true
}

@test "a namespace that is gone leaves no peer behind, and its counts" {
	start_sensor all -
	late=flz${CLIENT#flc}
	ip netns add "$late"
	ip -n "$late" link set lo up
	spawn late_serve "$late" "$TOOLS/serve" 127.0.0.1 7397
	expect_line late_serve '^ready'
	ip netns exec "$late" "$TOOLS/traffic" short 127.0.0.1 7397 50
	wait_until 20 "its connections are counted" seen_50
	finish late_serve
	ip netns del "$late"
	wait_until 60 "its peers have left" namespace_forgotten
	seen_50
}

seen_50() {
	[[ $(links_jq all '[.links[].connects.ok] | add // 0') -ge 50 ]]
}
