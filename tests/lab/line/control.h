/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who may give commands: clients of a Unix socket, and standard input.
 */
#ifndef LAB_LINE_CONTROL_H
#define LAB_LINE_CONTROL_H

#include <stdbool.h>
#include <sys/epoll.h>

struct control;
struct wire;

/*
 * Listens on @path (NULL: no socket; a socket file that is left over there is replaced) and, with
 * @standard_input, reads that too; registers with @epoll_fd. NULL with errno.
 */
struct control *control__new(const char *path, bool standard_input, int epoll_fd);
void control__free(struct control *control);

/*
 * Handles an epoll event whose data.ptr belongs to it. Returns 0, or 1 when the program is to end.
 * *@handled says whether the event was one of its own.
 */
int control__handle(struct control *control, const struct epoll_event *event, struct wire *wire,
		    bool *handled);

/* Sends one command to the socket at @path and prints the reply. Returns the exit code. */
int control__ask(const char *path, const char *command);

#endif
