/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Feeds arbitrary bytes to the reader of the configuration.
 *
 * Beside not crashing, a text that is refused must have got a message, one that is taken none; what
 * the walk lets pass libcyaml must be able to load; and no message may hold a control character.
 *
 * With clang: -fsanitize=fuzzer,address,undefined.  Built with -DFUZZ_REPLAY it is a plain program
 * that runs each file named on its command line once.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/mistakes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int holds, const char *what, const char *messages)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n%s", what, messages);
	abort();
}

static void check_messages(const char *messages)
{
	static const char refusal[] = "fuzz:1:1: libcyaml cannot load it";

	for (const char *line = messages; *line;) {
		size_t len = strcspn(line, "\n");

		demand(!has_control_character(line, len), "messages are plain text", messages);
		demand(strncmp(line, "fuzz:", 5) == 0, "each line names the file", messages);
		demand(line[len] == '\n', "each line ends", messages);
		demand(strncmp(line, refusal, strlen(refusal)) != 0,
		       "what the walk accepts, libcyaml loads", messages);
		line += len + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *config = NULL;
	size_t messages_len = 0;
	char *messages = NULL;
	FILE *errors = open_memstream(&messages, &messages_len);
	int err;

	if (!errors)
		abort();
	err = config__parse("fuzz", (const char *)data, size, &config, errors);
	fclose(errors);
	check_messages(messages);
	demand((err == 0) == (messages_len == 0), "a message if and only if refused", messages);
	demand((err == 0) == (config != NULL), "a configuration if and only if taken", messages);
	config__free(config);
	free(messages);
	return 0;
}

#include "replay.h"
