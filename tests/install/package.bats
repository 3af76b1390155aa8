#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# The Debian package as a file: what lintian says of it, and that nothing in it depends on when or
# where it was built.

bats_require_minimum_version 1.5.0
load ../sensor
load debian

setup_file() {
	load ../sensor
	load debian
	make_packages
	export PACKAGE
}

@test "lintian finds nothing in the package" {
	run -0 lintian --allow-root --fail-on error,warning,info "$PACKAGE"
	[[ -z $output ]]
}

@test "the package of the same sources has the same bytes" {
	local again=$BATS_TEST_TMPDIR/again
	"$ROOT/scripts/debian/build" 2.0.0 "$FAULTLINE" "$again"
	cmp "$PACKAGE" "$again/${PACKAGE##*/}"
}

@test "it holds what make install puts there, belonging to root, and says what it needs" {
	cd "$BATS_TEST_TMPDIR"
	"$ROOT/scripts/install.sh" "$PWD/root" /usr "$FAULTLINE"
	(cd root && find . -type f | sed -e 's#^\.##' -e 's#\(/man/.*\)#\1.gz#') | sort >installed
	dpkg-deb -c "$PACKAGE" | awk '$1 ~ /^-/ && $2 == "root/root" { print substr($6, 2) }' | sort >packed
	[[ -z $(comm -23 installed packed) ]]
	comm -13 installed packed | diff - <(printf '/usr/share/%s\n' doc/faultline/changelog.gz \
		doc/faultline/copyright lintian/overrides/faultline)
	[[ $(dpkg-deb -f "$PACKAGE" Depends) == *libbpf1*libc6*procps*systemd* ]]
	[[ $(dpkg-deb --ctrl-tarfile "$PACKAGE" | tar -xO ./conffiles) == /etc/faultline/faultline.yaml ]]
}
