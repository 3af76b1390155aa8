/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An incident event as JSON: the contract's own example byte for byte, and what else may be in one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/incident_event.h"
#include "tell/incident_json.h"

static const char *const links[] = {"rates-feed"};
static const char *const peers[] = {"203.0.113.10:7001"};
static const struct incident_process processes[] = {{812, "mymate"}};
static const struct alternative alternatives[] = {{SIDE_EXTERNAL, PLACE_PATH, 0.02}};

static struct reason silence(void)
{
	struct reason reason = {
		.signal = "feed.silence",
		.subject = "rates-feed",
		.value = {true, 1.15},
		.baseline = {true, 0.021},
		.unit = "s",
		.says = PLACE_PEER_APP,
		.symptom = true,
		.text = "no data for 1.15 s (usual gap 21 ms)",
	};

	reason.weight[PLACE_PEER_APP] = 4.2;
	reason.weight[PLACE_PATH] = -1.2;
	return reason;
}

static struct incident_event example(const struct reason *evidence)
{
	return (struct incident_event){
		.change = INCIDENT_OPEN,
		.id = "20261122-131500-rates-feed-1",
		.seq = 1,
		.time = {.tv_sec = 1795353301, .tv_nsec = 250999999},
		.began = {.tv_sec = 1795353300, .tv_nsec = 100000000},
		.host = "trader-1",
		.severity = SEVERITY_PAGE,
		.side = SIDE_EXTERNAL,
		.place = PLACE_PEER_APP,
		.confidence = 0.97,
		.links = links,
		.link_count = 1,
		.peers = peers,
		.peer_count = 1,
		.owner = "rates-oncall",
		.contact = "Vendor NOC",
		.summary = "rates-feed is silent",
		.evidence = evidence,
		.evidence_count = 1,
		.alternatives = alternatives,
		.alternative_count = 1,
		.connections = 1,
		.processes = processes,
		.process_count = 1,
		.other_links = "4 of 4 others normal",
		.would_separate = "",
	};
}

static json_t *made(const struct incident_event *event)
{
	json_t *json = incident_json__new(event);

	assert_non_null(json);
	return json;
}

static void the_contract_s_example(void **state)
{
	static const char expected[] =
		"{\"schema\":\"faultline.incident/1\",\"event\":\"open\","
		"\"id\":\"20261122-131500-rates-feed-1\",\"seq\":1,"
		"\"time\":\"2026-11-22T13:15:01.250Z\",\"began\":\"2026-11-22T13:15:00.100Z\","
		"\"host\":\"trader-1\",\"severity\":\"page\",\"side\":\"external\","
		"\"place\":\"peer-app\",\"confidence\":0.97,\"scope\":{\"links\":[\"rates-feed\"],"
		"\"devices\":[],\"peers\":[\"203.0.113.10:7001\"]},\"owner\":\"rates-oncall\","
		"\"contact\":\"Vendor NOC\",\"summary\":\"rates-feed is silent\","
		"\"evidence\":[{\"signal\":\"feed.silence\",\"subject\":\"rates-feed\","
		"\"value\":1.15,\"unit\":\"s\",\"baseline\":0.021,\"symptom\":true,\"says\":\"external/peer-app\","
		"\"weight\":4.2,\"text\":\"no data for 1.15 s (usual gap 21 ms)\","
		"\"weights\":{\"external/peer-app\":4.2,\"external/path\":-1.2}}],"
		"\"against\":[],\"alternatives\":[{\"side\":\"external\",\"place\":\"path\","
		"\"confidence\":0.02}],\"impact\":{\"connections\":1,"
		"\"processes\":[{\"pid\":812,\"comm\":\"mymate\"}],"
		"\"other_links\":\"4 of 4 others normal\"},"
		"\"observed\":{\"events_lost\":0,\"blind\":[]}}\n";
	struct reason reason = silence();
	struct incident_event event = example(&reason);
	json_t *json = made(&event);
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_int_equal(incident_json__print(json, out), 0);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
	json_decref(json);
}

static void what_is_not_available_is_null(void **state)
{
	struct reason reason = silence();
	struct incident_event event = example(&reason);
	json_t *json, *row;

	(void)state;
	reason.baseline = READING_NOT_AVAILABLE;
	reason.value = reading_of(NAN);
	json = made(&event);
	row = json_array_get(json_object_get(json, "evidence"), 0);
	assert_true(json_is_null(json_object_get(row, "baseline")));
	assert_true(json_is_null(json_object_get(row, "value")));
	json_decref(json);
}

static void an_unknown_verdict_says_what_would_separate(void **state)
{
	struct reason reason = silence();
	struct incident_event event = example(&reason);
	json_t *json, *row;

	(void)state;
	event.side = SIDE_UNKNOWN;
	event.place = PLACE_UNKNOWN;
	event.would_separate = "a second link to the same far host";
	json = made(&event);
	assert_string_equal(json_string_value(json_object_get(json, "side")), "unknown");
	assert_string_equal(json_string_value(json_object_get(json, "would_separate")),
			    event.would_separate);
	/* The row still says something of its own. */
	row = json_array_get(json_object_get(json, "evidence"), 0);
	assert_true(json_number_value(json_object_get(row, "weight")) > 4);
	json_decref(json);
}

static void the_far_end_of_an_internal_link_is_ours(void **state)
{
	struct reason reason = silence();
	struct incident_event event = example(&reason);
	json_t *json, *row;

	(void)state;
	event.side = SIDE_INTERNAL;
	json = made(&event);
	row = json_array_get(json_object_get(json, "evidence"), 0);
	assert_string_equal(json_string_value(json_object_get(row, "says")), "internal/peer-app");
	assert_non_null(json_object_get(json_object_get(row, "weights"), "internal/peer-app"));
	json_decref(json);
}

static void names_that_are_no_utf8_do_no_harm(void **state)
{
	static const struct incident_process odd[] = {{1, "b\xff\xc3zz\n0123456789"}};
	struct reason reason = silence();
	struct incident_event event = example(&reason);
	json_t *json, *list;

	(void)state;
	event.processes = odd;
	json = made(&event);
	list = json_object_get(json_object_get(json, "impact"), "processes");
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "comm")),
			    "b??zz\n0123456789");
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_contract_s_example),
		cmocka_unit_test(what_is_not_available_is_null),
		cmocka_unit_test(an_unknown_verdict_says_what_would_separate),
		cmocka_unit_test(the_far_end_of_an_internal_link_is_ours),
		cmocka_unit_test(names_that_are_no_utf8_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
