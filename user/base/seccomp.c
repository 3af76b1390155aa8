/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An allow-list.  It holds what the sensor, the C library and the libraries that it is linked to
 * use after the start: files, memory, sockets, timers, threads that resolve names, and those
 * commands of bpf() that read and write maps, run iterators, and attach programs that are loaded.
 *
 * What to answer to the rest?  A sensor that is killed for a call that a new C library happens to
 * make in the moment of a page is worse than one that goes without it.  So an unknown call is
 * answered with ENOSYS, for which libraries have another way (with EPERM they give up), and the
 * kernel writes a line of audit about it.  The exceptions are calls that no part of the sensor
 * could make by mistake and that an intruder wants: they end it at once, and systemd starts it
 * again.
 *
 * clone3() hides its flags from a filter, so it is answered with ENOSYS too, and the C library
 * falls back on clone(), whose flags are looked at: threads, and no namespaces.  Nothing is
 * executed: commands of pagers are started by a process of their own (tell/command_helper.h).
 *
 * Cost: some 50 ns a system call of the sensor's own.
 */
#include "base/seccomp.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/sched.h>
#include <stddef.h>
#include <sys/socket.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

int seccomp_confine(bool all_namespaces)
{
	(void)all_namespaces;
	return -ENOTSUP;
}

#else

#include <seccomp.h>

/* By name, for no architecture has all of them: one that this has not is passed over. */
static const char *const allowed[] = {
	/* files */
	"access",
	"chmod",
	"close",
	"close_range",
	"creat",
	"dup",
	"dup2",
	"dup3",
	"faccessat",
	"faccessat2",
	"fadvise64",
	"fallocate",
	"fchmod",
	"fchmodat",
	"fchown",
	"fcntl",
	"fdatasync",
	"flock",
	"fstat",
	"fstatfs",
	"fsync",
	"ftruncate",
	"getcwd",
	"getdents",
	"getdents64",
	"ioctl",
	"link",
	"lseek",
	"lstat",
	"mkdir",
	"mkdirat",
	"newfstatat",
	"open",
	"openat",
	"openat2",
	"pread64",
	"preadv",
	"preadv2",
	"pwrite64",
	"pwritev",
	"pwritev2",
	"read",
	"readahead",
	"readlink",
	"readlinkat",
	"readv",
	"rename",
	"renameat",
	"renameat2",
	"rmdir",
	"sendfile",
	"stat",
	"statfs",
	"statx",
	"sync_file_range",
	"truncate",
	"umask",
	"unlink",
	"unlinkat",
	"utimensat",
	"write",
	"writev",
	"copy_file_range",
	/* memory */
	"brk",
	"madvise",
	"memfd_create",
	"mincore",
	"mmap",
	"mprotect",
	"mremap",
	"msync",
	"munmap",
	"membarrier",
	/* sockets; socket() itself is below */
	"accept",
	"accept4",
	"bind",
	"connect",
	"getpeername",
	"getsockname",
	"getsockopt",
	"listen",
	"pipe",
	"pipe2",
	"recvfrom",
	"recvmmsg",
	"recvmsg",
	"sendmmsg",
	"sendmsg",
	"sendto",
	"setsockopt",
	"shutdown",
	/* waiting */
	"clock_getres",
	"clock_gettime",
	"clock_nanosleep",
	"epoll_create",
	"epoll_create1",
	"epoll_ctl",
	"epoll_pwait",
	"epoll_pwait2",
	"epoll_wait",
	"eventfd",
	"eventfd2",
	"gettimeofday",
	"nanosleep",
	"pause",
	"pidfd_open",
	"poll",
	"ppoll",
	"pselect6",
	"restart_syscall",
	"select",
	"signalfd",
	"signalfd4",
	"time",
	"timerfd_create",
	"timerfd_gettime",
	"timerfd_settime",
	"inotify_init1",
	"inotify_add_watch",
	"inotify_rm_watch",
	/* the process itself, its threads, and its children of pagers */
	"exit",
	"exit_group",
	"futex",
	"futex_waitv",
	"get_robust_list",
	"getcpu",
	"getegid",
	"geteuid",
	"getgid",
	"getgroups",
	"getpgrp",
	"getpid",
	"getppid",
	"getpriority",
	"getrandom",
	"getresgid",
	"getresuid",
	"getrlimit",
	"getrusage",
	"gettid",
	"getuid",
	"kill",
	"prlimit64",
	"rseq",
	"rt_sigaction",
	"rt_sigpending",
	"rt_sigprocmask",
	"rt_sigreturn",
	"rt_sigsuspend",
	"rt_sigtimedwait",
	"sched_getaffinity",
	"sched_getparam",
	"sched_getscheduler",
	"sched_yield",
	"set_robust_list",
	"set_tid_address",
	"sigaltstack",
	"sysinfo",
	"tgkill",
	"times",
	"uname",
	"wait4",
	"waitid",
};

