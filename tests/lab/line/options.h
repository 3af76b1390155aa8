/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line.
 */
#ifndef LAB_LINE_OPTIONS_H
#define LAB_LINE_OPTIONS_H

#include <linux/types.h>
#include <stdbool.h>

#include "tun.h"

enum { OPTIONS_COMMANDS_MAX = 64 };

struct options {
	struct tun_spec near, far;
	const char *control; /* points into argv */
	const char *ask;     /* the socket that `ctl` talks to; the command is command[0] */
	__u64 seed, hold_bytes;
	unsigned int mtu, flows, realtime;
	bool tap, standard_input;
	char *command[OPTIONS_COMMANDS_MAX]; /* to run before the line is ready; owned */
	unsigned int command_count;
};

/* 0; 1 when help was printed; -EINVAL after telling on stderr what is wrong. */
int options__parse(struct options *options, int argc, char **argv);
void options__free(struct options *options);

#endif
