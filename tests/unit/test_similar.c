/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which earlier incidents are shown as like one, in which order, and why.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tell/similar.h"

static json_t *event(const char *id, const char *began, const char *link, const char *place,
		     const char *signal)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:{s:[s], s:[]}, s:[{s:s}, {s:s}]}", "id", id,
			 "began", began, "side", strcmp(place, "app") ? "external" : "internal",
			 "place", place, "scope", "links", link, "devices", "evidence", "signal",
			 "prior", "signal", signal);
}

static void add(json_t *list, json_t *of)
{
	json_array_append_new(list, json_pack("{s:o}", "event", of));
}

static const char *id_at(const json_t *found, size_t i)
{
	const json_t *incident = json_object_get(json_array_get(found, i), "incident");

	return json_string_value(json_object_get(json_object_get(incident, "event"), "id"));
}

static void the_likest_come_first_and_the_unlike_not_at_all(void **state)
{
	json_t *now = event("now", "2026-01-09T00:00:00.000Z", "feed", "path", "loss");
	json_t *list = json_array(), *found;

	(void)state;
	add(list, event("all", "2026-01-01T00:00:00.000Z", "feed", "path", "loss"));
	add(list, event("place", "2026-01-02T00:00:00.000Z", "feed", "peer-app", "loss"));
	add(list, event("nothing", "2026-01-03T00:00:00.000Z", "orders", "app", "stopped"));
	add(list, event("link", "2026-01-04T00:00:00.000Z", "feed", "app", "stopped"));
	add(list, event("again", "2026-01-05T00:00:00.000Z", "feed", "path", "loss"));
	add(list, json_incref(now));
	add(list, event("later", "2026-01-10T00:00:00.000Z", "feed", "path", "loss"));
	found = similar__find(now, list, 5);
	assert_int_equal(json_array_size(found), 3);
	assert_string_equal(id_at(found, 0), "again"); /* of equals the latest first */
	assert_string_equal(id_at(found, 1), "all");
	assert_string_equal(id_at(found, 2), "place");
	assert_string_equal(json_string_value(json_object_get(json_array_get(found, 0), "why")),
			    "the same scope; the same signals: loss; the same verdict");
	assert_string_equal(json_string_value(json_object_get(json_array_get(found, 2), "why")),
			    "the same scope; the same signals: loss; the same side");
	json_decref(found);
	found = similar__find(now, list, 1);
	assert_int_equal(json_array_size(found), 1);
	json_decref(found);
	json_decref(list);
	json_decref(now);
}

static void what_holds_little_is_like_nothing(void **state)
{
	json_t *now = json_pack("{s:s}", "id", "now"), *list = json_array(), *found;

	(void)state;
	add(list, json_object());
	add(list, json_pack("{s:s}", "began", "2026"));
	found = similar__find(now, list, 5);
	assert_int_equal(json_array_size(found), 0);
	json_decref(found);
	json_decref(list);
	json_decref(now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_likest_come_first_and_the_unlike_not_at_all),
		cmocka_unit_test(what_holds_little_is_like_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
