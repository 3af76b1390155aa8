/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One link under watch: its baselines, and the tests that tell its symptoms.
 */
#ifndef FAULTLINE_LINK_WATCH_H
#define FAULTLINE_LINK_WATCH_H

#include <jansson.h>

#include "judge/figures.h"
#include "judge/symptom.h"

struct link_watch;

/* @config: of a declared link, else NULL; it must stay until __reconfigure() or __free().  NULL
 * with errno. */
struct link_watch *link_watch__new(const struct config_link *config);
void link_watch__free(struct link_watch *watch);
void link_watch__reconfigure(struct link_watch *watch, const struct config_link *config);

/*
 * Compares a link with what was known of it.
 * @threshold: nats, from threshold_nats().  @learn: false while an incident is open on the link,
 * for a fault must not become normal.
 * Counters that went back begin anew; the first sample of a link compares nothing.
 */
void link_watch__take(struct link_watch *watch, const struct link_sample *link,
		      const struct sample *sample, double threshold, bool learn);

/*
 * To be called before __take() when nobody looked for longer than usual, until @now_ns: this host
 * may have stood still as a whole, so nothing is said to have kept us waiting before.
 */
void link_watch__stood_still(struct link_watch *watch, uint64_t now_ns);

/* Valid until the next __take(). */
const struct symptom *link_watch__symptom(const struct link_watch *watch,
					  enum link_symptom symptom);

/* Raises a share of losses that is told together with others' (company.h), as of the last look. */
void link_watch__raise_in_company(struct link_watch *watch, enum link_symptom symptom);

/* Is enough known for shifts to be judged?  Hard symptoms need none of it. */
bool link_watch__learned(const struct link_watch *watch);

/* Is the link in its session now?  Outside it silence is normal. */
bool link_watch__in_session(const struct link_watch *watch);

void link_watch__figures(const struct link_watch *watch, struct link_figures *figures);

/* Baselines only.  NULL without memory. */
json_t *link_watch__save(const struct link_watch *watch);
/* 0; -EINVAL for what is damaged or -ENOMEM, and then nothing is taken. */
int link_watch__restore(struct link_watch *watch, const json_t *saved);

#endif
