/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Feeds arbitrary bytes to the control socket, in pieces: a zero byte ends one.  The requests that
 * read what follows them are real: a note as it is sent, an incident asked for by its name.
 *
 * Beside not crashing, a request that is complete must get an answer, and every refusal must be one
 * line.
 *
 * With clang: -fsanitize=fuzzer,address,undefined.  Built with -DFUZZ_REPLAY it is a plain program
 * that runs each file named on its command line once.
 */
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "base/control.h"
#include "base/control_listen.h"
#include "base/json_memory.h"
#include "keep/incident_log.h"
#include "keep/note_request.h"
#include "keep/store.h"
#include "target.h"

static struct {
	char directory[64], path[96];
	sd_event *loop;
	struct store *store;
	struct incident_log *log;
	struct control *control;
} server;

static int answer_links(void *context, const char *argument, char **reply, size_t *len)
{
	(void)context;
	if (*argument)
		return -EINVAL;
	*reply = strdup("{}");
	*len = 2;
	return *reply ? 0 : -ENOMEM;
}

static int answer_note(void *context, const char *argument, char **reply, size_t *len)
{
	char id[INCIDENT_NAME_LEN] = "", why[512] = "";
	json_t *request = NULL;
	int err = json_read(argument, strlen(argument), &request);

	(void)context;
	err = note_request__take(server.store, server.log, request, id, sizeof(id), why,
				 sizeof(why));
	json_decref(request);
	demand(err && *why, "a note on nothing is refused, and why");
	*reply = strdup(why);
	*len = *reply ? strlen(*reply) : 0;
	return *reply ? 0 : -ENOMEM;
}

static void remove_all(void)
{
	char name[128];

	control__free(server.control);
	store__free(server.store);
	incident_log__free(server.log);
	sd_event_unref(server.loop);
	for (size_t i = 0; i < 3; i++) {
		static const char *const files[] = {STORE_FILE, STORE_FILE "-wal",
						    STORE_FILE "-shm"};

		snprintf(name, sizeof(name), "%s/%s", server.directory, files[i]);
		unlink(name);
	}
	rmdir(server.directory);
}

static void start(void)
{
	static const struct control_request requests[] = {
		{"links", answer_links, NULL},
		{"note", answer_note, NULL},
	};
	struct control_options options = {
		.path = server.path,
		.requests = requests,
		.request_count = 2,
	};
	char why[256] = "";

	strcpy(server.directory, "/tmp/faultline-fuzz-XXXXXX");
	demand(mkdtemp(server.directory) != NULL, "there is a directory");
	snprintf(server.path, sizeof(server.path), "%s/control.sock", server.directory);
	demand(sd_event_new(&server.loop) >= 0, "there is a loop");
	demand(!store__new(server.directory, &server.store), "there is a store");
	server.log = incident_log__new(server.store);
	demand(server.log &&
		       !control__new(server.loop, &options, &server.control, why, sizeof(why)),
	       "there is a server");
	atexit(remove_all);
}

static int dial(void)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	demand(fd >= 0 && !control_address(server.path, &address) &&
		       !connect(fd, (struct sockaddr *)&address, sizeof(address)),
	       "the server is there");
	return fd;
}

/* Lets the server do what there is to do now. */
static void turn(void)
{
	while (sd_event_run(server.loop, 0) > 0)
		;
}

/* Sends the pieces; true when a whole request is among them. */
static bool transmit(int fd, const uint8_t *data, size_t size)
{
	size_t total = 0;
	bool whole = false;

	while (size && !whole) {
		const uint8_t *end = memchr(data, 0, size);
		size_t len = end ? (size_t)(end - data) : size;

		if (len && send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)len)
			break;
		turn();
		total += len;
		whole = memchr(data, '\n', len) || total >= CONTROL_REQUEST_MAX;
		data += len + !!end;
		size -= len + !!end;
	}
	return whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char reply[1 << 16];
	size_t len = 0;
	ssize_t got;
	bool whole;
	int fd;

	if (!server.loop)
		start();
	fd = dial();
	turn();
	whole = transmit(fd, data, size);
	shutdown(fd, SHUT_WR);
	turn();
	while ((got = recv(fd, reply + len, sizeof(reply) - 1 - len, MSG_DONTWAIT)) > 0)
		len += (size_t)got;
	reply[len] = '\0';
	demand(!whole || len, "a request has an answer");
	if (!strncmp(reply, CONTROL_ERROR, strlen(CONTROL_ERROR)))
		demand(strchr(reply, '\n') == reply + len - 1, "a refusal is one line");
	close(fd);
	turn();
	demand(!control__clients(server.control), "who is gone has no place");
	return 0;
}

#include "replay.h"
