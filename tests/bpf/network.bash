# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Two namespaces joined by the lab's line, and the kernel's own counters of each: the truth that the
# sensor is held against.
#
#   $CLIENT  10.81.0.1  fd81::1  ---- line, seeded loss ----  10.81.0.2  fd81::2  $SERVER
#
# The server stands for many more addresses: 10.90/16 and fd90::/64 are answered with ICMP
# unreachable, 10.91/16 and fd90:0:0:1::/64 with nothing, and in 10.128/9 and fd90:0:0:2::/64 nobody listens.

load ../sensor

TOOLS=$ROOT/build/tests/bpf
LINE=$ROOT/build/tests/lab/line
readonly PORT=7000
SEED=${FAULTLINE_TEST_SEED:-20}
SCALE=${FAULTLINE_TEST_SCALE:-100}

# So much of something, on a machine that can do only SCALE percent of it in the time.
scaled() {
	printf '%s\n' $((($1 * SCALE + 99) / 100))
}

network_up() {
	local id namespace
	id=$(printf '%x%04x' "$BASHPID" "$RANDOM")
	CLIENT=flc$id SERVER=fls$id
	for namespace in "$CLIENT" "$SERVER"; do
		ip netns add "$namespace" || return 1
		ip -n "$namespace" link set lo up
		# What is lost is to end soon, and answers are not to be rationed (before Linux 6.12
		# their ration is the whole machine's, and not to be set here).
		ip netns exec "$namespace" sysctl -eqw net.ipv4.tcp_fin_timeout=2 \
			net.ipv4.tcp_orphan_retries=4 net.ipv4.icmp_ratelimit=0 \
			net.ipv4.icmp_msgs_per_sec=1000000 net.ipv4.icmp_msgs_burst=100000 net.ipv6.icmp.ratelimit=0 \
			net.ipv4.tcp_max_syn_backlog=16384 \
			net.core.somaxconn=16384 net.ipv4.ip_local_port_range="10000 60999" || return 1
	done
	spawn line - "$LINE" --a "$CLIENT:line:10.81.0.1/30,fd81::1/64" \
		--b "$SERVER:line:10.81.0.2/30,fd81::2/64" --seed "$SEED" --flows 200000 \
		--control "$BATS_TEST_TMPDIR/line.sock"
	expect_line line '^ready' || return 1
	ip -n "$CLIENT" route add default via 10.81.0.2
	ip -n "$CLIENT" -6 route add default via fd81::2
	ip -n "$SERVER" route add local 10.90.0.0/15 dev lo
	ip -n "$SERVER" route add local 10.128.0.0/9 dev lo
	ip -n "$SERVER" -6 route add local fd90::/62 dev lo
	ip netns exec "$SERVER" nft -f - <<-'END' || return 1
		table inet ends {
			chain input {
				type filter hook input priority 0
				ip daddr 10.90.0.0/16 reject with icmp type host-unreachable
				ip daddr 10.91.0.0/16 drop
				ip6 daddr fd90::/64 reject with icmpv6 type addr-unreachable
				ip6 daddr fd90:0:0:1::/64 drop
			}
		}
	END
	printf '# seed %s\n' "$SEED" >&3
}

network_down() {
	finish_all
	ip netns del "$CLIENT"
	ip netns del "$SERVER"
}

line_command() {
	"$LINE" ctl "$BATS_TEST_TMPDIR/line.sock" "$*"
}

serve() {
	spawn serve "$SERVER" "$TOOLS/serve" "${1:-::}" "$PORT"
	expect_line serve '^ready'
}

# Runs traffic to its end; its truth goes to stdout and to $BATS_TEST_TMPDIR/truth.
traffic() {
	local mode=$1
	ip netns exec "$CLIENT" "$TOOLS/traffic" "$@" | tee -a "$BATS_TEST_TMPDIR/truth"
	[[ ${PIPESTATUS[0]} -eq 0 ]] || {
		printf '# traffic %s was not finished\n' "$mode"
		return 1
	}
}

# A sum over what traffic has told so far, as a jq field or expression.
truth() {
	jq -s "map($1) | add // 0" "$BATS_TEST_TMPDIR/truth"
}

# One of the kernel's counters: "Tcp RetransSegs".  $1: namespace; $2: protocol; $3: name.
kernel_counter() {
	ip netns exec "$1" cat /proc/net/snmp /proc/net/netstat | awk -v protocol="$2:" -v name="$3" '
		$1 != protocol { next }
		!column { for (i = 2; i <= NF; i++) if ($i == name) column = i; if (!column) exit; next }
		{ print $column; found = 1; exit }
		END { exit !found }'
}

