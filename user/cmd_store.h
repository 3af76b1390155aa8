/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the commands that look into the store share.
 */
#ifndef FAULTLINE_CMD_STORE_H
#define FAULTLINE_CMD_STORE_H

#include <stdint.h>

#include "cmd.h"

struct config;
struct store;

struct cmd_store {
	const char *command; /* for messages */
	struct config *config;
	struct store *store;
};

/* Loads the configuration and opens the store to read.  0 or an exit code, and stderr has why. */
int cmd_store__open(const struct cmd_arguments *arguments, const char *command,
		    struct cmd_store *opened);
void cmd_store__close(struct cmd_store *opened);

/* Says that reading or writing failed; returns EXIT_FAILED. */
int cmd_store__failed(const struct cmd_store *opened, int err);

/* Says that an operand is missing; returns EXIT_USAGE. */
int cmd_operand_missing(const char *command, const char *what);

int64_t cmd_now_ms(void);

/* An option's time into *time_ms, which stays without one.  0 or EXIT_USAGE, and stderr has why. */
int cmd_time(const char *command, const char *option, const char *text, int64_t *time_ms);

#endif
