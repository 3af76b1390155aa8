/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configurations that are right, files, limits, and memory that runs out.
 */
#include "config_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config_parse.h"
#include "base/duration.h"
#include "base/mistakes.h"

static const char example[] =
	"interval: 2s                      # one judging tick\n"
	"scope: all\n"
	"state_dir: /srv/faultline\n"
	"listen: 127.0.0.1:9436\n"
	"false_pages: 2 per 10d\n"
	"language: ja\n"
	"control_group: root\n"
	"links:\n"
	"  - name: rates-feed\n"
	"    kind: external\n"
	"    endpoints: [\"203.0.113.0/24:7001\", \"[2001:db8::]/64:7001-7010\"]\n"
	"    via: [edge-router, core]\n"
	"    process: mymate\n"
	"    feed: true\n"
	"    silence_after: 1500ms\n"
	"    session: \"Mon-Fri 22:30-05:00 Asia/Tokyo\"\n"
	"    owner: rates-oncall\n"
	"    contact: \"Vendor NOC +81-3-0000-0000, 回線 TK-1234\"\n"
	"  - {name: customers, kind: internal, local_ports: [8080, 65535], via: [edge-router]}\n"
	"devices:\n"
	"  - {name: edge-router, address: 10.77.0.1}\n"
	"  - {name: core, address: \"2001:db8::1\", side: external}\n"
	"pagers:\n"
	"  - {type: alertmanager, url: \"http://127.0.0.1:9093\"}\n"
	"  - {type: pagerduty, routing_key_file: /etc/faultline/pagerduty.key, language: en}\n"
	"  - {type: slack, url_file: /etc/slack.url, only: {owner: rates-oncall, side: unknown}}\n"
	"  - {type: webhook, url: \"https://[2001:db8::2]:8443/a?b=c\", secret_file: /etc/key}\n"
	"  - {type: exec, command: [\"/usr/local/bin/page\", \"\", now]}\n"
	"  - {type: syslog, only: {link: customers, severity: ticket}}\n"
	"  - {type: datadog, url: \"https://api.datadoghq.com\", api_key_file: /etc/dd.key}\n";

/* The configuration of a text that is right; anything said about it fails the test. */
static struct config *config_of(const char *text)
{
	struct config *config = NULL;
	char *messages;
	int err = parse_text(text, strlen(text), &config, &messages);

	if (err || messages[0])
		fail_msg("returned %d for:\n%sgot:\n%s", err, text, messages);
	free(messages);
	assert_non_null(config);
	return config;
}

static void the_top_of_the_example_is_read(void **state)
{
	struct config *config = config_of(example);

	(void)state;
	assert_true(config->interval_ns == 2 * NS_PER_SECOND);
	assert_int_equal(config->scope, SCOPE_ALL);
	assert_string_equal(config->state_dir, "/srv/faultline");
	assert_string_equal(config->control, "/srv/faultline/control.sock");
	assert_string_equal(config->control_group, "root");
	assert_string_equal(config->listen, "127.0.0.1:9436");
	assert_true(config->false_pages_per_day > 0.19999 && config->false_pages_per_day < 0.20001);
	assert_int_equal(config->language, LANGUAGE_JA);
	config__free(config);
}

