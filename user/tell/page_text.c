/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page: what a person who was asleep a minute ago needs, in the order in which they need it.
 *
 * Whose fault it is and whom to call come first; then since when and what is hit; then three
 * figures against normal, and only then the doubts.  The judge's sentences are used where they are
 * in the page's language; a page in the other language is made from the same figures.
 */
#include "tell/page_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text_stream.h"

#include "tell/page_write.h"
#include "tell/units.h"

#define AGAINST_MAX	4
#define SUBJECT_COLUMNS 26

/* ---- the summary ------------------------------------------------------------------------- */

/* What shows it most: a figure against normal, or a fact. */
static void write_strongest(const struct page_writer *writer, char text[PAGE_READING_LEN])
{
	const json_t *reading = json_array_get(writer->event->evidence, 0);

	text[0] = '\0';
	if (json_object_get(reading, "symptom"))
		find_symptoms(writer->event, &reading, 1);
	if (reading)
		write_reading(writer, reading, text);
}

static void write_since_brief(const struct page_writer *writer, char text[PAGE_VALUE_LEN])
{
	struct tm here;
	char clock[24] = "";

	text[0] = '\0';
	if (!writer->event->began.tv_sec || !localtime_r(&writer->event->began.tv_sec, &here))
		return;
	strftime(clock, sizeof(clock), here.tm_gmtoff ? "%H:%M %Z" : "%H:%M UTC", &here);
	snprintf(text, PAGE_VALUE_LEN, "%s%s%s%s", writer->words->comma, writer->words->since_brief,
		 clock, writer->language == LANGUAGE_JA ? "から" : "");
}

static void write_prefix(const struct page_writer *writer)
{
	const struct page_event *event = writer->event;
	const struct page_words *words = writer->words;
	char span[PAGE_VALUE_LEN];

	fputs(words->tag_open, writer->out);
	if (event->change == INCIDENT_RESOLVE)
		fprintf(writer->out, "%s%s", words->over,
			write_span((double)(event->time.tv_sec - event->began.tv_sec),
				   writer->language, span));
	else
		fprintf(writer->out, "%s%s", event->change == INCIDENT_UPDATE ? words->update : "",
			words->side[event->side].tag);
	fputs(words->tag_close, writer->out);
}

static void write_subject(const struct page_writer *writer)
{
	char subject[128];
	size_t more;

	fit_text(page_event__subject(writer->event, &more), SUBJECT_COLUMNS, subject,
		 sizeof(subject));
	fputs(subject, writer->out);
	if (more) {
		fputc(' ', writer->out);
		fprintf(writer->out, writer->words->and_more, more);
	}
}

/* Tag, subject and place: what stands before the reading. */
static void write_summary_head(const struct page_writer *writer)
{
	write_prefix(writer);
	write_subject(writer);
	fprintf(writer->out, "%s%s", writer->words->colon,
		writer->words->place[writer->event->place].brief);
}

/* Head, clock and confidence stay; the reading gives way in its middle when it is too long. */
static void write_summary_tail(const struct page_writer *writer, size_t head_columns)
{
	const struct page_event *event = writer->event;
	const struct page_words *words = writer->words;
	char reading[PAGE_READING_LEN], fitted[PAGE_READING_LEN], since[PAGE_VALUE_LEN];
	char sure[PAGE_VALUE_LEN] = "";
	size_t used;

	if (event->change == INCIDENT_RESOLVE)
		return;
	write_strongest(writer, reading);
	write_since_brief(writer, since);
	if (event->place != PLACE_UNKNOWN)
		snprintf(sure, sizeof(sure), "%s%.0f%%", words->comma, page_event__percent(event));
	used = head_columns + text_columns(words->comma) + text_columns(since) + text_columns(sure);
	fit_text(reading, used + 8 < PAGE_SUMMARY_COLUMNS ? PAGE_SUMMARY_COLUMNS - used : 8, fitted,
		 sizeof(fitted));
	fprintf(writer->out, "%s%s%s%s", fitted[0] ? words->comma : "", fitted, since, sure);
}

