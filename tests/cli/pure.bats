#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The judge is a pure function of samples: it reads no clock, no file and no kernel, and knows
# nothing of who senses, tells or keeps.

setup() {
	root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	build=${FAULTLINE_BUILD:-$root/build}
}

@test "the judge includes nothing of sense, tell, keep, bpf, and no clock" {
	run grep -nE '#include [<"](sense/|tell/|keep/|bpf/|cmd|run\.h|base/clock|base/log|sqlite3|microhttpd|curl/|systemd/|netlink/|sys/time)' \
		"$root"/user/judge/*.c "$root"/user/judge/*.h
	[ "$status" -eq 1 ] || { echo "$output"; false; }
}

@test "no object of the judge calls a clock, a file or the other parts" {
	[ "$(ls "$build"/user/judge/*.o | wc -l)" -ge 20 ]
	undefined=$(nm -u "$build"/user/judge/*.o | sed -n 's/^ *U //p' | sort -u)
	[ -n "$undefined" ]
	forbidden='^(clock_gettime|clock_getres|gettimeofday|time|ftime|timespec_get|nanosleep|clock_monotonic_ns|clock_thread_us|utc_now|open|open64|fopen|fopen64|openat|read|write|socket|send|sendto|recv|recvfrom|ioctl|syscall|getenv|random|rand|getrandom|bpf_.*|nl_.*|nla_.*|nlmsg_.*|sd_.*|sqlite3_.*|curl_.*|log_.*)$'
	run grep -E "$forbidden" <<<"$undefined"
	[ "$status" -eq 1 ] || { echo "$output"; false; }
}

@test "what the judge needs of the program is in judge and base" {
	objects=()
	undefined=$(nm -u "$build"/user/judge/*.o | sed -n 's/^ *U //p' | sort -u)
	# Of what there is now: an object may be left of a source that has moved.
	for source in "$root"/user/{sense,tell,keep}/*.c; do
		object=$build/user/${source#"$root/user/"}
		objects+=("${object%.c}.o")
	done
	others=$(nm --defined-only "${objects[@]}" | sed -n 's/^[0-9a-f]* [TDBR] //p' | sort -u)
	[ -n "$others" ]
	both=$(comm -12 <(echo "$undefined") <(echo "$others"))
	[ -z "$both" ] || { echo "$both"; false; }
}
