#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# The life of the package on a bare Debian 12 that systemd has booted: installed, asked, reloaded,
# hung, killed, upgraded, removed and purged.  The tests are one story and go on from each other.

bats_require_minimum_version 1.5.0
load ../sensor
load chroot
load debian

setup_file() {
	load ../sensor
	load chroot
	load debian
	make_packages
	if BARE=$(bare_debian bookworm "$PACKAGE"); then
		start_host debian12 "$BARE"
	fi
	export BARE HOST_PID HOST_UNSHARE HOST_DIR HOST_CGROUP PACKAGE OLDER_PACKAGE
}

setup() {
	[[ -n ${HOST_PID:-} ]] || skip "$BARE"
	cd "$BATS_TEST_TMPDIR" || return
}

teardown_file() {
	stop_host
}

# Waits for another main process than $1.
another_pid() {
	is_active && [[ $(main_pid) != "$1" && $(main_pid) != 0 ]]
}

@test "installed, the sensor runs as a service, with the group, directories and modes" {
	apt_install "$OLDER_PACKAGE"
	is_active
	[[ $(inside systemctl is-enabled faultline) == enabled ]]
	[[ $(inside faultline --version) == "faultline "* ]]
	[[ $(inside faultline check /etc/faultline/faultline.yaml) == *"valid: 0 links, 0 devices, 0 pagers" ]]
	inside stat -c '%A %U:%G %n' /etc/faultline/faultline.yaml /var/lib/faultline \
		/var/lib/faultline/control.sock >modes
	diff - modes <<-'END'
		-rw-r----- root:faultline /etc/faultline/faultline.yaml
		drwxr-x--- root:faultline /var/lib/faultline
		srw-rw---- root:faultline /var/lib/faultline/control.sock
	END
	[[ -z $(inside systemctl --failed --plain --no-legend) ]]
}

@test "under the unit's restrictions every hook is attached that is attached without them" {
	inside faultline doctor --json >free.json
	inside sed -e 's/^Type=.*/Type=oneshot/' -e '/^Restart=/d' -e '/^Watchdog/d' \
		-e 's#^ExecStart=.*#ExecStart=/usr/bin/faultline doctor --json#' \
		-e '/^ExecReload/a StandardOutput=truncate:/share/confined.json' \
		/lib/systemd/system/faultline.service >doctor.service
	inside tee /run/systemd/system/faultline-doctor.service <doctor.service
	inside systemctl daemon-reload
	inside systemctl start faultline-doctor.service
	cp "$HOST_DIR/share/confined.json" .
	jq -e '.main_job and ([.hooks[] | select(.state == "in use")] | length > 10)' confined.json
	jq '[.hooks[] | {name, state, way}]' free.json >free
	jq '[.hooks[] | {name, state, way}]' confined.json | diff free -
}

@test "the unit: verified, and its exposure as systemd reckons it" {
	run -0 inside systemd-analyze verify --man=no faultline.service
	[[ -z $output ]]
	inside systemd-analyze security --no-pager faultline.service | sed 's/^/# /' >&3
	inside systemd-analyze security --offline=true --threshold=40 --no-pager faultline.service
}

@test "it asks for the capabilities of the program's own table, and for no others" {
	inside systemctl show -p CapabilityBoundingSet --value faultline | tr ' ' '\n' | sort >asked
	inside faultline doctor | awk '/^  cap_/ { print $1 }' | sort | diff - asked
}

@test "ticks go on, and members of the group may ask" {
	inside useradd --system --groups faultline asker
	inside useradd --system stranger
	sensor_ticks
	inside setpriv --reuid asker --regid asker --init-groups faultline links --json | jq -e .links
	run -2 inside setpriv --reuid stranger --regid stranger --init-groups faultline links
	[[ $output == *"ermission denied"* ]]
}

# The sensor's own use of the processor grows from one answer to a later one.
sensor_ticks() {
	local before
	before=$(inside faultline links --json | jq .sensor.cpu_seconds)
	wait_until 20 "another tick" later_than "$before"
}

later_than() {
	inside faultline links --json | jq -e --argjson before "$1" '.sensor.cpu_seconds > $before' >/dev/null
}

