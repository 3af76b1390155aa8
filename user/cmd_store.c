/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd_store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/config.h"
#include "base/time_text.h"
#include "keep/store.h"

int cmd_store__open(const struct cmd_arguments *arguments, const char *command,
		    struct cmd_store *opened)
{
	struct cmd_store made = {.command = command};
	char why[512];
	int err = config__load(arguments->config, &made.config, stderr);

	if (err)
		return cmd_config_code(err);
	if (store__open(made.config->state_dir, &made.store, why, sizeof(why))) {
		fprintf(stderr, "faultline %s: %s\n", command, why);
		config__free(made.config);
		return EXIT_FAILED;
	}
	*opened = made;
	return 0;
}

void cmd_store__close(struct cmd_store *opened)
{
	store__free(opened->store);
	config__free(opened->config);
}

int cmd_store__failed(const struct cmd_store *opened, int err)
{
	const char *what = strerror(-err);

	if (err == -EBADMSG)
		what = "the file is damaged; the sensor moves it aside and begins a new one";
	else if (err == -EBUSY)
		what = "another process keeps it locked";
	fprintf(stderr, "faultline %s: %s/" STORE_FILE ": %s\n", opened->command,
		opened->config->state_dir, what);
	return EXIT_FAILED;
}

int cmd_operand_missing(const char *command, const char *what)
{
	fprintf(stderr, "faultline %s: %s; see \"faultline %s --help\"\n", command, what, command);
	return EXIT_USAGE;
}

int64_t cmd_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int cmd_time(const char *command, const char *option, const char *text, int64_t *time_ms)
{
	const char *why;

	if (!text || !parse_time(text, cmd_now_ms(), time_ms, &why))
		return 0;
	fprintf(stderr, "faultline %s: --%s: \"%s\": %s\n", command, option, text, why);
	return EXIT_USAGE;
}