static void the_links_of_the_example_are_read(void **state)
{
	struct config *config = config_of(example);
	struct config_link *feed = &config->links[0], *customers = &config->links[1];
	char text[ENDPOINT_TEXT_LEN];

	(void)state;
	assert_int_equal(config->link_count, 2);
	assert_string_equal(feed->name, "rates-feed");
	assert_int_equal(feed->kind, LINK_EXTERNAL);
	assert_int_equal(feed->endpoint_count, 2);
	assert_string_equal(format_endpoint(&feed->endpoints[0], text), "203.0.113.0/24:7001");
	assert_string_equal(format_endpoint(&feed->endpoints[1], text),
			    "[2001:db8::]/64:7001-7010");
	assert_int_equal(feed->local_port_count, 0);
	assert_int_equal(feed->via_count, 2);
	assert_string_equal(feed->via[0], "edge-router");
	assert_string_equal(feed->via[1], "core");
	assert_string_equal(feed->process, "mymate");
	assert_true(feed->feed);
	assert_true(feed->silence_after_ns == 1500 * NS_PER_MS);
	assert_int_equal(feed->session->days, 0x1f);
	assert_int_equal(feed->session->begin_minute, 22 * 60 + 30);
	assert_int_equal(feed->session->end_minute, 5 * 60);
	assert_string_equal(feed->session->zone, "Asia/Tokyo");
	assert_string_equal(feed->owner, "rates-oncall");
	assert_string_equal(feed->contact, "Vendor NOC +81-3-0000-0000, 回線 TK-1234");

	assert_string_equal(customers->name, "customers");
	assert_int_equal(customers->kind, LINK_INTERNAL);
	assert_int_equal(customers->endpoint_count, 0);
	assert_int_equal(customers->local_port_count, 2);
	assert_int_equal(customers->local_ports[0], 8080);
	assert_int_equal(customers->local_ports[1], 65535);
	assert_false(customers->feed);
	assert_true(customers->silence_after_ns == 0);
	assert_null(customers->process);
	assert_null(customers->session);
	assert_null(customers->owner);
	assert_null(customers->contact);
	config__free(config);
}

static void the_devices_of_the_example_are_read(void **state)
{
	struct config *config = config_of(example);
	char text[ADDRESS_TEXT_LEN];

	(void)state;
	assert_int_equal(config->device_count, 2);
	assert_string_equal(config->devices[0].name, "edge-router");
	assert_string_equal(format_address(&config->devices[0].address, text), "10.77.0.1");
	assert_int_equal(config->devices[0].side, SIDE_INFRA);
	assert_string_equal(config->devices[1].name, "core");
	assert_string_equal(format_address(&config->devices[1].address, text), "2001:db8::1");
	assert_int_equal(config->devices[1].side, SIDE_EXTERNAL);
	config__free(config);
}

static void the_pagers_of_the_example_are_read(void **state)
{
	struct config *config = config_of(example);
	struct config_pager *pagers = config->pagers;

	(void)state;
	assert_int_equal(config->pager_count, 7);
	assert_int_equal(pagers[0].type, PAGER_ALERTMANAGER);
	assert_string_equal(pagers[0].url, "http://127.0.0.1:9093");
	assert_null(pagers[0].command);
	assert_false(pagers[0].language_set);
	assert_false(pagers[0].only.side_set);
	assert_int_equal(pagers[1].type, PAGER_PAGERDUTY);
	assert_string_equal(pagers[1].routing_key_file, "/etc/faultline/pagerduty.key");
	assert_true(pagers[1].language_set);
	assert_int_equal(pagers[1].language, LANGUAGE_EN);
	assert_int_equal(pagers[2].type, PAGER_SLACK);
	assert_string_equal(pagers[2].url_file, "/etc/slack.url");
	assert_string_equal(pagers[2].only.owner, "rates-oncall");
	assert_true(pagers[2].only.side_set);
	assert_int_equal(pagers[2].only.side, SIDE_UNKNOWN);
	assert_null(pagers[2].only.severity);
	assert_int_equal(pagers[3].type, PAGER_WEBHOOK);
	assert_string_equal(pagers[3].secret_file, "/etc/key");
	assert_int_equal(pagers[4].type, PAGER_EXEC);
	assert_string_equal(pagers[4].command[0], "/usr/local/bin/page");
	assert_string_equal(pagers[4].command[1], "");
	assert_string_equal(pagers[4].command[2], "now");
	assert_null(pagers[4].command[3]);
	assert_int_equal(pagers[5].type, PAGER_SYSLOG);
	assert_string_equal(pagers[5].only.link, "customers");
	assert_string_equal(pagers[5].only.severity, "ticket");
	assert_int_equal(pagers[6].type, PAGER_DATADOG);
	assert_string_equal(pagers[6].api_key_file, "/etc/dd.key");
	config__free(config);
}

