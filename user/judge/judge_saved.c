/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the judge keeps over a restart: baselines of links, and incidents that are open.
 */
#include <errno.h>

#include "judge/judge_parts.h"

#define MONTH_S	      (31 * 86400LL)
#define SAVED_VERSION 1

json_t *judge__save(const struct judge *judge)
{
	json_t *links = json_object(), *saved = NULL;
	const struct known_link *link;
	size_t cursor = 0;

	while (links && (link = hash_table__next(judge->links, &cursor))) {
		if (json_object_set_new(links, link->name, link_watch__save(link->watch))) {
			json_decref(links);
			links = NULL;
		}
	}
	if (links)
		saved = json_pack("{s:i, s:I, s:o, s:o}", "version", SAVED_VERSION, "saved_s",
				  (json_int_t)judge->said.tv_sec, "links", links, "incidents",
				  incident_book__save(judge->book));
	return saved;
}

int judge__restore(struct judge *judge, const json_t *saved, struct timespec now)
{
	json_t *links, *incidents;
	json_int_t saved_s;
	int version, err;

	if (json_unpack((json_t *)saved, "{s:i, s:I, s:o, s:o}", "version", &version, "saved_s",
			&saved_s, "links", &links, "incidents", &incidents) ||
	    version != SAVED_VERSION || !json_is_object(links))
		return -EINVAL;
	err = incident_book__restore(judge->book, incidents);
	if (err)
		return err;
	if (now.tv_sec - saved_s > MONTH_S)
		return 0;
	json_decref(judge->saved_links);
	judge->saved_links = json_copy(links);
	return judge->saved_links ? 0 : -ENOMEM;
}
