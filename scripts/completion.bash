# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2154
#
# The two tables above are the program's own: what each command takes, by option and as operands,
# and what the argument of an option is.  What a kind of argument can be is found here; names of
# links and incidents are asked of the program at the time.

# The names in a configuration, a running sensor or its log.  $1: links, incidents, devices, verdicts
_faultline_ask() {
	"${COMP_WORDS[0]}" completion "$1" "${_faultline_config[@]}" 2>/dev/null
}

# Prints what an argument of kind $1 may be, one a line; nothing for what cannot be known.
_faultline_values() {
	case $1 in
	ID | \[ID\] | "ID TEXT") _faultline_ask incidents ;;
	NAME) _faultline_ask links && _faultline_ask devices ;;
	VERDICT) _faultline_ask verdicts ;;
	esac
}

_faultline() {
	# Bash parts words at colons and equals signs, which names have: they are read from the line.
	local line=${COMP_LINE:0:COMP_POINT} current command='' expected='' operands=0 word value cut
	local -a words=() _faultline_config=()

	COMPREPLY=()
	# shellcheck disable=SC2162 # a backslash takes the meaning from a blank, as in the shell
	read -a words <<<"${line//=/ }"
	[[ $line == *[[:blank:]=] && $line != *\\[[:blank:]] ]] && words+=('')
	[[ ${#words[@]} -gt 1 ]] || return 0
	current=${words[-1]}
	for word in "${words[@]:1:${#words[@]}-2}"; do
		if [[ -n $expected ]]; then
			[[ $expected != CONFIG ]] || _faultline_config=(--config "${word/#\~\//$HOME/}")
			expected=
		elif [[ -n ${_faultline_arguments[$word]:-} ]]; then
			expected=${_faultline_arguments[$word]}
			[[ $word != --config && $word != -c ]] || expected=CONFIG
		elif [[ $word == -* ]]; then
			continue
		elif [[ -z $command ]]; then
			command=$word
		else
			operands=$((operands + 1))
		fi
	done
	[[ $expected != CONFIG ]] || expected=FILE

	if [[ -z $expected && $current == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "${_faultline_options[${command:-,}]:-}" -- "$current")
		return 0
	fi
	if [[ -z $expected && -z $command ]]; then
		mapfile -t COMPREPLY < <(compgen -W "${_faultline_commands[*]}" -- "$current")
		return 0
	fi
	if [[ -z $expected && $operands -eq 0 ]]; then
		expected=${_faultline_operands[$command]:-}
	fi
	if [[ $expected == FILE || $expected == \[FILE\] ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return 0
	fi
	# What stands before the last colon is no part of the word that bash completes.
	cut=${current%"${current##*:}"}
	[[ $COMP_WORDBREAKS == *:* ]] || cut=
	while IFS= read -r value; do
		[[ $value == "$current"* ]] || continue
		printf -v value '%q' "${value#"$cut"}"
		COMPREPLY+=("$value")
	done < <(_faultline_values "$expected")
}

complete -F _faultline faultline
