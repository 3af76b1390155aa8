/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The texts that are sent on: the ticket for whoever the fault is with, the notice to colleagues.
 *
 * A ticket goes to another company.  It holds what they need to find the fault, and nothing of how
 * we are built: no name of a process, of a host or of another link of ours.
 */
#include <string.h>

#include "tell/page_write.h"

/* Is a reading about the links of the incident itself?  Others are nobody else's business. */
static bool of_the_incident(const struct page_event *event, const json_t *reading)
{
	const char *subject = json_text(reading, "subject");
	json_t *link;
	size_t i;

	if (!subject[0])
		return false;
	json_array_foreach(event->links, i, link) {
		if (!strcmp(json_string_value(link) ? json_string_value(link) : "", subject))
			return true;
	}
	return false;
}

/* The reading by its figures alone: the judge's sentences may name more than a ticket should. */
static void write_plain(const struct page_writer *writer, const json_t *reading)
{
	const json_t *baseline = json_object_get(reading, "baseline");
	const char *unit = json_text(reading, "unit");
	const char *words = signal_words(json_text(reading, "signal"), writer->language);
	char value[PAGE_VALUE_LEN];

	fprintf(writer->out, "%s%s%s", words ? words : json_text(reading, "signal"),
		writer->words->colon,
		write_value(json_number_value(json_object_get(reading, "value")), unit,
			    writer->language, value));
	if (json_is_number(baseline))
		fprintf(writer->out, "%s%s%s%s%s", writer->words->parenthesis[0],
			writer->words->normal, writer->words->normal[0] & 0x80 ? "" : " ",
			write_value(json_number_value(baseline), unit, writer->language, value),
			writer->words->parenthesis[1]);
}

static void write_found(const struct page_writer *writer)
{
	size_t shown = 0, i;
	json_t *reading;

	fprintf(writer->out, "%s%s\n", writer->words->our_side, writer->words->heading);
	json_array_foreach(writer->event->evidence, i, reading) {
		if (shown == PAGE_FIGURES_MAX || !of_the_incident(writer->event, reading) ||
		    !json_is_number(json_object_get(reading, "value")) || !is_symptom(reading))
			continue;
		fputs("- ", writer->out);
		write_plain(writer, reading);
		fputc('\n', writer->out);
		shown++;
	}
	if (!shown)
		fprintf(writer->out, "- %s\n", writer->words->place[writer->event->place].means);
}

/* What we know is well on this side, so that nobody asks us to look there first. */
static void write_checked(const struct page_writer *writer)
{
	const struct page_words *words = writer->words;
	struct ruled_out found[RULED_OUT_MAX];
	size_t count = find_ruled_out(writer->event, found), ours = 0;

	if (json_text(json_object_get(writer->event->clean, "impact"), "other_links")[0]) {
		fprintf(writer->out, "%s%s", words->our_side_checked, words->colon);
		write_others(writer);
		fputc('\n', writer->out);
	}
	for (size_t i = 0; i < count; i++) {
		if (place_side(found[i].place, LINK_EXTERNAL) == SIDE_EXTERNAL)
			continue;
		if (!ours++)
			fprintf(writer->out, "%s%s", words->ruled_out, words->colon);
		fprintf(writer->out, "%s%s", ours > 1 ? words->between : "",
			words->place[found[i].place].name);
	}
	if (ours)
		fputc('\n', writer->out);
}

static void write_line(const struct page_writer *writer, const char *label, const char *text)
{
	fprintf(writer->out, "%s%s%s\n", label, writer->words->colon, text);
}

static void write_period(const struct page_writer *writer)
{
	const struct page_event *event = writer->event;
	const struct page_words *words = writer->words;
	char text[PAGE_VALUE_LEN];

	write_line(writer, words->since, write_when(event->began, text));
	if (event->change != INCIDENT_RESOLVE)
		return;
	write_line(writer, words->ended, write_when(event->time, text));
	write_line(writer, words->lasted,
		   write_span((double)(event->time.tv_sec - event->began.tv_sec), writer->language,
			      text));
}

static void write_please(const struct page_writer *writer)
{
	const struct page_words *words = writer->words;

	if (writer->event->change == INCIDENT_RESOLVE) {
		fprintf(writer->out, "\n%s\n", words->please_over);
	} else {
		fputc('\n', writer->out);
		for (size_t i = 0; i < 3; i++)
			fprintf(writer->out, "%s\n", words->please[i]);
	}
	fprintf(writer->out, "\n%s\n", words->regards);
}

/* "Fault: rates-feed +2" */
static void write_title(const struct page_writer *writer)
{
	const char *title = writer->words->notice_title[writer->event->change];
	size_t more;

	/* A Japanese title is in brackets of its own. */
	fprintf(writer->out, "%s%s%s", title,
		writer->language == LANGUAGE_JA ? "" : writer->words->colon,
		page_event__subject(writer->event, &more));
	if (more) {
		fputc(' ', writer->out);
		fprintf(writer->out, writer->words->and_more, more);
	}
}

void write_ticket(const struct page_writer *writer)
{
	const struct page_event *event = writer->event;
	const struct page_words *words = writer->words;
	bool over = event->change == INCIDENT_RESOLVE;

	if (event->side == SIDE_INTERNAL)
		return;
	fprintf(writer->out, "%s%s", words->ticket_subject, words->colon);
	write_title(writer);
	fprintf(writer->out, "%s%s\n\n", words->comma,
		over ? words->ticket_over : words->place[event->place].brief);
	fprintf(writer->out, "%s\n%s\n\n", words->greeting,
		over ? words->ticket_closed : words->ticket_open);
	if (json_array_size(event->peers)) {
		fprintf(writer->out, "%s%s", words->far_ends, words->colon);
		write_names(writer, event->peers, 8);
		fputc('\n', writer->out);
	}
	if (event->contact[0])
		write_line(writer, words->circuit, event->contact);
	write_period(writer);
	write_found(writer);
	if (!over)
		write_checked(writer);
	write_line(writer, words->reference, event->id);
	write_please(writer);
}

void write_notice(const struct page_writer *writer)
{
	const struct page_event *event = writer->event;
	const struct page_words *words = writer->words;
	bool over = event->change == INCIDENT_RESOLVE;
	const json_t *strongest = json_array_get(event->evidence, 0);
	char text[PAGE_READING_LEN];

	write_title(writer);
	fputc('\n', writer->out);
	write_period(writer);
	write_line(writer, words->what,
		   strongest ? write_reading(writer, strongest, text)
			     : words->place[event->place].means);
	fprintf(writer->out, "%s%s%s", words->cause, words->colon, words->side[event->side].whose);
	if (event->place != PLACE_UNKNOWN) {
		fprintf(writer->out, "%s%s%s", words->colon, words->place[event->place].name,
			words->comma);
		fprintf(writer->out, words->sure, page_event__percent(event));
	}
	fprintf(writer->out, "\n%s%s", words->affected, words->colon);
	write_hit(writer);
	fputc('\n', writer->out);
	write_line(writer, words->state_label, words->state[event->change]);
	write_line(writer, words->next, over ? words->next_over : words->next_open);
	write_line(writer, words->incident, event->id);
}
