#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# faultline page-test: what each pager answered, and what is wrong with one that will never work.

bats_require_minimum_version 1.5.0
load pagers

teardown() {
	finish_all
}

page_test() {
	"$FAULTLINE" page-test --config "$BATS_TEST_TMPDIR/test/faultline.yaml"
}

@test "every pager gets a test that says so, whatever its filter, and its answer is shown" {
	stand_in pd pagerduty KEY
	stand_in dd datadog KEY
	configure test <<-END
		links: [{name: a, kind: external, endpoints: ["203.0.113.1"], owner: me}]
		pagers:
		  - {type: pagerduty, url: "http://127.0.0.1:$(port_of pd)", routing_key_file: $BATS_TEST_TMPDIR/pd/key, only: {owner: me}}
		  - {type: datadog, url: "http://127.0.0.1:$(port_of dd)", api_key_file: $BATS_TEST_TMPDIR/dd/key}
		  - {type: exec, command: [/bin/cat]}
	END
	run -0 page_test
	[[ ${lines[0]} =~ ^pagerduty\ +delivered\ +202\ +[0-9]+\ ms$ ]]
	[[ ${lines[1]} =~ ^datadog\ +delivered\ +202\ +[0-9]+\ ms$ ]]
	[[ ${lines[2]} =~ ^exec\ +delivered\ +0\ +[0-9]+\ ms$ ]]
	[ "$(got pd '.[0].wrong')" = "" ]
	[[ $(got pd '.[0].body.payload.summary') == TEST* ]]
	[[ $(got dd '.[0].body.title') == TEST* ]]
	# What would stay open is ended; the others hear of it once.
	[ "$(got pd '[.[].body.event_action] | join(" ")')" = "trigger resolve" ]
	[ "$(got pd '[.[].body.dedup_key] | unique | length')" = 1 ]
	[ "$(got dd length)" = 1 ]
}

@test "one that fails makes exit code 1, and the others are tried" {
	stand_in pd pagerduty KEY
	stand_in dd datadog OTHER
	configure test <<-END
		pagers:
		  - {type: datadog, url: "http://127.0.0.1:$(port_of dd)", api_key_file: $BATS_TEST_TMPDIR/pd/key}
		  - {type: webhook, url: "http://127.0.0.1:1/"}
		  - {type: exec, command: [/no/such/command]}
		  - {type: pagerduty, url: "http://127.0.0.1:$(port_of pd)", routing_key_file: $BATS_TEST_TMPDIR/pd/key}
	END
	run -1 page_test
	[[ ${lines[0]} =~ ^datadog\ +FAILED\ +403.*Forbidden ]]
	[[ ${lines[1]} =~ ^webhook\ +FAILED\ +-.*connect ]]
	[[ ${lines[2]} =~ ^exec\ +FAILED\ +-.*/no/such/command:\ No\ such\ file ]]
	[[ ${lines[3]} =~ ^pagerduty\ +delivered ]]
}

@test "without a pager nobody would be told, and that is a failure" {
	configure test </dev/null
	run -1 page_test
	[[ $output == *"no pager is configured"* ]]
}

@test "a secret that others can read, or own, is refused, and never shown" {
	stand_in pd pagerduty SESAME
	local key=$BATS_TEST_TMPDIR/pd/key
	configure test <<-END
		pagers:
		  - {type: pagerduty, url: "http://127.0.0.1:$(port_of pd)", routing_key_file: $key}
	END
	chmod 640 "$key"
	run -1 page_test
	[[ $output == *"$key: others can read or change it (mode 0640); run: chmod 600 $key"* ]]
	chmod 600 "$key"
	chown 12345 "$key"
	run -1 page_test
	[[ $output == *"$key: belongs to user 12345, who could change it; expected root"* ]]
	chown 0 "$key"
	printf 'two\nSESAME\n' >"$key"
	run -1 page_test
	[[ $output == *"$key: expected one line, the secret"* && $output != *SESAME* ]]
	rm "$key"
	run -1 page_test
	[[ $output == *"$key: No such file or directory"* ]]
	mkdir "$key"
	run -1 page_test
	[[ $output == *"$key: no plain file; expected a secret"* ]]
	[ "$(got pd length)" = 0 ]
}

