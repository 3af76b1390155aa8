/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The filter of system calls, each in a child of its own, and the process that starts commands.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/privileges.h"
#include "base/seccomp.h"
#include "tell/command_helper.h"

#define NO_FILTER 99 /* a build with sanitizers */

/* Runs @act in a child under the filter: its exit status, or minus the signal that ended it. */
static int under_filter(int (*act)(void), bool all_namespaces)
{
	int status, err;
	pid_t child = fork();

	if (!child) {
		if (privileges_drop_all())
			_exit(98);
		err = seccomp_confine(all_namespaces);
		if (err)
			_exit(err == -ENOTSUP ? NO_FILTER : 97);
		_exit(act());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int errno_of(long result)
{
	return result < 0 ? errno : 0;
}

static void expect(int (*act)(void), int result)
{
	int found = under_filter(act, false);

	if (found == NO_FILTER)
		skip();
	assert_int_equal(found, result);
}

/* ---- what goes on ------------------------------------------------------------------------ */

static int write_a_file(void)
{
	char path[] = "/tmp/faultline-confine-XXXXXX";
	int fd = mkstemp(path);

	return fd < 0 || write(fd, "x", 1) != 1 || fsync(fd) || close(fd) || unlink(path);
}

static void *in_thread(void *argument)
{
	return argument;
}

static int make_a_thread(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, in_thread, NULL) || pthread_join(thread, NULL);
}

static int open_sockets(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) < 0 || socket(AF_INET, SOCK_STREAM, 0) < 0 ||
	       socket(AF_NETLINK, SOCK_RAW, 0) < 0;
}

static int ask_for_no_map(void)
{
	union bpf_attr attr = {.map_fd = 1000};

	/* The kernel's own answer, not the filter's. */
	return errno_of(syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)));
}

static void what_the_sensor_uses_goes_on(void **state)
{
	int found;

	(void)state;
	expect(write_a_file, 0);
	expect(make_a_thread, 0);
	expect(open_sockets, 0);
	found = under_filter(ask_for_no_map, false);
	assert_true(found == NO_FILTER || found == EBADF || found == EPERM || found == EFAULT);
}

/* ---- what is not there any more ---------------------------------------------------------- */

static int load_a_program(void)
{
	union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER};

	return errno_of(syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)));
}

static int make_a_map(void)
{
	union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY};

	return errno_of(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
}

static int see_packets(void)
{
	return errno_of(socket(AF_PACKET, SOCK_RAW, 0));
}

static int make_a_namespace(void)
{
	return errno_of(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
}

static int ask_for_keys(void)
{
	return errno_of(syscall(SYS_keyctl, 0, 0, 0, 0, 0));
}

static int enter_a_namespace(void)
{
	return errno_of(setns(1000, CLONE_NEWNET));
}

static int enter_a_mount_namespace(void)
{
	return errno_of(setns(1000, CLONE_NEWNS));
}

static void the_rest_is_as_if_the_kernel_had_it_not(void **state)
{
	int found;

	(void)state;
	expect(load_a_program, ENOSYS);
	expect(make_a_map, ENOSYS);
	expect(see_packets, ENOSYS);
	expect(make_a_namespace, ENOSYS);
	expect(ask_for_keys, ENOSYS);
	expect(enter_a_namespace, ENOSYS);
	found = under_filter(enter_a_namespace, true);
	assert_true(found == NO_FILTER || found == EBADF);
	found = under_filter(enter_a_mount_namespace, true);
	assert_true(found == NO_FILTER || found == ENOSYS);
}

/* ---- what ends it ------------------------------------------------------------------------ */

static int execute(void)
{
	return execl("/bin/true", "true", NULL);
}

static int trace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0;
}

static int mount_something(void)
{
	return mount("none", "/tmp", "tmpfs", 0, NULL);
}

static int become_another(void)
{
	return (int)syscall(SYS_setuid, 1);
}

static int load_a_module(void)
{
	return (int)syscall(SYS_finit_module, -1, "", 0);
}

static void what_only_an_intruder_does_ends_it(void **state)
{
	(void)state;
	expect(execute, -SIGSYS);
	expect(trace, -SIGSYS);
	expect(mount_something, -SIGSYS);
	expect(become_another, -SIGSYS);
	expect(load_a_module, -SIGSYS);
}

