/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One question, one answer, blocking: for commands that have nothing else to do.
 */
#include "base/control_client.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/control.h"
#include "base/control_listen.h"

#define PATIENCE_S  10
#define REPLY_FIRST 65536
#define REPLY_MOST  (64U << 20)

/* Who may ask can be read off the socket, if one may look at it. */
static void say_denied(const char *path, char *why, size_t room)
{
	struct stat status;
	struct group *group;

	if (stat(path, &status) == 0 && (status.st_mode & S_IWGRP) &&
	    (group = getgrgid(status.st_gid)))
		snprintf(why, room,
			 "%s: permission denied: only root and members of group %s may ask", path,
			 group->gr_name);
	else
		snprintf(why, room,
			 "%s: permission denied: only root may ask (control_group: in the "
			 "configuration lets a group in)",
			 path);
}

static int open_connection(const char *path, char *why, size_t room)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	struct sockaddr_un address;
	int fd, err = control_address(path, &address);

	if (err) {
		snprintf(why, room, "%s: the path is too long for a socket", path);
		return err;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		err = -errno;
		snprintf(why, room, "%s: %s", path, strerror(-err));
		return err;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0 &&
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	err = -errno;
	close(fd);
	if (err == -ENOENT || err == -ECONNREFUSED)
		snprintf(why, room, "no sensor is running at %s (faultline run starts one)", path);
	else if (err == -EACCES || err == -EPERM)
		say_denied(path, why, room);
	else
		snprintf(why, room, "%s: %s", path, strerror(-err));
	return err;
}

/* Reads to the end.  A sensor that turned us away may have closed before it read our request. */
static int read_reply(int fd, char **reply, size_t *len)
{
	size_t room = REPLY_FIRST, used = 0;
	char *text = malloc(room), *larger;
	ssize_t got = 0;
	int err = text ? 0 : -ENOMEM;

	while (!err) {
		if (used + 1 == room) {
			larger = room < REPLY_MOST ? realloc(text, room * 2) : NULL;
			if (!larger) {
				err = room < REPLY_MOST ? -ENOMEM : -EFBIG;
				break;
			}
			text = larger;
			room *= 2;
		}
		got = read(fd, text + used, room - used - 1);
		if (got == 0 || (got < 0 && errno == ECONNRESET && used))
			break;
		if (got > 0)
			used += (size_t)got;
		else if (errno != EINTR)
			err = errno == EAGAIN ? -ETIMEDOUT : -errno;
	}
	if (!err && !used)
		err = -ENODATA;
	if (err) {
		free(text);
		return err;
	}
	text[used] = '\0';
	*reply = text;
	*len = used;
	return 0;
}

int control_client__ask(const char *path, const char *request, char **reply, size_t *len, char *why,
			size_t room)
{
	char line[CONTROL_REQUEST_MAX + 1], *text = NULL;
	size_t used = 0;
	int fd, err;
	int line_len = snprintf(line, sizeof(line), "%s\n", request);

	if (line_len > CONTROL_REQUEST_MAX || strchr(request, '\n')) {
		snprintf(why, room, "the request is longer than one line of %d bytes",
			 CONTROL_REQUEST_MAX);
		return -EINVAL;
	}
	fd = open_connection(path, why, room);
	if (fd < 0)
		return fd;
	err = send(fd, line, (size_t)line_len, MSG_NOSIGNAL) < 0 && errno != EPIPE ? -errno : 0;
	if (!err)
		err = read_reply(fd, &text, &used);
	close(fd);
	if (err) {
		snprintf(why, room, "the sensor at %s did not answer: %s", path, strerror(-err));
		return err;
	}
	if (strncmp(text, CONTROL_ERROR, strlen(CONTROL_ERROR)) == 0) {
		text[strcspn(text, "\n")] = '\0';
		snprintf(why, room, "the sensor at %s says: %s", path,
			 text + strlen(CONTROL_ERROR));
		err = strstr(text, "permission denied") ? -EACCES : -EPROTO;
		free(text);
		return err;
	}
	*reply = text;
	*len = used;
	return 0;
}