@test "a redirect is not followed, and a secret goes nowhere else" {
	stand_in pd pagerduty KEY
	behave pd status 302
	configure test <<-END
		pagers:
		  - {type: pagerduty, url: "http://127.0.0.1:$(port_of pd)", routing_key_file: $BATS_TEST_TMPDIR/pd/key}
	END
	run -1 page_test
	[[ $output == *"HTTP 302: as told (redirects are not followed)"* ]]
	[ "$(got pd length)" = 1 ]
}

@test "a certificate that nobody vouches for is refused; one that the host trusts is taken" {
	local certificate=$BATS_TEST_TMPDIR/certificate
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
		-addext 'subjectAltName=DNS:localhost' -keyout "$certificate" -out "$certificate.crt" \
		2>/dev/null
	cat "$certificate.crt" >>"$certificate"
	stand_in pd pagerduty KEY "$certificate"
	configure test <<-END
		pagers:
		  - {type: pagerduty, url: "https://localhost:$(port_of pd)", routing_key_file: $BATS_TEST_TMPDIR/pd/key}
	END
	run -1 page_test
	[[ $output == *FAILED*certificate* ]]
	touch "$BATS_TEST_TMPDIR/pd/requests"
	[ "$(got pd length)" = 0 ]
	# The host's list of those it trusts, in a mount namespace of our own.
	cat >"$BATS_TEST_TMPDIR/trusting" <<-END
		#!/bin/bash
		mount --bind "$certificate.crt" /etc/ssl/certs/ca-certificates.crt || exit 9
		exec "$FAULTLINE" page-test --config "$BATS_TEST_TMPDIR/test/faultline.yaml"
	END
	run -0 unshare -m bash "$BATS_TEST_TMPDIR/trusting"
	[ "$(got pd length)" = 2 ]
}

@test "a proxy of the environment is used" {
	stand_in proxy pagerduty KEY
	configure test <<-END
		pagers:
		  - {type: pagerduty, url: "http://events.invalid", routing_key_file: $BATS_TEST_TMPDIR/proxy/key}
	END
	http_proxy=http://127.0.0.1:$(port_of proxy) run -1 page_test
	# Proxies are asked for the whole address.
	[ "$(got proxy '.[0].path')" = "http://events.invalid/v2/enqueue" ]
}

# Runs page-test where /dev and /run are our own.  $1: where the log's socket is.
page_to_log() {
	cat >"$BATS_TEST_TMPDIR/inside" <<-END
		#!/bin/bash
		mount -t tmpfs tmpfs /run || exit 9
		mkdir -p /run/systemd/journal "$BATS_TEST_TMPDIR"
		mount -t tmpfs tmpfs /dev || exit 9
		mknod -m 666 /dev/null c 1 3
		mknod -m 666 /dev/urandom c 1 9
		cd "$BATS_TEST_TMPDIR"
		[[ -z "$1" ]] && exec "$FAULTLINE" page-test --config test/faultline.yaml
		setpriv --pdeathsig KILL python3 "$ROOT/tests/cli/standins/logs.py" "$1" told >said 2>&1 3>&- &
		until grep -q listening said; do sleep 0.05; done
		"$FAULTLINE" page-test --config test/faultline.yaml || exit
		until [[ -s told ]]; do sleep 0.05; done
	END
	: >"$BATS_TEST_TMPDIR/said"
	unshare -m timeout 20 bash "$BATS_TEST_TMPDIR/inside"
}

@test "the journal gets fields, syslog a line, and neither is a failure" {
	configure test <<-'END'
		pagers: [{type: syslog}]
	END
	run -0 page_to_log /run/systemd/journal/socket
	[[ $output =~ ^syslog\ +delivered ]]
	jq -e '.PRIORITY == "2" and .SYSLOG_IDENTIFIER == "faultline" and .FAULTLINE_EVENT == "open"
		and (.MESSAGE | startswith("TEST")) and (.FAULTLINE_INCIDENT | startswith("test-"))
		and (.FAULTLINE_PAGE | contains("\n"))' "$BATS_TEST_TMPDIR/told"
	rm "$BATS_TEST_TMPDIR/told"
	run -0 page_to_log /dev/log
	jq -e '.line | test("^<26>[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} faultline\\[[0-9]+\\]: TEST .*side=unknown")' \
		"$BATS_TEST_TMPDIR/told"
	run -1 page_to_log ""
	[[ $output == *"/dev/log: "* ]]
}
