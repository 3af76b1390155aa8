/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What initscr() would end the program for, said before it is called.
 *
 * A file of its own, because <term.h> makes macros of common words.
 */
#include "tell/top_terminal.h"

#include <errno.h>
#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* It wants the curses header before it. */
#include <term.h>

int top_terminal__check(char *why, size_t why_len)
{
	const char *name = getenv("TERM");
	char *move, cup[] = "cup";
	int status;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		snprintf(why, why_len,
			 "this is no terminal; for scripts there is \"faultline links --json\"");
		return -ENOTTY;
	}
	if (!name || !name[0]) {
		snprintf(why, why_len,
			 "TERM is not set: what kind of terminal is this? expected such as "
			 "TERM=xterm-256color");
		return -ENOTTY;
	}
	if (setupterm(NULL, STDOUT_FILENO, &status) != OK) {
		snprintf(why, why_len,
			 "TERM=%.64s: this host knows no such terminal; expected such as "
			 "TERM=xterm-256color",
			 name);
		return -ENOTTY;
	}
	move = tigetstr(cup);
	status = move && move != (char *)-1;
	del_curterm(cur_term); /* initscr() reads it again */
	if (!status) {
		snprintf(why, why_len,
			 "TERM=%.64s: the cursor of such a terminal cannot be moved; \"faultline "
			 "links\" needs none",
			 name);
		return -ENOTTY;
	}
	return 0;
}