static void assert_defaults(const struct config *config)
{
	assert_true(config->interval_ns == NS_PER_SECOND);
	assert_int_equal(config->scope, SCOPE_HOST);
	assert_string_equal(config->state_dir, "/var/lib/faultline");
	assert_string_equal(config->control, "/var/lib/faultline/control.sock");
	assert_null(config->control_group);
	assert_string_equal(config->listen, "127.0.0.1:9435");
	assert_true(config->false_pages_per_day * 30 > 0.99999);
	assert_true(config->false_pages_per_day * 30 < 1.00001);
	assert_int_equal(config->language, LANGUAGE_EN);
	assert_int_equal(config->link_count, 0);
	assert_int_equal(config->device_count, 0);
	assert_int_equal(config->pager_count, 0);
}

static void nothing_means_defaults(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n",
		"# only a comment\n",
		"---\n",
		"--- ~\n...\n",
		"{}\n",
		"\xef\xbb\xbf# behind a byte order mark\n",
		"links:\n#  - name: later\ndevices: ~\npagers: []\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct config *config = config_of(texts[i]);

		assert_defaults(config);
		config__free(config);
	}
	config__free(NULL);
}

static void unusual_but_right(void **state)
{
	static const char *const texts[] = {
		"listen: \"\"\n",
		"listen: '[::1]:9435'\n",
		"control: /run/faultline.sock\n",
		"interval: 100ms\n",
		"interval: 60s\n",
		"\"interval\": '1s'\n",
		"interval: !!str 1s\n",
		"interval: &i 1s\nfalse_pages: 1000 per 1d\n",
		"links:\n  - {name: a, kind: infra, endpoints: [192.0.2.1], local_ports: [80]}\n",
		"links:\n  - {name: a, kind: infra, endpoints: [192.0.2.1], via: []}\n",
		"links:\n  - {name: a, kind: infra, endpoints: [192.0.2.1], process: "
		"fifteen-letters}\n",
		/* The same peers, told apart by process or port. */
		"links:\n  - {name: a, kind: infra, local_ports: [80], process: x}\n"
		"  - {name: b, kind: infra, local_ports: [80], process: y}\n"
		"  - {name: c, kind: infra, local_ports: [80]}\n",
		"links:\n  - {name: a, kind: infra, endpoints: [\"192.0.2.1:80\"]}\n"
		"  - {name: b, kind: infra, endpoints: [\"192.0.2.1:80-81\", "
		"\"192.0.2.0/31:80\"]}\n",
		"links:\n  - {name: a, kind: infra, local_ports: &p [80]}\n"
		"  - {name: b, kind: infra, local_ports: *p, process: y}\n",
		"links:\n  - {name: a.b_c-9, kind: infra, local_ports: [1, 65535]}\n",
		"pagers:\n  - {type: pagerduty, routing_key_file: /k, url: "
		"\"https://eu.example\"}\n",
		"pagers:\n  - {type: webhook, url: \"http://h\", only: {}}\n",
		"pagers:\n  - {type: syslog, only: {link: \"192.0.2.1:443\"}}\n",
		"pagers:\n  - {type: syslog, only: {link: \":8080\"}}\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		config__free(config_of(texts[i]));
}

static void kinds_and_sides_have_names(void **state)
{
	(void)state;
	assert_string_equal(link_kind_name(LINK_EXTERNAL), "external");
	assert_string_equal(link_kind_name(LINK_INFRA), "infra");
	assert_string_equal(link_kind_name(LINK_INTERNAL), "internal");
	assert_string_equal(side_name(SIDE_UNKNOWN), "unknown");
	assert_string_equal(side_name(SIDE_EXTERNAL), "external");
	assert_string_equal(side_name(SIDE_INFRA), "infra");
	assert_string_equal(side_name(SIDE_INTERNAL), "internal");
}

/* config__load() with what it says; *messages is for free(). */
static int load(const char *path, struct config **config, char **messages)
{
	size_t messages_len = 0;
	FILE *errors;
	int err;

	*messages = NULL;
	errors = open_memstream(messages, &messages_len);
	assert_non_null(errors);
	err = config__load(path, config, errors);
	fclose(errors);
	return err;
}

static void assert_not_loaded(const char *path, int wanted_err, const char *wanted_end)
{
	struct config *config = NULL;
	char *messages, wanted[512];

	snprintf(wanted, sizeof(wanted), "%s%s", path, wanted_end);
	assert_int_equal(load(path, &config, &messages), wanted_err);
	assert_string_equal(messages, wanted);
	assert_null(config);
	free(messages);
}

/* A file of @size bytes that begins with @text and goes on with line ends. */
static void make_file(char path[32], const char *text, size_t size)
{
	int fd;

	strcpy(path, "/tmp/config-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	for (size_t i = strlen(text); i < size; i += 64) {
		static const char lines[] = "###############################"
					    "###############################\n\n";

		assert_int_equal(pwrite(fd, lines, 64, i), 64);
	}
	assert_int_equal(pwrite(fd, text, strlen(text), 0), strlen(text));
	assert_int_equal(ftruncate(fd, size), 0);
	close(fd);
}

static void files_are_loaded(void **state)
{
	struct config *config = NULL;
	char path[32], *messages;

	(void)state;
	make_file(path, example, strlen(example));
	assert_int_equal(load(path, &config, &messages), 0);
	assert_string_equal(messages, "");
	assert_int_equal(config->link_count, 2);
	config__free(config);
	free(messages);
	unlink(path);

	make_file(path, "interval: 3\n", 12);
	assert_not_loaded(path, -EINVAL,
			  ":1:11: interval: \"3\": a duration without a unit; "
			  "expected ms, s, m, h or d behind the number\n");
	unlink(path);
}

static void what_is_no_file_is_told(void **state)
{
	char path[32];

	(void)state;
	make_file(path, "", 0);
	unlink(path);
	assert_not_loaded(path, -ENOENT,
			  ": cannot be read: No such file or directory; expected a file in YAML\n");
	assert_not_loaded("/", -EISDIR,
			  ": cannot be read: Is a directory; expected a file in YAML\n");
	assert_not_loaded("/dev/zero", -EFBIG, ": larger than 1 MiB; expected a configuration\n");
}

static void a_mebibyte_is_the_limit(void **state)
{
	struct config *config = NULL;
	char path[32], *messages;

	(void)state;
	make_file(path, "interval: 3s\n", 1024 * 1024);
	assert_int_equal(load(path, &config, &messages), 0);
	assert_string_equal(messages, "");
	assert_true(config->interval_ns == 3 * NS_PER_SECOND);
	config__free(config);
	free(messages);
	unlink(path);

	make_file(path, "interval: 3s\n", 1024 * 1024 + 1);
	assert_not_loaded(path, -EFBIG, ": larger than 1 MiB; expected a configuration\n");
	unlink(path);
}

/* On a host that has one, the default file counts; elsewhere the defaults. */
static void no_name_means_the_default_file(void **state)
{
	bool present = access(CONFIG_DEFAULT_FILE, F_OK) == 0;
	struct config *config = NULL, *named = NULL;
	char *messages, *named_messages;
	int err = load(NULL, &config, &messages);

	(void)state;
	if (present) {
		assert_int_equal(load(CONFIG_DEFAULT_FILE, &named, &named_messages), err);
		assert_string_equal(messages, named_messages);
		config__free(named);
		free(named_messages);
	} else {
		assert_int_equal(err, 0);
		assert_string_equal(messages, "");
		assert_defaults(config);
	}
	config__free(config);
	free(messages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_top_of_the_example_is_read),
		cmocka_unit_test(the_links_of_the_example_are_read),
		cmocka_unit_test(the_devices_of_the_example_are_read),
		cmocka_unit_test(the_pagers_of_the_example_are_read),
		cmocka_unit_test(nothing_means_defaults),
		cmocka_unit_test(unusual_but_right),
		cmocka_unit_test(kinds_and_sides_have_names),
		cmocka_unit_test(files_are_loaded),
		cmocka_unit_test(what_is_no_file_is_told),
		cmocka_unit_test(a_mebibyte_is_the_limit),
		cmocka_unit_test(no_name_means_the_default_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
