/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the command reads lies in an anonymous file, not in a pipe, so that nobody has to write
 * while it runs; what it says on standard error goes into another, which cannot grow.  Its standard
 * output is thrown away.  The end of a child is read from its pidfd (Linux 5.3).
 */
#include "tell/command_runner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "tell/command_helper.h"
#include "tell/units.h"

#define SAID_BYTES 4096

struct command_run {
	pid_t pid; /* 0: it is not there any more */
	int pid_fd, said_fd;
	sd_event_source *end, *late;
	bool killed;
	command_done *done;
	void *context;
};

static int anonymous_file(const char *name)
{
	return memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

static int make_input(const char *input, size_t len)
{
	int fd = anonymous_file("input");

	if (fd < 0)
		return -errno;
	if (write(fd, input, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET)) {
		close(fd);
		return -EIO;
	}
	return fd;
}

static int make_said(void)
{
	int fd = anonymous_file("said");

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, SAID_BYTES) || fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK)) {
		close(fd);
		return -EIO;
	}
	return fd;
}

/* The first line of what it said. */
static void read_said(const struct command_run *run, char *line, size_t room)
{
	char said[161] = "";

	if (pread(run->said_fd, said, sizeof(said) - 1, 0) < 0)
		said[0] = '\0';
	said[strcspn(said, "\n")] = '\0';
	fit_text(said, 120, line, room);
}

static void describe(const struct command_run *run, const siginfo_t *info, struct command_end *end)
{
	char line[COMMAND_WHY_LEN - 40] = "";

	read_said(run, line, sizeof(line));
	end->ended = info->si_code == CLD_EXITED;
	end->status = info->si_status;
	if (run->killed)
		snprintf(end->why, sizeof(end->why), "not done within %d s, killed",
			 COMMAND_MS / 1000);
	else if (!end->ended)
		snprintf(end->why, sizeof(end->why), "killed by signal %d", info->si_status);
	else if (end->status)
		snprintf(end->why, sizeof(end->why), "exit code %d%s%s", end->status,
			 line[0] ? ": " : "", line);
}

static int on_end(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct command_run *run = context;
	struct command_end end = {};
	siginfo_t info = {};

	(void)source, (void)fd, (void)events;
	if (waitid(P_PID, (id_t)run->pid, &info, WEXITED | WNOHANG) || !info.si_pid)
		return 0;
	/* What it may have left running in its group ends with it. */
	kill(-run->pid, SIGKILL);
	run->pid = 0;
	describe(run, &info, &end);
	run->done(run->context, &end);
	command_run__free(run);
	return 0;
}

static int on_late(sd_event_source *source, uint64_t due_us, void *context)
{
	struct command_run *run = context;

	(void)source, (void)due_us;
	run->killed = true;
	kill(-run->pid, SIGKILL);
	return 0;
}

static int watch(struct command_run *run, sd_event *loop)
{
	int err;

	run->pid_fd = (int)syscall(SYS_pidfd_open, run->pid, 0);
	if (run->pid_fd < 0)
		return -errno;
	fcntl(run->pid_fd, F_SETFD, FD_CLOEXEC);
	err = sd_event_add_io(loop, &run->end, run->pid_fd, EPOLLIN, on_end, run);
	if (err >= 0)
		err = sd_event_add_time(loop, &run->late, CLOCK_MONOTONIC,
					clock_monotonic_ns() / 1000 + COMMAND_MS * 1000, 1000,
					on_late, run);
	return err < 0 ? err : 0;
}

int command_run__new(sd_event *loop, struct command_helper *helper, char *const *command,
		     char *const *environment, const char *input, size_t len, command_done *done,
		     void *context, struct command_run **run)
{
	struct command_run *new = calloc(1, sizeof(*new));
	int input_fd = -1, err = -ENOMEM;

	if (!new)
		return err;
	new->done = done;
	new->context = context;
	new->pid_fd = -1;
	new->said_fd = make_said();
	if (new->said_fd < 0) {
		err = new->said_fd;
		goto out;
	}
	input_fd = make_input(input, len);
	if (input_fd < 0) {
		err = input_fd;
		goto out;
	}
	err = command_helper__start(helper, command, environment, input_fd, new->said_fd,
				    &new->pid);
	if (!err)
		err = watch(new, loop);
	if (err)
		goto out;
	*run = new;
	new = NULL;
out:
	if (input_fd >= 0)
		close(input_fd);
	command_run__free(new);
	return err;
}

void command_run__free(struct command_run *run)
{
	if (!run)
		return;
	sd_event_source_disable_unref(run->end);
	sd_event_source_disable_unref(run->late);
	if (run->pid) {
		kill(-run->pid, SIGKILL);
		waitpid(run->pid, NULL, 0);
	}
	if (run->pid_fd >= 0)
		close(run->pid_fd);
	if (run->said_fd >= 0)
		close(run->said_fd);
	free(run);
}
