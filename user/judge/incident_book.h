/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The book of incidents: from what each link says in a sample to incidents that open, change and
 * end.
 */
#ifndef FAULTLINE_INCIDENT_BOOK_H
#define FAULTLINE_INCIDENT_BOOK_H

#include "judge/incident.h"

#define INCIDENTS_MAX 256 /* open at a time; further ones wait, and are counted */

struct incident_book;

struct incident_teller {
	const char *host;
	void (*sink)(void *context, const struct incident_event *event);
	void *context;
};

/* NULL with errno. */
struct incident_book *incident_book__new(void);
void incident_book__free(struct incident_book *book);

/*
 * Takes all suspicions of a sample; each gets the incident that it belongs to.  @time: the wall
 * clock's, made never to run backwards.  0 or -ENOMEM.
 */
int incident_book__take(struct incident_book *book, const struct view *view,
			struct suspicion *suspicions, size_t count, struct timespec time,
			const struct incident_teller *teller);

/* The open incident that has the link or device in its scope, or NULL. */
const struct incident *incident_book__of_link(const struct incident_book *book, const char *name);
const struct incident *incident_book__of_device(const struct incident_book *book, const char *name);

/*
 * A link that is not declared any more: it leaves its incidents, and the next sample closes those
 * that were about it alone, for that reason.
 */
void incident_book__remove_link(struct incident_book *book, const char *name);

/* Notes the gateways and interfaces that have an open incident in a view. */
void incident_book__note_causes(const struct incident_book *book, struct view *view);

size_t incident_book__open_count(const struct incident_book *book);

/* NULL without memory. */
json_t *incident_book__save(const struct incident_book *book);
/* 0; -EINVAL for what is damaged, and -ENOMEM: then nothing is taken. */
int incident_book__restore(struct incident_book *book, const json_t *saved);

#endif
