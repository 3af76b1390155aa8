/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a command with a text on its standard input, without a shell, and says how it ended.
 */
#ifndef FAULTLINE_COMMAND_RUNNER_H
#define FAULTLINE_COMMAND_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define COMMAND_MS	30000
#define COMMAND_WHY_LEN 200

struct command_helper;
struct command_run;

struct command_end {
	bool ended;		   /* by itself; else it was too slow, or fell to a signal */
	int status;		   /* its exit code */
	char why[COMMAND_WHY_LEN]; /* "exit code 3: no such channel"; "" when it is 0 */
};

typedef void command_done(void *context, const struct command_end *end);

/*
 * @command and @environment end with NULL; @input is copied.  The command has its own process
 * group, no descriptor of ours but its standard ones, and COMMAND_MS; then the group is killed.
 * @done is called once, never from within.  0; -errno when it cannot be started.
 */
int command_run__new(sd_event *loop, struct command_helper *helper, char *const *command,
		     char *const *environment, const char *input, size_t len, command_done *done,
		     void *context, struct command_run **run);

/* Kills it, if it still runs, without a word. */
void command_run__free(struct command_run *run);

#endif
