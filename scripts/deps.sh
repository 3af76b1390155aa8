#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Installs what is missing to build, run, test or measure Faultline.
#
# One table says what is needed, how to see that it is there, and what it is called: by Debian's
# and Ubuntu's package names, and by its own name for every other distribution.  What is there is
# found by looking for the thing itself (a command, a pkg-config module, a file), so that a library
# built by hand counts, and nothing is started when nothing is missing.
#
# Usage: deps.sh [--build | --test | --vm | --bench]; build is the default, each of the others
# includes it, and vm and bench include test.
# Exit: 0 all there now, 1 something is missing and could not be installed, 2 wrong usage.
set -euo pipefail

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# group  probe  Debian and Ubuntu  everywhere else
#   build  needed to build and run; test  to run the tests; vm  to run them in guests; bench  to
#   measure, optional: where a distribution has no such package, the benchmark leaves it out.
readonly NEEDS='
build  command:gcc            gcc                gcc, a C11 compiler
build  command:make           make               GNU make
build  file:/usr/include/stdio.h  libc6-dev      the headers of the C library
build  file:/usr/include/linux/bpf.h  linux-libc-dev  the headers of Linux (uapi), 5.11 or newer
build  command:clang          clang              clang 12 or newer, with the BPF target
build  bpftool                bpftool            bpftool 5.13 or newer
build  command:pkg-config     pkg-config         pkg-config
build  module:libbpf          libbpf-dev         libbpf 1.0 or newer
build  module:libelf          libelf-dev         libelf (elfutils)
build  module:zlib            zlib1g-dev         zlib
build  module:libnl-3.0       libnl-3-dev        libnl 3
build  module:libnl-route-3.0 libnl-route-3-dev  libnl 3, its route library
build  module:jansson         libjansson-dev     jansson 2.13 or newer
build  module:yaml-0.1        libyaml-dev        libyaml
build  module:libcyaml        libcyaml-dev       libcyaml 1.3 or newer
build  module:libsystemd      libsystemd-dev     libsystemd (sd-event)
build  module:libcap          libcap-dev         libcap
build  module:libseccomp      libseccomp-dev     libseccomp 2.5 or newer
build  module:sqlite3        libsqlite3-dev     SQLite 3.38 or newer
build  module:libmicrohttpd   libmicrohttpd-dev  libmicrohttpd 0.9.71 or newer
build  module:ncursesw        libncurses-dev     ncurses, with wide characters
build  module:libcrypto      libssl-dev         libcrypto (OpenSSL 3)
build  module:libcurl        libcurl4-openssl-dev  libcurl 7.81 or newer
test   module:cmocka          libcmocka-dev      cmocka
test   command:bats           bats               bats-core 1.5 or newer
test   command:jq             jq                 jq
test   command:sqlite3        sqlite3            the sqlite3 command
test   command:ip             iproute2           iproute2
test   command:nft            nftables           nftables
test   command:ps             procps             procps
test   command:setpriv        util-linux         util-linux (setpriv, unshare)
test   command:ethtool        ethtool            ethtool
test   command:python3        python3            Python 3.11 or newer
test   command:tcpdump        tcpdump            tcpdump
test   command:prometheus-alertmanager  prometheus-alertmanager  Alertmanager 0.25 or newer
test   command:openssl        openssl            openssl
test   command:promtool       prometheus         Prometheus, with promtool
test   command:chromium       chromium           Chromium
test   command:tmux           tmux               tmux
test   command:shellcheck      shellcheck         shellcheck
test   command:mandoc          mandoc             mandoc
test   command:chromedriver   chromium-driver    ChromeDriver
test   file:/usr/lib/python3/dist-packages/selenium  python3-selenium  Selenium for Python
test   command:curl           curl               curl
test   clang-rt               libclang-rt-dev    libFuzzer and the sanitizers of clang
test   command:clang-tidy     clang-tidy         clang-tidy
test   command:cppcheck       cppcheck           cppcheck
test   command:valgrind       valgrind           valgrind
test   command:mmdebstrap     mmdebstrap         mmdebstrap
test   command:dpkg-shlibdeps  dpkg-dev          dpkg-shlibdeps
test   command:lintian        lintian            lintian
test   file:/usr/lib/python3/dist-packages/yaml  python3-yaml  PyYAML
vm     command:qemu-system-x86_64  qemu-system-x86  QEMU with an emulated x86-64
vm     command:depmod         kmod               kmod
vm     command:zstd           zstd               zstd
vm     command:lz4            lz4                lz4
vm     file:/usr/share/keyrings/debian-archive-keyring.gpg  debian-archive-keyring  the keys of Debian
vm     command:mount          mount              mount
bench  command:bpftrace       bpftrace           bpftrace
bench  libbpf-tools           libbpf-tools       libbpf-tools (of bcc): tcpstates, tcplife
'

