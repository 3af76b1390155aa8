#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# faultline check: what it prints, where, and its exit code.  The wording of each mistake is the
# business of tests/unit/test_config_*.c.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR"
	faultline=$BATS_TEST_DIRNAME/../../build/faultline
	cat >good.yaml <<-'END'
		links:
		  - {name: feed, kind: external, endpoints: ["203.0.113.0/24:7001"], via: [edge]}
		  - {name: customers, kind: external, local_ports: [8080]}
		devices:
		  - {name: edge, address: 10.77.0.1}
		pagers:
		  - {type: syslog}
		  - {type: alertmanager, url: "http://127.0.0.1:9093"}
		  - {type: exec, command: [/bin/page]}
	END
	cat >bad.yaml <<-'END'
		interval: 5
		links:
		  - name: feed
		    kind: extern
		    endpoints: ["203.0.113.0/33"]
	END
}

@test "a valid file is summed up on stdout" {
	run -0 --separate-stderr "$faultline" check good.yaml
	[ "$output" = "good.yaml: valid: 2 links, 1 devices, 3 pagers" ]
	[ -z "$stderr" ]
}

@test "every mistake is a line on stderr with its place, and the exit code is 2" {
	run -2 --separate-stderr "$faultline" check bad.yaml
	[ -z "$output" ]
	[ "${#stderr_lines[@]}" -eq 3 ]
	[[ ${stderr_lines[0]} == 'bad.yaml:1:11: interval: "5": '* ]]
	[[ ${stderr_lines[1]} == 'bad.yaml:4:11: links[0].kind: "extern": '*'did you mean "external"?' ]]
	[ "${stderr_lines[2]}" = 'bad.yaml:5:17: links[0].endpoints[0]: "203.0.113.0/33": prefix length over 32' ]
}

@test "--config names the file when no operand does" {
	run -0 "$faultline" check --config good.yaml
	[ "$output" = "good.yaml: valid: 2 links, 1 devices, 3 pagers" ]
	run -2 "$faultline" check --config bad.yaml
}

@test "an operand goes before --config" {
	run -0 "$faultline" check --config bad.yaml good.yaml
	[ "$output" = "good.yaml: valid: 2 links, 1 devices, 3 pagers" ]
}

@test "a missing file, a folder and a file too large are refused with their name" {
	run -2 "$faultline" check nothing.yaml
	[ "$output" = "nothing.yaml: cannot be read: No such file or directory; expected a file in YAML" ]
	mkdir folder
	run -2 "$faultline" check folder
	[ "$output" = "folder: cannot be read: Is a directory; expected a file in YAML" ]
	truncate -s 1048577 large.yaml
	run -2 "$faultline" check large.yaml
	[ "$output" = "large.yaml: larger than 1 MiB; expected a configuration" ]
}

@test "an empty file means the defaults" {
	: >empty.yaml
	run -0 "$faultline" check empty.yaml
	[ "$output" = "empty.yaml: valid: 0 links, 0 devices, 0 pagers" ]
}

@test "a pipe is read like a file" {
	run -0 "$faultline" check /dev/stdin <good.yaml
	[ "$output" = "/dev/stdin: valid: 2 links, 1 devices, 3 pagers" ]
}

@test "two files are an error of usage" {
	run -2 "$faultline" check good.yaml bad.yaml
}

@test "it needs no privilege at all" {
	run -0 setpriv --bounding-set=-all --inh-caps=-all "$faultline" check good.yaml
	[ "$output" = "good.yaml: valid: 2 links, 1 devices, 3 pagers" ]
}

@test "a secret that others can read is warned of, one that is not here is not" {
	printf 'secret\n' >hook.key
	cat >secret.yaml <<-END
		pagers:
		  - {type: pagerduty, routing_key_file: $PWD/elsewhere.key}
		  - {type: webhook, url: "http://127.0.0.1:1/", secret_file: $PWD/hook.key}
	END
	chmod 644 hook.key
	run -0 --separate-stderr "$faultline" check secret.yaml
	[ "$output" = "secret.yaml: valid: 0 links, 0 devices, 2 pagers" ]
	[[ $stderr == "secret.yaml: warning: pagers[1].secret_file: $PWD/hook.key: others can"*"0644"*"chmod 600"* ]]
	chmod 600 hook.key
	run -0 --separate-stderr "$faultline" check secret.yaml
	[ "$stderr" = "" ]
}
