/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configurations that try to cost too much, and memory that runs out at every point in turn.
 */
#include "config_text.h"

#include "base/config_parse.h"
#include "base/mistakes.h"

/* A text that grows; the test ends when there is no memory for it. */
struct text {
	char *bytes;
	size_t len;
	FILE *file;
};

static FILE *text_begin(struct text *text)
{
	text->file = open_memstream(&text->bytes, &text->len);
	assert_non_null(text->file);
	return text->file;
}

/* Parses the text, which must be refused with exactly @messages or, ending in "*", that beginning.
 */
static void assert_text_refused(struct text *text, const char *wanted)
{
	struct config *config = NULL;
	char *messages;

	fclose(text->file);
	assert_int_equal(parse_text(text->bytes, text->len, &config, &messages), -EINVAL);
	assert_null(config);
	assert_string_equal(messages, wanted);
	free(messages);
	free(text->bytes);
}

/* @piece again and again, up to half a mebibyte. */
static void fill(struct text *text, const char *piece)
{
	size_t count = 512 * 1024 / strlen(piece);

	text_begin(text);
	for (size_t i = 0; i < count; i++)
		fputs(piece, text->file);
}

/* libyaml alone would be busy for minutes with the first two. */
static void deep_nesting_is_an_error(void **state)
{
	struct text text;

	(void)state;
	fill(&text, "[");
	assert_text_refused(&text, "f:1:33: too many levels of nesting; expected at most 32\n");
	fill(&text, "{");
	assert_text_refused(&text, "f:1:33: too many levels of nesting; expected at most 32\n");
	fill(&text, "- ");
	assert_text_refused(&text, "f:1:65: too many levels of nesting; expected at most 32\n");
	fill(&text, "? ");
	assert_text_refused(&text, "f:1:65: too many levels of nesting; expected at most 32\n");
}

static void anchors_have_a_limit(void **state)
{
	struct text text;
	FILE *file = text_begin(&text);

	(void)state;
	for (int i = 0; i < 50000; i++)
		fprintf(file, "- &a%d 1\n", i);
	assert_text_refused(&text, "f:257:3: too many anchors; expected at most 256\n");
}

/* Each alias costs three bytes and means a thousand endpoints. */
static void aliases_cannot_multiply_without_end(void **state)
{
	struct text text;
	FILE *file = text_begin(&text);

	(void)state;
	fputs("links:\n  - &a\n    name: a\n    kind: infra\n    endpoints:\n", file);
	for (int i = 0; i < 1000; i++)
		fprintf(file, "      - 192.0.2.1:%d\n", i + 1);
	for (int i = 0; i < 1000; i++)
		fputs("  - *a\n", file);
	assert_text_refused(&text, "f:276:9: links[65].endpoints[270]: too many values; "
				   "expected at most 65536 in all\n");
}

static void lists_have_limits(void **state)
{
	struct text text;
	FILE *file = text_begin(&text);

	(void)state;
	fputs("devices:\n", file);
	for (int i = 0; i < 257; i++)
		fprintf(file, "  - {name: d%d, address: 10.0.%d.%d}\n", i, i / 250, i % 250 + 1);
	assert_text_refused(&text, "f:2:3: devices: 257 entries; expected at most 256\n");
}

static void the_list_of_mistakes_ends(void **state)
{
	struct config *config = NULL;
	struct text text;
	FILE *file = text_begin(&text);
	const char *last = "f:101:1: more than 100 mistakes; the rest is not shown\n";
	char *messages;
	size_t lines = 0;

	(void)state;
	for (int i = 0; i < 100000; i++)
		fprintf(file, "key%d: 1\n", i);
	fclose(file);
	assert_int_equal(parse_text(text.bytes, text.len, &config, &messages), -EINVAL);
	for (const char *at = messages; *at; at++)
		lines += *at == '\n';
	assert_int_equal(lines, MISTAKES_SHOWN + 1);
	assert_string_equal(messages + strlen(messages) - strlen(last), last);
	free(messages);
	free(text.bytes);
}

static void many_links_are_fine(void **state)
{
	struct config *config = NULL;
	struct text text;
	FILE *file = text_begin(&text);
	char *messages;

	(void)state;
	fputs("links:\n", file);
	for (int i = 0; i < 1024; i++)
		fprintf(file, "  - {name: l%d, kind: infra, endpoints: [\"10.0.0.0/8:%d\"]}\n", i,
			i + 1);
	fclose(file);
	assert_int_equal(parse_text(text.bytes, text.len, &config, &messages), 0);
	assert_string_equal(messages, "");
	assert_int_equal(config->link_count, 1024);
	assert_string_equal(config->links[1023].name, "l1023");
	config__free(config);
	free(messages);
	free(text.bytes);
}

static const char everything[] =
	"state_dir: /srv/faultline\ncontrol: /run/c.sock\nfalse_pages: 1 per 1d\n"
	"links:\n"
	"  - &a {name: a, kind: infra, endpoints: [\"192.0.2.1:80\", \"192.0.2.2\"], via: [r, s],\n"
	"     process: p, feed: true, silence_after: 2s, session: Mon 00:00-24:00 UTC, owner: o,\n"
	"     contact: c}\n"
	"  - {name: b, kind: infra, local_ports: &ports [80, 81]}\n"
	"  - {name: c, kind: infra, local_ports: *ports, process: q}\n"
	"devices: [{name: r, address: 10.0.0.1}, {name: s, address: 10.0.0.2, side: external}]\n"
	"pagers:\n"
	"  - {type: exec, command: [/bin/page, x], only: {owner: o, link: a, severity: page}}\n"
	"  - {type: webhook, url: \"http://h/\", secret_file: /k}\n";

/* Parses with so many allocations; returns whether that was enough.  Anything else is an error. */
static bool enough_memory(const char *text, unsigned long allocations)
{
	struct config *config = NULL;
	size_t messages_len = 0;
	char *messages = NULL;
	FILE *errors = open_memstream(&messages, &messages_len);
	int err;

	assert_non_null(errors);
	err = config_parse_limited("f", text, strlen(text), allocations, &config, errors);
	fclose(errors);
	if (err) {
		assert_int_equal(err, -ENOMEM);
		assert_string_equal(messages, "f:1:1: not enough memory to read the file\n");
		assert_null(config);
	} else {
		assert_string_equal(messages, "");
		assert_non_null(config);
	}
	config__free(config);
	free(messages);
	return err == 0;
}

static void every_allocation_may_fail(void **state)
{
	unsigned long allocations = 0;

	(void)state;
	while (!enough_memory(everything, allocations))
		allocations++;
	print_message("%lu allocations\n", allocations);
	assert_in_range(allocations, 50, 5000);
	assert_true(enough_memory(everything, allocations + 1));

	allocations = 0;
	while (!enough_memory("", allocations))
		allocations++;
	assert_in_range(allocations, 2, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deep_nesting_is_an_error),
		cmocka_unit_test(anchors_have_a_limit),
		cmocka_unit_test(aliases_cannot_multiply_without_end),
		cmocka_unit_test(lists_have_limits),
		cmocka_unit_test(the_list_of_mistakes_ends),
		cmocka_unit_test(many_links_are_fine),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
