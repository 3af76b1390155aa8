/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The exposition: families together, what is absent has no series, labels are escaped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hist_set.h"
#include "judge/sample.h"
#include "tell/metrics.h"
#include "tell/trail.h"

static json_t *two_links(void)
{
	json_t *links = json_loads(
		"{\"links\": [{\"name\": \"rates \\\"a\\\\b\", \"state\": \"faulty\","
		" \"segments_out\": 7, \"retransmits\": {\"rto\": 2},"
		" \"resets\": {\"received\": 5, \"received_refused\": 2, \"sent\": 4,"
		"  \"reasons\": {\"abort_on_close\": 3}}},"
		" {\"name\": \"orders\", \"state\": \"not observed\", \"segments_out\": 9}],"
		" \"devices\": [{\"name\": \"gw\", \"state\": \"healthy\"}],"
		" \"sensor\": {\"events_lost\": 1, \"cpu_seconds\": 0.25}}",
		0, NULL);

	assert_non_null(links);
	return links;
}

static char *text_of(const struct metrics_source *source)
{
	size_t len = 0;
	char *text = metrics_text(source, &len);

	assert_non_null(text);
	assert_int_equal(len, strlen(text));
	return text;
}

static void assert_has(const char *text, const char *line)
{
	if (!strstr(text, line))
		fail_msg("not in the exposition: %s\n%s", line, text);
}

static void test_counters_are_read_from_the_links(void **state)
{
	struct metrics_source source = {.links = two_links(), .incidents_open = 3};
	char *text = text_of(&source);

	(void)state;
	assert_has(
		text,
		"faultline_link_segments_total{link=\"rates \\\"a\\\\b\",direction=\"out\"} 7\n");
	assert_has(text, "faultline_link_segments_total{link=\"orders\",direction=\"out\"} 9\n");
	assert_has(text, "faultline_link_resets_total{link=\"rates \\\"a\\\\b\",direction=\"in\","
			 "reason=\"other\"} 3\n");
	assert_has(text, "direction=\"out\",reason=\"abort_on_close\"} 3\n");
	assert_has(text, "direction=\"out\",reason=\"other\"} 1\n");
	assert_has(
		text,
		"faultline_link_state{link=\"orders\",faultline_link_state=\"not observed\"} 1\n");
	assert_has(text,
		   "faultline_link_state{link=\"orders\",faultline_link_state=\"healthy\"} 0\n");
	assert_has(text,
		   "faultline_device_state{device=\"gw\",faultline_device_state=\"healthy\"} 1\n");
	assert_has(text, "faultline_incidents_open 3\n");
	assert_has(text, "faultline_sensor_cpu_seconds_total 0.25\n");
	free(text);
	json_decref(source.links);
}

static void test_what_is_absent_has_no_series(void **state)
{
	struct metrics_source source = {.links = two_links()};
	char *text = text_of(&source);

	(void)state;
	assert_null(strstr(text, "reason=\"fast\"} "));
	assert_null(strstr(text, "link=\"orders\",direction=\"in\""));
	assert_string_equal(text + strlen(text) - 6, "# EOF\n");
	free(text);
	json_decref(source.links);
}

static void test_a_histogram_is_cumulative_and_ends_with_all(void **state)
{
	struct hist_set *hists = hist_set__new();
	struct hist *hist = hist_set__use(hists, HIST_RESPONSE);
	struct link_sample link = {.name = "rates", .hists = hists};
	struct sample sample = {.links = &link, .link_count = 1};
	struct metrics_source source = {.links = two_links(), .sample = &sample};
	char *text;

	(void)state;
	hist->bucket[hist_bucket(3000)] = 4;	 /* 3 us */
	hist->bucket[hist_bucket(50000000)] = 2; /* 50 ms */
	hist->bucket[HIST_BUCKETS - 1] = 1;	 /* over a minute */
	hist->count = 7;
	hist->sum_ns = 1500000000;
	text = text_of(&source);
	assert_has(text, "link=\"rates\",operation=\"response\",le=\"4.096e-06\"} 4\n");
	assert_has(text, "link=\"rates\",operation=\"response\",le=\"0.067108864\"} 6\n");
	assert_has(text, "link=\"rates\",operation=\"response\",le=\"+Inf\"} 7\n");
	assert_has(text, "_sum{link=\"rates\",operation=\"response\"} 1.5\n");
	assert_has(text, "_count{link=\"rates\",operation=\"response\"} 7\n");
	free(text);
	json_decref(source.links);
	hist_set__free(hists);
}

static void test_the_older_format_names_the_series(void **state)
{
	struct metrics_source source = {.links = two_links()};
	char *text = text_of(&source), *classic;
	size_t len = 0;

	(void)state;
	classic = metrics_classic_text(text, &len);
	assert_int_equal(len, strlen(classic));
	assert_has(classic, "# TYPE faultline_link_segments_total counter\n"
			    "# HELP faultline_link_segments_total TCP segments.\n");
	assert_has(classic, "# TYPE faultline_link_state gauge\n"
			    "# HELP faultline_link_state The verdict about it now.\n");
	assert_null(strstr(classic, "# EOF"));
	assert_null(strstr(classic, "# UNIT"));
	free(classic);
	free(text);
	json_decref(source.links);
}

static void test_a_trail_keeps_the_latest_points_of_links_that_are_there(void **state)
{
	struct trails *trails = trails__new();
	struct link_figures figures = {};
	json_t *json;

	(void)state;
	for (int i = 0; i < TRAIL_POINTS + 5; i++) {
		figures.figure[FIGURE_RESPONSE_P50].now = reading_of(i);
		trails__add(trails, "rates", &figures);
		if (i < 3)
			trails__add(trails, "gone", &figures);
		trails__end_round(trails);
	}
	json = trails__json(trails, "rates");
	assert_int_equal(json_array_size(json_object_get(json, "response")), TRAIL_POINTS);
	assert_true(json_real_value(json_array_get(json_object_get(json, "response"), 0)) == 5);
	assert_true(json_is_null(json_array_get(json_object_get(json, "pickup"), 0)));
	json_decref(json);
	json = trails__json(trails, "gone");
	assert_true(json_is_null(json));
	json_decref(json);
	trails__free(trails);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counters_are_read_from_the_links),
		cmocka_unit_test(test_what_is_absent_has_no_series),
		cmocka_unit_test(test_a_histogram_is_cumulative_and_ends_with_all),
		cmocka_unit_test(test_the_older_format_names_the_series),
		cmocka_unit_test(test_a_trail_keeps_the_latest_points_of_links_that_are_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
