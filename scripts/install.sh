#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Installs or removes the program, its manual pages, completion for bash, its systemd unit, group
# and directory, a first configuration, and rules and a dashboard for Prometheus and Grafana.
#
# Usage: install.sh [DESTDIR [PREFIX [BINARY]]]     by default "", /usr/local and bin/faultline
#        install.sh --remove [DESTDIR [PREFIX]]     beside this script
#
# Libraries that came with the binary, in lib/faultline beside its bin, go with it.  A configuration
# that is there already is never touched; removing leaves it, unless it is still the one that was
# installed, and leaves the incidents in /var/lib/faultline and the group.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")

usage() {
	printf 'usage: install.sh [DESTDIR [PREFIX [BINARY]]] | install.sh --remove [DESTDIR [PREFIX]]\n' >&2
	exit 2
}

# systemd is told only when the files went into the running system.
on_running_systemd() {
	[[ -z $destdir && -d /run/systemd/system ]]
}

install_libraries() {
	local libraries

	libraries=$(dirname "$1")/../lib/faultline
	[[ -d $libraries ]] || return 0
	install -d -m 0755 "$lib/faultline"
	install -m 0644 -t "$lib/faultline" "$libraries"/*.so*
}

install_data() {
	local page

	for page in "$here"/man/*.[1-8]; do
		install -D -m 0644 "$page" "$share/man/man${page##*.}/${page##*/}"
	done
	install -D -m 0644 -t "$share/faultline" "$here/faultline.yaml"
	install -D -m 0644 -t "$share/faultline/prometheus" \
		"$here/prometheus/faultline.rules.yml" "$here/prometheus/scrape.yml"
	install -D -m 0644 -t "$share/faultline/grafana" "$here/grafana/faultline.json"
	install -D -m 0644 -t "$share/faultline/kubernetes" \
		"$here/kubernetes/daemonset.yaml" "$here/kubernetes/Containerfile"
}

install_unit() {
	install -D -m 0644 "$here/faultline.sysusers" "$lib/sysusers.d/faultline.conf"
	install -D -m 0644 "$here/faultline.tmpfiles" "$lib/tmpfiles.d/faultline.conf"
	install -d -m 0755 "$lib/systemd/system"
	sed "s#@PREFIX@#$prefix#g" "$here/faultline.service" >"$unit"
	chmod 0644 "$unit"
}

# The group, its directory and its right to read the configuration; on the running system alone.
install_group() {
	if [[ -n $destdir ]] || ! command -v systemd-sysusers >/dev/null; then
		return 0
	fi
	systemd-sysusers "$lib/sysusers.d/faultline.conf"
	systemd-tmpfiles --create "$lib/tmpfiles.d/faultline.conf"
	[[ -n $config_was_there ]] || chgrp faultline "$config"
}

install_all() {
	local binary=$1

	install -D -m 0755 "$binary" "$bin"
	install_libraries "$binary"
	install_data
	install -d -m 0755 "$(dirname "$completion")"
	"$binary" completion >"$completion"
	chmod 0644 "$completion"
	install_unit
	install -d -m 0755 "$(dirname "$config")"
	config_was_there=
	if [[ -e $config ]]; then
		config_was_there=yes
	else
		install -m 0640 "$here/faultline.yaml" "$config"
	fi
	install_group
	printf 'installed %s, %s and %s\n' "$bin" "$unit" "$config"
	if on_running_systemd; then
		systemctl daemon-reload
		printf 'start it, now and at every boot, with: systemctl enable --now faultline\n'
		printf 'or, where it runs already, with: systemctl restart faultline\n'
	fi
}

# The folders that are ours alone, once they are empty.
remove_folders() {
	local folder

	for folder in "$share"/faultline/{prometheus,grafana,kubernetes,} "$lib/faultline"; do
		[[ ! -d $folder ]] || rmdir --ignore-fail-on-non-empty "$folder"
	done
}

remove_all() {
	local page

	if on_running_systemd && [[ -e $unit ]]; then
		systemctl disable --now faultline.service
	fi
	if cmp -s "$config" "$share/faultline/faultline.yaml"; then
		rm -f "$config"
		rmdir --ignore-fail-on-non-empty "$(dirname "$config")"
	elif [[ -e $config ]]; then
		printf 'left %s, which was changed\n' "$config"
	fi
	rm -f "$bin" "$unit" "$completion" "$lib"/faultline/*.so* \
		"$lib"/{sysusers,tmpfiles}.d/faultline.conf "$share/faultline/faultline.yaml" \
		"$share"/faultline/prometheus/{faultline.rules,scrape}.yml \
		"$share/faultline/grafana/faultline.json" \
		"$share"/faultline/kubernetes/{daemonset.yaml,Containerfile}
	for page in "$here"/man/*.[1-8]; do
		rm -f "$share/man/man${page##*.}/${page##*/}"
	done
	remove_folders
	if on_running_systemd; then
		systemctl daemon-reload
	fi
}

remove=
if [[ ${1:-} == --remove ]]; then
	remove=yes
	shift
fi
[[ $# -le 3 && (-z $remove || $# -le 2) && ${1:-} != -* ]] || usage
destdir=${1:-} prefix=${2:-/usr/local} binary=${3:-$here/bin/faultline}
lib=$destdir$prefix/lib
share=$destdir$prefix/share
bin=$destdir$prefix/bin/faultline
unit=$lib/systemd/system/faultline.service
completion=$share/bash-completion/completions/faultline
config=$destdir/etc/faultline/faultline.yaml

if [[ -n $remove ]]; then
	remove_all
else
	install_all "$binary"
fi
