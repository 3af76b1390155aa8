/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `faultline top` draws, from the same object as the status page.
 */
#ifndef FAULTLINE_TOP_SCREEN_H
#define FAULTLINE_TOP_SCREEN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"

enum top_pane { TOP_LINKS, TOP_INCIDENTS, TOP_DEVICES, TOP_HOST, TOP_HELP, TOP_PANES };

struct top_screen {
	enum top_pane pane;
	size_t chosen;		       /* row of the list, over all of them */
	size_t first;		       /* the row that is on top */
	enum config_language language; /* as the status says */
	json_t *status;		       /* borrowed; NULL: none came yet */
	const char *trouble;	       /* why there is no newer one; NULL: all is well */
};

/* Draws everything, for the size that the terminal has now. */
void top_screen__draw(struct top_screen *screen);

/* A key as of getch().  True: the program is to end. */
bool top_screen__key(struct top_screen *screen, int key);

#endif
