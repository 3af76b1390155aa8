/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server of the control socket.
 *
 * A client is a descriptor, a buffer for its one line, and after that the reply on its way out.
 * Whatever it does, it costs at most its place among a few clients for a few seconds: a timer ends
 * it, a line that is too long ends it, and a client too many is told so and closed at once.
 */
#include "base/control.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/control_listen.h"
#include "base/log.h"

#define TEXT_OF(value) #value
#define TEXT(value)    TEXT_OF(value)

#define BACKLOG		  32
#define PAUSE_US	  1000000 /* without descriptors, until the next attempt to accept */
#define TIMER_ACCURACY_US 10000

struct client {
	struct control *control;
	size_t place; /* in control->clients */
	int fd;
	sd_event_source *io;
	sd_event_source *timer;
	char request[CONTROL_REQUEST_MAX + 1];
	size_t request_len;
	char *reply; /* NULL: the request is not complete */
	size_t reply_len;
	size_t sent;
};

struct control {
	sd_event *loop;
	struct control_options options;
	gid_t gid;
	int fd;
	char *path;
	dev_t device;
	ino_t inode;
	sd_event_source *listening;
	sd_event_source *pause;
	unsigned client_count;
	struct client **clients; /* options.clients_max places */
};

static void client__free(struct client *client)
{
	char rest[1024];

	if (!client)
		return;
	sd_event_source_disable_unref(client->io);
	sd_event_source_disable_unref(client->timer);
	/* What is left unread turns the end of the reply into a reset; who floods may have one. */
	for (unsigned i = 0; i < 64 && recv(client->fd, rest, sizeof(rest), MSG_DONTWAIT) > 0; i++)
		;
	close(client->fd);
	client->control->clients[client->place] = NULL;
	client->control->client_count--;
	free(client->reply);
	free(client);
}

static int set_error_reply(struct client *client, const char *text)
{
	int len = asprintf(&client->reply, CONTROL_ERROR "%s\n", text);

	if (len < 0) {
		client->reply = NULL;
		return -ENOMEM;
	}
	client->reply_len = (size_t)len;
	return 0;
}

/* Finds the request that the line names and lets it answer. */
static int answer(struct client *client)
{
	const struct control_options *options = &client->control->options;
	char *line = client->request, *argument = line + strcspn(line, " ");
	char text[CONTROL_REQUEST_MAX + 64];

	if (*argument)
		*argument++ = '\0';
	for (size_t i = 0; i < options->request_count; i++) {
		const struct control_request *request = &options->requests[i];
		int err;

		if (strcmp(request->name, line) != 0)
			continue;
		err = request->handle(request->context, argument, &client->reply,
				      &client->reply_len);
		if (!err && client->reply)
			return 0;
		client->reply = NULL;
		snprintf(text, sizeof(text), "%s: %s", request->name,
			 strerror(err ? -err : ENODATA));
		return set_error_reply(client, text);
	}
	snprintf(text, sizeof(text), "\"%s\" is not a request this sensor knows", line);
	return set_error_reply(client, text);
}

/* Takes what has come.  0, or -errno: the client is to be closed. */
static int receive(struct client *client)
{
	size_t room = CONTROL_REQUEST_MAX - client->request_len;
	ssize_t got = recv(client->fd, client->request + client->request_len, room, MSG_DONTWAIT);
	char *end;

	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (got == 0)
		return -ECONNRESET;
	client->request_len += (size_t)got;
	end = memchr(client->request, '\n', client->request_len);
	if (end) {
		*end = '\0';
		return answer(client);
	}
	if (client->request_len == CONTROL_REQUEST_MAX)
		return set_error_reply(client, "the request is longer than one line of " TEXT(
						       CONTROL_REQUEST_MAX) " bytes");
	return 0;
}

