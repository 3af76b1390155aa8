#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# A bare Debian 13, booted by its systemd: first the tarball, for it has none of our libraries, then
# the package that was built on this machine.  And the package where systemd does not run at all.

bats_require_minimum_version 1.5.0
load ../sensor
load chroot
load debian

setup_file() {
	load ../sensor
	load chroot
	load debian
	make_packages
	make_tarball
	if BARE=$(bare_debian trixie "$PACKAGE"); then
		start_host debian13 "$BARE"
	fi
	export BARE HOST_PID HOST_UNSHARE HOST_DIR HOST_CGROUP PACKAGE OLDER_PACKAGE TARBALL
}

setup() {
	[[ -n ${HOST_PID:-} ]] || skip "$BARE"
	cd "$BATS_TEST_TMPDIR" || return
}

teardown_file() {
	stop_host
}

@test "the tarball runs where it was unpacked, on a host without our libraries" {
	run -1 inside sh -c 'ldconfig -p | grep -E "lib(bpf|nl-3|jansson|cyaml|microhttpd|ncursesw|curl)\.so"'
	cp "$TARBALL" "$HOST_DIR/share/faultline.tar.gz"
	inside mkdir /opt/faultline
	inside tar -C /opt/faultline --strip-components=1 -xf /share/faultline.tar.gz
	[[ $(inside /opt/faultline/bin/faultline --version) == "faultline "* ]]
	inside /opt/faultline/bin/faultline check /opt/faultline/faultline.yaml
	inside /opt/faultline/bin/faultline doctor --json | jq -e .main_job
	inside /opt/faultline/bin/faultline run --duration 3s
	inside sh -c 'ls /opt/faultline/licences | grep -q libcurl4'
	inside rm -r /var/lib/faultline
}

@test "install.sh of the tarball installs a service, and removes it" {
	inside /opt/faultline/install.sh
	inside systemctl enable --now faultline
	is_active
	inside stat -c '%A %U:%G' /etc/faultline/faultline.yaml /var/lib/faultline/control.sock >modes
	diff - modes <<-'END'
		-rw-r----- root:faultline
		srw-rw---- root:faultline
	END
	inside faultline links --json | jq -e .links
	inside /opt/faultline/install.sh
	inside systemctl restart faultline
	is_active
	inside /opt/faultline/install.sh --remove
	is_active inactive
	inside rm -r /opt/faultline /var/lib/faultline
	inside groupdel faultline
	run -0 traces
	[[ -z $output ]]
}

@test "the package: installed it runs, upgraded it runs anew, purged nothing is left" {
	local pid
	apt_install "$OLDER_PACKAGE"
	is_active
	pid=$(main_pid)
	[[ $(inside faultline check /etc/faultline/faultline.yaml) == *"valid: 0 links, 0 devices, 0 pagers" ]]
	inside faultline doctor --json | jq -e .main_job
	inside faultline links --json | jq -e .links
	run -0 inside systemd-analyze verify --man=no faultline.service
	[[ -z $output ]]
	# Nobody edited the configuration, so the one of the new version comes without a question.
	apt_install "$PACKAGE"
	is_active
	[[ $(main_pid) != "$pid" ]]
	run -1 inside grep "of the older version" /etc/faultline/faultline.yaml
	run -1 inside systemctl is-failed faultline
	inside apt-get purge -y -q faultline
	run -0 traces
	[[ -z $output ]]
	run -2 inside getent group faultline
}

@test "where systemd does not run the package installs, upgrades and purges all the same" {
	stop_host
	start_host chroot13 "$BARE" sleep infinity
	apt_install "$OLDER_PACKAGE"
	[[ $(inside faultline --version) == "faultline "* ]]
	inside faultline doctor --json | jq -e .main_job
	inside faultline run --duration 3s
	printf '# ours\n' | inside tee -a /etc/faultline/faultline.yaml
	apt_install "$PACKAGE" -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold
	inside grep -q "# ours" /etc/faultline/faultline.yaml
	inside test -e /var/lib/faultline/faultline.db
	inside apt-get purge -y -q faultline
	run -0 traces
	[[ -z $output ]]
	run -2 inside getent group faultline
	stop_host
}