/* ---- the page ---------------------------------------------------------------------------- */

static void write_page_title(const struct page_writer *writer)
{
	const struct page_event *event = writer->event;
	const struct page_words *words = writer->words;

	fprintf(writer->out, "%s - %s - %s %s\n", words->change[event->change],
		words->severity[event->severity], words->incident, event->id);
}

static void write_whose(const struct page_writer *writer)
{
	const struct page_event *event = writer->event;
	const struct page_words *words = writer->words;
	const struct side_words *side = &words->side[event->side];

	write_head(writer, words->whose);
	fputs(side->whose, writer->out);
	if (event->place != PLACE_UNKNOWN) {
		fprintf(writer->out, "%s%s%s", words->colon, words->place[event->place].name,
			words->comma);
		fprintf(writer->out, words->sure, page_event__percent(event));
	}
	fprintf(writer->out, "\n  %s\n", words->place[event->place].means);
	write_head(writer, words->call);
	fputs(event->owner[0] ? event->owner : words->nobody, writer->out);
	if (event->contact[0])
		fprintf(writer->out, "; %s%s%s", words->after_contact, words->colon,
			event->contact);
	fputc('\n', writer->out);
	if (event->change == INCIDENT_RESOLVE)
		return;
	write_head(writer, words->do_first);
	fprintf(writer->out, "%s\n", side->first);
}

static void write_times(const struct page_writer *writer)
{
	const struct page_event *event = writer->event;
	const struct page_words *words = writer->words;
	bool over = event->change == INCIDENT_RESOLVE;
	char text[PAGE_VALUE_LEN];

	write_head(writer, words->since);
	fprintf(writer->out, "%s\n", write_when(event->began, text));
	if (over) {
		write_head(writer, words->ended);
		fprintf(writer->out, "%s\n", write_when(event->time, text));
	}
	if (over || event->change == INCIDENT_UPDATE) {
		write_head(writer, over ? words->lasted : words->still);
		fprintf(writer->out, "%s\n",
			write_span((double)(event->time.tv_sec - event->began.tv_sec),
				   writer->language, text));
	}
}

static void write_impact(const struct page_writer *writer)
{
	const struct page_words *words = writer->words;

	write_head(writer, words->hit);
	write_hit(writer);
	fputc('\n', writer->out);
	if (json_text(json_object_get(writer->event->clean, "impact"), "other_links")[0]) {
		write_head(writer, words->others);
		write_others(writer);
		fputc('\n', writer->out);
	}
	write_head(writer, words->host);
	fprintf(writer->out, "%s\n", writer->event->host);
}

static void write_figure(const struct page_writer *writer, const json_t *reading)
{
	const json_t *baseline = json_object_get(reading, "baseline");
	const char *unit = json_text(reading, "unit");
	char label[PAGE_READING_LEN], fitted[PAGE_READING_LEN], value[PAGE_VALUE_LEN];
	size_t columns;

	if (!json_is_number(json_object_get(reading, "value"))) {
		fprintf(writer->out, "  %s\n", write_reading(writer, reading, label));
		return;
	}
	write_label(writer, reading, label);
	fit_text(label, PAGE_FIGURE_WIDTH, fitted, sizeof(fitted));
	fprintf(writer->out, "  %s", fitted);
	for (columns = text_columns(fitted); columns < PAGE_FIGURE_WIDTH; columns++)
		fputc(' ', writer->out);
	write_value(json_number_value(json_object_get(reading, "value")), unit, writer->language,
		    value);
	fprintf(writer->out, " %s", value);
	for (columns = text_columns(value); columns < 12; columns++)
		fputc(' ', writer->out);
	if (json_is_number(baseline))
		fprintf(writer->out, " %s %s\n", writer->words->normal,
			write_value(json_number_value(baseline), unit, writer->language, value));
	else
		fprintf(writer->out, " %s\n", writer->words->no_normal);
}

