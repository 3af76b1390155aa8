/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * faultline top: the running sensor, live in a terminal.
 *
 * Asks over the control socket once a second, and at once after a key; when the sensor goes away it
 * says so and goes on asking, with the last state on the screen.
 */
#include <errno.h>
#include <jansson.h>
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/control_client.h"
#include "base/duration.h"
#include "cmd.h"
#include "tell/top_draw.h"
#include "tell/top_screen.h"
#include "tell/top_terminal.h"

#define ASK_EVERY_NS NS_PER_SECOND

struct top {
	struct config *config;
	struct top_screen screen;
	char why[512];
};

/* The newest state of the sensor; when there is none, why. */
static void ask(struct top *top)
{
	char *reply = NULL;
	size_t len = 0;
	json_t *status;

	top->screen.trouble = NULL;
	if (control_client__ask(top->config->control, "status", &reply, &len, top->why,
				sizeof(top->why))) {
		top->screen.trouble = top->why;
		return;
	}
	status = json_loadb(reply, len, 0, NULL);
	free(reply);
	if (!status) {
		top->screen.trouble = "the sensor's answer is broken off, or of another version";
		return;
	}
	json_decref(top->screen.status);
	top->screen.status = status;
}

static void show(struct top *top)
{
	uint64_t asked_ns = 0;
	bool done = false;

	while (!done) {
		uint64_t now_ns = clock_monotonic_ns();
		int key;

		if (now_ns - asked_ns >= ASK_EVERY_NS) {
			ask(top);
			asked_ns = now_ns;
		}
		top_screen__draw(&top->screen);
		key = getch();
		done = key != ERR && top_screen__key(&top->screen, key);
	}
}

/* Names are UTF-8 whatever the locale says, and so is any terminal of these days. */
static void set_locale(void)
{
	if (!setlocale(LC_ALL, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
}

static int run_screen(struct top *top)
{
	set_locale();
	if (!initscr()) {
		fprintf(stderr, "faultline top: the terminal cannot be used\n");
		return EXIT_FAILED;
	}
	top_draw__init();
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	curs_set(0);
	timeout(1000);
	show(top);
	endwin();
	return EXIT_DONE;
}

int cmd_top(const struct cmd_arguments *arguments)
{
	struct top top = {};
	int code = EXIT_FAILED, err;

	if (top_terminal__check(top.why, sizeof(top.why))) {
		fprintf(stderr, "faultline top: %s\n", top.why);
		return EXIT_USAGE;
	}
	err = config__load(arguments->config, &top.config, stderr);
	if (err)
		return cmd_config_code(err);
	ask(&top);
	if (top.screen.trouble)
		fprintf(stderr, "faultline top: %s\n", top.screen.trouble);
	else
		code = run_screen(&top);
	json_decref(top.screen.status);
	config__free(top.config);
	return code;
}