static const char *const deadly[] = {
	"ptrace",
	"process_vm_readv",
	"process_vm_writev",
	"pidfd_getfd",
	"init_module",
	"finit_module",
	"delete_module",
	"kexec_load",
	"kexec_file_load",
	"reboot",
	"mount",
	"umount2",
	"pivot_root",
	"chroot",
	"move_mount",
	"open_tree",
	"fsopen",
	"fsconfig",
	"fsmount",
	"mount_setattr",
	"swapon",
	"swapoff",
	"execve",
	"execveat",
	"unshare",
	"setuid",
	"setgid",
	"setreuid",
	"setregid",
	"setresuid",
	"setresgid",
	"setgroups",
	"iopl",
	"ioperm",
	"modify_ldt",
	"userfaultfd",
	"open_by_handle_at",
};

/* Of bpf(): maps, iterators, attaching, and what both need; no new program, no new map. */
static const int bpf_commands[] = {
	BPF_MAP_LOOKUP_ELEM,	 BPF_MAP_UPDATE_ELEM,  BPF_MAP_DELETE_ELEM,
	BPF_MAP_GET_NEXT_KEY,	 BPF_MAP_LOOKUP_BATCH, BPF_OBJ_GET_INFO_BY_FD,
	BPF_RAW_TRACEPOINT_OPEN, BPF_LINK_CREATE,      BPF_ITER_CREATE,
};

static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

#define NAMESPACE_FLAGS                                                                \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
	 CLONE_NEWPID | CLONE_NEWNET)

static int add_names(scmp_filter_ctx filter, uint32_t action, const char *const *names,
		     size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);
		int err = number < 0 ? 0 : seccomp_rule_add(filter, action, number, 0);

		if (err)
			return err;
	}
	return 0;
}

/* Allows @call where its first argument is one of @values. */
static int add_values(scmp_filter_ctx filter, int call, const int *values, size_t count)
{
	int err = 0;

	for (size_t i = 0; !err && i < count; i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
				       SCMP_A0_32(SCMP_CMP_EQ, (uint32_t)values[i]));
	return err;
}

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static int add_rules(scmp_filter_ctx filter, bool all_namespaces)
{
	int err = add_names(filter, SCMP_ACT_ALLOW, allowed, COUNT(allowed));

	if (!err)
		err = add_names(filter, SCMP_ACT_KILL_PROCESS, deadly, COUNT(deadly));
	if (!err)
		err = add_values(filter, SCMP_SYS(bpf), bpf_commands, COUNT(bpf_commands));
	if (!err)
		err = add_values(filter, SCMP_SYS(socket), families, COUNT(families));
	if (!err)
		err = add_values(filter, SCMP_SYS(socketpair), families, 1);
	/* On the architectures with BPF type information but s390 the flags come first. */
	if (!err)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				       SCMP_A0(SCMP_CMP_MASKED_EQ, NAMESPACE_FLAGS, 0));
	/* Libraries name their threads; nothing else of prctl() is used. */
	if (!err)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
				       SCMP_A0_32(SCMP_CMP_EQ, 15 /* PR_SET_NAME */));
	if (!err && all_namespaces)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(setns), 1,
				       SCMP_A1_32(SCMP_CMP_EQ, CLONE_NEWNET));
	return err;
}

int seccomp_confine(bool all_namespaces)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int err;

	if (!filter)
		return -ENOMEM;
	/* The caller did; a kernel that has no audit does without its lines. */
	err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!err)
		err = add_rules(filter, all_namespaces);
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return err;
}

#endif
