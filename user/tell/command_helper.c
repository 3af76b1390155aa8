/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command of the operator's may be any program, and would live under the sensor's filter of
 * system calls if the sensor started it.  So this process, forked before the filter and without a
 * single capability, does nothing but start commands: a request is one message on a socket pair
 * with two descriptors, the answer a pid.  The command is made with CLONE_PARENT and so is the
 * sensor's child, who waits for it and kills it like one of its own.
 *
 * What a request may ask for is bounded by its size alone: who can speak on the socket pair is the
 * sensor, and what it could start in this way runs as its user with no capability and no way to
 * more.
 *
 * The helper ignores the signals that stop a sensor and ends when the socket pair does.
 */
#include "tell/command_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/privileges.h"

#define STRINGS_MAX   64
#define STACK_BYTES   65536
#define ANSWER_WAIT_S 10

struct command_helper {
	pid_t pid;
	int fd; /* -1: it is gone */
};

struct request {
	uint32_t arguments, variables; /* how many strings of each follow */
	char text[COMMAND_BYTES_MAX];
};

struct answer {
	int32_t err; /* 0 or -errno; the child is there in both cases when pid is not 0 */
	int32_t pid;
};

/* What a command is started with; in memory that both sides of the clone share. */
struct launch {
	char *strings[2 * STRINGS_MAX + 2];
	char **command, **environment;
	int input_fd, said_fd;
	int err;
};

/* ---- in the helper ----------------------------------------------------------------------- */

static int set_files(const struct launch *launch)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (nowhere < 0 || dup2(launch->input_fd, STDIN_FILENO) < 0 ||
	    dup2(nowhere, STDOUT_FILENO) < 0 || dup2(launch->said_fd, STDERR_FILENO) < 0 ||
	    close_range(STDERR_FILENO + 1, ~0u, 0))
		return -errno;
	return 0;
}

/* The command's beginning.  It shares our memory until it executes, and only leaves a number. */
static int begin_command(void *context)
{
	struct launch *launch = context;
	struct sigaction standard = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int signal = 1; signal < NSIG; signal++)
		sigaction(signal, &standard, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	launch->err = set_files(launch);
	if (!launch->err) {
		execve(launch->command[0], launch->command, launch->environment);
		launch->err = -errno;
	}
	_exit(127);
}

/* Finds the strings of a request.  0, or -EINVAL when it is not whole. */
static int read_strings(struct request *request, size_t len, struct launch *launch)
{
	size_t count = request->arguments + request->variables, at = 0;
	char **next = launch->strings;

	if (!request->arguments || request->arguments > STRINGS_MAX ||
	    request->variables > STRINGS_MAX)
		return -EINVAL;
	launch->command = next;
	for (size_t i = 0; i < count; i++) {
		size_t left = len - at, string = strnlen(request->text + at, left);

		if (string == left)
			return -EINVAL;
		*next++ = request->text + at;
		at += string + 1;
		if (i + 1 == request->arguments) {
			*next++ = NULL;
			launch->environment = next;
		}
	}
	*next = NULL;
	return 0;
}

static struct answer launch_command(struct launch *launch)
{
	static char stack[STACK_BYTES] __attribute__((aligned(16)));
	struct answer answer = {};
	pid_t pid;

	launch->err = 0;
	pid = clone(begin_command, stack + sizeof(stack),
		    CLONE_VM | CLONE_VFORK | CLONE_PARENT | SIGCHLD, launch);
	if (pid < 0) {
		answer.err = -errno;
		return answer;
	}
	answer.pid = pid;
	answer.err = launch->err;
	return answer;
}

/* Takes one request.  False: there will be no more. */
static bool serve_one(int fd)
{
	static struct request request;
	static struct launch launch;
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control;
	struct iovec part = {.iov_base = &request, .iov_len = sizeof(request)};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	struct answer answer = {.err = -EINVAL};
	const struct cmsghdr *header;
	int fds[2] = {-1, -1};
	ssize_t len;

	do {
		len = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	} while (len < 0 && errno == EINTR);
	if (len <= 0)
		return false;
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
	    header->cmsg_len == CMSG_LEN(sizeof(fds)))
		memcpy(fds, CMSG_DATA(header), sizeof(fds));
	launch.input_fd = fds[0];
	launch.said_fd = fds[1];
	if (fds[0] >= 0 && (size_t)len > offsetof(struct request, text) &&
	    !read_strings(&request, (size_t)len - offsetof(struct request, text), &launch))
		answer = launch_command(&launch);
	for (size_t i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	return send(fd, &answer, sizeof(answer), MSG_NOSIGNAL) == sizeof(answer);
}

