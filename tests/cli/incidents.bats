# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# faultline incidents: the list for people and for scripts, and a store that cannot be read.

bats_require_minimum_version 1.5.0
load keep

@test "the list says when, how urgent, whose fault, of what, how long, and whether it is over" {
	make_store
	run -0 faultline incidents
	[[ ${lines[0]} == BEGAN*LEVEL*VERDICT*LINKS*LASTED*STATE ]]
	[[ $output == *"2024-11-18 10:15:00  page    external/peer-app    rates-feed  4m 10s   resolved"* ]]
	[[ $output == *"  20241118-011500-rates-feed-1"*"their application was silent"* ]]
	[[ $output == *"infra/gateway"*"+2"*"2h 5m"*resolved* ]]
	[[ $output == *"2024-11-20 15:30:00  page    internal/app "*open* ]]
	[[ $output == *"ticket  unknown "*open* ]]
	[[ ${#lines[@]} -eq 16 ]]
	fits
}

@test "--json is the last event of each, one object a line" {
	make_store
	run -0 --separate-stderr faultline incidents --json
	[[ ${#lines[@]} -eq 5 ]]
	jq -es 'all(.schema == "faultline.incident/1")' <<<"$output"
	jq -es '.[1] | .id == "20241118-011500-rates-feed-1" and .seq == 3 and .event == "resolve"' <<<"$output"
	# What went in comes out, to the last key.
	diff <(jq -S . <<<"${lines[1]}") <(jq -S 'select(.seq == 3)' "$EVENTS/feed_silent.json")
}

@test "--link and --since choose" {
	make_store
	run -0 faultline incidents --json --link rates-feed
	[[ $(jq -r .id <<<"$output" | tr '\n' ' ') == "20241104-022000-rates-feed-1 20241118-011500-rates-feed-1 20241119-050210-edge-router-1 " ]]
	run -0 faultline incidents --json --link edge-router
	[[ $(jq -r .id <<<"$output") == 20241119-050210-edge-router-1 ]]
	# What was open at that time counts, not what began after it.
	run -0 faultline incidents --json --since "2024-11-19 15:00"
	[[ $(jq -r .id <<<"$output" | tr '\n' ' ') == "20241119-050210-edge-router-1 20241120-063000-orders-1 20241121-101500-quotes-1 " ]]
	run -0 faultline incidents --link nosuch
	[[ $output == "no incidents" ]]
}

@test "a time that is none is a wrong command line" {
	make_store unknown
	run -2 faultline incidents --since noon
	[[ $output == *'--since: "noon"'*expected* ]]
}

@test "without a store: exit 1, and how to get one" {
	make_store unknown
	rm "$STATE"/faultline.db*
	run -1 faultline incidents
	[[ $output == *"$STATE/faultline.db"*"no store"*"faultline run"* ]]
}

@test "a store of nothing but zeroes, of text, or cut off is said to be damaged" {
	make_store unknown
	rm -f "$STATE"/faultline.db-*
	head -c 2000 "$STATE/faultline.db" >"$BATS_TEST_TMPDIR/cut"
	cp "$BATS_TEST_TMPDIR/cut" "$STATE/faultline.db"
	run -1 faultline incidents
	[[ $output == *"$STATE/faultline.db"*damaged* ]]
	yes text | head -c 20000 >"$STATE/faultline.db"
	run -1 faultline incidents
	[[ $output == *"$STATE/faultline.db"*damaged* ]]
	head -c 20000 /dev/zero >"$STATE/faultline.db"
	run -1 faultline incidents
	[[ $output == *"$STATE/faultline.db"* ]]
}

@test "not allowed to read it: exit 1, and the message says so" {
	make_store unknown
	public=$(mktemp -d)
	chmod 755 "$public"
	cp "$FAULTLINE" "$public"
	printf 'state_dir: %s\n' "$public/state" >"$public/faultline.yaml"
	cp -r "$STATE" "$public/state"
	chmod 700 "$public/state"
	run -1 setpriv --reuid=65534 --regid=65534 --clear-groups -- \
		"$public/faultline" incidents --config "$public/faultline.yaml"
	rm -r "$public"
	[[ $output == *"Permission denied"*root* ]]
}

@test "a store of a newer version is not touched" {
	make_store unknown
	tamper 'PRAGMA user_version = 999'
	run -1 faultline incidents
	[[ $output == *"newer version"* ]]
}

@test "a store on a read-only disk can be read" {
	make_store unknown
	tamper 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
	disk=$BATS_TEST_TMPDIR/disk
	mkdir "$disk"
	cp "$STATE/faultline.db" "$disk"
	printf 'state_dir: %s\n' "$disk" >"$BATS_TEST_TMPDIR/disk.yaml"
	run -0 --separate-stderr unshare -m sh -c \
		'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "$2" incidents --json --config "$3"' \
		sh "$disk" "$FAULTLINE" "$BATS_TEST_TMPDIR/disk.yaml"
	jq -e '.id == "20241121-101500-quotes-1"' <<<"$output"
}
