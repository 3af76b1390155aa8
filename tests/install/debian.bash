# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The package as a Debian host gets it: an older version, ours, and what installs them.

# Makes both packages in $BATS_FILE_TMPDIR.  The older one differs in its number and in its
# configuration, so that an upgrade has something to decide about a configuration that was edited.
make_packages() {
	local tree=$BATS_FILE_TMPDIR/older architecture
	architecture=$(dpkg --print-architecture)
	PACKAGE=$BATS_FILE_TMPDIR/faultline_2.0.0_$architecture.deb
	OLDER_PACKAGE=$BATS_FILE_TMPDIR/faultline_1.0.0_$architecture.deb
	[[ ! -e $OLDER_PACKAGE ]] || return 0
	"$ROOT/scripts/debian/build" 2.0.0 "$FAULTLINE" "$BATS_FILE_TMPDIR"
	dpkg-deb -R "$PACKAGE" "$tree"
	sed -i 's/^Version: .*/Version: 1.0.0/' "$tree/DEBIAN/control"
	printf '# of the older version\n' >>"$tree/etc/faultline/faultline.yaml"
	dpkg-deb --root-owner-group -Znone --build "$tree" "$OLDER_PACKAGE" >/dev/null
	rm -rf "$tree"
}

# A bare Debian in BARE, or the file is skipped.  $1: suite
need_debian() {
	BARE=$(bare_debian "$1" "$PACKAGE") || skip "$BARE"
}

# The host has no network: what it depends on is there as packages.  $1: a package; more: options
apt_install() {
	local package=$1
	shift
	cp "$package" "$HOST_DIR/share"
	inside apt-get install -y -q --no-install-recommends "$@" "/share/${package##*/}"
}

# Everything of ours in the file system, but what the package manager logs.
traces() {
	inside find / -xdev -iname '*faultline*' -not -path '/share/*' -not -path '/var/log/*'
}

main_pid() {
	inside systemctl show -p MainPID --value faultline
}

is_active() {
	[[ $(inside systemctl is-active faultline) == "${1:-active}" ]]
}

in_journal() {
	inside journalctl -u faultline --no-pager -q -o cat | grep -qF -- "$1"
}

# The tarball of what is built, in TARBALL; made anew only when the program is newer.
make_tarball() {
	local build=${FAULTLINE%/faultline}
	TARBALL=$(find "$build" -maxdepth 1 -name 'faultline-*.tar.gz' -newer "$FAULTLINE" | head -n 1)
	[[ -z $TARBALL ]] || return 0
	make -s -C "$ROOT" tarball BUILD="$build"
	TARBALL=$(find "$build" -maxdepth 1 -name 'faultline-*.tar.gz' -newer "$FAULTLINE" | head -n 1)
	[[ -n $TARBALL ]]
}
