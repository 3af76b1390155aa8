/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sensor starts with the rights to load and attach, and goes on with the few that looking
 * needs.
 *
 * One table says which.  Whether a row of PRIVILEGE_IF_REFUSED is needed depends on the host: each
 * of them is tried at the start with the effective set lowered to what would be left, and kept only
 * where the kernel says no.  Trying cannot be wrong in the dangerous direction: what is kept was
 * refused without.
 *
 * What runs as user 0 still owns the files of user 0.  The systemd unit closes that side.
 *
 * Limit: capabilities belong to a thread.  The caller has no other threads at that time; those that
 * a library makes later inherit what is left.
 */
#include "base/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF	    39
#endif

const struct privilege privilege_table[PRIVILEGE_COUNT] = {
	{CAP_BPF, "cap_bpf", PRIVILEGE_IF_REFUSED,
	 "loads BPF programs and makes maps; kernels that restrict bpf() as a whole ask for it "
	 "whenever a map is read",
	 "everything: the sensor does not start"},
	{CAP_PERFMON, "cap_perfmon", PRIVILEGE_START, "loads programs that read kernel memory",
	 "everything: the sensor does not start"},
	{CAP_SYS_ADMIN, "cap_sys_admin", PRIVILEGE_NAMESPACES,
	 "enters network namespaces to walk their sockets; on kernels before 5.8 loads programs",
	 "the census of namespaces other than our own; their sockets are counted by the hooks "
	 "alone"},
	{CAP_SYS_PTRACE, "cap_sys_ptrace", PRIVILEGE_NAMESPACES,
	 "finds the namespaces of other processes, and all of /proc where it is mounted with "
	 "hidepid",
	 "namespaces that have no name under /run/netns; under hidepid, processes of others"},
	{CAP_NET_ADMIN, "cap_net_admin", PRIVILEGE_KEPT,
	 "asks a next hop that is silent whether it is still there, and makes the buffer for "
	 "changes of the network large enough",
	 "a next hop that went away is noticed half a minute later"},
	{CAP_DAC_READ_SEARCH, "cap_dac_read_search", PRIVILEGE_KEPT,
	 "counts the descriptors of processes of other users, and reads the configuration again "
	 "when it belongs to another user",
	 "on kernels before 6.2, how close processes of other users are to their limit of "
	 "descriptors"},
	{CAP_DAC_OVERRIDE, "cap_dac_override", PRIVILEGE_IF_REFUSED,
	 "writes into a state_dir that belongs to another user", "nothing, where it is our own"},
	{CAP_CHOWN, "cap_chown", PRIVILEGE_START, "gives the control socket to control_group",
	 "control_group, unless we are in it"},
	{CAP_SYS_RESOURCE, "cap_sys_resource", PRIVILEGE_START,
	 "on kernels before 5.11, lifts the limit of locked memory for maps",
	 "nothing on this kernel if it is 5.11 or newer"},
	{CAP_SETPCAP, "cap_setpcap", PRIVILEGE_START,
	 "empties the bounding set and takes the special rights of user 0 away",
	 "nothing: the other sets are emptied all the same"},
};

const char *privilege_use_name(enum privilege_use use)
{
	switch (use) {
	case PRIVILEGE_START:
		return "start";
	case PRIVILEGE_KEPT:
		return "always";
	case PRIVILEGE_NAMESPACES:
		return "scope: all";
	case PRIVILEGE_IF_REFUSED:
		return "start, then where refused";
	}
	return "";
}

static bool in_set(cap_t caps, int capability, cap_flag_t set)
{
	cap_flag_value_t value = CAP_CLEAR;

	return !cap_get_flag(caps, capability, set, &value) && value == CAP_SET;
}

bool privilege_held(int capability)
{
	cap_t caps = cap_get_proc();
	bool held = !caps || in_set(caps, capability, CAP_EFFECTIVE);

	cap_free(caps);
	return held;
}

const struct privilege *privileges_missing_to_load(void)
{
	if (privilege_held(CAP_SYS_ADMIN))
		return NULL;
	for (size_t i = 0; i < PRIVILEGE_COUNT; i++) {
		const struct privilege *row = &privilege_table[i];

		if ((row->capability == CAP_BPF || row->capability == CAP_PERFMON) &&
		    !privilege_held(row->capability))
			return row;
	}
	return NULL;
}

const char *privileges_text(uint64_t set, char *text, size_t room)
{
	size_t len = 0;

	snprintf(text, room, "none");
	for (size_t i = 0; i < PRIVILEGE_COUNT && len < room; i++) {
		if (set & 1ULL << privilege_table[i].capability)
			len += (size_t)snprintf(text + len, room - len, "%s%s", len ? " " : "",
						privilege_table[i].name);
	}
	return text;
}

