/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server over real sockets: what it answers, what it refuses, and what hostile clients can
 * hold.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tell/http_server.h"

#define REPLY_MAX (256 * 1024)
/* Turns of the loop until an answer has to be there; each waits for something to happen. */
#define TURNS_MAX 2000

struct bed {
	sd_event *loop;
	struct http_server *server;
	uint16_t port;
	char reply[REPLY_MAX];
};

static int answer_hello(void *context, const struct http_request *request, struct http_reply *reply)
{
	const char *name = http_request__argument(request, "name");

	(void)context;
	reply->type = "text/plain";
	reply->body = name ? strdup(name) : strdup("nobody");
	reply->len = strlen(reply->body);
	reply->owned = true;
	return 0;
}

static int answer_below(void *context, const struct http_request *request, struct http_reply *reply)
{
	(void)context;
	reply->body = strdup(http_request__rest(request));
	reply->len = strlen(reply->body);
	reply->owned = true;
	return 0;
}

static int answer_failure(void *context, const struct http_request *request,
			  struct http_reply *reply)
{
	(void)context, (void)request, (void)reply;
	return -ENOMEM;
}

static const struct http_route routes[] = {
	{"/hello", answer_hello},
	{"/below/", answer_below},
	{"/failure", answer_failure},
};

/* A port that is free now. */
static uint16_t free_port(void)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&name, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
	close(fd);
	return ntohs(name.sin_port);
}

static int set_up(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));
	struct http_options options = {
		.host = "trader-1",
		.routes = routes,
		.route_count = sizeof(routes) / sizeof(*routes),
	};
	char listen[64], why[256] = "";
	int err = -EADDRINUSE;

	assert_true(sd_event_new(&bed->loop) >= 0);
	options.loop = bed->loop;
	options.listen = listen;
	for (int i = 0; i < 10 && err == -EADDRINUSE; i++) {
		bed->port = free_port();
		snprintf(listen, sizeof(listen), "127.0.0.1:%u", bed->port);
		err = http_server__new(&options, &bed->server, why, sizeof(why));
	}
	if (err)
		fail_msg("%s", why);
	*state = bed;
	return 0;
}

static int tear_down(void **state)
{
	struct bed *bed = *state;

	http_server__free(bed->server);
	sd_event_unref(bed->loop);
	free(bed);
	return 0;
}

