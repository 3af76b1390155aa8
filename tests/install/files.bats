#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# What `make install` puts where, what it leaves alone, and what is left after a removal; all of it
# below a DESTDIR.

bats_require_minimum_version 1.5.0
load ../sensor

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

install_into() {
	make -s -C "$ROOT" install DESTDIR="$PWD/root" PREFIX="$1" BUILD="${FAULTLINE%/faultline}"
}

remove_from() {
	make -s -C "$ROOT" uninstall DESTDIR="$PWD/root" PREFIX="$1"
}

# Every file with its mode.
files() {
	(cd root && find . -type f -printf '%m %P\n' | sort -k 2)
}

@test "install and remove: every file with its mode, also a second time, under /usr and /usr/local" {
	local prefix
	for prefix in usr usr/local; do
		rm -rf root
		install_into "/$prefix"
		files >installed
		diff - installed <<-END
			640 etc/faultline/faultline.yaml
			755 $prefix/bin/faultline
			644 $prefix/lib/systemd/system/faultline.service
			644 $prefix/lib/sysusers.d/faultline.conf
			644 $prefix/lib/tmpfiles.d/faultline.conf
			644 $prefix/share/bash-completion/completions/faultline
			644 $prefix/share/faultline/faultline.yaml
			644 $prefix/share/faultline/grafana/faultline.json
			644 $prefix/share/faultline/kubernetes/Containerfile
			644 $prefix/share/faultline/kubernetes/daemonset.yaml
			644 $prefix/share/faultline/prometheus/faultline.rules.yml
			644 $prefix/share/faultline/prometheus/scrape.yml
			644 $prefix/share/man/man1/faultline.1
			644 $prefix/share/man/man5/faultline.yaml.5
			644 $prefix/share/man/man7/faultline-evidence.7
			644 $prefix/share/man/man7/faultline-limits.7
			644 $prefix/share/man/man7/faultline-security.7
		END
		"$FAULTLINE" completion | cmp - "root/$prefix/share/bash-completion/completions/faultline"
		grep -q "ExecStart=/$prefix/bin/faultline run" "root/$prefix/lib/systemd/system/faultline.service"
		"root/$prefix/bin/faultline" check root/etc/faultline/faultline.yaml
		install_into "/$prefix"
		files | diff installed -
		remove_from "/$prefix"
		[[ -z $(find root -type f) && ! -e root/etc/faultline && ! -e root/$prefix/share/faultline ]]
		remove_from "/$prefix"
	done
}

@test "a configuration that is there is never touched, by no installation and no removal" {
	mkdir -p root/etc/faultline
	printf '# ours\n' >root/etc/faultline/faultline.yaml
	chmod 0600 root/etc/faultline/faultline.yaml
	install_into /usr
	remove_from /usr
	[[ $(files) == "600 etc/faultline/faultline.yaml" ]]
	[[ $(<root/etc/faultline/faultline.yaml) == "# ours" ]]
}

@test "a wrong command line installs nothing" {
	run -2 "$ROOT/scripts/install.sh" --purge
	[[ $output == "usage: "* ]]
	run -2 "$ROOT/scripts/install.sh" "$PWD/root" /usr "$FAULTLINE" more
	[[ ! -e root ]]
}
