# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What every suite that runs the sensor shares: waiting for a condition, starting and stopping
# processes whatever happens, and asking a sensor for its links.
#
# A sensor has a name and a directory of its own, $BATS_TEST_TMPDIR/NAME, with its configuration
# (faultline.yaml), its log (log) and its standard output (out).

ROOT=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
FAULTLINE=${FAULTLINE:-$ROOT/build/faultline}
POLL_SECONDS=0.05

declare -gA PID_OF=() # global also when bats loads this inside a function

# Waits until the command holds.  $1: seconds at most, times the patience that a slow machine needs;
# $2: what is waited for.
wait_until() {
	local deadline=$((SECONDS + $1 * ${FAULTLINE_TEST_PATIENCE:-1})) what=$2
	shift 2
	until "$@"; do
		if ((SECONDS > deadline)); then
			printf '# waited in vain: %s\n' "$what"
			show_last_links
			return 1
		fi
		sleep "$POLL_SECONDS"
	done
}

# What the sensors answered last, without what is long and seldom the reason.
show_last_links() {
	local answer
	for answer in "$BATS_TEST_TMPDIR"/*/last_links; do
		[[ -s $answer ]] || continue
		printf '# last answer of %s:\n' "$(basename "${answer%/*}")"
		jq -c 'def brief: del(.latency?, .baselines?, .history?);
			(.links[]? | brief), .sensor?, .not_attributed?, (.host_state?.processes[]?)' \
			"$answer" | cut -c -1500 | head -n 40 | sed 's/^/#   /'
	done
}

gone() {
	! kill -0 "$1" 2>/dev/null
}

# Runs a command in the background under a name; its output goes to $BATS_TEST_TMPDIR/NAME/out and
# log.  $1: name; $2: network namespace, or - for our own.
spawn() {
	local name=$1 namespace=$2 directory=$BATS_TEST_TMPDIR/$1 prefix=()
	shift 2
	mkdir -p "$directory"
	[[ $namespace == - ]] || prefix=(ip netns exec "$namespace")
	# What one of the same name said before is gone before anybody reads it again.
	: >"$directory/out"
	: >"$directory/log"
	# It goes when the test goes, even if that is killed.
	"${prefix[@]}" setpriv --pdeathsig KILL "$@" >"$directory/out" 2>"$directory/log" </dev/null 3>&- &
	PID_OF[$name]=$!
}

# Ends a process that spawn began, and returns its exit status.
finish() {
	local pid=${PID_OF[$1]} signal=${2:-TERM}
	unset "PID_OF[$1]"
	# One that ended by itself has nothing to be told, but still its exit status.
	if gone "$pid" || kill -"$signal" "$pid"; then
		wait "$pid"
	fi
}

finish_all() {
	local name
	for name in "${!PID_OF[@]}"; do
		# Killed is what it is to be.
		if finish "$name" KILL; then
			continue
		fi
	done
}

# Has the process written a line that matches, or is it gone?
said() {
	grep -qsE "$2" "$BATS_TEST_TMPDIR/$1/log" "$BATS_TEST_TMPDIR/$1/out" || gone "${PID_OF[$1]}"
}

# Waits for a line on stdout or stderr of a process.  $1: name; $2: regular expression.
expect_line() {
	wait_until 60 "$1 says $2" said "$1" "$2" &&
		grep -qsE "$2" "$BATS_TEST_TMPDIR/$1/log" "$BATS_TEST_TMPDIR/$1/out" && return 0
	sed "s/^/# $1: /" "$BATS_TEST_TMPDIR/$1/log"
	return 1
}

# Writes the configuration of a sensor; further lines come from stdin.
configure() {
	local directory=$BATS_TEST_TMPDIR/$1
	mkdir -p "$directory"
	{
		printf 'interval: 200ms\nlisten: ""\nstate_dir: %s\n' "$directory"
		cat
	} >"$directory/faultline.yaml"
}

# Starts a sensor and waits until all its hooks are attached.  $1: name; $2: namespace or -;
# further arguments are the sensor's.  Without configure before, it gets the defaults.  What
# FAULTLINE_TEST_DENY names is denied to every sensor: hooks, or programs of their variants.
start_sensor() {
	local name=$1 namespace=$2 hook denied=()
	shift 2
	for hook in ${FAULTLINE_TEST_DENY:-}; do
		denied+=(--deny-hook "$hook")
	done
	[[ -e $BATS_TEST_TMPDIR/$name/faultline.yaml ]] || configure "$name" </dev/null
	spawn "$name" "$namespace" "$FAULTLINE" run \
		--config "$BATS_TEST_TMPDIR/$name/faultline.yaml" "${denied[@]}" "$@"
	expect_line "$name" 'ready'
}

# The links of a sensor as JSON.
links() {
	"$FAULTLINE" links --json --config "$BATS_TEST_TMPDIR/$1/faultline.yaml" |
		tee "$BATS_TEST_TMPDIR/$1/last_links"
	return "${PIPESTATUS[0]}"
}

# Evaluates a jq expression on the links of a sensor.
links_jq() {
	links "$1" | jq -r "$2"
}

# What every process had to say, for a test that failed.
show_logs() {
	local name
	for name in "$BATS_TEST_TMPDIR"/*/log; do
		sed "s#^#\# $(basename "$(dirname "$name")"): #" "$name" | tail -n 20
	done
}
