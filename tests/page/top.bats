#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# faultline top, in a terminal of tmux's: what it draws at several sizes, its keys, and that nothing
# stops it.  The sensor is one with made up answers, but for the last test.

bats_require_minimum_version 1.5.0
load ../sensor

setup() {
	TERMINAL=$BATS_TEST_TMPDIR/tmux # its socket
	TOP=$BATS_TEST_TMPDIR/top
	mkdir -p "$TOP/answers"
	configure top </dev/null
}

teardown() {
	[[ -n $BATS_TEST_COMPLETED ]] || screen
	if [[ -n ${IN_TMUX:-} ]]; then
		tmux -S "$TERMINAL" kill-server
	fi
	finish_all
	[[ -z ${SPACE:-} ]] || ip netns del "$SPACE"
}

# What the stand-in says from now on.  Arguments: as of made_up_status.py.
status() {
	python3 "$BATS_TEST_DIRNAME/made_up_status.py" "$@" >"$TOP/answers/new"
	mv "$TOP/answers/new" "$TOP/answers/status.json"
}

start_stand_in() {
	rm -f "$TOP/control.sock"
	spawn stand-in - python3 "$BATS_TEST_DIRNAME/stand_in_sensor.py" "$TOP/control.sock" "$TOP/answers"
	expect_line stand-in listening
}

# Starts top in a terminal.  $1, $2: columns and rows; further arguments: the environment.
start_top() {
	local columns=$1 rows=$2
	shift 2
	IN_TMUX=yes
	rm -f "$TOP/status"
	printf 'set -g remain-on-exit on\nset -g status off\n' >"$TOP/tmux.conf"
	env -u TMUX LC_ALL=C.UTF-8 tmux -S "$TERMINAL" -f "$TOP/tmux.conf" -u new-session -d -x "$columns" \
		-y "$rows" "env $* '$FAULTLINE' top --config '$TOP/faultline.yaml' 2>'$TOP/said'; echo \$? >'$TOP/status'"
}

screen() {
	tmux -S "$TERMINAL" capture-pane -p
}

has() {
	screen | grep -qE -- "$1"
}

lacks() {
	! has "$1"
}

shows() {
	wait_until 10 "the screen has $1" has "$1"
}

shows_no() {
	wait_until 10 "the screen has no longer $1" lacks "$1"
}

type_keys() {
	tmux -S "$TERMINAL" send-keys "$@"
}

ended() {
	[[ -s $TOP/status ]]
}

# Waits for the end of the program in the terminal.  $1: its exit status
ends_with() {
	wait_until 10 "top ends" ended
	[[ $(<"$TOP/status") == "$1" ]]
}

# Is no line wider than the terminal, and is the foot on the last one?
fits() {
	[[ $(screen | LC_ALL=C.UTF-8 wc -L) -le $1 ]]
	screen | tail -n 1 | grep -q "links.*incidents"
}

@test "80 columns: names, figures, and the fault's place on the way" {
	status incident=path
	start_stand_in
	start_top 80 24
	shows '^>rates-feed +x faulty +external +<0.01% +12ms \(11ms\) +853us +2.1ms'
	shows '^ LINK +STATE +KIND +LOSS +RESPONSE +PICKUP +RTT'
	shows 'trader-1 --- eth0 --- edge-router --- line|trader-1 --- eth0 --- edge-router -x- line'
	shows '-x- line --- 203.0.113.10:7001 \+1'
	shows '1 incident open'
	shows 'rates-feed: segments get lost on the line'
	shows 'external/path  97 %  since 13:15:00Z  call Vendor NOC \+81-3-0000-0000'
	shows '\+   2.0  3.1% of segments sent are lost'
	shows '-  -0.7  other links lose nothing'
	fits 80
	type_keys q
	ends_with 0
	[[ ! -s $TOP/said ]]
}