/* The strongest figures, three at most; then facts, and what is normal and speaks for it. */
static void write_evidence(const struct page_writer *writer)
{
	const json_t *symptoms[PAGE_FIGURES_MAX];
	size_t figures = find_symptoms(writer->event, symptoms, PAGE_FIGURES_MAX), others = 0, i;
	bool over = writer->event->change == INCIDENT_RESOLVE;
	char text[PAGE_READING_LEN];
	json_t *reading;

	fprintf(writer->out, "\n%s\n", writer->words->shown_by);
	for (i = 0; i < figures; i++)
		write_figure(writer, symptoms[i]);
	json_array_foreach(writer->event->evidence, i, reading) {
		if (!is_symptom(reading) && !is_prior(reading) && !over &&
		    others++ < PAGE_FIGURES_MAX)
			fprintf(writer->out, "  %s\n", write_reading(writer, reading, text));
	}
	if (!figures && !others)
		fprintf(writer->out, "  %s\n", writer->words->no_numbers);
}

static void write_against(const struct page_writer *writer)
{
	char text[PAGE_READING_LEN];
	size_t shown = 0, i;
	json_t *reading;

	fprintf(writer->out, "\n%s\n", writer->words->speaks_against);
	json_array_foreach(writer->event->against, i, reading) {
		const json_t *weight = json_object_get(reading, "weight");

		if ((json_is_number(weight) && json_number_value(weight) >= 0) ||
		    is_prior(reading) || shown++ >= AGAINST_MAX)
			continue;
		fprintf(writer->out, "  %s\n", write_reading(writer, reading, text));
	}
	if (!shown)
		fprintf(writer->out, "  %s\n", writer->words->nothing_against);
}

static void write_ruled_out(const struct page_writer *writer)
{
	const struct page_words *words = writer->words;
	struct ruled_out found[RULED_OUT_MAX];
	size_t count = find_ruled_out(writer->event, found);
	char text[PAGE_READING_LEN];

	fprintf(writer->out, "\n%s\n", words->ruled_out);
	for (size_t i = 0; i < count; i++)
		fprintf(writer->out, "  %s%s%s\n", words->place[found[i].place].name, words->colon,
			write_reading(writer, found[i].reading, text));
	if (!count)
		fprintf(writer->out, "  %s\n", words->nothing_ruled_out);
}

static void write_alternatives(const struct page_writer *writer)
{
	const struct page_words *words = writer->words;
	json_t *alternative;
	size_t shown = 0, i;

	json_array_foreach(writer->event->alternatives, i, alternative) {
		double confidence = json_number_value(json_object_get(alternative, "confidence"));
		enum place place = place_by_name(json_text(alternative, "place"));

		if (confidence < 0.01 || shown == 3)
			continue;
		if (!shown++)
			fprintf(writer->out, "\n%s\n",
				writer->event->place == PLACE_UNKNOWN ? words->could_be_either
								      : words->could_be);
		fprintf(writer->out, "  %s%s%.0f%%\n", words->place[place].name, words->colon,
			confidence * 100);
	}
}

/* What would tell more, and what the sensor itself could not see. */
static void write_doubts(const struct page_writer *writer)
{
	const json_t *observed = json_object_get(writer->event->clean, "observed");
	const json_t *blind = json_object_get(observed, "blind");
	const char *separates = json_text(writer->event->clean, "would_separate");
	json_int_t lost = json_integer_value(json_object_get(observed, "events_lost"));

	if (separates[0])
		fprintf(writer->out, "\n%s\n  %s\n", writer->words->separates, separates);
	if (!lost && !json_array_size(blind))
		return;
	fprintf(writer->out, "\n%s\n", writer->words->blind);
	if (lost)
		fprintf(writer->out, "  %s%s%" JSON_INTEGER_FORMAT "\n", writer->words->lost,
			writer->words->colon, lost);
	if (json_array_size(blind)) {
		fputs("  ", writer->out);
		write_names(writer, blind, 6);
		fputc('\n', writer->out);
	}
}

