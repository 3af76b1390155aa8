/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket, over real unix sockets in a directory of its own: who is served, who is
 * turned away, and what slow, silent and talkative clients can do.
 *
 * Server and clients share one thread: a client acts, then the loop runs until what must follow has
 * followed.  A loop that has nothing to do for ten seconds is a failure.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/control.h"
#include "base/control_client.h"

#define PATIENCE_US   10000000ULL
#define LARGE_REPLY   (4U << 20)
#define SHORT_TIMEOUT 50000
#define NOBODY	      65534

struct fixture {
	sd_event *loop;
	struct control *control;
	char directory[64];
	char path[96];
	unsigned asked;
	char argument[CONTROL_REQUEST_MAX];
};

static int answer_hello(void *context, const char *argument, char **reply, size_t *len)
{
	struct fixture *fixture = context;

	fixture->asked++;
	snprintf(fixture->argument, sizeof(fixture->argument), "%s", argument);
	*reply = strdup("{\"hello\": true}\n");
	*len = strlen(*reply);
	return 0;
}

static int answer_large(void *context, const char *argument, char **reply, size_t *len)
{
	(void)context;
	(void)argument;
	*reply = malloc(LARGE_REPLY);
	memset(*reply, 'x', LARGE_REPLY);
	*len = LARGE_REPLY;
	return 0;
}

static int answer_failure(void *context, const char *argument, char **reply, size_t *len)
{
	(void)context;
	(void)argument;
	(void)reply;
	(void)len;
	return -ENOMEM;
}

static struct control_request requests[] = {
	{.name = "hello", .handle = answer_hello},
	{.name = "large", .handle = answer_large},
	{.name = "failure", .handle = answer_failure},
};

static void start(struct fixture *fixture, const char *group, uint64_t timeout_us)
{
	struct control_options options = {
		.path = fixture->path,
		.group = group,
		.requests = requests,
		.request_count = sizeof(requests) / sizeof(requests[0]),
		.client_timeout_us = timeout_us,
	};
	char why[256] = "";

	requests[0].context = fixture;
	if (control__new(fixture->loop, &options, &fixture->control, why, sizeof(why)))
		fail_msg("%s", why);
}

static int make_fixture(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	strcpy(fixture->directory, "/tmp/faultline-control-XXXXXX");
	if (!mkdtemp(fixture->directory) || chmod(fixture->directory, 0711) < 0 ||
	    sd_event_new(&fixture->loop) < 0)
		return -1;
	snprintf(fixture->path, sizeof(fixture->path), "%s/control.sock", fixture->directory);
	*state = fixture;
	return 0;
}

static int free_fixture(void **state)
{
	struct fixture *fixture = *state;

	control__free(fixture->control);
	sd_event_unref(fixture->loop);
	unlink(fixture->path);
	rmdir(fixture->directory);
	free(fixture);
	return 0;
}

static int connect_client(const struct fixture *fixture)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", fixture->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void turn_loop(struct fixture *fixture)
{
	int ran = sd_event_run(fixture->loop, PATIENCE_US);

	assert_true(ran >= 0);
	if (ran == 0)
		fail_msg("the server had nothing to do for %llu s", PATIENCE_US / 1000000);
}

static void wait_for_clients(struct fixture *fixture, unsigned count)
{
	while (control__clients(fixture->control) != count)
		turn_loop(fixture);
}

/* Runs the loop until the server has closed; *total bytes came, the first are in @text. */
static void read_to_end(struct fixture *fixture, int fd, char *text, size_t room, size_t *total)
{
	static char buffer[65536];
	size_t used = 0, sum = 0;

	for (;;) {
		ssize_t got = recv(fd, buffer, sizeof(buffer), 0);

		if (got == 0)
			break;
		if (got < 0) {
			assert_int_equal(errno, EAGAIN);
			turn_loop(fixture);
			continue;
		}
		sum += (size_t)got;
		for (ssize_t i = 0; i < got && used + 1 < room; i++)
			text[used++] = buffer[i];
	}
	text[used] = '\0';
	if (total)
		*total = sum;
	close(fd);
}

static void assert_answer(struct fixture *fixture, const char *request, const char *expected)
{
	char text[CONTROL_REQUEST_MAX + 128];
	int fd = connect_client(fixture);

	assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
	read_to_end(fixture, fd, text, sizeof(text), NULL);
	assert_string_equal(text, expected);
}