# The counters that the sums over links must equal, in one line.
kernel_counters() {
	# shellcheck disable=SC2016 # the fields are awk's
	ip netns exec "$1" awk '
		$1 != "Tcp:" { next }
		!names { names = split($0, name); next }
		{ for (i = 2; i <= names; i++) value[name[i]] = $i }
		END { print value["RetransSegs"], value["OutRsts"], value["ActiveOpens"], value["PassiveOpens"] }
	' /proc/net/snmp
}

# The same four, as the sensor has them.
sensor_counters() {
	links_jq "$1" '
		[([.links[].retransmits.segments] | add // 0) + .not_attributed.retransmits,
		 ([.links[].resets.sent] | add // 0) + .not_attributed.resets_sent,
		 ([.links[].connects | .ok + .refused + .timed_out + .unreachable + .local_error] | add // 0),
		 ([.links[].connects.accepted] | add // 0)] | join(" ")'
}

# Are all connections over?  What only waits for its time to pass is.
quiet() {
	# shellcheck disable=SC2016 # the fields are awk's
	ip netns exec "$1" awk '
		FNR > 1 && $4 != "0A" && $4 != "06" { busy = 1 }
		END { exit busy }
	' /proc/net/tcp /proc/net/tcp6
}

# Waits until a command prints the same twice.  $1: seconds at most; $2: what is waited for.
wait_rest() {
	local limit=$1 what=$2
	shift 2
	SAME_BEFORE=
	wait_until "$limit" "$what" same_twice "$@"
}

same_twice() {
	local now
	now=$("$@")
	[[ $now == "${SAME_BEFORE:-}" ]] && return 0
	SAME_BEFORE=$now
	return 1
}

# Waits until nothing goes on any more in a namespace.
wait_quiet() {
	wait_until 60 "all sockets of $1 are closed" quiet "$1" || return 1
	wait_rest 20 "the counters of $1 rest" kernel_counters "$1"
}

# Runs a measurement in a network of its own, up to three times, until it agrees; each disagreement is
# shown.  The kernel keeps an event from every tracing program when the program is just running on
# that processor, and some hosts keep all of them from what interrupts certain tasks: a handful of ten
# thousand events, on a busy machine.  A sensor that loses by itself loses every time.
exactly() {
	local attempt
	for attempt in 1 2 3; do
		if ((attempt > 1)); then
			printf '# attempt %d: did not agree; once more\n' $((attempt - 1)) >&3
			network_down
			rm -f "$BATS_TEST_TMPDIR/truth"
			network_up
		fi
		# In the background, so that the first failure inside ends it; what it spawned goes with it.
		"$@" &
		wait "$!" && return 0
	done
	return 1
}

# Shows both columns, and fails unless they are the same.  $1: whose; $2: names; $3: the kernel's
# counters before, $4: after; $5: the sensor's.
compare() {
	local whose=$1 failed=0 i delta
	local -a name before after sensor
	read -ra name <<<"$2"
	read -ra before <<<"$3"
	read -ra after <<<"$4"
	read -ra sensor <<<"$5"
	printf '# %-28s %12s %12s\n' "$whose" kernel sensor >&3
	for i in "${!name[@]}"; do
		delta=$((after[i] - before[i]))
		printf '#   %-26s %12s %12s%s\n' "${name[i]}" "$delta" "${sensor[i]}" \
			"$([[ $delta == "${sensor[i]}" ]] || echo '  DIFFERS')" >&3
		[[ $delta == "${sensor[i]}" ]] || failed=1
	done
	return "$failed"
}

# $1: sensor; $2: namespace; $3: its kernel_counters before.
compare_with_kernel() {
	local lost after
	after=$(kernel_counters "$2")
	compare "$1 (${*:4})" "RetransSegs OutRsts ActiveOpens PassiveOpens" "$3" \
		"$after" "$(sensor_counters "$1")" || return 1
	# What no hook told of is known from the kernel's counters; all but a trace has its link.
	lost=$(links_jq "$1" .not_attributed.retransmits)
	printf '#   %-26s %12s %12s\n' "of these without a link" "" "$lost" >&3
	((lost * 50 <= ${after%% *} - ${3%% *}))
}
