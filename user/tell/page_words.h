/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words of a page, a table for each language: page_words_en.c and page_words_ja.c.
 *
 * The tables hold words and the marks between them; what is said, and in which order, is in
 * page_text.c and page_paste.c, the same for both.
 */
#ifndef FAULTLINE_PAGE_WORDS_H
#define FAULTLINE_PAGE_WORDS_H

#include "judge/place.h"

#define SIDE_COUNT 4

struct side_words {
	const char *tag;   /* in capitals on the phone */
	const char *whose; /* "theirs (outside our company)" */
	const char *first; /* what to do first */
};

struct place_words {
	const char *name;  /* "the far application" */
	const char *brief; /* the same for a summary */
	const char *means; /* a sentence */
};

struct page_words {
	struct side_words side[SIDE_COUNT];
	struct place_words place[PLACE_COUNT];
	/* ": ", ":", ", ", ", ", "; " */
	const char *colon, *heading, *comma, *listed, *between;
	const char *parenthesis[2];
	/* The summary. */
	const char *update, *over, *since_brief, *normal_brief, *tag_open, *tag_close, *and_more;
	/* Of a test: printf format of the host's name; and what to do. */
	const char *test_summary, *test_page;
	/* The head of a page. */
	const char *change[3], *severity[3], *incident;
	/* Labels of the page. */
	const char *whose, *call, *do_first, *since, *ended, *lasted, *still, *hit, *others, *host;
	const char *sure; /* printf format of a percentage */
	const char *nobody, *after_contact;
	const char *links, *devices, *peers, *connections, *processes;
	const char *shown_by, *normal, *no_normal, *no_numbers, *speaks_against, *nothing_against;
	const char *ruled_out, *nothing_ruled_out, *could_be, *could_be_either, *separates, *blind,
		*lost;
	const char *others_normal; /* printf format: two unsigned, normal ones and all */
	/* The ticket for whoever the fault is with. */
	const char *ticket, *no_ticket, *ticket_subject, *ticket_over, *greeting, *ticket_open,
		*ticket_closed;
	const char *far_ends, *circuit, *our_side, *our_side_checked, *reference, *please[3],
		*please_over, *regards;
	/* The notice to colleagues. */
	const char *notice, *notice_title[3], *what, *cause, *affected, *state[3], *state_label,
		*next, *next_open, *next_over;
};

extern const struct page_words page_words_en, page_words_ja;

const struct page_words *page_words(enum config_language language);

/* What a signal of the evidence measures, as a label: "no data from the feed"; NULL: unknown. */
const char *signal_words(const char *signal, enum config_language language);

#endif