/* @room: of the receive buffer; 0: the usual. */
static int dial_with(const struct bed *bed, int room)
{
	struct sockaddr_in name = {
		.sin_family = AF_INET,
		.sin_port = htons(bed->port),
		.sin_addr = {htonl(INADDR_LOOPBACK)},
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (room)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static int dial(const struct bed *bed)
{
	return dial_with(bed, 0);
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Lets the server work until the client has @needle, or (NULL) the connection's end. */
static const char *hear(struct bed *bed, int fd, const char *needle)
{
	size_t len = 0;

	for (int i = 0; i < TURNS_MAX; i++) {
		ssize_t got;

		sd_event_run(bed->loop, 5000);
		while ((got = recv(fd, bed->reply + len, REPLY_MAX - len - 1, 0)) > 0)
			len += (size_t)got;
		bed->reply[len] = 0;
		if (needle ? strstr(bed->reply, needle) != NULL : got == 0)
			return bed->reply;
		if (got == 0)
			break;
	}
	fail_msg("not heard: %s; only: %s", needle ? needle : "the end", bed->reply);
	return NULL;
}

static const char *ask(struct bed *bed, const char *request)
{
	int fd = dial(bed);
	const char *reply;

	say(fd, request);
	reply = hear(bed, fd, NULL);
	close(fd);
	return reply;
}

#define CLOSING "Host: localhost\r\nConnection: close\r\n\r\n"

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in: %s", part, text);
}

static void test_a_route_answers_with_its_headers(void **state)
{
	const char *reply = ask(*state, "GET /hello?name=a%20b HTTP/1.1\r\n" CLOSING);

	assert_has(reply, "HTTP/1.1 200");
	assert_has(reply, "default-src 'none'");
	assert_has(reply, "nosniff");
	assert_has(reply, "\r\n\r\na b");
	assert_has(ask(*state, "GET /below/an/id HTTP/1.1\r\n" CLOSING), "\r\n\r\nan/id");
}

static void test_a_head_has_no_body(void **state)
{
	const char *reply = ask(*state, "HEAD /hello HTTP/1.1\r\n" CLOSING);

	assert_has(reply, "HTTP/1.1 200");
	assert_null(strstr(reply, "nobody"));
}

static void test_what_is_not_there_or_not_allowed(void **state)
{
	struct bed *bed = *state;

	assert_has(ask(bed, "GET /nothing HTTP/1.1\r\n" CLOSING), "HTTP/1.1 404");
	assert_has(ask(bed, "GET /failure HTTP/1.1\r\n" CLOSING), "HTTP/1.1 500");
	assert_has(ask(bed, "DELETE /hello HTTP/1.1\r\n" CLOSING), "HTTP/1.1 405");
	assert_has(ask(bed, "POST /hello HTTP/1.1\r\nContent-Length: 3\r\n" CLOSING "abc"),
		   "HTTP/1.1 405");
	assert_true(http_server__refused(bed->server) >= 4);
}

static void test_another_name_than_ours_is_not_served_on_loopback(void **state)
{
	assert_has(ask(*state, "GET /hello HTTP/1.1\r\nHost: evil.example\r\n"
			       "Connection: close\r\n\r\n"),
		   "HTTP/1.1 421");
	assert_has(ask(*state, "GET /hello HTTP/1.1\r\nHost: trader-1:9435\r\n"
			       "Connection: close\r\n\r\n"),
		   "HTTP/1.1 200");
	assert_has(ask(*state, "GET /hello HTTP/1.1\r\nHost: [::1]:9435\r\n"
			       "Connection: close\r\n\r\n"),
		   "HTTP/1.1 200");
}

static void test_a_head_too_long_is_refused(void **state)
{
	char *request = calloc(1, 64 * 1024);

	strcpy(request, "GET /hello HTTP/1.1\r\nX: ");
	memset(request + strlen(request), 'a', 40 * 1024);
	strcat(request, "\r\n" CLOSING);
	assert_has(ask(*state, request), "HTTP/1.1 4");
	free(request);
}

static void test_garbage_ends_the_connection_and_nothing_else(void **state)
{
	struct bed *bed = *state;

	ask(bed, "\x16\x03\x01 this is no request\r\n\r\n\r\n");
	assert_has(ask(bed, "GET /hello HTTP/1.1\r\n" CLOSING), "HTTP/1.1 200");
}

static void test_a_listener_gets_what_is_published(void **state)
{
	struct bed *bed = *state;
	int fd = dial(bed);

	say(fd, "GET " HTTP_STREAM_PATH " HTTP/1.1\r\nHost: localhost\r\n\r\n");
	hear(bed, fd, "text/event-stream");
	assert_int_equal(http_server__listeners(bed->server), 1);
	http_server__publish(bed->server, "status", "{\"n\":1}");
	assert_has(hear(bed, fd, "data: {\"n\":1}"), "event: status");
	http_server__publish(bed->server, "status", "{\"n\":2}");
	hear(bed, fd, "data: {\"n\":2}");
	close(fd);
	for (int i = 0; i < TURNS_MAX && http_server__listeners(bed->server); i++) {
		http_server__publish(bed->server, "status", "{}");
		sd_event_run(bed->loop, 1000);
	}
	assert_int_equal(http_server__listeners(bed->server), 0);
}

/* One who does not read gets the newest when he does, and never holds more than one message. */
static void test_a_slow_listener_skips_and_the_others_do_not_wait(void **state)
{
	struct bed *bed = *state;
	size_t len = 200 * 1024;
	char *large = calloc(1, len + 1), small[64];
	int slow = dial_with(bed, 4096), quick = dial(bed);

	memset(large, 'x', len);
	say(slow, "GET " HTTP_STREAM_PATH " HTTP/1.1\r\nHost: localhost\r\n\r\n");
	say(quick, "GET " HTTP_STREAM_PATH " HTTP/1.1\r\nHost: localhost\r\n\r\n");
	hear(bed, quick, "text/event-stream");
	hear(bed, slow, "text/event-stream");
	http_server__publish(bed->server, "status", large);
	hear(bed, quick, "xxx\n\n");
	for (int i = 0; i < 200; i++) {
		snprintf(small, sizeof(small), "{\"n\":%d}", i);
		http_server__publish(bed->server, "status", small);
		snprintf(small, sizeof(small), "\"n\":%d}\n\n", i);
		hear(bed, quick, small);
	}
	hear(bed, slow, "{\"n\":199}");
	assert_null(strstr(bed->reply, "{\"n\":100}"));
	close(slow);
	close(quick);
	free(large);
}

static void test_listeners_are_bounded(void **state)
{
	struct bed *bed = *state;
	int fds[HTTP_LISTENERS_MAX];

	/* Connections of one address are as many as listeners, so the last one has to go first. */
	for (int i = 0; i < HTTP_LISTENERS_MAX; i++) {
		fds[i] = dial(bed);
		say(fds[i], "GET " HTTP_STREAM_PATH " HTTP/1.1\r\nHost: localhost\r\n\r\n");
		hear(bed, fds[i], "text/event-stream");
	}
	assert_int_equal(http_server__listeners(bed->server), HTTP_LISTENERS_MAX);
	/* One more of this address is not even let in. */
	int more = dial(bed);

	send(more, "GET /hello HTTP/1.1\r\n" CLOSING, sizeof("GET /hello HTTP/1.1\r\n" CLOSING) - 1,
	     MSG_NOSIGNAL);
	for (int i = 0; i < TURNS_MAX; i++) {
		char byte;
		ssize_t got = recv(more, &byte, 1, 0);

		if (got == 0 || (got < 0 && errno == ECONNRESET))
			break;
		assert_true(got < 0 && i < TURNS_MAX - 1);
		sd_event_run(bed->loop, 1000);
	}
	close(more);
	for (int i = 0; i < HTTP_LISTENERS_MAX; i++)
		close(fds[i]);
}

static void test_an_address_in_use_is_said(void **state)
{
	struct bed *bed = *state;
	struct http_server *second = NULL;
	char listen[64], why[256] = "";
	struct http_options options = {
		.loop = bed->loop, .host = "trader-1", .listen = listen, .routes = routes};

	snprintf(listen, sizeof(listen), "127.0.0.1:%u", bed->port);
	assert_int_equal(http_server__new(&options, &second, why, sizeof(why)), -EADDRINUSE);
	assert_has(why, "127.0.0.1");
	assert_has(why, "in use");
	assert_null(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define ON_A_BED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
		ON_A_BED(test_a_route_answers_with_its_headers),
		ON_A_BED(test_a_head_has_no_body),
		ON_A_BED(test_what_is_not_there_or_not_allowed),
		ON_A_BED(test_another_name_than_ours_is_not_served_on_loopback),
		ON_A_BED(test_a_head_too_long_is_refused),
		ON_A_BED(test_garbage_ends_the_connection_and_nothing_else),
		ON_A_BED(test_a_listener_gets_what_is_published),
		ON_A_BED(test_a_slow_listener_skips_and_the_others_do_not_wait),
		ON_A_BED(test_listeners_are_bounded),
		ON_A_BED(test_an_address_in_use_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
