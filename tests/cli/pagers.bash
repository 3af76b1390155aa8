# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What the suites of the pagers share: stand-ins for their services, and events to page.

load ../sensor

BUILD=${FAULTLINE_BUILD:-$ROOT/build}
FAULTLINE=$BUILD/faultline
PAGES=$ROOT/tests/unit/pages

# Starts a stand-in.  $1: name; $2: kind; $3: the key that is right; further ones: a certificate.
stand_in() {
	local name=$1 kind=$2 folder=$BATS_TEST_TMPDIR/$1
	mkdir -p "$folder"
	printf '%s\n' "$3" >"$folder/key"
	chmod 600 "$folder/key"
	spawn "$name" - python3 "$ROOT/tests/cli/standins/pager.py" "$kind" "$folder" "${@:4}" 4>&-
	expect_line "$name" listening
}

# What goes wrong from now on.  $1: name of the stand-in; further ones: see pager.py.
behave() {
	printf '%s\n' "${*:2}" >"$BATS_TEST_TMPDIR/$1/behaviour"
}

port_of() {
	cat "$BATS_TEST_TMPDIR/$1/port"
}

# All requests that a stand-in got, through jq.  $1: name; $2: expression on the list of them.
got() {
	touch "$BATS_TEST_TMPDIR/$1/requests"
	jq -s -r "$2" "$BATS_TEST_TMPDIR/$1/requests"
}

got_is() {
	[[ $(got "$1" "$2") == "$3" ]]
}

# Waits until a jq expression on what a stand-in got has a value.
expect_got() {
	wait_until 30 "$1: $2 is $3" got_is "$@" && return 0
	sed "s/^/# $1: /" "$BATS_TEST_TMPDIR/$1/requests"
	return 1
}

# An event on one line.  $1: which (a file of tests/unit/pages); $2: id; $3: open, update or
# resolve; $4: seq; $5: further changes, a jq expression.
event() {
	jq -c --arg id "$2" --arg event "$3" --argjson seq "$4" \
		".id = \$id | .event = \$event | .seq = \$seq | ${5:-.}" "$PAGES/$1.json"
}

# Starts feeding events; they are written to descriptor 4.  The configuration is that of the name.
start_feed() {
	local folder=$BATS_TEST_TMPDIR/$1
	rm -f "$folder/in"
	mkfifo "$folder/in"
	"$BUILD/tests/cli/feed_events" "$folder/faultline.yaml" "${@:2}" <"$folder/in" \
		>>"$folder/out" 2>>"$folder/log" 3>&- &
	PID_OF[$1]=$!
	exec 4>"$folder/in"
}

# Ends the input and waits until every page was told.
drain_feed() {
	local pid=${PID_OF[$1]}
	exec 4>&-
	wait_until 60 "$1 has told everything" gone "$pid"
	unset "PID_OF[$1]"
	wait "$pid"
}

# The pagers' status now, through jq.
status_of() {
	local folder=$BATS_TEST_TMPDIR/$1 before
	before=$(grep -c '^\[' "$folder/out" || [[ $? == 1 ]])
	echo status >&4
	wait_until 10 "a status" more_statuses "$folder/out" "$before"
	grep '^\[' "$folder/out" | tail -n 1 | jq -r "$2"
}

more_statuses() {
	[[ $(grep -c '^\[' "$1") -gt $2 ]]
}

status_is() {
	[[ $(status_of "$1" "$2") == "$3" ]]
}
