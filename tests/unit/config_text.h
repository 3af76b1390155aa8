/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A configuration from a string, and what was said about it.  For the tests of the configuration.
 */
#ifndef FAULTLINE_TEST_CONFIG_TEXT_H
#define FAULTLINE_TEST_CONFIG_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A text that is refused, and every line said about it; the file is called "f". */
struct wrong {
	const char *text;
	const char *messages;
};

/* Parses @text; *messages is for free(). */
static inline int parse_text(const char *text, size_t len, struct config **config, char **messages)
{
	size_t messages_len = 0;
	FILE *errors;
	int err;

	*messages = NULL;
	errors = open_memstream(messages, &messages_len);
	assert_non_null(errors);
	err = config__parse("f", text, len, config, errors);
	fclose(errors);
	assert_non_null(*messages);
	return err;
}

static inline void assert_wrong(const struct wrong *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct config *config = NULL;
		char *messages;
		int err = parse_text(cases[i].text, strlen(cases[i].text), &config, &messages);

		if (err != -EINVAL || strcmp(messages, cases[i].messages) != 0)
			fail_msg("returned %d for:\n%sexpected:\n%sgot:\n%s", err, cases[i].text,
				 cases[i].messages, messages);
		assert_null(config);
		free(messages);
	}
}

#endif
