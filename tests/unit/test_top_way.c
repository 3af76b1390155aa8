/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where on the way the fault of an incident is drawn, and the words around it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/place.h"
#include "tell/top_way.h"
#include "tell/top_words.h"
#include "tell/units.h"

#define LINK                                                            \
	"{\"name\": \"rates\", \"peers\": [\"203.0.113.10:7001\"],"     \
	"\"way\": {\"interfaces\": [\"eth0\", \"eth1\"], \"devices\": " \
	"[\"edge\", \"core\"]}}"

static json_t *parse(const char *text)
{
	json_t *object = json_loads(text, 0, NULL);

	assert_non_null(object);
	return object;
}

/* The way of @link when the incidents are @incidents. */
static struct way_line way_with(const char *incidents, const char *link_text)
{
	json_t *link = parse(link_text);
	json_t *status = json_pack("{s:s, s:o}", "host", "trader-1", "incidents", parse(incidents));
	struct way_line line;

	assert_non_null(status);
	way_line__of(status, link, &line);
	json_decref(status);
	json_decref(link);
	return line;
}

static unsigned bits(const bool part[WAY_PARTS])
{
	unsigned set = 0;

	for (unsigned i = 0; i < WAY_PARTS; i++)
		set |= part[i] ? 1U << i : 0;
	return set;
}

static void every_place_has_its_part(void **state)
{
	static const struct {
		enum place place;
		enum way_part part;
	} expected[] = {
		{PLACE_PEER_APP, WAY_FAR},    {PLACE_PEER_HOST, WAY_FAR},
		{PLACE_NAME, WAY_FAR},	      {PLACE_PATH, WAY_LINE},
		{PLACE_GATEWAY, WAY_DEVICE},  {PLACE_MIDDLEBOX, WAY_DEVICE},
		{PLACE_RESOLVER, WAY_DEVICE}, {PLACE_NIC, WAY_INTERFACE},
		{PLACE_APP, WAY_HOST},	      {PLACE_CPU, WAY_HOST},
		{PLACE_MEMORY, WAY_HOST},     {PLACE_DISK, WAY_HOST},
		{PLACE_KERNEL_NET, WAY_HOST}, {PLACE_CAPACITY, WAY_HOST},
		{PLACE_UNKNOWN, WAY_PARTS},
	};

	(void)state;
	assert_int_equal(sizeof(expected) / sizeof(*expected), PLACE_COUNT);
	for (size_t i = 0; i < PLACE_COUNT; i++)
		assert_int_equal(way_part_of(place_name(expected[i].place)), expected[i].part);
	assert_int_equal(way_part_of(""), WAY_PARTS);
	assert_int_equal(way_part_of("elsewhere"), WAY_PARTS);
}

static void the_parts_have_names(void **state)
{
	struct way_line line = way_with("[]", LINK);

	(void)state;
	assert_string_equal(line.name[WAY_HOST], "trader-1");
	assert_string_equal(line.name[WAY_INTERFACE], "eth0");
	assert_string_equal(line.name[WAY_DEVICE], "edge");
	assert_string_equal(line.name[WAY_LINE], "line");
	assert_string_equal(line.name[WAY_FAR], "203.0.113.10:7001");
	assert_int_equal(bits(line.faulty) | bits(line.suspect), 0);
	line = way_with("[]", "{\"name\": \"rates\", \"peers\": [\"a\", \"b\", \"c\"]}");
	assert_string_equal(line.name[WAY_FAR], "a +2");
	assert_string_equal(line.name[WAY_DEVICE], "-");
}

static void what_is_missing_or_of_another_type_is_a_dash(void **state)
{
	struct way_line line = way_with("[null, 7, {}, {\"scope\": []}]",
					"{\"peers\": {}, \"way\": [1], \"name\": 3}");

	(void)state;
	assert_string_equal(line.name[WAY_INTERFACE], "-");
	assert_string_equal(line.name[WAY_FAR], "-");
	assert_int_equal(bits(line.faulty) | bits(line.suspect), 0);
}

