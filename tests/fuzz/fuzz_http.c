/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Feeds arbitrary bytes to the HTTP server, in pieces: a zero byte ends one.  Behind it are the
 * questions that read arguments: what was, by link and by time, out of an empty store.
 *
 * Beside not crashing, what is answered must be HTTP, and a connection that is over must be let go.
 *
 * It moves into a network namespace of its own, for which it must be root.  With clang:
 * -fsanitize=fuzzer,address,undefined.  Built with -DFUZZ_REPLAY it is a plain program that runs
 * each file named on its command line once.
 */
#include <errno.h>
#include <jansson.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "keep/store.h"
#include "target.h"
#include "tell/http_server.h"
#include "tell/site_past.h"

#define PORT	  9435
#define TURNS_MAX 64

static struct {
	char directory[64];
	sd_event *loop;
	struct store *store;
	struct http_server *http;
} server;

static int answer_past(site_past_query *query, const struct http_request *request,
		       struct http_reply *reply)
{
	struct site_past_arguments arguments = {
		.id = http_request__rest(request),
		.link = http_request__argument(request, "link"),
		.at = http_request__argument(request, "at"),
		.since = http_request__argument(request, "since"),
		.until = http_request__argument(request, "until"),
	};
	json_t *answer = NULL;
	char why[512] = "";
	int err = query(server.store, &arguments, &answer, why, sizeof(why));

	demand((err == 0) == (answer != NULL), "an answer if and only if there is one");
	demand(err != -EINVAL || *why, "what is wrong has words");
	reply->body = answer ? json_dumps(answer, JSON_COMPACT) : strdup(why);
	reply->owned = true;
	reply->status = err ? 400 : 200;
	json_decref(answer);
	if (!reply->body)
		return -ENOMEM;
	reply->len = strlen(reply->body);
	return 0;
}

static int answer_incidents(void *context, const struct http_request *request,
			    struct http_reply *reply)
{
	(void)context;
	return answer_past(site_past_incidents, request, reply);
}

static int answer_incident(void *context, const struct http_request *request,
			   struct http_reply *reply)
{
	(void)context;
	return answer_past(site_past_incident, request, reply);
}

static int answer_history(void *context, const struct http_request *request,
			  struct http_reply *reply)
{
	(void)context;
	return answer_past(site_past_history, request, reply);
}

static void remove_all(void)
{
	static const char *const files[] = {STORE_FILE, STORE_FILE "-wal", STORE_FILE "-shm"};
	char name[128];

	http_server__free(server.http);
	store__free(server.store);
	sd_event_unref(server.loop);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(name, sizeof(name), "%s/%s", server.directory, files[i]);
		unlink(name);
	}
	rmdir(server.directory);
}

/* A namespace of our own with its loopback up. */
static void move_away(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd;

	demand(!unshare(CLONE_NEWNET), "there is a network namespace");
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	demand(fd >= 0 && !ioctl(fd, SIOCSIFFLAGS, &request), "its loopback is up");
	close(fd);
}

static void start(void)
{
	static const struct http_route routes[] = {
		{"/api/incidents", answer_incidents},
		{"/api/incidents/", answer_incident},
		{"/api/history", answer_history},
	};
	struct http_options options = {
		.listen = "127.0.0.1:9435",
		.host = "fuzz",
		.routes = routes,
		.route_count = sizeof(routes) / sizeof(*routes),
	};
	char why[256] = "";

	move_away();
	strcpy(server.directory, "/tmp/faultline-fuzz-XXXXXX");
	demand(mkdtemp(server.directory) != NULL, "there is a directory");
	demand(sd_event_new(&server.loop) >= 0, "there is a loop");
	demand(!store__new(server.directory, &server.store), "there is a store");
	options.loop = server.loop;
	demand(!http_server__new(&options, &server.http, why, sizeof(why)), "there is a server");
	atexit(remove_all);
}

static int dial(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(PORT),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct linger at_once = {.l_onoff = 1};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	demand(fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) &&
		       !connect(fd, (struct sockaddr *)&address, sizeof(address)),
	       "the server is there");
	return fd;
}

/* Lets the server do what there is to do now. */
static void turn(void)
{
	for (int i = 0; i < TURNS_MAX && sd_event_run(server.loop, 0) > 0; i++)
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char reply[1 << 16];
	ssize_t got;
	int fd;

	if (!server.loop)
		start();
	fd = dial();
	turn();
	while (size) {
		const uint8_t *end = memchr(data, 0, size);
		size_t len = end ? (size_t)(end - data) : size;

		if (len && send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)len)
			break;
		turn();
		data += len + !!end;
		size -= len + !!end;
	}
	shutdown(fd, SHUT_WR);
	turn();
	got = recv(fd, reply, sizeof(reply), MSG_DONTWAIT);
	demand(got < 9 || !memcmp(reply, "HTTP/1.", 7), "an answer is HTTP");
	close(fd);
	turn();
	/* That a listener is gone shows when there is something to tell it. */
	http_server__publish(server.http, "state", "{}");
	turn();
	demand(!http_server__listeners(server.http), "who is gone listens no more");
	return 0;
}

#include "replay.h"
