/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control channel. Clients never block the wire: what a client does not take at once waits in
 * its own buffer, and a client whose buffer grows too large is disconnected, as is one that sends a
 * line without an end. Standard input is a client whose end of file ends the program, so that the
 * line never outlives whoever started it.
 */
#include "control.h"

#include <errno.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "command.h"

enum { CLIENTS_MAX = 16, REPLY_MAX_BYTES = 64 << 20 };

struct client {
	int in, out; /* in: -1 when the place is free */
	bool essential;
	size_t have;
	char line[2048];
	char *reply;
	size_t reply_len, reply_sent;
};

struct control {
	int listen_fd, epoll_fd;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct client client[CLIENTS_MAX];
};

static int watch(const struct control *control, int fd, void *owner, __u32 events, int operation)
{
	struct epoll_event event = {.events = events, .data.ptr = owner};

	return epoll_ctl(control->epoll_fd, operation, fd, &event) ? -errno : 0;
}

static struct client *free_place(struct control *control)
{
	for (int i = 0; i < CLIENTS_MAX; i++) {
		if (control->client[i].in < 0)
			return &control->client[i];
	}
	return NULL;
}

static int listen_at(struct control *control, const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	control->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (control->listen_fd < 0)
		return -errno;
	if (unlink(path) && errno != ENOENT)
		return -errno;
	if (bind(control->listen_fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(control->listen_fd, CLIENTS_MAX))
		return -errno;
	strcpy(control->path, path);
	return watch(control, control->listen_fd, control, EPOLLIN, EPOLL_CTL_ADD);
}

struct control *control__new(const char *path, bool standard_input, int epoll_fd)
{
	struct control *control = calloc(1, sizeof(*control));
	int err = 0;

	if (!control)
		return NULL;
	control->listen_fd = -1;
	control->epoll_fd = epoll_fd;
	for (int i = 0; i < CLIENTS_MAX; i++)
		control->client[i].in = -1;
	if (path)
		err = listen_at(control, path);
	if (!err && standard_input) {
		control->client[0].in = STDIN_FILENO;
		control->client[0].out = STDOUT_FILENO;
		control->client[0].essential = true;
		err = watch(control, STDIN_FILENO, &control->client[0], EPOLLIN, EPOLL_CTL_ADD);
	}
	if (!err)
		return control;
	control__free(control);
	errno = -err;
	return NULL;
}

static void disconnect(struct client *client)
{
	if (client->in < 0)
		return;
	if (!client->essential)
		close(client->in);
	free(client->reply);
	memset(client, 0, sizeof(*client));
	client->in = -1;
}

void control__free(struct control *control)
{
	if (!control)
		return;
	for (int i = 0; i < CLIENTS_MAX; i++)
		disconnect(&control->client[i]);
	if (control->listen_fd >= 0)
		close(control->listen_fd);
	if (control->path[0])
		unlink(control->path);
	free(control);
}

static void accept_client(struct control *control)
{
	int fd = accept4(control->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct client *client = free_place(control);

	if (fd < 0)
		return;
	if (!client || watch(control, fd, client, EPOLLIN, EPOLL_CTL_ADD)) {
		close(fd);
		return;
	}
	client->in = client->out = fd;
}

/* Sends what the client takes now. Returns false when the client is gone. */
static bool send_reply(struct control *control, struct client *client)
{
	ssize_t sent;

	while (client->reply_sent < client->reply_len) {
		sent = write(client->out, client->reply + client->reply_sent,
			     client->reply_len - client->reply_sent);
		if (sent < 0 && errno == EAGAIN)
			break;
		if (sent < 0)
			return false;
		client->reply_sent += (size_t)sent;
	}
	if (client->reply_sent == client->reply_len)
		client->reply_sent = client->reply_len = 0;
	/* Standard output blocks and so is always sent in whole. */
	return client->essential ||
	       !watch(control, client->in, client, EPOLLIN | (client->reply_len ? EPOLLOUT : 0u),
		      EPOLL_CTL_MOD);
}

/* Runs one command and adds its reply. 1: end; -errno: the client has to go. */
static int run_line(struct client *client, const char *line, struct wire *wire)
{
	size_t len = 0;
	char *text = NULL, *reply;
	FILE *out = open_memstream(&text, &len);
	int quit;

	if (!out)
		return -errno;
	quit = command__run(wire, line, out) == 1;
	if (fclose(out) || len + client->reply_len > REPLY_MAX_BYTES) {
		free(text);
		return -ENOBUFS;
	}
	reply = realloc(client->reply, client->reply_len + len);
	if (!reply) {
		free(text);
		return -ENOMEM;
	}
	memcpy(reply + client->reply_len, text, len);
	client->reply = reply;
	client->reply_len += len;
	free(text);
	return quit;
}

static int run_lines(struct client *client, struct wire *wire)
{
	char *line = client->line, *end;
	int err = 0;

	client->line[client->have] = '\0';
	/* A zero byte would hide what follows it. */
	for (size_t i = 0; i < client->have; i++)
		client->line[i] = client->line[i] ? client->line[i] : '?';
	while (!err && (end = strchr(line, '\n'))) {
		*end = '\0';
		err = run_line(client, line, wire);
		line = end + 1;
	}
	client->have -= (size_t)(line - client->line);
	memmove(client->line, line, client->have);
	return client->have == sizeof(client->line) - 1 ? -EMSGSIZE : err;
}

static int handle_client(struct control *control, struct client *client, __u32 events,
			 struct wire *wire)
{
	ssize_t len = -1;
	int result = 0;
	bool essential = client->essential, alive = true;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		len = read(client->in, client->line + client->have,
			   sizeof(client->line) - 1 - client->have);
		alive = len > 0 || (len < 0 && (errno == EAGAIN || errno == EINTR));
	}
	if (len > 0) {
		client->have += (size_t)len;
		result = run_lines(client, wire);
	}
	if (!send_reply(control, client) || result < 0)
		alive = false;
	if (!alive)
		disconnect(client);
	return result == 1 || (essential && !alive);
}

int control__handle(struct control *control, const struct epoll_event *event, struct wire *wire,
		    bool *handled)
{
	struct client *client = event->data.ptr;

	*handled = true;
	if (event->data.ptr == control) {
		accept_client(control);
		return 0;
	}
	if (client >= control->client && client < control->client + CLIENTS_MAX)
		return client->in < 0 ? 0 : handle_client(control, client, event->events, wire);
	*handled = false;
	return 0;
}

int control__ask(const char *path, const char *command)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	char buffer[4096], first = 0, last = 0;
	ssize_t len;
	int fd;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    dprintf(fd, "%s\n", command) < 0) {
		fprintf(stderr, "line: %s: %s\n", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return 1;
	}
	while (last != '\n' && (len = read(fd, buffer, sizeof(buffer))) > 0) {
		first = first ? first : buffer[0];
		last = buffer[len - 1];
		fwrite(buffer, 1, (size_t)len, stdout);
	}
	close(fd);
	/* JSON starts with a bracket and success with an o: only an error starts with e. */
	return last == '\n' && first != 'e' ? 0 : 1;
}
