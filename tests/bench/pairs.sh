# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The worst case in many short pairs: ping-pong beside "off", first with programs that do nothing,
# then with the sensor as it is once its budgets have taken off what everything pays for (those
# hooks are denied from the start, so that nobody has to wait for it).  A machine that others use
# changes within seconds; the median of many pairs hardly does.  Sourced by tests/bench/run, whose
# functions it uses.

readonly PAIRS=12 PAIR_SECONDS=0.4 SETTLE_SECONDS=1.5

pair_ask() {
	ip netns exec "$CLIENT" taskset -c "$CPU" "$BENCH/pingpong" ask 10.83.0.2 "$PORT" \
		"${1:-$PAIR_SECONDS}" | jq -r '"\(.rate) \(.p50_us) \(.p99_us)"'
}

# One line: the column, and its rate, median and 99th percentile.
pair_turn() {
	case $1 in
	empty)
		spawn pair - "$BENCH/empty_hooks" "${DATA_HOOKS[@]}"
		await pair ready
		;;
	sensor)
		spawn pair "$CLIENT" "$FAULTLINE" run --config "$WORK/faultline.yaml" \
			--deny-hook sys_enter --deny-hook net_dev_queue --deny-hook netif_receive_skb
		await pair ready
		pair_ask "$SETTLE_SECONDS" >/dev/null # a new sensor looks at the whole host first
		;;
	esac
	pair_ask 0.05 >/dev/null
	printf '%s %s\n' "$1" "$(pair_ask)"
	[[ $1 == off ]] || finish pair
}

pairs() {
	local i column
	printf '\nping-pong over veth, %s rounds of %s s: median ratio to off, and the middle half\n' \
		"$PAIRS" "$PAIR_SECONDS"
	printf '  %-26s %22s %22s %22s\n' '' rate median '99th percentile'
	for ((i = 0; i < PAIRS; i++)); do
		for column in off empty sensor; do
			pair_turn "$column"
		done
	done >"$WORK/pairs"
	for column in empty sensor; do
		printf '  %-26s' "$column"
		for i in 2 3 4; do
			awk -v column="$column" -v field="$i" '
				$1 == "off" { off = $field }
				$1 == column { print $field / off }' "$WORK/pairs" | sort -n |
				awk '{ r[NR] = $1 } END { printf "   %.3f (%.3f - %.3f)",
					r[int((NR + 1) / 2)], r[int((NR + 3) / 4)], r[int((3 * NR + 3) / 4)] }'
		done
		printf '\n'
	done
}