static void requests_are_answered(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, NULL, 0);
	assert_answer(fixture, "hello\n", "{\"hello\": true}\n");
	assert_string_equal(fixture->argument, "");
	assert_answer(fixture, "hello one two\nrest", "{\"hello\": true}\n");
	assert_string_equal(fixture->argument, "one two");
	assert_answer(fixture, "goodbye\n",
		      "error: \"goodbye\" is not a request this sensor knows\n");
	assert_answer(fixture, "hell\n", "error: \"hell\" is not a request this sensor knows\n");
	assert_answer(fixture, "\n", "error: \"\" is not a request this sensor knows\n");
	assert_answer(fixture, "failure\n", "error: failure: Cannot allocate memory\n");
	assert_int_equal(fixture->asked, 2);
	assert_int_equal(control__clients(fixture->control), 0);
}

static void a_request_may_come_in_pieces(void **state)
{
	struct fixture *fixture = *state;
	const char *request = "hello x\n";
	char text[64];
	int fd;

	start(fixture, NULL, 0);
	fd = connect_client(fixture);
	wait_for_clients(fixture, 1);
	for (; *request; request++) {
		assert_int_equal(send(fd, request, 1, 0), 1);
		turn_loop(fixture);
	}
	read_to_end(fixture, fd, text, sizeof(text), NULL);
	assert_string_equal(text, "{\"hello\": true}\n");
}

static void a_line_too_long_is_refused(void **state)
{
	struct fixture *fixture = *state;
	char line[CONTROL_REQUEST_MAX + 2] = "", expected[CONTROL_REQUEST_MAX + 128];

	start(fixture, NULL, 0);
	memset(line, 'a', CONTROL_REQUEST_MAX + 1);
	assert_answer(fixture, line, "error: the request is longer than one line of 4096 bytes\n");
	/* The longest that fits. */
	line[CONTROL_REQUEST_MAX - 1] = '\n';
	line[CONTROL_REQUEST_MAX] = '\0';
	snprintf(expected, sizeof(expected), "error: \"%.*s\" is not a request this sensor knows\n",
		 CONTROL_REQUEST_MAX - 1, line);
	assert_answer(fixture, line, expected);
}

static void a_client_that_leaves_is_forgotten(void **state)
{
	struct fixture *fixture = *state;
	int fd;

	start(fixture, NULL, 0);
	fd = connect_client(fixture);
	assert_int_equal(send(fd, "hel", 3, 0), 3);
	wait_for_clients(fixture, 1);
	close(fd);
	wait_for_clients(fixture, 0);
	assert_int_equal(fixture->asked, 0);
}

static void a_silent_client_is_ended(void **state)
{
	struct fixture *fixture = *state;
	char text[64];
	int fd;

	start(fixture, NULL, SHORT_TIMEOUT);
	fd = connect_client(fixture);
	wait_for_clients(fixture, 1);
	read_to_end(fixture, fd, text, sizeof(text), NULL);
	assert_string_equal(text, "");
	assert_int_equal(control__clients(fixture->control), 0);
}

/* It asks for much and reads nothing. */
static void a_client_that_does_not_read_is_ended(void **state)
{
	struct fixture *fixture = *state;
	char text[64];
	size_t total;
	int fd;

	start(fixture, NULL, SHORT_TIMEOUT);
	fd = connect_client(fixture);
	assert_int_equal(send(fd, "large\n", 6, 0), 6);
	wait_for_clients(fixture, 1);
	wait_for_clients(fixture, 0);
	read_to_end(fixture, fd, text, sizeof(text), &total);
	assert_true(total < LARGE_REPLY);
}

static void a_large_reply_comes_whole_and_others_do_not_wait_for_it(void **state)
{
	struct fixture *fixture = *state;
	char text[64];
	size_t total;
	int fd;

	start(fixture, NULL, 0);
	fd = connect_client(fixture);
	assert_int_equal(send(fd, "large\n", 6, 0), 6);
	wait_for_clients(fixture, 1);
	assert_answer(fixture, "hello\n", "{\"hello\": true}\n");
	assert_int_equal(control__clients(fixture->control), 1);
	read_to_end(fixture, fd, text, sizeof(text), &total);
	assert_int_equal(total, LARGE_REPLY);
}

static void one_client_too_many_is_told_so(void **state)
{
	struct fixture *fixture = *state;
	int fds[CONTROL_CLIENTS_MAX], extra;
	char text[128];

	start(fixture, NULL, 0);
	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		fds[i] = connect_client(fixture);
		wait_for_clients(fixture, i + 1);
	}
	extra = connect_client(fixture);
	read_to_end(fixture, extra, text, sizeof(text), NULL);
	assert_string_equal(text, "error: busy: 16 clients are being served, try again\n");
	assert_int_equal(control__clients(fixture->control), CONTROL_CLIENTS_MAX);
	/* One place becomes free, and the next client gets it. */
	assert_int_equal(send(fds[3], "hello\n", 6, 0), 6);
	read_to_end(fixture, fds[3], text, sizeof(text), NULL);
	assert_string_equal(text, "{\"hello\": true}\n");
	assert_answer(fixture, "hello\n", "{\"hello\": true}\n");
	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		if (i != 3)
			close(fds[i]);
	}
	wait_for_clients(fixture, 0);
}

