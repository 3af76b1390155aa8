/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of links, line for line, at the widest and the narrowest; and the units in it.
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

#include "tell/links_text.h"
#include "tell/units.h"

#define LATENCY                                                                                    \
	"\"latency\":{\"connect\":{\"count\":3,\"p50_us\":2100,\"p99_us\":2600,\"max_us\":2600},"  \
	"\"rtt\":{\"count\":9,\"p50_us\":850,\"p99_us\":900,\"max_us\":901},\"close\":{\"count\":" \
	"0}}"

static const char object[] =
	"{\"schema\":\"faultline.links/1\",\"time\":\"2026-11-22T13:15:01.250Z\","
	"\"started\":\"2026-11-22T11:00:00.000Z\",\"host\":\"trader-1\",\"links\":["
	"{\"name\":\"rates-feed\",\"kind\":\"external\",\"state\":\"healthy\",\"declared\":true,"
	"\"sockets\":1,\"segments_out\":1200,\"segments_in\":8841000,"
	"\"retransmits\":{\"segments\":12},\"resets\":{\"received\":1,\"sent\":2},"
	"\"connects\":{\"ok\":3,\"refused\":1,\"timed_out\":2,\"accepted\":0}," LATENCY
	",\"last_data_ms\":14},"
	"{\"name\":\"unused\",\"kind\":\"infra\",\"state\":\"not observed\",\"declared\":true,"
	"\"sockets\":0,\"segments_out\":0,\"segments_in\":0,\"retransmits\":{\"segments\":0},"
	"\"resets\":{\"received\":0,\"sent\":0},\"connects\":{\"ok\":0},"
	"\"latency\":{\"connect\":{\"count\":0}},\"last_data_ms\":null},"
	"{\"name\":\"[2001:db8:1234:5678:9abc:def0:1234:5678]:7001@a-container\","
	"\"kind\":\"external\",\"state\":\"faulty\",\"declared\":false,"
	"\"sockets\":10000,\"segments_out\":1234567,\"segments_in\":7,\"data_segments_out\":"
	"40000000,"
	"\"retransmits\":{\"segments\":3},\"resets\":{\"received\":12345},"
	"\"connects\":{\"ok\":0,\"accepted\":65535},\"latency\":{},\"last_data_ms\":7200000}],"
	"\"devices\":[{\"name\":\"edge-router\",\"address\":\"10.77.0.1\",\"interface\":\"eth0\","
	"\"neighbour\":\"reachable\",\"state\":\"healthy\"},"
	"{\"name\":\"10.77.0.9\",\"address\":\"10.77.0.9\",\"interface\":\"eth1\","
	"\"neighbour\":null,\"state\":\"learning\"}],"
	"\"not_attributed\":{\"retransmits\":1},"
	"\"sensor\":{\"events_lost\":0,\"peers\":3,\"peers_evicted\":0,\"kernel_ns\":12000,"
	"\"kernel_events\":100,\"cpu_seconds\":0.12,\"rss_bytes\":8912896}}";

static char *render(const char *json, struct links_text_style style)
{
	json_t *links = json_loads(json, 0, NULL);
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(links);
	assert_non_null(out);
	assert_int_equal(links_text__write(links, &style, out), 0);
	fclose(out);
	json_decref(links);
	return text;
}

static const char widest[] =
	"trader-1  2026-11-22T13:15:01.250Z  (since 2026-11-22T11:00:00.000Z)\n"
	"\n"
	"LINK                         STATE        SOCKS  OUT   IN   RETR RST in/out CONN ok/bad "
	"RTT p50 IDLE\n"
	"rates-feed                   healthy          1 1.2k 8.8M   1.0%        1/2         3/3   "
	"850us 14ms\n"
	"unused                       not observed     0    0    0      -        0/0         0/0   "
	"    -    -\n"
	"[2001:db8:1234…1@a-container faulty         10k 1.2M    7 <0.01%      12k/-       65k/0   "
	"    - 2.0h\n"
	"\n"
	"via    edge-router  10.77.0.1  eth0  reachable  healthy\n"
	"       10.77.0.9  eth1  -  learning\n"
	"\n"
	"of no link: 1 retransmits, - resets sent\n"
	"sensor: 0 events lost, 3 peers, 0 evicted\n"
	"cost: 0.1 s of CPU, 8.5MiB of memory, 12us in the kernel for 100 events\n";

static const char narrowest[] =
	"trader-1  2026-11-22T13:15:01.250Z  (since 2026-11-22T11:00:00.000Z)\n"
	"\n"
	"LINK                  STATE        SOCKS  OUT   IN   RETR RST in/out CONN ok/bad\n"
	"rates-feed            healthy          1 1.2k 8.8M   1.0%        1/2         3/3\n"
	"unused                not observed     0    0    0      -        0/0         0/0\n"
	"[2001:db8:…-container faulty         10k 1.2M    7 <0.01%      12k/-       65k/0\n"
	"\n"
	"via    edge-router  10.77.0.1  eth0  reachable  healthy\n"
	"       10.77.0.9  eth1  -  learning\n"
	"\n"
	"of no link: 1 retransmits, - resets sent\n"
	"sensor: 0 events lost, 3 peers, 0 evicted\n"
	"cost: 0.1 s of CPU, 8.5MiB of memory, 12us in the kernel for 100 events\n";

static void assert_width(const char *text, size_t columns)
{
	char *copy = strdup(text), *rest = copy, *line;

	while ((line = strsep(&rest, "\n"))) {
		if (text_columns(line) > columns)
			fail_msg("wider than %zu columns: %s", columns, line);
	}
	free(copy);
}

