/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * faultline check: is the configuration valid?  Reads the file and nothing of the kernel, so that
 * it also runs where the sensor will not, such as in a pipeline that ships configurations.
 */
#include "cmd.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/config.h"

/* The file may be made elsewhere, and later: only one that is here, and open to others, is wrong.
 */
static void warn_of_secret(const char *file, size_t index, const char *key, const char *path)
{
	struct stat found;

	if (path && !stat(path, &found) && found.st_mode & 077)
		fprintf(stderr,
			"%s: warning: pagers[%zu].%s: %s: others can read or change it (mode "
			"%04o), so nothing will be sent with it; run: chmod 600 %s\n",
			file, index, key, path, (unsigned)found.st_mode & 07777, path);
}

static void warn_of_secrets(const char *file, const struct config *config)
{
	for (size_t i = 0; i < config->pager_count; i++) {
		const struct config_pager *pager = &config->pagers[i];

		warn_of_secret(file, i, "url_file", pager->url_file);
		warn_of_secret(file, i, "routing_key_file", pager->routing_key_file);
		warn_of_secret(file, i, "secret_file", pager->secret_file);
		warn_of_secret(file, i, "api_key_file", pager->api_key_file);
	}
}

int cmd_check(const struct cmd_arguments *arguments)
{
	const char *path =
		arguments->operand_count > 0 ? arguments->operands[0] : arguments->config;
	struct config *config = NULL;
	int err = config__load(path, &config, stderr);

	if (err)
		return cmd_config_code(err);
	if (!path)
		path = CONFIG_DEFAULT_FILE;
	warn_of_secrets(path, config);
	printf("%s: valid: %zu links, %zu devices, %zu pagers\n", path, config->link_count,
	       config->device_count, config->pager_count);
	config__free(config);
	return EXIT_DONE;
}