static mode_t mode_of(const struct fixture *fixture, gid_t *gid)
{
	struct stat status;

	assert_int_equal(lstat(fixture->path, &status), 0);
	*gid = status.st_gid;
	return status.st_mode & 07777;
}

struct verdict {
	char *why;
	size_t room;
	bool over;
};

static int on_verdict(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct verdict *verdict = context;

	(void)source;
	(void)events;
	if (read(fd, verdict->why, verdict->room) < 0)
		verdict->why[0] = '\0';
	verdict->over = true;
	return 0;
}

/* Asks as @uid and @gid from a process of its own while this one serves; the client's -errno. */
static int ask_as(struct fixture *fixture, uid_t uid, gid_t gid, char *why, size_t room)
{
	struct verdict verdict = {.why = why, .room = room};
	sd_event_source *source = NULL;
	int result[2], status;
	pid_t pid;

	assert_int_equal(pipe2(result, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char text[512] = "", *reply = NULL;
		size_t len;
		int asked = -EIO;

		if (setgroups(0, NULL) == 0 && setresgid(gid, gid, gid) == 0 &&
		    setresuid(uid, uid, uid) == 0)
			asked = control_client__ask(fixture->path, "hello", &reply, &len, text,
						    sizeof(text));
		free(reply);
		_exit(write(result[1], text, strlen(text) + 1) > 0 ? -asked : 255);
	}
	close(result[1]);
	assert_true(sd_event_add_io(fixture->loop, &source, result[0], EPOLLIN, on_verdict,
				    &verdict) >= 0);
	while (!verdict.over)
		turn_loop(fixture);
	sd_event_source_disable_unref(source);
	close(result[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static void root_alone_may_ask(void **state)
{
	struct fixture *fixture = *state;
	char why[512];
	gid_t gid;

	start(fixture, NULL, 0);
	assert_int_equal(mode_of(fixture, &gid), 0600);
	assert_int_equal(ask_as(fixture, NOBODY, NOBODY, why, sizeof(why)), -EACCES);
	assert_non_null(strstr(why, "only root may ask"));
	assert_int_equal(ask_as(fixture, 0, 0, why, sizeof(why)), 0);
	/* The mode is not all that guards it. */
	assert_int_equal(chmod(fixture->path, 0666), 0);
	assert_int_equal(ask_as(fixture, NOBODY, NOBODY, why, sizeof(why)), -EACCES);
	assert_non_null(strstr(why, "permission denied"));
	assert_int_equal(fixture->asked, 1);
}

static void a_group_may_be_let_in(void **state)
{
	struct fixture *fixture = *state;
	struct group *group = getgrnam("daemon");
	gid_t gid, daemon_gid;
	char why[512];

	assert_non_null(group);
	daemon_gid = group->gr_gid;
	start(fixture, "daemon", 0);
	assert_int_equal(mode_of(fixture, &gid), 0660);
	assert_int_equal(gid, daemon_gid);
	assert_int_equal(ask_as(fixture, NOBODY, daemon_gid, why, sizeof(why)), 0);
	assert_int_equal(ask_as(fixture, NOBODY, NOBODY, why, sizeof(why)), -EACCES);
	assert_non_null(strstr(why, "group daemon"));
	assert_int_equal(fixture->asked, 1);
}

/* One that nobody asked for: let in where it exists, and not missed where it does not. */
static void the_usual_group_is_let_in(void **state)
{
	struct fixture *fixture = *state;
	struct control_options options = {
		.path = fixture->path,
		.usual_group = "no-such-group",
		.requests = requests,
		.request_count = sizeof(requests) / sizeof(requests[0]),
	};
	gid_t gid, daemon_gid = getgrnam("daemon")->gr_gid;
	char why[256];

	requests[0].context = fixture;
	assert_int_equal(control__new(fixture->loop, &options, &fixture->control, why, sizeof(why)),
			 0);
	assert_int_equal(mode_of(fixture, &gid), 0600);
	control__free(fixture->control);
	fixture->control = NULL;
	options.usual_group = "daemon";
	assert_int_equal(control__new(fixture->loop, &options, &fixture->control, why, sizeof(why)),
			 0);
	assert_int_equal(mode_of(fixture, &gid), 0660);
	assert_int_equal(gid, daemon_gid);
	assert_int_equal(ask_as(fixture, NOBODY, daemon_gid, why, sizeof(why)), 0);
	assert_int_equal(ask_as(fixture, NOBODY, NOBODY, why, sizeof(why)), -EACCES);
}

static int try_start(struct fixture *fixture, const char *path, const char *group, char *why,
		     size_t room)
{
	struct control_options options = {.path = path, .group = group};
	struct control *control = NULL;
	int err = control__new(fixture->loop, &options, &control, why, room);

	if (!err)
		control__free(control);
	return err;
}

static void a_stale_socket_makes_way_and_a_live_one_does_not(void **state)
{
	struct fixture *fixture = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char why[512];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", fixture->path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	assert_int_equal(access(fixture->path, F_OK), 0);
	start(fixture, NULL, 0);
	assert_answer(fixture, "hello\n", "{\"hello\": true}\n");
	assert_int_equal(try_start(fixture, fixture->path, NULL, why, sizeof(why)), -EADDRINUSE);
	assert_non_null(strstr(why, "already"));
	/* The one that was refused has left the other's socket alone. */
	assert_int_equal(access(fixture->path, F_OK), 0);
	control__free(fixture->control);
	fixture->control = NULL;
	assert_int_equal(access(fixture->path, F_OK), -1);
}

static void a_socket_that_cannot_be_is_explained(void **state)
{
	struct fixture *fixture = *state;
	char why[512], path[200];
	int fd;

	memset(path, 'p', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(try_start(fixture, path, NULL, why, sizeof(why)), -ENAMETOOLONG);
	assert_non_null(strstr(why, "199 bytes, the most is 107"));
	snprintf(path, sizeof(path), "%s/missing/control.sock", fixture->directory);
	assert_int_equal(try_start(fixture, path, NULL, why, sizeof(why)), -ENOENT);
	assert_int_equal(try_start(fixture, fixture->path, "no-such-group", why, sizeof(why)),
			 -ENOENT);
	assert_non_null(strstr(why, "no-such-group"));
	/* A file that is no socket is not ours to remove. */
	fd = open(fixture->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(try_start(fixture, fixture->path, NULL, why, sizeof(why)), -EEXIST);
	assert_int_equal(access(fixture->path, F_OK), 0);
}

static void clients_are_told_why(void **state)
{
	struct fixture *fixture = *state;
	char why[512] = "", *reply = NULL, line[CONTROL_REQUEST_MAX + 1] = "";
	size_t len;

	assert_int_equal(
		control_client__ask(fixture->path, "hello", &reply, &len, why, sizeof(why)),
		-ENOENT);
	assert_non_null(strstr(why, "no sensor is running at"));
	assert_non_null(strstr(why, fixture->path));
	memset(line, 'a', CONTROL_REQUEST_MAX);
	assert_int_equal(control_client__ask(fixture->path, line, &reply, &len, why, sizeof(why)),
			 -EINVAL);
	assert_int_equal(control_client__ask(fixture->path, "a\nb", &reply, &len, why, sizeof(why)),
			 -EINVAL);
	assert_null(reply);
}

static void stopping_turns_clients_away(void **state)
{
	struct fixture *fixture = *state;
	char byte;
	int fd;

	start(fixture, NULL, 0);
	fd = connect_client(fixture);
	wait_for_clients(fixture, 1);
	control__free(fixture->control);
	fixture->control = NULL;
	assert_int_equal(recv(fd, &byte, 1, 0), 0);
	close(fd);
	control__free(NULL);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, make_fixture, free_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FIXTURE(requests_are_answered),
		WITH_FIXTURE(a_request_may_come_in_pieces),
		WITH_FIXTURE(a_line_too_long_is_refused),
		WITH_FIXTURE(a_client_that_leaves_is_forgotten),
		WITH_FIXTURE(a_silent_client_is_ended),
		WITH_FIXTURE(a_client_that_does_not_read_is_ended),
		WITH_FIXTURE(a_large_reply_comes_whole_and_others_do_not_wait_for_it),
		WITH_FIXTURE(one_client_too_many_is_told_so),
		WITH_FIXTURE(root_alone_may_ask),
		WITH_FIXTURE(a_group_may_be_let_in),
		WITH_FIXTURE(the_usual_group_is_let_in),
		WITH_FIXTURE(a_stale_socket_makes_way_and_a_live_one_does_not),
		WITH_FIXTURE(a_socket_that_cannot_be_is_explained),
		WITH_FIXTURE(clients_are_told_why),
		WITH_FIXTURE(stopping_turns_clients_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
