/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A listening unix socket in the file system, and who may use it.  The inside of the control
 * server.
 */
#ifndef FAULTLINE_CONTROL_LISTEN_H
#define FAULTLINE_CONTROL_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/un.h>

/* 0 or -ENAMETOOLONG. */
int control_address(const char *path, struct sockaddr_un *address);

/* The number of a group; 0 or -errno with @why. */
int control_group_id(const char *group, gid_t *gid, char *why, size_t room);

/* The same, or (gid_t)-1 when there is no such group or we may not give it a file. */
gid_t control_usual_group(const char *group);

/*
 * Listens at @path, non-blocking; removes a socket there that nobody listens on.  @gid: (gid_t)-1
 * for none.  A descriptor, or -errno with @why.
 */
int control_listen(const char *path, gid_t gid, int backlog, char *why, size_t room);

/* May the process at the other end of @fd ask?  Root, our own user, and members of @gid may. */
bool control_peer_allowed(int fd, gid_t gid);

#endif
