/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the pagers share: pagers.c (what goes out), pagers_reload.c (another
 * configuration).  Nobody else includes it.
 */
#ifndef FAULTLINE_PAGERS_PARTS_H
#define FAULTLINE_PAGERS_PARTS_H

#include "tell/page_line.h"
#include "tell/pager.h"
#include "tell/pager_try.h"
#include "tell/pagers.h"

#define KEY_LEN (PAGER_KEY_LEN + 12)

struct pager {
	struct pagers *pagers;
	const struct config_pager *config;
	const struct pager_kind *kind;
	char name[32];
	char key[KEY_LEN]; /* names its pages on disk */
	struct page_line *line;
	struct pager_try *try;
	json_t *known;			/* id: the event queued last, of what is open */
	json_t *delivered;		/* id: the event delivered last, of what is open */
	json_t *repeat;			/* ids that are still to be told again in this round */
	char repeated[INCIDENT_ID_LEN]; /* the try under way is a repetition of; "" it is none */
	uint64_t repeat_due_ms;
	uint64_t discarded_told; /* of the count of discarded pages */
	bool repeat_failed, refused;
	char trouble[PAGE_ERROR_LEN];
};

struct pagers {
	struct pagers_options options;
	struct pager_tools tools;
	struct pager *pager;
	size_t count;
	sd_event_source *timer;
	int64_t next_id;
};

/* The pagers of @config in place of pagers->pager, which stays the caller's.  0 or -ENOMEM, when
 * what was made is still to be freed. */
int pagers__make_list(struct pagers *pagers, const struct config *config);
void pagers__free_list(struct pager *list, size_t count);

/* Says to health how it does. */
void pager__state_health(struct pager *pager);

/* The sink of its line: what changes there changes on disk. */
void pager__on_line_change(void *context, enum line_change change, const struct waiting_page *page);

#endif
