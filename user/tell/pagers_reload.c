/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another configuration of pagers.  What waits for a destination stays with it, whatever else
 * changes; what waits for one that is gone is given up, aloud.
 */
#include <string.h>

#include "base/log.h"
#include "keep/page_queue.h"
#include "tell/health.h"
#include "tell/pagers_parts.h"

/* What an old pager knows goes over to the new one for the same destination. */
static bool hand_over(struct pager *old, struct pagers *pagers)
{
	for (size_t i = 0; i < pagers->count; i++) {
		struct pager *pager = &pagers->pager[i];
		struct pager fresh = *pager;

		if (strcmp(pager->key, old->key) != 0)
			continue;
		pager_try__free(old->try);
		old->try = NULL;
		page_line__cancel(old->line);
		page_line__set_sink(old->line, pager__on_line_change, pager);
		pager->line = old->line;
		pager->known = old->known;
		pager->delivered = old->delivered;
		pager->discarded_told = old->discarded_told;
		old->line = fresh.line;
		old->known = fresh.known;
		old->delivered = fresh.delivered;
		return true;
	}
	return false;
}

/* A pager that is configured no more takes nothing with it in silence. */
static void give_up(struct pager *old)
{
	size_t waiting = page_line__length(old->line);

	for (size_t i = 0; i < waiting; i++)
		page_queue__remove(old->pagers->options.store, page_line__at(old->line, i)->id);
	if (waiting)
		log_error("pager %s is configured no more: %zu pages are given up", old->name,
			  waiting);
	health__set(old->pagers->options.health, "pager", old->name, false, "%s", "");
}

int pagers__reload(struct pagers *pagers, const struct config *config)
{
	struct pager *old = pagers->pager;
	size_t old_count = pagers->count;
	enum config_language language = pagers->tools.language;
	int err = pagers__make_list(pagers, config);

	if (err) {
		pagers__free_list(pagers->pager, pagers->count);
		pagers->pager = old;
		pagers->count = old_count;
		pagers->tools.language = language;
		return err;
	}
	for (size_t i = 0; i < old_count; i++) {
		if (!hand_over(&old[i], pagers))
			give_up(&old[i]);
	}
	pagers__free_list(old, old_count);
	pagers->options.config = config;
	for (size_t i = 0; i < pagers->count; i++)
		pager__state_health(&pagers->pager[i]);
	pagers__go(pagers);
	return 0;
}
