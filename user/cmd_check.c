/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * faultline check: is the configuration valid?  Reads the file and nothing of the kernel, so that
 * it also runs where the sensor will not, such as in a pipeline that ships configurations.
 */
#include "cmd.h"

#include <stdio.h>

#include "base/config.h"

int cmd_check(const struct cmd_arguments *arguments)
{
	const char *path =
		arguments->operand_count > 0 ? arguments->operands[0] : arguments->config;
	struct config *config = NULL;

	if (config__load(path, &config, stderr) != 0)
		return EXIT_USAGE;
	printf("%s: valid: %zu links, %zu devices, %zu pagers\n", path ? path : CONFIG_DEFAULT_FILE,
	       config->link_count, config->device_count, config->pager_count);
	config__free(config);
	return EXIT_DONE;
}