die() {
	printf 'deps: %s\n' "$*" >&2
	exit 1
}

# Is the thing there?  $1: a probe of the table.
present() {
	local name=${1#*:}

	case $1 in
	command:*) command -v "$name" >/dev/null ;;
	file:*) [[ -e $name ]] ;;
	module:*) pkg-config --exists "$name" 2>/dev/null ;;
	# Ubuntu's bpftool is a wrapper that may find no tool of the kernel that runs; any will do.
	bpftool) compgen -G '/usr/lib/linux-tools/*/bpftool' >/dev/null || bpftool version >/dev/null 2>&1 ;;
	clang-rt) [[ -e $(clang -print-file-name="libclang_rt.fuzzer-$(uname -m).a") ]] ;;
	libbpf-tools) command -v tcpstates >/dev/null || command -v tcpstates-bpfcc >/dev/null ;;
	*) die "the table names an unknown probe: $1" ;;
	esac
}

# Fills missing_packages and missing_names with what the groups $@ need and do not have.
find_missing() {
	local group probe package name wanted=" $* "

	missing_packages=() missing_names=() missing_optional=()
	while read -r group probe package name; do
		[[ -n $group && $wanted == *" $group "* ]] || continue
		present "$probe" && continue
		missing_names+=("$name")
		if [[ $group == bench ]]; then
			missing_optional+=("$package")
		else
			missing_packages+=("$package")
		fi
	done <<<"$NEEDS"
}

# Do the lists on this machine know a package of this name?
known() {
	LC_ALL=C apt-cache policy "$1" 2>/dev/null | grep -q 'Candidate: [^(]'
}

# Prints the names to install for package $1; fails when one of them is not to be had.
installable() {
	local name names=("$1")

	if [[ $1 == bpftool ]] && ! known bpftool; then
		names=(linux-tools-common linux-tools-generic) # Ubuntu up to 24.10
	fi
	for name in "${names[@]}"; do
		known "$name" || return 1
	done
	printf '%s\n' "${names[@]}"
}

apt() {
	DEBIAN_FRONTEND=noninteractive apt-get -y -q -o Acquire::Retries=2 -o DPkg::Lock::Timeout=300 \
		-o Dpkg::Use-Pty=0 "$@" >&2
}

update_lists() {
	[[ -z ${updated:-} ]] || return 0
	updated=yes
	printf 'deps: fetching the lists of packages\n' >&2
	# With every mirror out of reach apt-get warns and succeeds: only this option makes it fail.
	apt -o APT::Update::Error-Mode=any update ||
		die "the lists of packages cannot be fetched: is there a network, and is a mirror set?" \
			"needed: ${missing_packages[*]} ${missing_optional[*]}"
}

install_with_apt() {
	local package install=() names

	for package in "${missing_packages[@]}" "${missing_optional[@]}"; do
		installable "$package" >/dev/null || update_lists
	done
	for package in "${missing_packages[@]}"; do
		mapfile -t names < <(installable "$package" || echo "$package")
		install+=("${names[@]}")
	done
	for package in "${missing_optional[@]}"; do
		if installable "$package" >/dev/null; then
			install+=("$package")
		else
			printf 'deps: this release has no package %s; it is left out\n' "$package" >&2
		fi
	done
	[[ ${#install[@]} -gt 0 ]] || return 0
	printf 'deps: installing %s\n' "${install[*]}" >&2
	apt install --no-install-recommends "${install[@]}" && return 0
	# A list that is too old names versions that the mirror no longer has.
	[[ -z ${updated:-} ]] || die "could not install: ${install[*]} (see above)"
	update_lists
	apt install --no-install-recommends "${install[@]}" ||
		die "could not install: ${install[*]} (see above)"
}

main() {
	local groups=(build)

	[[ $# -le 1 ]] || set -- --help
	case ${1:---build} in
	--build) ;;
	--test) groups+=(test) ;;
	--vm) groups+=(test vm) ;;
	--bench) groups+=(test bench) ;;
	*)
		printf 'usage: deps.sh [--build | --test | --vm | --bench]\n' >&2
		exit 2
		;;
	esac

	find_missing "${groups[@]}"
	[[ ${#missing_names[@]} -gt 0 ]] || exit 0
	if ! command -v apt-get >/dev/null; then
		{
			printf 'deps: missing, to be installed with the package manager of this system:\n'
			printf 'deps:   %s\n' "${missing_names[@]}"
		} >&2
		exit 1
	fi
	if [[ $(id -u) != 0 ]]; then
		die "missing packages, and only root can install them; run: sudo apt-get install" \
			"${missing_packages[*]} ${missing_optional[*]}"
	fi
	install_with_apt

	find_missing "${groups[@]}"
	[[ ${#missing_packages[@]} -eq 0 ]] ||
		die "still missing after installing: ${missing_packages[*]}"
}

main "$@"
