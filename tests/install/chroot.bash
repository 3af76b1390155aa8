# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Hosts to install on: a bare Debian with systemd as its first process, in namespaces of its own.
#
# The file system is made once by mmdebstrap and kept outside the tree, in ~/.cache/faultline-chroot
# (FAULTLINE_CHROOT_CACHE), with the packages beside it that ours needs, so that later runs need no
# network.  FAULTLINE_CHROOT_MIRROR names another mirror.  A host is an overlay over that, in memory;
# it has this machine's kernel, and a network, processes and control groups of its own.  /sys and
# /proc/sys are read-only in it, so that nothing that systemd sets at a boot reaches this machine.
# When its first process ends nothing of it is left.

CHROOT_CACHE=${FAULTLINE_CHROOT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/faultline-chroot}
CHROOT_MIRROR=${FAULTLINE_CHROOT_MIRROR:-http://deb.debian.org/debian}

# Prints the folder of a bare Debian.  $1: suite; $2: a package, whose dependencies are fetched.
# Fails with the reason when it is not there and cannot be made.
bare_debian() {
	local suite=$1 package=$2 name log
	# What the package needs is a part of the name: when that changes, another one is made.
	name=$suite-$(dpkg-deb -f "$package" Depends | cat - <(printf 'systemd 1\n') | sha256sum | head -c 12)
	mkdir -p "$CHROOT_CACHE"
	exec 8>"$CHROOT_CACHE/$suite.lock"
	flock 8
	if [[ ! -d $CHROOT_CACHE/$name ]]; then
		log=$CHROOT_CACHE/$suite.log
		rm -rf "${CHROOT_CACHE:?}/$suite"-*
		if ! make_bare_debian "$suite" "$package" "$CHROOT_CACHE/$name.part" >"$log" 2>&1; then
			rm -rf "$CHROOT_CACHE/$name.part"
			printf 'no bare Debian %s could be fetched from %s: %s\n' "$suite" "$CHROOT_MIRROR" \
				"$(grep -E '^(E:|Err:|W:)' "$log" | tail -n 1)"
			return 1
		fi
		mv "$CHROOT_CACHE/$name.part" "$CHROOT_CACHE/$name"
	fi
	exec 8>&-
	printf '%s\n' "$CHROOT_CACHE/$name"
}

# A shell that mmdebstrap starts knows descriptors of one digit alone, and bats has taken those.
without_descriptors() (
	local open number
	for open in "/proc/$BASHPID/fd"/*; do
		number=${open##*/}
		[[ $number -le 2 ]] || eval "exec $number>&-"
	done
	exec "$@"
)

make_bare_debian() {
	local suite=$1 package=$2 directory=$3
	rm -rf "$directory"
	# The package comes under a name of its own: what is fetched is only what it depends on.
	cp "$package" "$CHROOT_CACHE/$suite.deb"
	without_descriptors timeout --kill-after=5 400 mmdebstrap --mode=root --variant=minbase \
		--include=systemd --skip=cleanup/apt --aptopt='Acquire::Retries "2"' \
		--aptopt='Acquire::http::Timeout "20"' --aptopt='Acquire::Languages "none"' \
		--customize-hook="copy-in $CHROOT_CACHE/$suite.deb /root" \
		--customize-hook="chroot \"\$1\" apt-get install -y --no-install-recommends --download-only /root/$suite.deb" \
		--customize-hook="rm \"\$1/root/$suite.deb\"" \
		"$suite" "$directory" "$CHROOT_MIRROR"
}

# Starts a host.  $1: its name; $2: the folder of a bare Debian; then its first process, systemd
# unless it is said.  That process is in HOST_PID.
start_host() {
	local name=$1 bare=$2
	shift 2
	HOST_DIR=$BATS_FILE_TMPDIR/$name
	mkdir -p "$HOST_DIR/root" "$HOST_DIR/layer" "$HOST_DIR/share"
	HOST_CGROUP=$(findmnt -rn -t cgroup2 -o TARGET | head -n 1)
	[[ -n $HOST_CGROUP ]] || {
		printf '# systemd needs control groups, and no cgroup2 is mounted on this machine\n'
		return 1
	}
	HOST_CGROUP+=/faultline-install-$$-$name
	mkdir -p "$HOST_CGROUP"
	# Another first process: unshare stays, so that everything ends with it, whatever happens.
	bash -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' - "$HOST_CGROUP" \
		setpriv --pdeathsig KILL \
		unshare --mount --pid --fork --kill-child --ipc --uts --net --cgroup \
		"$BATS_TEST_DIRNAME/boot" "$HOST_DIR" "$bare" "$@" >"$HOST_DIR/console" 2>&1 </dev/null 3>&- &
	HOST_UNSHARE=$!
	wait_until 20 "the first process of the host" first_process "${1:-systemd}"
	[[ $# -gt 0 ]] || wait_until 60 "systemd to have started" has_started
}

first_process() {
	HOST_PID=$(pgrep -P "$HOST_UNSHARE" | head -n 1)
	[[ -n $HOST_PID && $(<"/proc/$HOST_PID/comm") == "$1" ]]
}

has_started() {
	inside systemctl is-system-running 2>/dev/null | grep -qE '^(running|degraded)$'
}

# Runs a command on the host.
inside() {
	nsenter --target "$HOST_PID" --all env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@" 3>&-
}

stop_host() {
	[[ -n ${HOST_UNSHARE:-} ]] || return 0
	# A test may have stopped it already, and its number may be another's by now.
	[[ $(cat "/proc/$HOST_UNSHARE/comm" 2>/dev/null) != unshare ]] || kill -KILL "$HOST_UNSHARE"
	wait_until 20 "the host to be gone" remove_groups
	HOST_UNSHARE=
}

# Empty once its processes are gone, which takes a moment.
remove_groups() {
	[[ ! -d $HOST_CGROUP ]] || find "$HOST_CGROUP" -depth -type d -exec rmdir {} + 2>/dev/null
	[[ ! -d $HOST_CGROUP ]]
}
