/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands at run time.
 */
#ifndef LAB_LINE_COMMAND_H
#define LAB_LINE_COMMAND_H

#include <stdio.h>

struct wire;

/*
 * Runs one command and prints one line of reply with its newline: `ok`, a JSON object or array, or
 * `error: ...`. Returns 0; 1 when the program is to end; or -EINVAL when the reply is an error.
 */
int command__run(struct wire *wire, const char *text, FILE *out);

/* Prints what can be said, over several lines. */
void command__help(FILE *out);

#endif
