#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Installs or removes the program, its manual pages, completion for bash, its systemd unit and a
# first configuration.
#
# Usage: install.sh DESTDIR PREFIX BINARY     DESTDIR may be ""
#        install.sh --remove DESTDIR PREFIX
#
# A configuration that is there already is never touched; removing leaves it, unless it is still the
# one that was installed, and leaves the incidents in /var/lib/faultline.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")

usage() {
	printf 'usage: install.sh DESTDIR PREFIX BINARY | install.sh --remove DESTDIR PREFIX\n' >&2
	exit 2
}

# systemd is told only when the files went into the running system.
on_running_systemd() {
	[[ -z $destdir && -d /run/systemd/system ]]
}

install_all() {
	local binary=$1 page

	install -D -m 0755 "$binary" "$bin"
	for page in "$here"/man/*.[1-8]; do
		install -D -m 0644 "$page" "$man/man${page##*.}/${page##*/}"
	done
	install -d "$(dirname "$completion")"
	"$binary" completion >"$completion"
	chmod 0644 "$completion"
	install -d "$(dirname "$unit")"
	sed "s#@PREFIX@#$prefix#g" "$here/faultline.service" >"$unit"
	chmod 0644 "$unit"
	install -d -m 0755 "$(dirname "$config")"
	[[ -e $config ]] || install -m 0640 "$here/faultline.yaml" "$config"
	printf 'installed %s, %s and %s\n' "$bin" "$unit" "$config"
	if on_running_systemd; then
		systemctl daemon-reload
		printf 'start it, now and at every boot, with: systemctl enable --now faultline\n'
	fi
}

remove_all() {
	local page

	if on_running_systemd && [[ -e $unit ]]; then
		systemctl disable --now faultline.service
	fi
	rm -f "$bin" "$unit" "$completion"
	for page in "$here"/man/*.[1-8]; do
		rm -f "$man/man${page##*.}/${page##*/}"
	done
	if on_running_systemd; then
		systemctl daemon-reload
	fi
	if cmp -s "$config" "$here/faultline.yaml"; then
		rm -f "$config"
		rmdir --ignore-fail-on-non-empty "$(dirname "$config")"
	elif [[ -e $config ]]; then
		printf 'left %s, which was changed\n' "$config"
	fi
}

remove=
if [[ ${1:-} == --remove ]]; then
	remove=yes
	shift
fi
[[ $# -eq $([[ -n $remove ]] && echo 2 || echo 3) && -n $2 ]] || usage
destdir=$1 prefix=$2
bin=$destdir$prefix/bin/faultline
unit=$destdir$prefix/lib/systemd/system/faultline.service
man=$destdir$prefix/share/man
completion=$destdir$prefix/share/bash-completion/completions/faultline
config=$destdir/etc/faultline/faultline.yaml

if [[ -n $remove ]]; then
	remove_all
else
	install_all "$3"
fi
