#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# The manual pages and the example configuration hold all that there is, and nothing else.

bats_require_minimum_version 1.5.0
load ../sensor

setup() {
	MAN=$ROOT/scripts/man
	EXAMPLE=$ROOT/scripts/faultline.yaml
	cd "$BATS_TEST_TMPDIR"
}

# Every key of the configuration's schema, one a line.
keys() {
	sed -nE 's/^	(TEXT|WORD|LIST)\((\w+),.*/\2/p; s/^	CYAML_FIELD_(BOOL|MAPPING_PTR)\("(\w+)".*/\2/p' \
		"$ROOT/user/base/config_schema.c" | sort -u
}

# Every name that a reading has in an incident.
signals() {
	cat "$ROOT"/user/judge/{symptom,host_symptom,evidence}.h |
		sed -nE 's/^	X\([A-Z_0-9]+, "([a-z_.]+)".*/\1/p' | sort -u
}

# Terms of a list in a manual page.  $1: page; $2: macro
terms() {
	sed -nE "s/^\.It $2 ([a-z_.-]+).*/\1/p" "$MAN/$1" | sort -u
}

@test "the manual pages are without a warning" {
	local page
	for page in "$MAN"/*.[1-8]; do
		run -0 mandoc -T lint -W warning "$page"
		[[ -z $output ]]
		mandoc -T utf8 "$page" | col -b | grep -q "^SEE ALSO"
	done
	[[ $(ls "$MAN") == $'faultline-evidence.7\nfaultline-limits.7\nfaultline-security.7\nfaultline.1\nfaultline.yaml.5' ]]
}

@test "faultline(1) has every command and every option of the help, and no other" {
	local command
	"$FAULTLINE" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' | sort >commands
	[[ $(wc -l <commands) -gt 10 ]]
	sed -n '/^\.Ss Commands/,/^\.Ss Options/s/^\.It Cm \([a-z-]*\).*/\1/p' "$MAN/faultline.1" |
		sort | diff commands -
	while read -r command; do
		"$FAULTLINE" "$command" --help | sed -nE 's/^  -(.), --([a-z-]+).*/\1 \2/p'
	done <commands | sort -u >options
	[[ $(wc -l <options) -gt 10 ]]
	sed -nE 's/^\.It Fl (.) , Fl -([a-z-]+).*/\1 \2/p' "$MAN/faultline.1" | sort | diff options -
}

@test "faultline.yaml(5) has every key, and no other" {
	keys >keys
	[[ $(wc -l <keys) -gt 30 ]]
	terms faultline.yaml.5 Ic | diff keys -
}

@test "faultline.yaml(5) names the defaults that are built in" {
	local value
	for value in $(sed -nE 's/^#define DEFAULT_[A-Z_]+ +"(.*)"/\1/p' "$ROOT/user/base/config_build.c" | tr ' ' '_'); do
		mandoc -T ascii -O width=200 "$MAN/faultline.yaml.5" | col -b |
			grep -q "Default: ${value//_/ }"
		grep -q ": ${value//_/ } " "$EXAMPLE"
	done
	[[ -n $value ]]
}

@test "faultline-security(7) has every capability that doctor lists, and no other" {
	"$FAULTLINE" doctor --json | jq -r '.capabilities[].name' | sort >capabilities
	[[ $(wc -l <capabilities) -ge 10 ]]
	sed -nE 's/^\.It (cap_[a-z_]+)$/\1/p' "$MAN/faultline-security.7" | sort | diff capabilities -
}

@test "faultline-evidence(7) has every signal and every place, and no other" {
	signals >signals
	[[ $(wc -l <signals) -gt 60 ]]
	terms faultline-evidence.7 Li | diff signals -
	"$FAULTLINE" completion verdicts | sed 's#.*/##' >places
	[[ $(wc -l <places) -eq 15 ]]
	while read -r place; do
		grep -qE "^\.It Cm (.* )?$place( |$)" "$MAN/faultline-evidence.7"
	done <places
}

@test "the example configuration is valid, also with all that is commented out, and has every key" {
	run -0 "$FAULTLINE" check "$EXAMPLE"
	[[ $output == *"valid: 0 links, 0 devices, 0 pagers" ]]
	sed -E 's/^# (links:|devices:|pagers:|  .*)/\1/; s/^# (control:.*)/\1/' "$EXAMPLE" >all.yaml
	run -0 "$FAULTLINE" check all.yaml
	[[ $output == "all.yaml: valid: 2 links, 1 devices, 7 pagers" ]]
	keys >keys
	while read -r key; do
		printf '# %s\n' "$key"
		grep -qE "(^|[# {,-])$key: " "$EXAMPLE" || grep -qE "^# $key:$" "$EXAMPLE"
	done <keys
}

@test "the example sets what is default, and nothing else" {
	[[ $(sed -nE 's/^([a-z_]+):.*/\1/p' "$EXAMPLE" | sort | tr '\n' ' ') == \
		"false_pages interval language listen scope state_dir " ]]
}
