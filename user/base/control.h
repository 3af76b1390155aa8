/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket: how other commands ask the running sensor.
 *
 * A client connects, sends one line ("links\n"), reads until the end, and is done.  The server
 * never waits for a client: everything runs on the event loop, with a bound on clients, on the
 * length of a request and on the time a client may take.
 */
#ifndef FAULTLINE_CONTROL_H
#define FAULTLINE_CONTROL_H

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define CONTROL_USUAL_GROUP	 "faultline" /* which an installation makes */
#define CONTROL_ERROR		 "error: "   /* so begins a reply that is none, one line long */
#define CONTROL_REQUEST_MAX	 4096	     /* bytes, the newline included */
#define CONTROL_CLIENTS_MAX	 16
#define CONTROL_CLIENT_TIMEOUT_S 5

struct control;

/*
 * One thing that can be asked for.  @handle puts an answer of *len bytes, allocated with malloc(),
 * into *reply; the server frees it.  @argument is what follows the name and a space, "" when
 * nothing does.  0 or -errno, which the client gets as a line of text.
 */
struct control_request {
	const char *name;
	int (*handle)(void *context, const char *argument, char **reply, size_t *len);
	void *context;
};

struct control_options {
	const char *path;
	const char *group; /* its members may ask, too; NULL: usual_group */
	/* Instead, where it exists and may be given the socket; NULL: only root and our own user */
	const char *usual_group;
	const struct control_request *requests; /* must stay as long as the server */
	size_t request_count;
	unsigned clients_max;	    /* 0: CONTROL_CLIENTS_MAX */
	uint64_t client_timeout_us; /* 0: CONTROL_CLIENT_TIMEOUT_S */
};

/*
 * Listens at options->path.  A socket that nobody listens on is removed; one that somebody does is
 * -EADDRINUSE.  The socket is never open to more than it will be in the end: mode 0600, or 0660
 * with a group; and whoever connects is asked of the kernel once more.  The caller frees *control,
 * before the loop.  @options is copied.
 *
 * 0 or -errno with a sentence for the log in @why (@room bytes).
 */
int control__new(sd_event *loop, const struct control_options *options, struct control **control,
		 char *why, size_t room);

/* Turns clients away, closes and removes the socket.  NULL is fine. */
void control__free(struct control *control);

/* How many are connected now. */
unsigned control__clients(const struct control *control);

#endif