static void the_widest_table(void **state)
{
	char *text = render(object, (struct links_text_style){.columns = 400});

	(void)state;
	assert_string_equal(text, widest);
	assert_width(text, LINKS_TEXT_COLUMNS_MOST);
	free(text);
}

static void the_narrowest_table(void **state)
{
	char *text = render(object, (struct links_text_style){.columns = 10});

	(void)state;
	assert_string_equal(text, narrowest);
	assert_width(text, LINKS_TEXT_COLUMNS_LEAST);
	free(text);
}

/* Taking the colours out of the coloured table gives the plain one. */
static void colours_change_nothing_else(void **state)
{
	char *plain = render(object, (struct links_text_style){.columns = 100});
	char *coloured = render(object, (struct links_text_style){.columns = 100, .colour = true});
	char *out = coloured;

	(void)state;
	assert_non_null(strstr(coloured, "\033[32mhealthy\033[0m"));
	assert_non_null(strstr(coloured, "\033[1;31mfaulty\033[0m"));
	assert_null(strstr(plain, "\033"));
	for (const char *in = coloured; *in;) {
		if (*in == '\033')
			in += strcspn(in, "m") + 1;
		else
			*out++ = *in++;
	}
	*out = '\0';
	assert_string_equal(coloured, plain);
	free(plain);
	free(coloured);
}

static void what_is_no_table_is_refused(void **state)
{
	static const char *const wrong[] = {"{}", "[]",
					    "{\"schema\":\"faultline.links/2\",\"links\":[]}",
					    "{\"schema\":\"faultline.links/1\"}",
					    "{\"schema\":\"faultline.links/1\",\"links\":{}}"};
	struct links_text_style style = {.columns = 80};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		json_t *links = json_loads(wrong[i], 0, NULL);

		assert_non_null(links);
		assert_int_equal(links_text__write(links, &style, stdout), -EINVAL);
		json_decref(links);
	}
}

/* A sensor of another version, or one that lies, must not bring the command down. */
static void odd_values_become_dashes(void **state)
{
	char *text =
		render("{\"schema\":\"faultline.links/1\",\"links\":[7,{\"name\":\"\\u001b[31mx\","
		       "\"sockets\":\"a\",\"segments_out\":-1,\"retransmits\":[]}]}",
		       (struct links_text_style){.columns = 100});

	(void)state;
	assert_null(strstr(text, "\033"));
	assert_non_null(strstr(text, "?[31mx"));
	free(text);
}

static void no_terminal_no_colour(void **state)
{
	FILE *file = tmpfile();
	struct links_text_style style = links_text_style_for(file);

	(void)state;
	assert_false(style.colour);
	assert_int_equal(style.columns, LINKS_TEXT_COLUMNS_MOST);
	fclose(file);
}

static void numbers_have_units(void **state)
{
	char text[UNITS_TEXT_LEN];

	(void)state;
	assert_string_equal(format_count(0, text), "0");
	assert_string_equal(format_count(999, text), "999");
	assert_string_equal(format_count(1000, text), "1.0k");
	assert_string_equal(format_count(1299, text), "1.2k");
	assert_string_equal(format_count(999999, text), "999k");
	assert_string_equal(format_count(3400000, text), "3.4M");
	assert_string_equal(format_count(UINT64_MAX, text), "18E");
	assert_string_equal(format_bytes(1023, text), "1023B");
	assert_string_equal(format_bytes(8912896, text), "8.5MiB");
	assert_string_equal(format_bytes(UINT64_MAX, text), "16777215TiB");
	assert_string_equal(format_duration_us(0, text), "0us");
	assert_string_equal(format_duration_us(850, text), "850us");
	assert_string_equal(format_duration_us(2100, text), "2.1ms");
	assert_string_equal(format_duration_us(14000, text), "14ms");
	assert_string_equal(format_duration_us(119000000, text), "119s");
	assert_string_equal(format_duration_us(120000000, text), "2.0m");
	assert_string_equal(format_duration_us(7200000000, text), "2.0h");
	assert_string_equal(format_duration_us(86400000000 * 12, text), "12d");
	assert_string_equal(format_share(0, 0, text), "-");
	assert_string_equal(format_share(0, 5, text), "0%");
	assert_string_equal(format_share(1, 1000000, text), "<0.01%");
	assert_string_equal(format_share(12, 1200, text), "1.0%");
	assert_string_equal(format_share(1, 800, text), "0.12%");
	assert_string_equal(format_share(5, 5, text), "100%");
}

static void text_is_cut_in_the_middle(void **state)
{
	char text[64];

	(void)state;
	assert_int_equal(text_columns("abc"), 3);
	assert_int_equal(text_columns("為替レート"), 10);
	assert_int_equal(text_columns("é…"), 2);
	assert_string_equal(fit_text("abcdefghij", 10, text, sizeof(text)), "abcdefghij");
	assert_string_equal(fit_text("abcdefghij", 7, text, sizeof(text)), "abc…hij");
	assert_string_equal(fit_text("a\tb\x7f\xff", 10, text, sizeof(text)), "a?b??");
	assert_string_equal(fit_text("為替レート接続", 8, text, sizeof(text)), "為替…続");
	assert_string_equal(fit_text("abcdef", 10, text, 4), "abc");
	assert_string_equal(fit_text("", 10, text, sizeof(text)), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_widest_table),
		cmocka_unit_test(the_narrowest_table),
		cmocka_unit_test(colours_change_nothing_else),
		cmocka_unit_test(what_is_no_table_is_refused),
		cmocka_unit_test(odd_values_become_dashes),
		cmocka_unit_test(no_terminal_no_colour),
		cmocka_unit_test(numbers_have_units),
		cmocka_unit_test(text_is_cut_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
