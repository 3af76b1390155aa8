/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands: what they accept, and what they do.
 *
 * One table (cmd.c) drives parsing, --help and completion.  A command is a row there and a
 * cmd_<name>.c; it returns the exit code of the program.
 */
#ifndef FAULTLINE_CMD_H
#define FAULTLINE_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define DENIED_HOOKS_MAX 32

enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,	      /* the command line or the configuration is wrong */
	EXIT_UNSUPPORTED = 3, /* this kernel or these privileges do not allow the main job */
};

struct cmd_arguments {
	const char *config; /* NULL: the default file */
	bool json;
	uint64_t duration_ns; /* 0: until stopped */
	bool verbose;
	const char *record; /* a recording to make; NULL: none */
	const char *denied_hooks[DENIED_HOOKS_MAX];
	size_t denied_hook_count;
	const char *link, *since, *until, *at; /* as they were written; NULL: not given */
	const char *turned_out;
	const char *event;
	int operand_count;
	char **operands;
};

/* Parses the command line and runs the command it names; returns the exit code. */
int cmd_main(int argc, char **argv);

/* What a configuration that was not taken (-errno) ends a command with: a lack is no mistake in it. */
int cmd_config_code(int err);

/* The tables of commands and options as bash's own, for scripts/completion.bash. */
void cmd__print_tables(FILE *out);

int cmd_run(const struct cmd_arguments *arguments);
int cmd_record(const struct cmd_arguments *arguments);
int cmd_replay(const struct cmd_arguments *arguments);
int cmd_links(const struct cmd_arguments *arguments);
int cmd_completion(const struct cmd_arguments *arguments);
int cmd_incidents(const struct cmd_arguments *arguments);
int cmd_explain(const struct cmd_arguments *arguments);
int cmd_history(const struct cmd_arguments *arguments);
int cmd_note(const struct cmd_arguments *arguments);
int cmd_audit(const struct cmd_arguments *arguments);
int cmd_top(const struct cmd_arguments *arguments);
int cmd_doctor(const struct cmd_arguments *arguments);
int cmd_page_test(const struct cmd_arguments *arguments);
int cmd_check(const struct cmd_arguments *arguments);

#endif