/* ---- commands ---------------------------------------------------------------------------- */

static int memory(const char *text)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* Runs a command to its end; what it said on standard error is in @said.  Its exit status. */
static int run(struct command_helper *helper, char *const *command, const char *input,
	       char said[256])
{
	char *environment[] = {"FAULTLINE_TEST=1", NULL};
	int input_fd = memory(input), said_fd = memory(""), status = -1;
	ssize_t len;
	pid_t pid = 0;
	int err = command_helper__start(helper, command, environment, input_fd, said_fd, &pid);

	if (!err)
		assert_int_equal(waitpid(pid, &status, 0), pid);
	len = pread(said_fd, said, 255, 0);
	said[len > 0 ? len : 0] = '\0';
	close(input_fd);
	close(said_fd);
	return err ? err : WEXITSTATUS(status);
}

static void commands_are_our_children_and_have_nothing_of_ours(void **state)
{
	struct command_helper *helper = command_helper__new();
	char *copy[] = {"/bin/sh", "-c", "cat >&2; echo $FAULTLINE_TEST >&2; exit 3", NULL};
	char *files[] = {"/bin/sh", "-c", "ls /proc/self/fd | tr '\\n' ' ' >&2", NULL};
	char *rights[] = {"/bin/sh", "-c", "grep -E '^(CapPrm|NoNewPrivs)' /proc/self/status >&2",
			  NULL};
	char *absent[] = {"/no/such/command", NULL};
	char said[256];
	int leak = open("/dev/null", O_RDONLY); /* deliberately not close-on-exec */

	(void)state;
	assert_non_null(helper);
	assert_int_equal(run(helper, copy, "hello\n", said), 3);
	assert_string_equal(said, "hello\n1\n");
	/* The fourth is that of the directory which is listed. */
	assert_int_equal(run(helper, files, "", said), 0);
	assert_string_equal(said, "0 1 2 3 ");
	assert_int_equal(run(helper, rights, "", said), 0);
	assert_string_equal(said, "CapPrm:\t0000000000000000\nNoNewPrivs:\t1\n");
	assert_int_equal(run(helper, absent, "", said), -ENOENT);
	assert_int_equal(run(helper, copy, "again\n", said), 3);
	close(leak);
	command_helper__free(helper);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void what_is_too_long_is_refused_and_a_helper_that_is_gone_is_told(void **state)
{
	struct command_helper *helper = command_helper__new();
	char *text = malloc(COMMAND_BYTES_MAX + 1), *many[100], said[256];
	char *longest[] = {"/bin/true", text, NULL}, *plain[] = {"/bin/true", NULL};
	int status;
	pid_t pid;

	(void)state;
	memset(text, 'x', COMMAND_BYTES_MAX);
	text[COMMAND_BYTES_MAX] = '\0';
	assert_int_equal(run(helper, longest, "", said), -E2BIG);
	text[COMMAND_BYTES_MAX - 100] = '\0';
	assert_int_equal(run(helper, longest, "", said), 0);
	for (size_t i = 0; i < 99; i++)
		many[i] = "/bin/true";
	many[99] = NULL;
	assert_int_equal(run(helper, many, "", said), -E2BIG);
	assert_int_equal(run(helper, plain, "", said), 0);
	/* The only child of ours that there is now. */
	pid = command_helper__pid(helper);
	kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &(siginfo_t){}, WEXITED | WNOWAIT), 0);
	assert_int_equal(run(helper, plain, "", said), -EPIPE);
	assert_int_equal(run(helper, plain, "", said), -EPIPE);
	command_helper__free(helper);
	assert_int_equal(waitpid(-1, &status, WNOHANG), -1);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_sensor_uses_goes_on),
		cmocka_unit_test(the_rest_is_as_if_the_kernel_had_it_not),
		cmocka_unit_test(what_only_an_intruder_does_ends_it),
		cmocka_unit_test(commands_are_our_children_and_have_nothing_of_ours),
		cmocka_unit_test(what_is_too_long_is_refused_and_a_helper_that_is_gone_is_told),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
