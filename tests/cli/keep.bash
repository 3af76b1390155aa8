# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A store with example incidents and a quarter of an hour of history, for the commands that read it.
# The time zone is Tokyo's, nine hours past UTC all the year.

load ../sensor

EVENTS=$ROOT/tests/cli/events

# Makes the state directory $STATE, its configuration $CONFIG, and puts events into its store.
# Arguments: names of files in events/, without .json; none: all of them.
make_store() {
	local files=()
	export TZ=Asia/Tokyo
	STATE=$BATS_TEST_TMPDIR/own
	CONFIG=$STATE/faultline.yaml
	configure own </dev/null
	[[ $# -gt 0 ]] || set -- feed_silent_before feed_silent gateway_dead app_stopped unknown minutes
	files=("${@/#/$EVENTS/}")
	"${FAULTLINE_BUILD:-$ROOT/build}/tests/cli/feed_store" "$STATE" "${files[@]/%/.json}"
}

faultline() {
	"$FAULTLINE" "$@" --config "$CONFIG"
}

# Changes the store behind everybody's back.
tamper() {
	sqlite3 "$STATE/faultline.db" "$1"
}

# Is no line of $output wider than 80 columns?
fits() {
	[[ $(LC_ALL=C.UTF-8 wc -L <<<"$output") -le 80 ]]
}
