# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# Names that others choose, as bad as they can be: of a process, its cgroup, an interface and a
# namespace.  No output may hold what a terminal, a log or a browser obeys, or what is no UTF-8.

bats_require_minimum_version 1.5.0
load network
load cgroups

# Colour on, tags, quotes, a byte that is no UTF-8, and a mark that turns the direction of writing.
readonly EVIL=$'\e[31m<b>"\'&\xff' EVIL_UNIT=$'\e[31m<i>"\'&\xff\xe2\x80\xae.service'
readonly EVIL_DEVICE=$'a\e[1m<u>"\xff'

setup() {
	network_up
	configure evil <<-END
		pagers:
		  - {type: exec, command: ["$BATS_TEST_TMPDIR/page"]}
	END
	sed -i 's/^listen: .*/listen: 127.0.0.1:9435/' "$BATS_TEST_TMPDIR/evil/faultline.yaml"
	cat >"$BATS_TEST_TMPDIR/page" <<-END
		#!/bin/sh
		{ cat; env; } >>"$BATS_TEST_TMPDIR/told/paged"
	END
	chmod 755 "$BATS_TEST_TMPDIR/page"
	mkdir "$BATS_TEST_TMPDIR/told"
}

teardown() {
	[[ -n $BATS_TEST_COMPLETED ]] || show_logs | cat -v
	if [[ -n ${IN_TMUX:-} ]]; then
		tmux -S "$BATS_TEST_TMPDIR/tmux" kill-server
	fi
	network_down
	[[ -z ${TOP:-} || ! -d $TOP ]] || wait_until 20 "the cgroup is empty" remove_cgroups
	[[ -z ${LATE:-} ]] || ip netns del "$LATE"
}

# What is in the files $@ is text, and nothing but text.
harmless() {
	python3 - "$@" <<-'END'
		import sys, unicodedata
		failed = 0
		for name in sys.argv[1:]:
		    data = open(name, "rb").read()
		    try:
		        text = data.decode()
		    except UnicodeDecodeError as error:
		        print(f"# {name}: {error}: {data[max(0, error.start - 60):error.end + 20]!r}")
		        failed = 1
		        continue
		    for at, char in enumerate(text):
		        if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") and char not in "\n\t":
		            print(f"# {name}: {char!r} in {text[max(0, at - 60):at + 20]!r}")
		            failed = 1
		            break
		sys.exit(failed)
	END
}

ask() {
	"$FAULTLINE" "$@" --config "$BATS_TEST_TMPDIR/evil/faultline.yaml"
}

incident_of_evil() {
	ask incidents --json | jq -r 'select(any(.impact.processes[]?; .comm | contains("<b>"))) | .id' |
		head -n 1 | grep .
}

# Puts a process into a cgroup with a name of its own, where one can be made.
into_cgroup() {
	local mount
	mount=$(awk '{ for (i = 7; i < NF; i++) if ($i == "-" && $(i + 1) == "cgroup2") print $5 }' \
		/proc/self/mountinfo | head -n 1)
	[[ -n $mount ]] && mkdir "$mount/flhostile-$$" || return 0
	TOP=$mount/flhostile-$$
	GROUP=$TOP/$EVIL_UNIT
	mkdir "$GROUP"
	cat /proc/"$1"/task/"$1"/children <(echo "$1") | tr ' ' '\n' | grep . |
		while read -r pid; do echo "$pid" >"$GROUP/cgroup.procs"; done
}

