/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Quoting foreign text, and guessing the word that was meant.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/mistakes.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void quoted_text_is_harmless(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *quoted;
	} cases[] = {
		{"", 0, "\"\""},
		{"plain", 5, "\"plain\""},
		{"a\"b\\c", 5, "\"a\\\"b\\\\c\""},
		{"a\0b", 3, "\"a\\x00b\""},
		{"\n\r\t\033\177", 5, "\"\\x0a\\x0d\\x09\\x1b\\x7f\""},
		{"\xc2\x9b\x41", 3, "\"\\x9bA\""},
		{"\xc2\xa0", 2, "\"\xc2\xa0\""},
		{"回線", 6, "\"回線\""},
		{"cut\xc2", 4, "\"cut\xc2\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char quoted[QUOTED_LEN];

		assert_ptr_equal(quote(cases[i].text, cases[i].len, quoted), quoted);
		assert_string_equal(quoted, cases[i].quoted);
	}
}

static void long_text_is_cut_between_characters(void **state)
{
	char text[301], quoted[QUOTED_LEN], wanted[QUOTED_LEN] = "\"";

	(void)state;
	for (int i = 0; i < 100; i++)
		memcpy(text + 3 * i, "回", 3);
	quote(text, 300, quoted);
	for (int i = 0; i < 26; i++)
		strcat(wanted, "回");
	strcat(wanted, "...\"");
	assert_string_equal(quoted, wanted);

	memset(text, '\n', 300);
	quote(text, 300, quoted);
	assert_int_equal(strlen(quoted), 80 * 4 + 5);
	assert_string_equal(quoted + strlen(quoted) - 8, "\\x0a...\"");
}

static void control_characters_are_found(void **state)
{
	(void)state;
	assert_false(has_control_character("plain 回線 \xc2\xa0", 15));
	assert_true(has_control_character("a\tb", 3));
	assert_true(has_control_character("a\0b", 3));
	assert_true(has_control_character("\x7f", 1));
	assert_true(has_control_character("\xc2\x80", 2));
	assert_true(has_control_character("\xc2\x9f", 2));
	assert_false(has_control_character("\xc2", 1));
}

static void the_word_that_was_meant_is_found(void **state)
{
	static const char *const words[] = {"endpoints", "local_ports", "via", "kind", "name"};
	static const struct {
		const char *wrong, *meant;
	} cases[] = {
		{"endpoint", "endpoints"},
		{"ednpoints", "endpoints"},
		{"local-port", "local_ports"},
		{"localports", "local_ports"},
		{"nmae", "name"},
		{"vai", "via"},
		{"kinds", "kind"},
		{"Kind", "kind"},
		{"port", NULL},
		{"x", NULL},
		{"", NULL},
		{"colour", NULL},
	};
	char hint[QUOTED_LEN], wanted[QUOTED_LEN];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct nearest nearest = {.wrong = cases[i].wrong};

		for (size_t j = 0; j < COUNT_OF(words); j++)
			nearest_try(&nearest, words[j]);
		wanted[0] = '\0';
		if (cases[i].meant)
			snprintf(wanted, sizeof(wanted), "; did you mean \"%s\"?", cases[i].meant);
		assert_string_equal(nearest_hint(&nearest, hint), wanted);
	}
}

static void very_long_words_get_no_hint(void **state)
{
	char wrong[2000];
	struct nearest nearest = {.wrong = wrong};

	(void)state;
	memset(wrong, 'a', sizeof(wrong) - 1);
	wrong[sizeof(wrong) - 1] = '\0';
	nearest_try(&nearest, wrong);
	assert_null(nearest.best);
	wrong[64] = '\0';
	nearest_try(&nearest, wrong);
	assert_non_null(nearest.best);
	assert_int_equal(nearest.best_distance, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quoted_text_is_harmless),
		cmocka_unit_test(long_text_is_cut_between_characters),
		cmocka_unit_test(control_characters_are_found),
		cmocka_unit_test(the_word_that_was_meant_is_found),
		cmocka_unit_test(very_long_words_get_no_hint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