@test "80 columns: a long name is cut in its middle and keeps 12 characters or more" {
	status name=abcdefghijklmnopqrstuvwxyz0123456789
	start_stand_in
	start_top 80 24
	shows '^>abcdefgh…[a-z0-9]{4,} '
	start=$(screen | sed -n 's/^>\([^ ]*\) .*/\1/p')
	[[ ${#start} -ge 12 ]]
}

@test "120 columns: what is normal stands behind each time" {
	status
	start_stand_in
	start_top 120 40
	shows '^>rates-feed +\+ healthy +external +<0.01% +12ms \(11ms\) +853us \(801us\) +2.1ms'
	shows 'no incident'
	shows 'round trip p50 +2.1ms \(2.0ms\)'
	shows 'nothing is wrong'
	fits 120
}

@test "a fault of our own is before our host, and one that is not told apart may be on either part" {
	status incident=app
	start_stand_in
	start_top 80 24
	shows '-x- trader-1 --- eth0 --- edge-router --- line --- 203'
	status incident=unknown
	shows 'eth0 -\?- edge-router --- line -\?- 203'
}

@test "every key" {
	status links=200 incident=path pager=bad
	start_stand_in
	start_top 80 24
	shows '^>rates-feed'
	type_keys Down
	shows '^>link-001'
	type_keys j
	shows '^>link-002'
	type_keys Up k
	shows '^>rates-feed'
	type_keys NPage
	shows '^>link-011'
	type_keys PPage
	shows '^>rates-feed'
	type_keys End
	shows '^>link-199'
	shows_no 'link-100'
	type_keys Home
	shows '^>rates-feed'
	type_keys G
	shows '^>link-199'
	type_keys g
	shows '^>rates-feed'
	type_keys i
	shows '^>open +2026-11-22T13:15:00Z +page +rates-feed'
	type_keys d
	shows '^>edge-router +\+ healthy +reachable +eth0 +10.77.0.1'
	type_keys h
	shows 'waiting for a processor +1.5 % of time'
	shows 'waiting for memory +not available'
	type_keys '?'
	shows 'the fault lies here'
	type_keys Tab
	shows '^>rates-feed'
	type_keys Tab
	shows '^>open'
	type_keys x
	shows '^>open'
	type_keys q
	ends_with 0
}

@test "pagers that cannot deliver are news in every pane, and told of in the host's" {
	status pager=bad
	start_stand_in
	start_top 80 24
	shows '^ 1 pager in trouble, 4 pages wait'
	type_keys h
	shows 'pager pagerduty +in trouble +4 waiting, 1 delivered +answers 503'
	shows 'pager alertmanager +well +0 waiting, 7 delivered'
	shows '^ 1 pager in trouble, 4 pages wait'
	status incident=path pager=bad
	shows '^ 1 incident open; 1 pager in trouble, 4 pages wait'
	status
	shows 'nothing is wrong'
	tmux -S "$TERMINAL" resize-window -x 40 -y 10
	status pager=bad
	shows 'pagerduty'
}

@test "40 columns and 10 rows, and any other size while it runs" {
	local size
	status links=30 incident=path
	start_stand_in
	start_top 40 10
	shows '^>rates-feed +x faulty'
	shows '-x- line'
	[[ $(screen | LC_ALL=C.UTF-8 wc -L) -le 40 ]]
	type_keys i
	shows '^>open'
	type_keys h
	shows 'waiting for a processor'
	type_keys '?'
	shows 'Tab  the next pane'
	type_keys l
	for size in "1 1" "5 2" "20 5" "300 60" "80 3" "200 4"; do
		tmux -S "$TERMINAL" resize-window -x "${size% *}" -y "${size#* }"
		type_keys i h l End
	done
	tmux -S "$TERMINAL" resize-window -x 120 -y 40
	shows '^>link-029 .*853us \(801us\)'
	type_keys Home
	shows '-x- line --- 203.0.113.10:7001 \+1'
	fits 120
	tmux -S "$TERMINAL" resize-window -x 80 -y 24
	shows_no '801us'
	shows '^>rates-feed'
	fits 80
}

@test "in Japanese: headings, states and the way, as wide as they are" {
	status language=ja incident=path pager=bad
	start_stand_in
	start_top 80 24
	shows '^ リンク +状態 +種別 +損失 +応答 +受取り +往復'
	shows '^>rates-feed +x 障害 +社外 '
	shows '発生中の障害 1 件; 通知先 1 件が不通、未送信 4 件'
	shows 'edge-router -x- 回線 --- 203.0.113.10:7001 \+1'
	shows '社外/回線  97 %  発生 13:15:00Z  連絡先 Vendor NOC'
	[[ $(screen | LC_ALL=C.UTF-8 wc -L) -le 80 ]]
	# The columns of a heading and of what is below it begin at the same place.
	[[ $(column_of 応答 '^ リンク') == "$(column_of '12ms \(11ms\)' '^>rates')" ]]
	type_keys h
	shows 'CPU 待ち +1.5 % の時間'
	shows '通知先 pagerduty +不通'
	type_keys '?'
	shows '経路: -x- ここが障害'
	type_keys d
	shows '\+ 正常 +到達可'
}

# At which column of the terminal a text begins.  $1: the text; $2: its line
column_of() {
	screen | sed -nE "/$2/s/$1.*//p" | head -n 1 | tr -d '\n' | LC_ALL=C.UTF-8 wc -L
}

@test "names in Japanese keep the columns straight, control characters are shown as question marks" {
	status name=$'相場フィード東京'
	start_stand_in
	start_top 80 24
	shows '^>相場フィード東京 +\+ healthy'
	[[ $(column_of '\+ healthy' '^>相場') == "$(column_of '\+ healthy' '^ link-001')" ]]
	status name=$'\e[2J\e]0;owned\a\r\nx\u9b1[31m'
	shows '^>\?\[2J\?\]0;'
	[[ $(tmux -S "$TERMINAL" display-message -p '#{pane_title}') != owned ]]
	shows '^ link-001 +\+ healthy'
}

@test "the sensor goes away and comes again, and its answers are broken: top says so and goes on" {
	status
	start_stand_in
	start_top 80 24
	shows 'nothing is wrong'
	run finish stand-in KILL
	shows 'no sensor is running'
	shows '^>rates-feed'
	type_keys i
	shows 'none'
	start_stand_in
	shows 'nothing is wrong'
	printf '{"links": [{' >"$TOP/answers/status.json"
	shows 'broken off'
	printf '{"links": 7, "incidents": [null, 3, {}], "devices": [[]], "pagers": {}}' >"$TOP/answers/status.json"
	shows_no 'broken off'
	type_keys l i d h
	status
	shows 'trader-1'
	type_keys q
	ends_with 0
}

@test "no sensor at the start is an error that says how to start one" {
	start_top 80 24
	ends_with 1
	grep -q 'no sensor is running at .*(faultline run starts one)' "$TOP/said"
}

@test "without a terminal, or with one that cannot be drawn on, the error says so" {
	run -2 --separate-stderr "$FAULTLINE" top --config "$TOP/faultline.yaml" </dev/null
	[[ $stderr == *"this is no terminal"* ]]
	status
	start_stand_in
	start_top 80 24 -u TERM
	ends_with 2
	grep -q 'TERM is not set' "$TOP/said"
	tmux -S "$TERMINAL" kill-server
	start_top 80 24 TERM=dumb
	ends_with 2
	grep -q 'TERM=dumb: the cursor' "$TOP/said"
	tmux -S "$TERMINAL" kill-server
	start_top 80 24 TERM=no-such-terminal
	ends_with 2
	grep -q 'knows no such terminal' "$TOP/said"
}

@test "without a locale names are still UTF-8, and without colours states still have signs" {
	status name=相場 incident=path
	start_stand_in
	start_top 80 24 LC_ALL=C TERM=vt100
	shows '^>相場 +x faulty'
}

@test "a real sensor: its links, and that it went" {
	SPACE=top$$
	ip netns add "$SPACE"
	ip -n "$SPACE" link set lo up
	configure top <<-'END'
		links:
		  - {name: rates-feed, kind: external, endpoints: ["127.0.0.1:7001"]}
	END
	spawn far "$SPACE" python3 "$BATS_TEST_DIRNAME/far_end.py" 7001
	expect_line far listening
	spawn near "$SPACE" python3 "$BATS_TEST_DIRNAME/near_end.py" 7001
	start_sensor top "$SPACE" --json
	start_top 80 24
	shows '^>rates-feed +. learning +external +0% +[0-9.]+[um]s .* [0-9.]+[um]s +[0-9.]+[um]s'
	shows 'line --- 127.0.0.1:7001'
	finish top
	shows 'no sensor is running'
	type_keys q
	ends_with 0
}
