/* SPDX-License-Identifier: BSD-2-Clause */
#include "tell/desk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct desk {
	struct desk_options options;
};

int desk__new(const struct desk_options *options, struct desk **desk, char *why, size_t why_len)
{
	struct desk *new = calloc(1, sizeof(*new));

	if (!new) {
		snprintf(why, why_len, "out of memory");
		return -ENOMEM;
	}
	new->options = *options;
	*desk = new;
	return 0;
}

void desk__free(struct desk *desk)
{
	free(desk);
}

void desk__incident(struct desk *desk, json_t *event)
{
	(void)desk, (void)event;
}

void desk__tick(struct desk *desk, const struct sample *sample)
{
	(void)desk, (void)sample;
}

int desk__reload(struct desk *desk, const struct config *config)
{
	desk->options.config = config;
	return 0;
}

const struct control_request *desk__requests(const struct desk *desk, size_t *count)
{
	(void)desk;
	*count = 0;
	return NULL;
}
