/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Feeds arbitrary JSON to everything that reads objects which another version, another program or
 * nobody at all may have made: the events of the log, the answer of a sensor to `links`, rows of
 * history, what the judge had learned, and what a pager answered.
 *
 * Beside not crashing, nothing that goes to a screen or a phone may hold a control character.
 *
 * With clang: -fsanitize=fuzzer,address,undefined.  Built with -DFUZZ_REPLAY it is a plain program
 * that runs each file named on its command line once.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "judge/judge.h"
#include "target.h"
#include "tell/explain_text.h"
#include "tell/history_text.h"
#include "tell/incidents_text.h"
#include "tell/links_text.h"
#include "tell/page_event.h"
#include "tell/page_text.h"
#include "tell/pager.h"
#include "tell/similar.h"

#define COLUMNS 80
#define NOW_MS	1795300000000

static void check_text(const char *text)
{
	for (const char *line = text; line && *line;) {
		size_t len = strcspn(line, "\n");

		for (size_t i = 0; i < len; i++)
			demand((unsigned char)line[i] >= 0x20 && line[i] != 0x7f,
			       "a text is plain");
		line += len + (line[len] == '\n');
	}
}

static void read_page(const json_t *object)
{
	struct page_event event;

	if (page_event__read(object, &event))
		return;
	for (enum config_language language = 0; language <= LANGUAGE_JA; language++) {
		struct page_text text;
		char *whole;

		if (page_text__make(&event, language, LANGUAGE_EN, &text))
			continue;
		whole = page_text__whole(&text, language);
		demand(text.summary && !strchr(text.summary, '\n'), "a summary is one line");
		check_text(whole);
		free(whole);
		page_text__release(&text);
	}
	page_event__release(&event);
}

static void read_log(json_t *object)
{
	json_t *list =
		json_pack("[{s:s, s:I, s:I, s:O}]", "id", "20261122-131500-feed-1", "opened_ms",
			  (json_int_t)NOW_MS, "began_ms", (json_int_t)NOW_MS, "event", object);
	json_t *whole = json_pack("{s:s, s:I, s:I, s:O, s:[O], s:[O]}", "id", "20261122",
				  "opened_ms", (json_int_t)NOW_MS, "began_ms", (json_int_t)NOW_MS,
				  "event", object, "events", object, "notes", object);
	json_t *similar = list ? similar__find(object, list, 3) : NULL;
	struct explain_text explain = {
		.incident = whole, .similar = similar, .columns = COLUMNS, .now_ms = NOW_MS};
	struct history_text history = {.name = "feed",
				       .rows = json_is_array(object) ? object : list,
				       .incidents = list,
				       .at_ms = NOW_MS,
				       .now_ms = NOW_MS,
				       .columns = COLUMNS};
	struct links_text_style style = {.columns = COLUMNS};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	demand(list && whole && out, "there is memory");
	incidents_text__write(list, NOW_MS, COLUMNS, out);
	explain_text__write(&explain, out);
	history_text__write(&history, out);
	links_text__write(object, &style, out);
	fclose(out);
	check_text(text);
	free(text);
	json_decref(similar);
	json_decref(whole);
	json_decref(list);
}

static void drop(void *context, const struct incident_event *event)
{
	(void)context, (void)event;
}

static void read_memory(const struct config *config, const json_t *saved)
{
	struct judge_options options = {.config = config, .host = "fuzz", .sink = drop};
	struct judge *judge = judge__new(&options);
	json_t *again;

	demand(judge != NULL, "there is a judge");
	judge__restore(judge, saved, (struct timespec){.tv_sec = NOW_MS / 1000});
	again = judge__save(judge);
	demand(again != NULL, "what was taken can be saved");
	json_decref(again);
	judge__free(judge);
}

static void read_answers(const char *text)
{
	static const long statuses[] = {200, 202, 400, 429, 500};

	for (enum pager_type type = 0; type <= PAGER_DATADOG; type++) {
		const struct pager_kind *kind = pager_kind(type);

		for (size_t i = 0; kind->judge && i < sizeof(statuses) / sizeof(*statuses); i++)
			kind->judge(statuses[i], text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config *config;
	char *text = malloc(size + 1);
	json_t *object;

	if (!config && config__parse("fuzz", "", 0, &config, stderr))
		abort();
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	read_answers(text);
	object = json_loads(text, JSON_DECODE_ANY, NULL);
	if (object) {
		read_page(object);
		read_log(object);
		read_memory(config, object);
	}
	json_decref(object);
	free(text);
	return 0;
}

#include "replay.h"
