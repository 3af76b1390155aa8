/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of which page texts are made: figures, times, labels, readings.
 */
#ifndef FAULTLINE_PAGE_WRITE_H
#define FAULTLINE_PAGE_WRITE_H

#include <stdio.h>

#include "tell/page_event.h"
#include "tell/page_words.h"

struct page_writer {
	FILE *out;
	const struct page_event *event;
	const struct page_words *words;
	enum config_language language;
	enum config_language written_in; /* of the sentences inside the event */
};

#define PAGE_VALUE_LEN	  64
#define PAGE_READING_LEN  320
#define RULED_OUT_MAX	  4
#define PAGE_FIGURES_MAX  3
#define PAGE_FIGURE_WIDTH 34 /* columns of the names of figures */

/* "1.15 s", "21 ms", "2.3 %", "12/s"; in Japanese with its units.  Returns @text. */
char *write_value(double value, const char *unit, enum config_language language,
		  char text[PAGE_VALUE_LEN]);

/* "12 min 5 s"; returns @text. */
char *write_span(double seconds, enum config_language language, char text[PAGE_VALUE_LEN]);

/* "2026-11-22 22:15:00 JST (13:15:00 UTC)", or UTC alone where that is local; returns @text. */
char *write_when(struct timespec time, char text[PAGE_VALUE_LEN]);

/*
 * A reading as a sentence: the judge's own where it is in the writer's language, else made from
 * its figures: "data waits for our process, mymate: 1.2 s (normal 20 us)".  Returns @text.
 */
char *write_reading(const struct page_writer *writer, const json_t *reading,
		    char text[PAGE_READING_LEN]);

/* What a reading measures, of what, without its figures; returns @text. */
char *write_label(const struct page_writer *writer, const json_t *reading,
		  char text[PAGE_READING_LEN]);

/* "rates-feed, orders +2"; at most @max names of a list of strings. */
void write_names(const struct page_writer *writer, const json_t *names, size_t max);

/* "mymate[812], fix[99]" */
void write_processes(const struct page_writer *writer);

/* "label: " padded to the width of a page's labels. */
void write_head(const struct page_writer *writer, const char *label);

/* The links, far ends, connections and processes that are hit, on one line. */
void write_hit(const struct page_writer *writer);

/* "4 of 4 others normal" in the writer's language; false when it is not said. */
bool write_others(const struct page_writer *writer);

/* Is it a figure that is not as usual?  A reading that is normal may speak for a verdict as well.
 */
bool is_unusual(const json_t *reading);

/* Is it what is wrong?  Of an event of an older version, which does not say: is it unusual? */
bool is_symptom(const json_t *reading);

/* Is it only how often each place is at fault at all? */
bool is_prior(const json_t *reading);

/*
 * What is wrong, the strongest first; what speaks against the verdict is not among it.  The
 * readings are the event's.  Returns how many were put into @found, at most @max.
 */
size_t find_symptoms(const struct page_event *event, const json_t **found, size_t max);

struct ruled_out {
	enum place place;
	const json_t *reading; /* that speaks most against it */
};

/* Places that the evidence makes less likely than the verdict by at least 50:1; how many. */
size_t find_ruled_out(const struct page_event *event, struct ruled_out found[RULED_OUT_MAX]);

/*
 * page_translate.c: a reading's sentence in another language, into @text; false when the sentence
 * is not one of the evidence table's.
 */
bool translate_reading(const json_t *reading, enum config_language from, enum config_language to,
		       char text[PAGE_READING_LEN]);

/* page_paste.c */
void write_ticket(const struct page_writer *writer);
void write_notice(const struct page_writer *writer);

#endif