static void write_page(const struct page_writer *writer)
{
	write_page_title(writer);
	write_whose(writer);
	write_times(writer);
	write_impact(writer);
	write_evidence(writer);
	if (writer->event->change == INCIDENT_RESOLVE)
		return;
	write_against(writer);
	write_ruled_out(writer);
	write_alternatives(writer);
	write_doubts(writer);
}

/* ---- all of them ------------------------------------------------------------------------- */

static int make(struct page_writer writer, void (*write)(const struct page_writer *), char **text)
{
	size_t len;

	writer.out = text_stream__open(text, &len);
	if (!writer.out)
		return -ENOMEM;
	write(&writer);
	return fclose(writer.out) ? -ENOMEM : 0;
}

static int make_summary(struct page_writer writer, char **summary)
{
	char fitted[4 * PAGE_SUMMARY_COLUMNS + 8], *head = NULL, *text = NULL;
	int err = make(writer, write_summary_head, &head);
	size_t len;

	if (err)
		goto out;
	err = -ENOMEM;
	writer.out = text_stream__open(&text, &len);
	if (!writer.out)
		goto out;
	fputs(head, writer.out);
	write_summary_tail(&writer, text_columns(head));
	if (fclose(writer.out))
		goto out;
	/* The parts are held to their widths; where all of them are wide, the whole is cut. */
	fit_text(text, PAGE_SUMMARY_COLUMNS, fitted, sizeof(fitted));
	*summary = strdup(fitted);
	err = *summary ? 0 : -ENOMEM;
out:
	free(head);
	free(text);
	return err;
}

static void write_test_summary(const struct page_writer *writer)
{
	fprintf(writer->out, writer->words->test_summary, writer->event->host);
}

static void write_test_page(const struct page_writer *writer)
{
	fputs(writer->words->test_page, writer->out);
}

static void write_nothing(const struct page_writer *writer)
{
	(void)writer;
}

static int make_test(struct page_writer writer, struct page_text *made)
{
	int err = make(writer, write_test_summary, &made->summary);

	if (!err)
		err = make(writer, write_test_page, &made->page);
	if (!err)
		err = make(writer, write_nothing, &made->ticket);
	if (!err)
		err = make(writer, write_nothing, &made->notice);
	return err;
}

static int make_all(struct page_writer writer, struct page_text *made)
{
	int err = make_summary(writer, &made->summary);

	if (!err)
		err = make(writer, write_page, &made->page);
	if (!err)
		err = make(writer, write_ticket, &made->ticket);
	if (!err)
		err = make(writer, write_notice, &made->notice);
	return err;
}

int page_text__make(const struct page_event *event, enum config_language language,
		    enum config_language written_in, struct page_text *text)
{
	struct page_writer writer = {.event = event,
				     .words = page_words(language),
				     .language = language,
				     .written_in = written_in};
	struct page_text made = {};
	bool test = json_is_true(json_object_get(event->clean, "test"));
	int err = test ? make_test(writer, &made) : make_all(writer, &made);

	if (err)
		page_text__release(&made);
	else
		*text = made;
	return err;
}

void page_text__release(struct page_text *text)
{
	free(text->summary);
	free(text->page);
	free(text->ticket);
	free(text->notice);
	*text = (struct page_text){};
}

char *page_text__whole(const struct page_text *text, enum config_language language)
{
	const struct page_words *words = page_words(language);
	char *whole = NULL;

	/* A test has nothing to paste. */
	if (!text->notice[0]) {
		if (asprintf(&whole, "%s\n\n%s", text->summary, text->page) < 0)
			return NULL;
		return whole;
	}
	if (asprintf(&whole, "%s\n\n%s\n-- %s --\n%s\n-- %s --\n%s", text->summary, text->page,
		     words->ticket, text->ticket[0] ? text->ticket : words->no_ticket,
		     words->notice, text->notice) < 0)
		return NULL;
	return whole;
}