@test "a process, a cgroup and an interface with evil names harm no output" {
	cp "$TOOLS/hold" "$BATS_TEST_TMPDIR/$EVIL"
	ip -n "$SERVER" link add "$EVIL_DEVICE" type veth peer name evil-peer
	ip -n "$SERVER" link set "$EVIL_DEVICE" up
	spawn web "$SERVER" "$BATS_TEST_TMPDIR/$EVIL" serve 10.81.0.2 7398
	expect_line web ready
	into_cgroup "${PID_OF[web]}"
	spawn client "$CLIENT" "$TOOLS/hold" talk 10.81.0.2 7398
	expect_line client ready
	start_sensor evil "$SERVER" --json --verbose
	wait_until 20 "its owner is known" links_owned
	# shellcheck disable=SC2046 # several
	kill -STOP "${PID_OF[web]}" $(cat "/proc/${PID_OF[web]}/task/${PID_OF[web]}/children")
	wait_until 40 "there is an incident of it" incident_of_evil
	id=$(incident_of_evil)
	cd "$BATS_TEST_TMPDIR/told"
	ask links >links
	ask links --json >links.json
	ask incidents >incidents
	ask incidents --json >incidents.json
	ask explain "$id" >explain
	wait_until 30 "somebody is paged" grep -qs '<b>' paged
	for path in / metrics api/links api/incidents api/status api/devices; do
		ip netns exec "$SERVER" curl -sS "http://127.0.0.1:9435/${path#/}" >"http.${path##*/}"
	done
	cp "$BATS_TEST_TMPDIR/evil/out" stream
	cp "$BATS_TEST_TMPDIR/evil/log" log
	grep -l '<b>' ./* | tee with_it
	harmless ./*
	# It is there, made harmless, not left out.
	for file in ./links.json ./incidents.json ./explain ./paged ./stream; do
		grep -qx "$file" with_it
	done
	[[ -z ${GROUP:-} ]] || grep -q '<i>' links.json
	jq -e . links.json incidents.json stream >"$BATS_TEST_TMPDIR/parsed"
	# Where it shows a name, it shows it as text.
	IN_TMUX=yes
	env -u TMUX LC_ALL=C.UTF-8 tmux -S "$BATS_TEST_TMPDIR/tmux" -f /dev/null -u new-session -d -x 160 -y 40 \
		"'$FAULTLINE' top --config '$BATS_TEST_TMPDIR/evil/faultline.yaml'"
	wait_until 30 "top draws the link" drawn ':7398'
	tmux -S "$BATS_TEST_TMPDIR/tmux" capture-pane -e -p >top
	run ! grep -qF $'\e[31m<' top
}

drawn() {
	tmux -S "$BATS_TEST_TMPDIR/tmux" capture-pane -p | grep -qE -- "$1"
}

links_owned() {
	links_jq evil 'any(.links[].owners[]; .comm | contains("<b>"))' | grep -qx true
}

named() {
	ask links | grep -q 'flz?\[31m<b>'
}

@test "a namespace with an evil name harms no output" {
	LATE=flz$'\e[31m<b>"\xff'${CLIENT#flc}
	ip netns add "$LATE"
	ip -n "$LATE" link set lo up
	sed -i 's/^scope: .*//; $a scope: all' "$BATS_TEST_TMPDIR/evil/faultline.yaml"
	sed -i '/^pagers:/,/exec/d; s/^listen: .*/listen: ""/' "$BATS_TEST_TMPDIR/evil/faultline.yaml"
	spawn late "$LATE" "$TOOLS/hold" serve 127.0.0.1 7398
	expect_line late ready
	spawn client "$LATE" "$TOOLS/hold" talk 127.0.0.1 7398
	expect_line client ready
	start_sensor evil - --json
	wait_until 20 "the namespace has its name" named
	cd "$BATS_TEST_TMPDIR/told"
	ask links --json >links.json
	ask links >links
	cp "$BATS_TEST_TMPDIR/evil/out" stream
	cp "$BATS_TEST_TMPDIR/evil/log" log
	grep -q 'flz?\[31m<b>' links
	harmless ./*
	jq -e . links.json >"$BATS_TEST_TMPDIR/parsed"
}

@test "the page in a browser puts names into text alone, and no command goes through a shell" {
	run ! grep -rnE 'innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(' "$ROOT/user/tell/page"
	run ! grep -rnE '\b(system|popen|wordexp)\(|/bin/sh|"sh", *"-c"|execlp|execvp' "$ROOT/user" --include=*.c --include=*.h
}
