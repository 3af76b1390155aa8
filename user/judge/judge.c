/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/judge.h"

#include <errno.h>
#include <stdlib.h>

struct judge {
	struct judge_options options;
	uint64_t taken_ns;
	uint64_t passed_over;
};

const char *link_state_name(enum link_state state)
{
	static const char *const names[] = {
		[LINK_STATE_LEARNING] = "learning",	    [LINK_STATE_HEALTHY] = "healthy",
		[LINK_STATE_SUSPECT] = "suspect",	    [LINK_STATE_FAULTY] = "faulty",
		[LINK_STATE_NOT_OBSERVED] = "not observed",
	};

	return names[state];
}

struct judge *judge__new(const struct judge_options *options)
{
	struct judge *judge = calloc(1, sizeof(*judge));

	if (judge)
		judge->options = *options;
	return judge;
}

void judge__free(struct judge *judge)
{
	free(judge);
}

int judge__take(struct judge *judge, const struct sample *sample)
{
	if (sample->time_ns <= judge->taken_ns)
		judge->passed_over++;
	else
		judge->taken_ns = sample->time_ns;
	return 0;
}

int judge__reload(struct judge *judge, const struct config *config)
{
	judge->options.config = config;
	return 0;
}

enum link_state judge__link_state(const struct judge *judge, const char *link)
{
	(void)judge, (void)link;
	return LINK_STATE_LEARNING;
}

enum link_state judge__device_state(const struct judge *judge, const char *device)
{
	(void)judge, (void)device;
	return LINK_STATE_LEARNING;
}

void judge__figures(const struct judge *judge, const char *link, struct link_figures *figures)
{
	(void)judge, (void)link;
	*figures = (struct link_figures){};
}

uint64_t judge__passed_over(const struct judge *judge)
{
	return judge->passed_over;
}

json_t *judge__save(const struct judge *judge)
{
	(void)judge;
	return json_object();
}

int judge__restore(struct judge *judge, const json_t *saved, struct timespec now)
{
	(void)judge, (void)now;
	return json_is_object(saved) ? 0 : -EINVAL;
}
