#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# Completion, in a real bash: what the script offers for a line, and what the Tab key makes of it in
# a terminal of tmux's.  The script comes from the program, so whatever --help names is offered.

bats_require_minimum_version 1.5.0
load keep

setup() {
	make_store
	cat >>"$CONFIG" <<-'END'
		links:
		  - {name: rates-feed, kind: external, endpoints: ["203.0.113.0/24:7001"]}
		devices:
		  - {name: edge-router, address: 10.77.0.1}
	END
	SCRIPT=$BATS_TEST_TMPDIR/completion
	"$FAULTLINE" completion >"$SCRIPT"
	cd "$BATS_TEST_TMPDIR"
	printf "PS1='ready> '\n" >rc
	TERMINAL=$BATS_TEST_TMPDIR/tmux # its socket
}

teardown() {
	if [[ -n ${IN_TMUX:-} ]]; then
		tmux -S "$TERMINAL" kill-server
	fi
	finish_all
}

# A sensor with links that it found itself.
run_stand_in() {
	mkdir answers
	cat >answers/links.json <<-'END'
		{"links": [{"name": "10.0.0.1:5432"}, {"name": ":8080"}, {"name": "with a blank"}, {"name": "two\nlines"}],
		 "devices": [{"name": "10.77.0.1"}]}
	END
	spawn stand-in - python3 "$ROOT/tests/page/stand_in_sensor.py" "$STATE/control.sock" "$PWD/answers"
	expect_line stand-in listening
}

# What is offered for a line, one a line, sorted.  $1: the line, with the cursor at its end.
offered() {
	bash --norc -c '
		source "$1"
		COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDS=("$3")
		_faultline
		[[ ${#COMPREPLY[@]} -eq 0 ]] || printf "%s\n" "${COMPREPLY[@]}" | sort
	' - "$SCRIPT" "$1" "$FAULTLINE"
}

@test "the script is sound, and complains of nothing" {
	bash -n "$SCRIPT"
	shellcheck -s bash "$SCRIPT"
}

@test "every command that the help names is offered, and no other" {
	"$FAULTLINE" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' | sort >help
	[[ $(wc -l <help) -gt 10 ]]
	offered "faultline " | diff help -
	[[ $(offered "faultline exp") == explain ]]
	[[ $(offered "faultline --verbose --config $CONFIG expl") == explain ]]
}

@test "every option that a command's help names is offered, and no other" {
	local command
	for command in $("$FAULTLINE" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'); do
		"$FAULTLINE" "$command" --help |
			sed -n 's/^  -[a-zA-Z], \(--[a-z-]*\).*/\1/p' | sort >help
		[[ -s help ]]
		offered "faultline $command --" | diff help -
	done
	offered "faultline --" | grep -x -e --help
	[[ $(offered "faultline run --ver") == $'--verbose\n--version' ]]
}

@test "incidents are offered by their names" {
	faultline incidents --json | jq -r .id | sort >ids
	[[ $(wc -l <ids) -gt 2 ]]
	offered "faultline explain --config $CONFIG " | diff ids -
	offered "faultline note --config=$CONFIG " | diff ids -
	[[ -z $(offered "faultline note --config $CONFIG ID ") ]]
	[[ $(offered "faultline note -t infra/n") == infra/nic ]]
}

@test "links and devices of the configuration are offered when no sensor runs" {
	[[ $(offered "faultline history --config $CONFIG rates-") == rates-feed ]]
	[[ $(offered "faultline incidents --config $CONFIG --link edge") == edge-router ]]
	[[ $(offered "faultline incidents --config $CONFIG --link=edge") == edge-router ]]
}

@test "links and devices of the running sensor are offered, with all that is in their names" {
	run_stand_in
	offered "faultline history -c $CONFIG " |
		diff <(printf '%s\n' 10.0.0.1:5432 10.77.0.1 :8080 'with\ a\ blank' | sort) -
	[[ $(offered "faultline history -c $CONFIG with\\ a") == 'with\ a\ blank' ]]
	# Of a word with a colon bash completes only what is behind it.
	[[ $(offered "faultline history -c $CONFIG 10.0.0.1:5") == 5432 ]]
	[[ $(offered "faultline history -c $CONFIG :80") == 8080 ]]
}

@test "where a file is expected files are offered" {
	touch morning.rec "in the evening.rec"
	[[ $(offered "faultline replay mor") == morning.rec ]]
	[[ $(offered "faultline check in") == "in the evening.rec" ]]
	[[ $(offered "faultline run --record mor") == morning.rec ]]
	[[ $(offered "faultline links --config mor") == morning.rec ]]
	[[ -z $(offered "faultline links mor") ]]
}

@test "without a store, a sensor or a good configuration nothing is said in the middle of a line" {
	printf 'nonsense\n' >bad.yaml
	run -0 --separate-stderr offered "faultline explain --config bad.yaml "
	[[ -z $output && -z $stderr ]]
	run -0 --separate-stderr offered "faultline history --config nowhere.yaml "
	[[ -z $output && -z $stderr ]]
}

screen_has() {
	tmux -S "$TERMINAL" capture-pane -p | grep -qF -- "$1"
}

# Types into bash in the terminal.  $@: as for tmux send-keys.
type_keys() {
	tmux -S "$TERMINAL" send-keys "$@"
}

@test "the Tab key completes in a terminal" {
	IN_TMUX=yes
	mkdir bin
	ln -s "$FAULTLINE" bin/faultline
	touch "in the evening.rec"
	run_stand_in
	env -u TMUX PATH="$PWD/bin:$PATH" tmux -S "$TERMINAL" -f /dev/null \
		new-session -d -x 120 -y 24 "bash --rcfile rc -i"
	wait_until 10 "bash has a prompt" screen_has 'ready>'
	type_keys "source $SCRIPT && clear && echo sourced" Enter
	wait_until 10 "the script is read" screen_has sourced
	type_keys "faultline hist" Tab "--conf" Tab own/faultline.y Tab 10.0. Tab "# one" Enter
	wait_until 10 "a link with a colon" screen_has \
		"faultline history --config own/faultline.yaml 10.0.0.1:5432 # one"
	type_keys "faultline replay in" Tab "# two" Enter
	wait_until 10 "a file with blanks" screen_has 'faultline replay in\ the\ evening.rec # two'
}
