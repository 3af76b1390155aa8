/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page texts, against what they were when a person last read them: tests/unit/pages/NAME.json is an
 * event, NAME.en.golden and NAME.ja.golden what is made of it.  With FAULTLINE_WRITE_GOLDEN set the
 * files are written anew instead, to be read before they are committed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "judge/evidence.h"
#include "tell/page_text.h"
#include "tell/page_write.h"
#include "tell/safe_text.h"
#include "tell/units.h"

#define FOLDER "tests/unit/pages/"

static const char *const names[] = {"feed_silent", "gateway_dead", "process_stopped", "not_clear",
				    "feed_back"};
#define NAME_COUNT (sizeof(names) / sizeof(*names))

static const char *const language_names[] = {[LANGUAGE_EN] = "en", [LANGUAGE_JA] = "ja"};

static json_t *load(const char *name)
{
	char path[128];
	json_error_t error;
	json_t *object;

	snprintf(path, sizeof(path), FOLDER "%s.json", name);
	object = json_load_file(path, 0, &error);
	if (!object)
		fail_msg("%s:%d: %s", path, error.line, error.text);
	return object;
}

static void make(const json_t *object, enum config_language language, struct page_text *text)
{
	struct page_event event;

	assert_int_equal(page_event__read(object, &event), 0);
	assert_int_equal(page_text__make(&event, language, LANGUAGE_EN, text), 0);
	page_event__release(&event);
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 65536);

	if (!file || !text)
		fail_msg("%s: %s", path, strerror(errno));
	text[fread(text, 1, 65535, file)] = '\0';
	fclose(file);
	return text;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void pages_read_as_they_did_when_last_looked_at(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * NAME_COUNT; i++) {
		enum config_language language = i % 2 ? LANGUAGE_JA : LANGUAGE_EN;
		json_t *object = load(names[i / 2]);
		struct page_text text;
		char path[128], *whole, *golden;

		snprintf(path, sizeof(path), FOLDER "%s.%s.golden", names[i / 2],
			 language_names[language]);
		make(object, language, &text);
		whole = page_text__whole(&text, language);
		assert_non_null(whole);
		if (getenv("FAULTLINE_WRITE_GOLDEN"))
			write_file(path, whole);
		golden = read_file(path);
		if (strcmp(golden, whole) != 0)
			fail_msg("%s: expected\n%s\nbut it is\n%s", path, golden, whole);
		free(golden);
		free(whole);
		page_text__release(&text);
		json_decref(object);
	}
}

/* What a terminal would obey, or what turns the direction of writing. */
static bool has_control(const char *text)
{
	for (; *text; text++) {
		if (((unsigned char)*text < 0x20 && *text != '\n') || *text == 0x7f ||
		    !strncmp(text, "\xe2\x80\xae", 3))
			return true;
	}
	return false;
}

static void a_name_of_a_process_obeys_nobody(void **state)
{
	(void)state;
	for (enum config_language language = LANGUAGE_EN; language <= LANGUAGE_JA; language++) {
		json_t *object = load("process_stopped");
		struct page_text text;

		make(object, language, &text);
		assert_false(has_control(text.page));
		assert_false(has_control(text.summary));
		assert_false(has_control(text.notice));
		assert_non_null(strstr(text.page, "evil?[2J"));
		assert_null(strchr(text.summary, '\n'));
		page_text__release(&text);
		json_decref(object);
	}
}

static void a_summary_fits_a_phone_whatever_the_names(void **state)
{
	char name[400];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (size_t i = 0; i < 2 * NAME_COUNT; i++) {
		enum config_language language = i % 2 ? LANGUAGE_JA : LANGUAGE_EN;
		json_t *object = load(names[i / 2]), *links, *first;
		struct page_text text;

		make(object, language, &text);
		assert_in_range(text_columns(text.summary), 20, PAGE_SUMMARY_COLUMNS);
		page_text__release(&text);

		links = json_object_get(json_object_get(object, "scope"), "links");
		first = json_array_get(json_object_get(object, "evidence"), 0);
		json_array_set_new(links, 0, json_string(name));
		json_object_set_new(first, "text", json_string(name));
		make(object, language, &text);
		assert_in_range(text_columns(text.summary), 20, PAGE_SUMMARY_COLUMNS);
		page_text__release(&text);
		json_decref(object);
	}
}

static void a_ticket_tells_nothing_of_how_we_are_built(void **state)
{
	static const char *const ours[] = {"trader-1", "mymate", "fixd", "orders", "812"};
	json_t *object;
	struct page_text text;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		object = load(names[i]);
		if (i == 1) /* of a gateway's incident the links are in scope, and one is named */
			json_array_remove(
				json_object_get(json_object_get(object, "scope"), "links"), 1);
		make(object, LANGUAGE_EN, &text);
		for (size_t j = 0; j < sizeof(ours) / sizeof(*ours); j++)
			assert_null(strstr(text.ticket, ours[j]));
		assert_non_null(strstr(text.ticket, "203.0.113.10:7001"));
		page_text__release(&text);
		json_decref(object);
	}
	object = load("process_stopped");
	make(object, LANGUAGE_EN, &text);
	assert_string_equal(text.ticket, "");
	page_text__release(&text);
	json_decref(object);
}

