/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a person reads of an incident: at one in the morning, on a phone, in English or Japanese.
 */
#ifndef FAULTLINE_PAGE_TEXT_H
#define FAULTLINE_PAGE_TEXT_H

#include "base/config.h"
#include "tell/page_event.h"

#define PAGE_SUMMARY_COLUMNS 110

/* Texts without control characters but line feeds; all owned by the object. */
struct page_text {
	char *summary; /* one line of at most PAGE_SUMMARY_COLUMNS columns */
	char *page;    /* whose fault, who to call, since when, what is hit, figures, doubts */
	char *ticket;  /* to paste into a ticket for them; "" when the fault is our own */
	char *notice;  /* to paste for colleagues */
};

/*
 * Writes the texts of an event in @language; of one with "test": true, that it is a test.
 * @written_in is the language of the sentences inside the event: those of another language are made
 * anew from signal, subject and figures.  Local times are those of this process's time zone.  0 or
 * -ENOMEM; the caller releases *text.
 */
int page_text__make(const struct page_event *event, enum config_language language,
		    enum config_language written_in, struct page_text *text);
void page_text__release(struct page_text *text);

/* Page, ticket and notice as one text, each under its title.  The caller frees it; or NULL. */
char *page_text__whole(const struct page_text *text, enum config_language language);

#endif