static void serve(int fd, pid_t sensor)
{
	int nowhere = open("/dev/null", O_RDWR);

	prctl(PR_SET_NAME, "faultline-pager");
	/* The sensor may have ended before this line. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (nowhere < 0 || privileges_drop_all())
		_exit(EXIT_FAILURE);
	for (int standard = 0; standard <= STDERR_FILENO; standard++)
		dup2(nowhere, standard);
	if (fd != STDERR_FILENO + 1 && dup2(fd, STDERR_FILENO + 1) < 0)
		_exit(EXIT_FAILURE);
	fd = STDERR_FILENO + 1;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	close_range((unsigned)fd + 1, ~0u, 0);
	while (getppid() == sensor && serve_one(fd))
		continue;
	_exit(EXIT_SUCCESS);
}

/* ---- in the sensor ----------------------------------------------------------------------- */

struct command_helper *command_helper__new(void)
{
	struct command_helper *helper = calloc(1, sizeof(*helper));
	struct timeval patience = {.tv_sec = ANSWER_WAIT_S};
	int pair[2] = {-1, -1}, err;
	pid_t sensor = getpid();

	if (!helper)
		return NULL;
	helper->fd = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		goto out;
	if (setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		goto out;
	helper->pid = fork();
	if (helper->pid < 0)
		goto out;
	if (!helper->pid)
		serve(pair[1], sensor);
	close(pair[1]);
	helper->fd = pair[0];
	return helper;
out:
	err = errno;
	for (size_t i = 0; i < 2; i++) {
		if (pair[i] >= 0)
			close(pair[i]);
	}
	free(helper);
	errno = err;
	return NULL;
}

void command_helper__free(struct command_helper *helper)
{
	if (!helper)
		return;
	if (helper->fd >= 0)
		close(helper->fd);
	/* It reads the end of the socket pair. */
	waitpid(helper->pid, NULL, 0);
	free(helper);
}

pid_t command_helper__pid(const struct command_helper *helper)
{
	return helper->pid;
}

/* Appends the strings of a list to a request.  0 or -E2BIG. */
static int add_strings(struct request *request, char *const *list, uint32_t *count, size_t *len)
{
	for (*count = 0; list[*count]; ++*count) {
		size_t size = strlen(list[*count]) + 1;

		if (*count == STRINGS_MAX || size > sizeof(request->text) - *len)
			return -E2BIG;
		memcpy(request->text + *len, list[*count], size);
		*len += size;
	}
	return 0;
}

static int send_request(const struct command_helper *helper, const struct request *request,
			size_t len, const int fds[2])
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control = {.header = {.cmsg_len = CMSG_LEN(2 * sizeof(int)),
				.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS}};
	struct iovec part = {.iov_base = (void *)request,
			     .iov_len = offsetof(struct request, text) + len};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};

	memcpy(CMSG_DATA(&control.header), fds, 2 * sizeof(int));
	return sendmsg(helper->fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* A helper that does not answer is of no more use: a late answer would be taken for another's. */
static int read_answer(struct command_helper *helper, struct answer *answer)
{
	ssize_t len;

	do {
		len = recv(helper->fd, answer, sizeof(*answer), 0);
	} while (len < 0 && errno == EINTR);
	if (len == sizeof(*answer))
		return 0;
	close(helper->fd);
	helper->fd = -1;
	return -EPIPE;
}

int command_helper__start(struct command_helper *helper, char *const *command,
			  char *const *environment, int input_fd, int said_fd, pid_t *pid)
{
	struct request *request = malloc(sizeof(*request));
	int fds[2] = {input_fd, said_fd}, err;
	struct answer answer;
	size_t len = 0;

	if (!request)
		return -ENOMEM;
	err = helper->fd < 0 ? -EPIPE : add_strings(request, command, &request->arguments, &len);
	if (!err)
		err = add_strings(request, environment, &request->variables, &len);
	if (!err)
		err = send_request(helper, request, len, fds);
	free(request);
	if (!err)
		err = read_answer(helper, &answer);
	if (err)
		return err;
	/* One that could not be executed was our child all the same. */
	if (answer.err && answer.pid)
		waitpid(answer.pid, NULL, 0);
	if (!answer.err)
		*pid = answer.pid;
	return answer.err;
}