/* Keys that older or newer versions leave out, or write otherwise, must not cost the page. */
static void an_event_with_next_to_nothing_is_still_a_page(void **state)
{
	json_t *object = json_pack("{s:s, s:s, s:s, s:[s,n], s:{s:[i]}, s:s}", "schema",
				   "faultline.incident/1", "event", "open", "id", "x", "evidence",
				   "text", "scope", "links", 3, "place", "nowhere");
	struct page_event event;
	struct page_text text;

	(void)state;
	for (enum config_language language = LANGUAGE_EN; language <= LANGUAGE_JA; language++) {
		make(object, language, &text);
		assert_true(strlen(text.summary) > 0);
		assert_non_null(strstr(text.page, "x"));
		page_text__release(&text);
	}
	json_object_set_new(object, "event", json_string("lunch"));
	assert_int_equal(page_event__read(object, &event), -EINVAL);
	json_object_set_new(object, "event", json_string("open"));
	json_object_del(object, "id");
	assert_int_equal(page_event__read(object, &event), -EINVAL);
	json_decref(object);
	assert_int_equal(page_event__read(NULL, &event), -EINVAL);
}

static void a_test_says_that_it_is_one(void **state)
{
	json_t *object = load("feed_silent");
	struct page_text text;
	char *whole;

	(void)state;
	json_object_set_new(object, "test", json_true());
	for (enum config_language language = LANGUAGE_EN; language <= LANGUAGE_JA; language++) {
		make(object, language, &text);
		assert_non_null(strstr(text.summary, language == LANGUAGE_EN ? "TEST" : "テスト"));
		assert_string_equal(text.ticket, "");
		whole = page_text__whole(&text, language);
		assert_null(strstr(whole, "rates-feed"));
		free(whole);
		page_text__release(&text);
	}
	json_decref(object);
}

/* Every sentence that the judge can say is found again, and is there in the other language. */
static void every_sentence_of_the_evidence_is_translated(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	(void)state;
	assert_non_null(scene);
	for (size_t i = 0; i < evidence_table_rows; i++) {
		const struct evidence_row *row = &evidence_table[i];
		char text[PAGE_READING_LEN] = "";
		struct reason english, japanese;
		json_t *reading;

		scene->finding[row->evidence] = (struct finding){
			.value = {.known = true, .value = 1.2345678912345},
			.baseline = {.known = true, .value = 0.0212345678},
			.subject = "rates-feed",
		};
		evidence__reason(scene, row, LANGUAGE_EN, &english);
		evidence__reason(scene, row, LANGUAGE_JA, &japanese);
		reading = json_pack("{s:s, s:s, s:f, s:f, s:s}", "signal", english.signal,
				    "subject", "rates-feed", "value", 1.23456789, "baseline",
				    0.0212345678, "text", english.text);
		if (!translate_reading(reading, LANGUAGE_EN, LANGUAGE_JA, text))
			fail_msg("not found again: %s: %s", english.signal, english.text);
		assert_string_equal(text, japanese.text);
		json_decref(reading);
	}
	free(scene);
}

/* Whatever is measured of a link or of the host has a name that people know. */
static void every_figure_has_a_name_in_both_languages(void **state)
{
	(void)state;
	for (unsigned i = 0; i < EVIDENCE_OF_FATE(0); i++) {
		for (enum config_language language = LANGUAGE_EN; language <= LANGUAGE_JA;
		     language++) {
			const char *words = signal_words(evidence_signal(i), language);

			if (!words)
				fail_msg("%s has no name", evidence_signal(i));
			assert_in_range(text_columns(words), 4, PAGE_FIGURE_WIDTH);
		}
	}
}

static void slack_shows_marks_literally_and_is_never_too_long(void **state)
{
	char *text = slack_text("a<!channel>&```b", 100);

	(void)state;
	assert_string_equal(text, "a&lt;!channel&gt;&amp;'''b");
	free(text);
	text = slack_text("<<<<<<<<<<", 20);
	assert_string_equal(text, "&lt;&lt;&lt;&lt;…");
	free(text);
	text = slack_text("あいうえおかきくけこ", 8);
	assert_string_equal(text, "あいう…");
	free(text);
}

static void a_cut_never_splits_a_character(void **state)
{
	char japanese[] = "あいうえお", ascii[] = "abcdef", shorter[] = "abc", end[] = "abcd";

	(void)state;
	assert_string_equal(cut_text(japanese, 3), "あい…");
	assert_string_equal(cut_text(ascii, 4), "abc…");
	assert_string_equal(cut_text(shorter, 3), "abc");
	assert_string_equal(cut_text(end, 3), "ab.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_read_as_they_did_when_last_looked_at),
		cmocka_unit_test(a_name_of_a_process_obeys_nobody),
		cmocka_unit_test(a_summary_fits_a_phone_whatever_the_names),
		cmocka_unit_test(a_ticket_tells_nothing_of_how_we_are_built),
		cmocka_unit_test(an_event_with_next_to_nothing_is_still_a_page),
		cmocka_unit_test(a_test_says_that_it_is_one),
		cmocka_unit_test(every_sentence_of_the_evidence_is_translated),
		cmocka_unit_test(every_figure_has_a_name_in_both_languages),
		cmocka_unit_test(slack_shows_marks_literally_and_is_never_too_long),
		cmocka_unit_test(a_cut_never_splits_a_character),
	};

	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