@test "systemctl reload takes a new configuration, and refuses a wrong one" {
	local pid
	pid=$(main_pid)
	printf 'links:\n  - {name: feed, kind: external, endpoints: ["203.0.113.0/24:7001"]}\n' |
		inside tee -a /etc/faultline/faultline.yaml
	inside systemctl reload faultline
	wait_until 20 "the reload" in_journal "the new configuration is in force, 1 links declared"
	inside cp /etc/faultline/faultline.yaml /root/good.yaml
	printf 'nonsense: 1\n' | inside tee -a /etc/faultline/faultline.yaml
	inside systemctl reload faultline
	wait_until 20 "the refusal" in_journal "the old one stays in force"
	inside cp /root/good.yaml /etc/faultline/faultline.yaml
	[[ $(main_pid) == "$pid" ]]
	inside faultline links --json | jq -e '.links[] | select(.name == "feed")'
}

@test "a sensor that hangs is noticed by the watchdog and started again" {
	local pid
	inside mkdir -p /etc/systemd/system/faultline.service.d
	printf '[Service]\nWatchdogSec=2s\nTimeoutAbortSec=1s\n' |
		inside tee /etc/systemd/system/faultline.service.d/soon.conf
	inside systemctl daemon-reload
	inside systemctl restart faultline
	pid=$(main_pid)
	inside kill -STOP "$pid"
	wait_until 60 "another sensor" another_pid "$pid"
	in_journal "Watchdog timeout"
	inside rm -r /etc/systemd/system/faultline.service.d
	inside systemctl daemon-reload
	inside systemctl restart faultline
}

@test "a sensor that is killed is started again; a wrong configuration is told, and not tried again" {
	local pid
	pid=$(main_pid)
	inside kill -KILL "$pid"
	wait_until 60 "another sensor" another_pid "$pid"
	printf 'nonsense: 1\n' | inside tee -a /etc/faultline/faultline.yaml
	run -1 inside systemctl restart faultline
	is_active failed
	[[ $(inside systemctl show -p ExecMainStatus --value faultline) == 2 ]]
	in_journal 'faultline.yaml:'
	inside cp /root/good.yaml /etc/faultline/faultline.yaml
	inside systemctl start faultline
}

@test "an upgrade keeps what was configured and what is known, and the new sensor runs" {
	local pid
	pid=$(main_pid)
	inside faultline links >/dev/null
	inside stat -c %i /var/lib/faultline/faultline.db >before
	apt_install "$PACKAGE" -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold
	[[ $(inside dpkg-query -f '${Version}' -W faultline) == 2.0.0 ]]
	another_pid "$pid"
	inside grep -q 'name: feed' /etc/faultline/faultline.yaml
	[[ $(inside stat -c '%A %U:%G' /etc/faultline/faultline.yaml) == "-rw-r----- root:faultline" ]]
	inside stat -c %i /var/lib/faultline/faultline.db | diff before -
	inside faultline audit
	inside faultline links --json | jq -e '.links[] | select(.name == "feed")'
}

@test "an upgrade does not start what was disabled" {
	inside systemctl disable --now faultline
	apt_install "$PACKAGE" --reinstall
	is_active inactive
	inside systemctl enable --now faultline
}

@test "removed, the sensor is gone; configuration and incidents stay for another installation" {
	local pid
	pid=$(main_pid)
	inside apt-get remove -y -q faultline
	is_active inactive
	run -1 inside pgrep -x faultline
	inside test -e /var/lib/faultline/faultline.db
	inside grep -q 'name: feed' /etc/faultline/faultline.yaml
	apt_install "$PACKAGE"
	is_active
	inside faultline links --json | jq -e '.links[] | select(.name == "feed")'
}

@test "purged, nothing of it is left, neither files nor the group" {
	inside gpasswd --delete asker faultline
	inside apt-get purge -y -q faultline
	run -0 traces
	[[ -z $output ]]
	run -2 inside getent group faultline
	run -1 inside pgrep -x faultline
	[[ -z $(inside systemctl --failed --plain --no-legend) ]]
}