/* Sends what the client takes.  0, 1 when all is sent, or -errno. */
static int transmit(struct client *client)
{
	while (client->sent < client->reply_len) {
		ssize_t sent = send(client->fd, client->reply + client->sent,
				    client->reply_len - client->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		client->sent += (size_t)sent;
	}
	return 1;
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct client *client = context;
	int result = 0;

	(void)fd;
	(void)events;
	if (!client->reply)
		result = receive(client);
	if (!result && client->reply)
		result = transmit(client);
	if (!result && client->reply)
		result = sd_event_source_set_io_events(source, EPOLLOUT);
	if (result)
		client__free(client);
	return 0;
}

static int on_timeout(sd_event_source *source, uint64_t time_us, void *context)
{
	(void)source;
	(void)time_us;
	client__free(context);
	return 0;
}

static int add_client(struct control *control, int fd, size_t place)
{
	struct client *client = calloc(1, sizeof(*client));
	int err;

	if (!client)
		return -ENOMEM;
	client->control = control;
	client->place = place;
	client->fd = fd;
	err = sd_event_add_io(control->loop, &client->io, fd, EPOLLIN, on_client, client);
	if (err >= 0)
		err = sd_event_add_time_relative(control->loop, &client->timer, CLOCK_MONOTONIC,
						 control->options.client_timeout_us,
						 TIMER_ACCURACY_US, on_timeout, client);
	if (err < 0) {
		sd_event_source_disable_unref(client->io);
		free(client);
		return err;
	}
	control->clients[place] = client;
	control->client_count++;
	return 0;
}

static void turn_away(int fd, const char *text)
{
	char line[128];
	int len = snprintf(line, sizeof(line), CONTROL_ERROR "%s\n", text);

	/* A new socket has room for a line; should it not, the client learns by the end alone. */
	if (send(fd, line, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		log_debug("control socket: cannot tell a client \"%s\": %s", text, strerror(errno));
	close(fd);
}

static int on_pause_over(sd_event_source *source, uint64_t time_us, void *context)
{
	struct control *control = context;

	(void)source;
	(void)time_us;
	control->pause = sd_event_source_disable_unref(control->pause);
	return sd_event_source_set_enabled(control->listening, SD_EVENT_ON);
}

/* Nothing can be accepted now and the socket stays readable: asking again at once would spin. */
static void pause_listening(struct control *control, int reason)
{
	log_warning_limited("control socket %s: cannot accept: %s", control->path,
			    strerror(reason));
	if (sd_event_add_time_relative(control->loop, &control->pause, CLOCK_MONOTONIC, PAUSE_US, 0,
				       on_pause_over, control) >= 0)
		sd_event_source_set_enabled(control->listening, SD_EVENT_OFF);
}

static int on_connection(sd_event_source *source, int listening_fd, uint32_t events, void *context)
{
	struct control *control = context;
	char text[96];
	size_t place = 0;
	int fd, err;

	(void)source;
	(void)events;
	fd = accept4(listening_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
			pause_listening(control, errno);
		return 0;
	}
	if (!control_peer_allowed(fd, control->gid)) {
		turn_away(fd, "permission denied");
		return 0;
	}
	while (place < control->options.clients_max && control->clients[place])
		place++;
	if (place == control->options.clients_max) {
		snprintf(text, sizeof(text), "busy: %u clients are being served, try again",
			 control->options.clients_max);
		turn_away(fd, text);
		return 0;
	}
	err = add_client(control, fd, place);
	if (err)
		turn_away(fd, strerror(-err));
	return 0;
}

int control__new(sd_event *loop, const struct control_options *options, struct control **control,
		 char *why, size_t room)
{
	struct control *made = calloc(1, sizeof(*made));
	struct stat status;
	int err = -ENOMEM;

	snprintf(why, room, "control socket %s: no memory", options->path);
	if (!made)
		return err;
	made->fd = -1;
	made->gid = (gid_t)-1;
	made->loop = sd_event_ref(loop);
	made->options = *options;
	if (!made->options.clients_max)
		made->options.clients_max = CONTROL_CLIENTS_MAX;
	if (!made->options.client_timeout_us)
		made->options.client_timeout_us = CONTROL_CLIENT_TIMEOUT_S * 1000000ULL;
	made->clients = calloc(made->options.clients_max, sizeof(*made->clients));
	if (!made->clients)
		goto out;
	if (options->group) {
		err = control_group_id(options->group, &made->gid, why, room);
		if (err)
			goto out;
	} else if (options->usual_group) {
		made->gid = control_usual_group(options->usual_group);
	}
	made->fd = control_listen(options->path, made->gid, BACKLOG, why, room);
	if (made->fd < 0) {
		err = made->fd;
		goto out;
	}
	made->path = strdup(options->path);
	err = !made->path ? -ENOMEM : lstat(made->path, &status) < 0 ? -errno : 0;
	if (err)
		goto out;
	made->device = status.st_dev;
	made->inode = status.st_ino;
	err = sd_event_add_io(loop, &made->listening, made->fd, EPOLLIN, on_connection, made);
	if (err < 0)
		goto out;
	*control = made;
	return 0;
out:
	control__free(made);
	return err;
}

void control__free(struct control *control)
{
	struct stat status;

	if (!control)
		return;
	for (unsigned i = 0; control->clients && i < control->options.clients_max; i++)
		client__free(control->clients[i]);
	free(control->clients);
	sd_event_source_disable_unref(control->listening);
	sd_event_source_disable_unref(control->pause);
	sd_event_unref(control->loop);
	/* Another sensor may have put its own socket there since. */
	if (control->path && lstat(control->path, &status) == 0 &&
	    status.st_dev == control->device && status.st_ino == control->inode)
		unlink(control->path);
	if (control->fd >= 0)
		close(control->fd);
	free(control->path);
	free(control);
}

unsigned control__clients(const struct control *control)
{
	return control->client_count;
}