bool privilege_missed(const struct privilege *privilege, bool all_namespaces, uint64_t kept)
{
	return !(kept & 1ULL << privilege->capability) &&
	       (privilege->use == PRIVILEGE_KEPT ||
		(privilege->use == PRIVILEGE_NAMESPACES && all_namespaces));
}

/* ---- what stays -------------------------------------------------------------------------- */

static int set_all(cap_t caps, cap_flag_t set, uint64_t bits)
{
	for (int capability = 0; capability <= CAP_LAST_CAP; capability++) {
		cap_value_t value = capability;
		bool on = bits & 1ULL << capability;

		/* A kernel that is older than our headers does not know the last ones. */
		if (cap_set_flag(caps, set, 1, &value, on ? CAP_SET : CAP_CLEAR) && on)
			return -errno;
	}
	return 0;
}

/* Makes @bits the effective set, and the permitted one too if @for_good. */
static int become(uint64_t bits, bool for_good)
{
	cap_t caps = cap_get_proc();
	int err;

	if (!caps)
		return -errno;
	err = set_all(caps, CAP_EFFECTIVE, bits);
	if (!err && for_good)
		err = set_all(caps, CAP_PERMITTED, bits);
	if (!err && for_good)
		err = set_all(caps, CAP_INHERITABLE, 0);
	if (!err && cap_set_proc(caps))
		err = -errno;
	cap_free(caps);
	return err;
}

static int read_permitted(uint64_t *permitted)
{
	cap_t caps = cap_get_proc();
	uint64_t bits = 0;

	if (!caps)
		return -errno;
	for (int capability = 0; capability <= CAP_LAST_CAP; capability++) {
		if (in_set(caps, capability, CAP_PERMITTED))
			bits |= 1ULL << capability;
	}
	cap_free(caps);
	*permitted = bits;
	return 0;
}

static bool may_ask_maps(int map_fd)
{
	struct bpf_map_info info = {};
	union bpf_attr attr = {.info = {.bpf_fd = (uint32_t)map_fd, .info_len = sizeof(info)}};

	attr.info.info = (uint64_t)(uintptr_t)&info;
	return !syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) || errno != EPERM;
}

static bool may_see_others(void)
{
	int fd = open("/proc/1/stat", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* With the effective set lowered to what is sure to stay: what is refused? */
static uint64_t refused_without(const struct privileges_options *options)
{
	uint64_t refused = 0;

	/* Either of them lets bpf() through; the smaller one is taken where it is there. */
	if (options->map_fd >= 0 && !may_ask_maps(options->map_fd))
		refused |= 1ULL << CAP_BPF | 1ULL << CAP_SYS_ADMIN;
	if (!may_see_others())
		refused |= 1ULL << CAP_SYS_PTRACE;
	if (options->directory && faccessat(AT_FDCWD, options->directory, W_OK | X_OK, AT_EACCESS))
		refused |= 1ULL << CAP_DAC_OVERRIDE;
	return refused;
}

static int choose(const struct privileges_options *options, uint64_t *kept)
{
	uint64_t permitted = 0, keep = 0, refused;
	int err = read_permitted(&permitted);

	if (err)
		return err;
	for (size_t i = 0; i < PRIVILEGE_COUNT; i++) {
		const struct privilege *row = &privilege_table[i];

		if (row->use == PRIVILEGE_KEPT ||
		    (row->use == PRIVILEGE_NAMESPACES && options->all_namespaces))
			keep |= 1ULL << row->capability;
	}
	keep &= permitted;
	err = become(keep, false);
	if (err)
		return err;
	refused = refused_without(options) & permitted;
	if (refused & 1ULL << CAP_BPF)
		refused &= ~(1ULL << CAP_SYS_ADMIN);
	err = become(permitted, false);
	*kept = keep | refused;
	return err;
}

/* ---- giving up --------------------------------------------------------------------------- */

/*
 * No later program gets anything from being user 0.  Without CAP_SETPCAP both are refused, and the
 * bounding set stays what whoever started us made it; nothing can be gained from it either, for no
 * new privileges are allowed.
 */
static void close_ways_back(void)
{
	const unsigned bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
			      SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
			      SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

	for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
		prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
	prctl(PR_SET_SECUREBITS, bits, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

static int drop_to(uint64_t kept)
{
	close_ways_back();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return become(kept, true);
}

int privileges_drop(const struct privileges_options *options, uint64_t *kept)
{
	uint64_t keep;
	int err = choose(options, &keep);

	if (!err)
		err = drop_to(keep);
	if (!err)
		*kept = keep;
	return err;
}

int privileges_drop_all(void)
{
	return drop_to(0);
}
