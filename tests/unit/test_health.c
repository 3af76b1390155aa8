/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sensor's health: each change is told once, as one line of JSON; the table is bounded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "tell/health.h"

struct stage {
	FILE *events;
	char *text;
	size_t len;
	struct health *health;
};

static int set_up(void **state)
{
	struct stage *stage = calloc(1, sizeof(*stage));

	log_set_level(LOG_LEVEL_ERROR);
	stage->events = open_memstream(&stage->text, &stage->len);
	stage->health = health__new(stage->events, "trader-1");
	*state = stage;
	return stage->health ? 0 : -1;
}

static int tear_down(void **state)
{
	struct stage *stage = *state;

	health__free(stage->health);
	fclose(stage->events);
	free(stage->text);
	free(stage);
	return 0;
}

static unsigned lines_told(struct stage *stage)
{
	unsigned lines = 0;

	fflush(stage->events);
	for (size_t i = 0; i < stage->len; i++)
		lines += stage->text[i] == '\n';
	return lines;
}

static void a_condition_is_told_when_it_begins_and_ends(void **state)
{
	struct stage *stage = *state;

	health__set(stage->health, "hook", "tcp_send_reset", false, "unused");
	assert_int_equal(lines_told(stage), 0);
	for (int i = 0; i < 3; i++)
		health__set(stage->health, "hook", "tcp_send_reset", true, "lost is %s", "much");
	assert_int_equal(lines_told(stage), 1);
	health__set(stage->health, "hook", "tcp_send_reset", false, "unused");
	health__set(stage->health, "hook", "tcp_send_reset", false, "unused");
	assert_int_equal(lines_told(stage), 2);
}

static void an_event_is_an_object_of_the_schema(void **state)
{
	struct stage *stage = *state;
	json_t *event;

	health__set(stage->health, "link", "rates \"feed\"\n", true, "line\nbreak");
	assert_int_equal(lines_told(stage), 1);
	event = json_loads(stage->text, 0, NULL);
	assert_non_null(event);
	assert_string_equal(json_string_value(json_object_get(event, "schema")), HEALTH_SCHEMA);
	assert_string_equal(json_string_value(json_object_get(event, "event")), "degraded");
	assert_string_equal(json_string_value(json_object_get(event, "host")), "trader-1");
	assert_string_equal(json_string_value(json_object_get(event, "name")), "rates \"feed\"\n");
	assert_string_equal(json_string_value(json_object_get(event, "text")), "line\nbreak");
	json_decref(event);
}

static void what_is_stated_no_more_ends_with_the_round(void **state)
{
	struct stage *stage = *state;

	health__set(stage->health, "link", "gone", true, "not observed");
	health__set(stage->health, "hook", "stays", true, "refused");
	health__end_round(stage->health, "link");
	assert_int_equal(lines_told(stage), 2);
	health__end_round(stage->health, "link");
	assert_int_equal(lines_told(stage), 3);
	health__set(stage->health, "hook", "stays", true, "refused");
	assert_int_equal(lines_told(stage), 3);
}

static void more_conditions_than_fit_do_no_harm(void **state)
{
	struct stage *stage = *state;
	char name[32];

	for (int i = 0; i < HEALTH_MAX + 10; i++) {
		snprintf(name, sizeof(name), "link-%d", i);
		health__set(stage->health, "link", name, true, "not observed");
	}
	assert_int_equal(lines_told(stage), HEALTH_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_condition_is_told_when_it_begins_and_ends, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_event_is_an_object_of_the_schema, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_is_stated_no_more_ends_with_the_round, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(more_conditions_than_fit_do_no_harm, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
