/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process that starts the commands of pagers, so that the sensor itself needs no right to.
 */
#ifndef FAULTLINE_COMMAND_HELPER_H
#define FAULTLINE_COMMAND_HELPER_H

#include <sys/types.h>

struct command_helper;

/* The most bytes of a command's arguments and environment together. */
#define COMMAND_BYTES_MAX 65536

/*
 * Forks it; to be called before there are threads, descriptors or rights that it must not have.  It
 * ends with us, however we end.  NULL with errno.
 */
struct command_helper *command_helper__new(void);
void command_helper__free(struct command_helper *helper);

/* Its process. */
pid_t command_helper__pid(const struct command_helper *helper);

/*
 * Starts a command, as our own child: we wait for it and may kill it.  @command and @environment
 * end with NULL; @input_fd and @said_fd become its standard input and standard error, its standard
 * output is thrown away, and it has no other descriptor.  It begins with no signal blocked or
 * ignored, in a process group of its own, and without any capability.  0 and *pid, or -errno;
 * -EPIPE: the helper is gone.
 */
int command_helper__start(struct command_helper *helper, char *const *command,
			  char *const *environment, int input_fd, int said_fd, pid_t *pid);

#endif
