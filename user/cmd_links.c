/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * faultline links: asks the running sensor for its links, and shows them.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/control_client.h"
#include "cmd.h"
#include "tell/links_text.h"

static int show(const char *reply, size_t len)
{
	struct links_text_style style = links_text_style_for(stdout);
	json_t *links = json_loadb(reply, len, 0, NULL);
	int err = links ? links_text__write(links, &style, stdout) : -EINVAL;

	json_decref(links);
	if (err)
		fprintf(stderr, "faultline links: %s\n",
			err == -EINVAL ? "the sensor's answer is broken off, or of another version"
				       : strerror(-err));
	return err;
}

int cmd_links(const struct cmd_arguments *arguments)
{
	struct config *config = NULL;
	char *reply = NULL, why[512];
	size_t len = 0;
	int err;

	err = config__load(arguments->config, &config, stderr);
	if (err)
		return cmd_config_code(err);
	err = control_client__ask(config->control, "links", &reply, &len, why, sizeof(why));
	if (err) {
		fprintf(stderr, "faultline links: %s\n", why);
		goto out;
	}
	if (!arguments->json)
		err = show(reply, len);
	else if (fwrite(reply, 1, len, stdout) != len)
		err = -EIO;
	if (!err && fflush(stdout) != 0) {
		err = -errno;
		fprintf(stderr, "faultline links: cannot write: %s\n", strerror(-err));
	}
out:
	free(reply);
	config__free(config);
	return err ? EXIT_FAILED : EXIT_DONE;
}
