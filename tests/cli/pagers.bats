#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# Pagers against stand-ins that check what they get as the services' documentation says: everything
# arrives, whatever goes wrong, and once per key.

bats_require_minimum_version 1.5.0
load pagers

setup() {
	export TZ=Asia/Tokyo
}

teardown() {
	exec 4>&-
	finish_all
}

# Of each incident and kind of event one was accepted, and nothing was sent that is not documented.
all_of_pagerduty() {
	expect_got "$1" '[.[] | select(.status == 202)] | length' "$2"
	[ "$(got "$1" '[.[] | select(.wrong != "")] | length')" = 0 ]
	[ "$(got "$1" '[.[] | select(.status == 202) | .body | .dedup_key + .event_action] |
		length == (unique | length)')" = true ]
}

@test "each service gets the beginning and the end as it documents them" {
	stand_in pd pagerduty R0UTINGKEY
	stand_in slack slack /services/T/B/x
	stand_in dd datadog D4TAD0G
	stand_in hook webhook 'shared "secret"'
	printf 'http://127.0.0.1:%s/services/T/B/x\n' "$(port_of slack)" >"$BATS_TEST_TMPDIR/slack.url"
	chmod 600 "$BATS_TEST_TMPDIR/slack.url"
	configure feed <<-END
		pagers:
		  - {type: pagerduty, url: "http://127.0.0.1:$(port_of pd)", routing_key_file: $BATS_TEST_TMPDIR/pd/key}
		  - {type: slack, url_file: $BATS_TEST_TMPDIR/slack.url, language: ja}
		  - {type: datadog, url: "http://127.0.0.1:$(port_of dd)/", api_key_file: $BATS_TEST_TMPDIR/dd/key}
		  - {type: webhook, url: "http://127.0.0.1:$(port_of hook)/in", secret_file: $BATS_TEST_TMPDIR/hook/key}
	END
	start_feed feed
	event feed_silent one open 1 >&4
	event feed_back one resolve 2 >&4
	event process_stopped two open 1 >&4
	event not_clear three open 1 >&4
	drain_feed feed
	for name in pd slack dd hook; do
		[ "$(got $name 'length')" = 4 ]
		[ "$(got $name '[.[].wrong] | unique | .[]')" = "" ]
	done
	[ "$(got pd '[.[].body.event_action] | join(" ")')" = "trigger resolve trigger trigger" ]
	[ "$(got pd '[.[].body.payload.severity] | join(" ")')" = "critical  critical warning" ]
	[ "$(got pd '.[0].body.payload.class')" = external/peer-app ]
	[ "$(got dd '[.[].body.alert_type] | join(" ")')" = "error success error warning" ]
	[[ $(got slack '.[0].body.text') == *相手先アプリ* ]]
	[ "$(got hook '.[0].body' | jq -cS .)" = "$(event feed_silent one open 1 | jq -cS .)" ]
}

@test "later, 500, cut, garbage, no answer: every incident arrives, once per key" {
	local troubles=("later 1" "status 500" "cut" "garbage" "hang-up" "slow 2") i
	{
		echo "pagers:"
		for i in "${!troubles[@]}"; do
			stand_in "pd$i" pagerduty KEY
			behave "pd$i" "${troubles[i]}"
			printf '  - {type: pagerduty, url: "http://127.0.0.1:%s", routing_key_file: %s}\n' \
				"$(port_of "pd$i")" "$BATS_TEST_TMPDIR/pd$i/key"
		done
	} >"$BATS_TEST_TMPDIR/list"
	configure feed <"$BATS_TEST_TMPDIR/list"
	start_feed feed
	event feed_silent one open 1 >&4
	event gateway_dead two open 1 >&4
	for i in "${!troubles[@]}"; do
		wait_until 30 "a request to ${troubles[i]}" got_is "pd$i" 'length > 0' true
		behave "pd$i" ok
	done
	event feed_back one resolve 2 >&4
	drain_feed feed
	for i in "${!troubles[@]}"; do
		all_of_pagerduty "pd$i" 3
		# The end never comes before the beginning.
		[ "$(got "pd$i" '[.[] | select(.status == 202 and .body.dedup_key == "one") |
			.body.event_action] | join(" ")')" = "trigger resolve" ]
	done
}

@test "a pager that is not there loses nothing and delays nobody" {
	stand_in dead pagerduty KEY
	stand_in well pagerduty KEY
	finish dead KILL || [ $? = 137 ]
	configure feed <<-END
		pagers:
		  - {type: pagerduty, url: "http://127.0.0.1:$(port_of dead)", routing_key_file: $BATS_TEST_TMPDIR/dead/key}
		  - {type: pagerduty, url: "http://127.0.0.1:$(port_of well)", routing_key_file: $BATS_TEST_TMPDIR/well/key}
	END
	start_feed feed
	for i in 1 2 3; do
		event feed_silent "i$i" open 1 >&4
		event feed_silent "i$i" update 2 '.confidence = 0.5' >&4
		event feed_silent "i$i" update 3 >&4
		event feed_back "i$i" resolve 4 >&4
	done
	all_of_pagerduty_but_updates well 6
	wait_until 20 "the dead one is told as such" grep -q '"what": *"pager"' "$BATS_TEST_TMPDIR/feed/out"
	[ "$(status_of feed '.[0] | [.well, .queued, .merged] | join(" ")')" = "false 6 6" ]
	[ "$(status_of feed '.[1] | [.well, .queued] | join(" ")')" = "true 0" ]
	stand_in dead pagerduty KEY
	drain_feed feed
	all_of_pagerduty dead 6
	grep '"what": *"pager"' "$BATS_TEST_TMPDIR/feed/out" | tail -n 1 | grep -q recovered
}

# The one that is well may or may not have been told of what lies in between.
all_of_pagerduty_but_updates() {
	expect_got "$1" '[.[] | select(.status == 202) | .body | .dedup_key + .event_action] | unique | length' "$2"
	[ "$(got "$1" '[.[] | select(.wrong != "")] | length')" = 0 ]
}

@test "killed between the beginning of an incident and its page, the page is sent at the next start" {
	stand_in pd pagerduty KEY
	configure feed <<-END
		pagers:
		  - {type: pagerduty, url: "http://127.0.0.1:$(port_of pd)", routing_key_file: $BATS_TEST_TMPDIR/pd/key}
	END
	start_feed feed kill
	event feed_silent one open 1 >&4
	wait_until 20 "it is dead" gone "${PID_OF[feed]}"
	finish feed || [ $? = 137 ]
	[ "$(got pd length)" = 0 ]
	start_feed feed
	drain_feed feed
	all_of_pagerduty pd 1
	# And once only: what was delivered is not in the queue any more.
	start_feed feed
	drain_feed feed
	[ "$(got pd length)" = 1 ]
}

@test "a key that is wrong is for a person to set right; until then pages wait" {
	stand_in dd datadog RIGHT
	printf 'WRONG\n' >"$BATS_TEST_TMPDIR/key"
	chmod 600 "$BATS_TEST_TMPDIR/key"
	configure feed <<-END
		pagers:
		  - {type: datadog, url: "http://127.0.0.1:$(port_of dd)", api_key_file: $BATS_TEST_TMPDIR/key}
	END
	start_feed feed
	event feed_silent one open 1 >&4
	expect_got dd '.[0].status' 403
	wait_until 10 "health says so" grep -q 'HTTP 403' "$BATS_TEST_TMPDIR/feed/out"
	[ "$(status_of feed '.[0].queued')" = 1 ]
	printf 'RIGHT\n' >"$BATS_TEST_TMPDIR/key"
	drain_feed feed
	expect_got dd '[.[] | select(.status == 202)] | length' 1
	run ! grep -rE 'WRONG|RIGHT' "$BATS_TEST_TMPDIR/feed/out" "$BATS_TEST_TMPDIR/feed/log"
}

@test "a page that is refused for good is said, counted, and in nobody's way" {
	stand_in pd pagerduty KEY
	behave pd status 400
	configure feed <<-END
		pagers:
		  - {type: pagerduty, url: "http://127.0.0.1:$(port_of pd)", routing_key_file: $BATS_TEST_TMPDIR/pd/key}
	END
	start_feed feed
	event feed_silent one open 1 >&4
	wait_until 20 "it is counted" status_is feed '.[0] | [.refused, .queued, .well] | join(" ")' "1 0 false"
	grep -q 'incident one, event 1 is refused for good: HTTP 400' "$BATS_TEST_TMPDIR/feed/log"
	behave pd ok
	event feed_silent two open 1 >&4
	drain_feed feed
	expect_got pd '[.[] | select(.status == 202) | .body.dedup_key] | join(" ")' two
}

@test "filters choose by owner, link, side and severity; who heard of the beginning hears of the end" {
	local name
	for name in owner link side severity; do
		stand_in $name pagerduty KEY
	done
	url() { printf 'url: "http://127.0.0.1:%s", routing_key_file: %s' "$(port_of "$1")" "$BATS_TEST_TMPDIR/$1/key"; }
	configure feed <<-END
		links:
		  - {name: rates-feed, kind: external, endpoints: ["203.0.113.0/24:7001"], owner: rates-oncall}
		  - {name: fx, kind: external, endpoints: ["192.0.2.0/24:9001"]}
		pagers:
		  - {type: pagerduty, $(url owner), only: {owner: rates-oncall}}
		  - {type: pagerduty, $(url link), only: {link: fx}}
		  - {type: pagerduty, $(url side), only: {side: internal}}
		  - {type: pagerduty, $(url severity), only: {severity: ticket}}
	END
	start_feed feed
	event feed_silent feed open 1 >&4
	event not_clear fx open 1 >&4
	event process_stopped stopped open 1 >&4
	event feed_back feed resolve 2 '.owner = "somebody-else"' >&4
	event feed_back unheard resolve 2 '.owner = "somebody-else"' >&4
	drain_feed feed
	[ "$(got owner '[.[].body | .dedup_key + " " + .event_action] | join(", ")')" = "feed trigger, feed resolve" ]
	[ "$(got link '[.[].body.dedup_key] | join(" ")')" = fx ]
	[ "$(got side '[.[].body.dedup_key] | join(" ")')" = stopped ]
	[ "$(got severity '[.[].body.dedup_key] | join(" ")')" = fx ]
}

@test "a slow pager does not hold up the others" {
	stand_in slow pagerduty KEY
	stand_in quick pagerduty KEY
	behave slow slow 5
	configure feed <<-END
		pagers:
		  - {type: pagerduty, url: "http://127.0.0.1:$(port_of slow)", routing_key_file: $BATS_TEST_TMPDIR/slow/key}
		  - {type: pagerduty, url: "http://127.0.0.1:$(port_of quick)", routing_key_file: $BATS_TEST_TMPDIR/quick/key}
	END
	start_feed feed
	for i in 1 2 3 4 5; do
		event feed_silent "i$i" open 1 >&4
	done
	expect_got quick 'length' 5
	# It records when it answers, after five seconds for each.
	[ "$(got slow 'length < 5')" = true ]
}

@test "a command gets the object on standard input, no shell, and its end counts" {
	cd "$BATS_TEST_TMPDIR"
	cat >"$BATS_TEST_TMPDIR/page" <<-'END'
		#!/bin/bash
		jq -c '{id, event, pwd: env.PWD, incident: env.FAULTLINE_INCIDENT, home: env.HOME}' >>"$1"
		ls /proc/self/fd | wc -l >>"$1.descriptors"
		[[ -e $2 ]] || { echo "the channel is gone" >&2; exit 3; }
	END
	chmod 755 "$BATS_TEST_TMPDIR/page"
	configure feed <<-END
		pagers:
		  - {type: exec, command: ["$BATS_TEST_TMPDIR/page", "$BATS_TEST_TMPDIR/told \$(touch shell)", "$BATS_TEST_TMPDIR/open"]}
	END
	start_feed feed
	event feed_silent one open 1 >&4
	wait_until 20 "it failed" status_is feed '.[0].failed > 0' true
	wait_until 20 "its words are told" grep -q 'exit code 3: the channel is gone' "$BATS_TEST_TMPDIR/feed/out"
	touch "$BATS_TEST_TMPDIR/open"
	drain_feed feed
	[ ! -e "$BATS_TEST_TMPDIR/shell" ]
	[ "$(jq -r '[.id, .event, .incident, .home] | join(" ")' "$BATS_TEST_TMPDIR"/told*shell\) | sort -u)" = "one open one " ]
	# 0, 1, 2, and the one with which ls reads the folder.
	[ "$(sort -u "$BATS_TEST_TMPDIR"/told*.descriptors)" = 4 ]
}

@test "a reload keeps the queue of a pager that stays, and gives up what nobody can be told, aloud" {
	stand_in stays pagerduty KEY
	behave stays status 500
	configure feed <<-END
		pagers:
		  - {type: exec, command: [/bin/false]}
		  - {type: pagerduty, url: "http://127.0.0.1:$(port_of stays)", routing_key_file: $BATS_TEST_TMPDIR/stays/key}
	END
	start_feed feed
	event feed_silent one open 1 >&4
	expect_got stays 'length > 0' true
	configure feed <<-END
		pagers:
		  - {type: pagerduty, url: "http://127.0.0.1:$(port_of stays)", routing_key_file: $BATS_TEST_TMPDIR/stays/key}
	END
	echo reload >&4
	wait_until 20 "it reloaded" grep -q reloaded "$BATS_TEST_TMPDIR/feed/out"
	grep -q 'exec is configured no more: 1 pages are given up' "$BATS_TEST_TMPDIR/feed/log"
	[ "$(status_of feed '[.[] | .queued] | join(" ")')" = 1 ]
	behave stays ok
	drain_feed feed
	all_of_pagerduty stays 1
}

@test "a secret that cannot be read is said at the start, not when somebody is to be woken" {
	configure feed <<-END
		pagers:
		  - {type: pagerduty, routing_key_file: $BATS_TEST_TMPDIR/missing}
	END
	start_feed feed
	wait_until 10 "health says so" grep -q "missing: No such file" "$BATS_TEST_TMPDIR/feed/out"
	drain_feed feed
}