static void only_open_incidents_of_the_link_are_marked(void **state)
{
	struct way_line line = way_with(
		"[{\"event\": \"resolve\", \"place\": \"nic\", \"scope\": {\"links\": "
		"[\"rates\"]}},"
		" {\"event\": \"open\", \"place\": \"app\", \"scope\": {\"links\": [\"other\"]}},"
		" {\"event\": \"open\", \"place\": \"path\", \"scope\": {\"links\": [3, "
		"\"rates\"]}},"
		" {\"event\": \"update\", \"place\": \"gateway\", \"scope\": {\"links\": "
		"[\"rates\"]}}]",
		LINK);

	(void)state;
	assert_int_equal(bits(line.faulty), 1U << WAY_LINE | 1U << WAY_DEVICE);
	assert_int_equal(bits(line.suspect), 0);
}

static void a_fault_not_told_apart_may_be_at_each_alternative(void **state)
{
	struct way_line line =
		way_with("[{\"event\": \"open\", \"place\": \"unknown\", \"scope\": {\"links\": "
			 "[\"rates\"]},"
			 " \"alternatives\": [{\"place\": \"peer-app\"}, {\"place\": \"unknown\"}, "
			 "{\"place\": \"nic\"}]}]",
			 LINK);

	(void)state;
	assert_int_equal(bits(line.faulty), 0);
	assert_int_equal(bits(line.suspect), 1U << WAY_FAR | 1U << WAY_INTERFACE);
}

static void the_first_open_incident_of_a_link(void **state)
{
	json_t *status = parse(
		"{\"incidents\": ["
		"{\"id\": \"1\", \"event\": \"resolve\", \"scope\": {\"links\": [\"rates\"]}},"
		"{\"id\": \"2\", \"event\": \"update\", \"scope\": {\"links\": [\"rates\"]}},"
		"{\"id\": \"3\", \"event\": \"open\", \"scope\": {\"links\": [\"rates\"]}}]}");
	json_t *found = open_incident_of(status, "rates");

	(void)state;
	assert_string_equal(json_string_value(json_object_get(found, "id")), "2");
	assert_null(open_incident_of(status, "other"));
	json_decref(status);
}

/* The conversions of a format, "%zu%s". */
static void conversions(const char *format, char *out)
{
	while ((format = strchr(format, '%'))) {
		size_t len = strcspn(format, "csudxfg%") + 1;

		if (format[1] != ' ') {
			memcpy(out, format, len);
			out += len;
		}
		format++;
	}
	*out = '\0';
}

static void words_are_found_and_formats_take_the_same(void **state)
{
	char en[64], ja[64];

	(void)state;
	assert_true(top_words_count > 50);
	for (size_t i = 0; i < top_words_count; i++) {
		conversions(top_words[i].en, en);
		conversions(top_words[i].ja, ja);
		assert_string_equal(en, ja);
		assert_string_equal(top_word(LANGUAGE_JA, top_words[i].en), top_words[i].ja);
		assert_string_equal(top_word(LANGUAGE_EN, top_words[i].en), top_words[i].en);
	}
	assert_string_equal(top_word(LANGUAGE_JA, "of tomorrow"), "of tomorrow");
}

static void every_place_and_side_has_a_word(void **state)
{
	(void)state;
	for (enum place place = 0; place < PLACE_COUNT; place++) {
		const char *name = place_name(place);

		assert_ptr_not_equal(top_word(LANGUAGE_JA, name), name);
		assert_ptr_not_equal(
			top_word(LANGUAGE_JA, side_name(place_side(place, LINK_INFRA))),
			side_name(place_side(place, LINK_INFRA)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_place_has_its_part),
		cmocka_unit_test(the_parts_have_names),
		cmocka_unit_test(what_is_missing_or_of_another_type_is_a_dash),
		cmocka_unit_test(only_open_incidents_of_the_link_are_marked),
		cmocka_unit_test(a_fault_not_told_apart_may_be_at_each_alternative),
		cmocka_unit_test(the_first_open_incident_of_a_link),
		cmocka_unit_test(words_are_found_and_formats_take_the_same),
		cmocka_unit_test(every_place_and_side_has_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
