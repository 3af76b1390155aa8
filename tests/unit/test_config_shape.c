/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configurations of the wrong shape: what is no YAML, unknown and missing keys, wrong types, words
 * and numbers; each with every line that is said about it.
 */
#include "config_text.h"

static const struct wrong wrong_syntax[] = {
	{
		"links: [\n",
		"f:2:1: not YAML: did not find expected node content, while parsing a flow "
		"node\n",
	},
	{
		"a:\n"
		"\tb: c\n",
		"f:2:1: not YAML: found character that cannot start any token, while scanning "
		"for the next token\n",
	},
	{
		"a: b: c\n",
		"f:1:5: not YAML: mapping values are not allowed in this context\n",
	},
	{
		"listen: \"no end\n",
		"f:2:1: not YAML: found unexpected end of stream, while scanning a quoted "
		"scalar\n",
	},
	{
		"*nobody\n",
		"f:1:1: not YAML: found undefined alias\n",
	},
	{
		"links: \377\n",
		"f:1:8: invalid leading UTF-8 octet; expected text in UTF-8\n",
	},
	{
		"ok: 1\n"
		"links: \"日本\" \001\n",
		"f:2:13: control characters are not allowed; expected text in UTF-8\n",
	},
	{
		"%YAML 9.9\n"
		"---\n"
		"a: b\n",
		"f:1:1: not YAML: found incompatible YAML document\n",
	},
	{
		"interval: 1s\n"
		"---\n"
		"interval: 2s\n",
		"f:2:1: a second document in the file; expected one\n",
	},
	{
		"interval: 1s\n"
		"...\n"
		"foo\n",
		"f:3:1: not YAML: did not find expected <document start>\n",
	},
	{
		"a: &x [*x\n",
		"f:2:1: not YAML: did not find expected ',' or ']', while parsing a flow "
		"sequence\n",
	},
};

static void syntax_errors_have_their_place(void **state)
{
	(void)state;
	assert_wrong(wrong_syntax, COUNT_OF(wrong_syntax));
}

static const struct wrong wrong_shape[] = {
	{
		"foo\n",
		"f:1:1: \"foo\"; expected keys with values\n",
	},
	{
		"- interval: 1s\n",
		"f:1:1: a list; expected keys with values\n",
	},
	{
		"intervall: 1s\n",
		"f:1:1: unknown key \"intervall\"; did you mean \"interval\"?\n",
	},
	{
		"colour: red\n",
		"f:1:1: unknown key \"colour\"; expected one of interval, scope, state_dir, "
		"control, control_group, listen, false_pages, language, links, devices, "
		"pagers\n",
	},
	{
		"Interval: 1s\n",
		"f:1:1: unknown key \"Interval\"; did you mean \"interval\"?\n",
	},
	{
		"interval: 1s\n"
		"interval: 2s\n",
		"f:2:1: key \"interval\" again; it is already given in line 1\n",
	},
	{
		"[a]: 1\n",
		"f:1:1: a list in place of a key; expected a word\n",
	},
	{
		"{a: b}: 1\n",
		"f:1:1: keys with values in place of a key; expected a word\n",
	},
	{
		"~: 1\n",
		"f:1:1: unknown key \"~\"; expected one of interval, scope, state_dir, "
		"control, control_group, listen, false_pages, language, links, devices, "
		"pagers\n",
	},
	{
		"<<: {interval: 1s}\n",
		"f:1:1: unknown key \"<<\"; expected one of interval, scope, state_dir, "
		"control, control_group, listen, false_pages, language, links, devices, "
		"pagers\n",
	},
	{
		"\"interval\\0\": 1s\n",
		"f:1:1: unknown key \"interval\\x00\"; did you mean \"interval\"?\n",
	},
	{
		"\"\\e[2J\": 1\n",
		"f:1:1: unknown key \"\\x1b[2J\"; expected one of interval, scope, state_dir, "
		"control, control_group, listen, false_pages, language, links, devices, "
		"pagers\n",
	},
	{
		"interval: [1s]\n",
		"f:1:11: interval: a list; expected a text\n",
	},
	{
		"interval: {a: b}\n",
		"f:1:11: interval: keys with values; expected a text\n",
	},
	{
		"interval:\n",
		"f:1:10: interval: no value; expected a text\n",
	},
	{
		"interval: ~\n",
		"f:1:11: interval: no value; expected a text\n",
	},
	{
		"interval: \"\"\n",
		"f:1:11: interval: an empty text; expected at least one character\n",
	},
	{
		"interval: \"1s\\0\"\n",
		"f:1:11: interval: \"1s\\x00\": control characters; expected one line of text\n",
	},
	{
		"interval: \"1s\\n"
		"\"\n",
		"f:1:11: interval: \"1s\\x0a\": control characters; expected one line of text\n",
	},
	{
		"links: foo\n",
		"f:1:8: links: \"foo\"; expected a list\n",
	},
	{
		"links: {name: a}\n",
		"f:1:8: links: keys with values; expected a list\n",
	},
	{
		"links: [foo]\n",
		"f:1:9: links[0]: \"foo\"; expected keys with values\n",
	},
	{
		"links:\n"
		"  -\n",
		"f:2:4: links[0]: no value; expected keys with values\n",
	},
	{
		"devices: 3\n",
		"f:1:10: devices: \"3\"; expected a list\n",
	},
	{
		"pagers: {type: syslog}\n",
		"f:1:9: pagers: keys with values; expected a list\n",
	},
	{
		"links:\n"
		"  - {}\n",
		"f:2:5: links[0]: missing key \"name\"; expected a text for it\n"
		"f:2:5: links[0]: missing key \"kind\"; expected a word for it\n",
	},
	{
		"devices:\n"
		"  - {}\n",
		"f:2:5: devices[0]: missing key \"name\"; expected a text for it\n"
		"f:2:5: devices[0]: missing key \"address\"; expected a text for it\n",
	},
	{
		"pagers:\n"
		"  - {}\n",
		"f:2:5: pagers[0]: missing key \"type\"; expected a word for it\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, endpoints: 192.0.2.1}\n",
		"f:2:42: links[0].endpoints: \"192.0.2.1\"; expected a list\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, endpoints: []}\n",
		"f:2:42: links[0].endpoints: an empty list; expected at least one entry\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, local_ports: []}\n",
		"f:2:44: links[0].local_ports: an empty list; expected at least one entry\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, endpoints: }\n",
		"f:2:42: links[0].endpoints: no value; expected a list\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, endpoints: [[192.0.2.1]]}\n",
		"f:2:43: links[0].endpoints[0]: a list; expected a text\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, endpoint: [192.0.2.1]}\n",
		"f:2:31: links[0]: unknown key \"endpoint\"; did you mean \"endpoints\"?\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, local_ports: [8080], local_ports: [8081]}\n",
		"f:2:52: links[0]: key \"local_ports\" again; it is already given in line 2\n",
	},
	{
		"pagers:\n"
		"  - {type: syslog, only: rates}\n",
		"f:2:26: pagers[0].only: \"rates\"; expected keys with values\n",
	},
	{
		"pagers:\n"
		"  - {type: syslog, only: {onwer: rates}}\n",
		"f:2:27: pagers[0].only: unknown key \"onwer\"; did you mean \"owner\"?\n",
	},
	{
		"pagers:\n"
		"  - {type: exec, command: /bin/page}\n",
		"f:2:27: pagers[0].command: \"/bin/page\"; expected a list\n",
	},
	{
		"pagers:\n"
		"  - {type: exec, command: []}\n",
		"f:2:27: pagers[0].command: an empty list; expected at least one entry\n",
	},
	{
		"links: &all\n"
		"  - *all\n",
		"f:1:8: links[0]: a list; expected keys with values\n",
	},
};

static void errors_of_shape_have_their_place(void **state)
{
	(void)state;
	assert_wrong(wrong_shape, COUNT_OF(wrong_shape));
}

static const struct wrong wrong_words_and_numbers[] = {
	{
		"scope: hosts\n",
		"f:1:8: scope: \"hosts\": expected one of host, all; did you mean \"host\"?\n",
	},
	{
		"scope: 0\n",
		"f:1:8: scope: \"0\": expected one of host, all\n",
	},
	{
		"language: fr\n",
		"f:1:11: language: \"fr\": expected one of en, ja\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: extern, endpoints: [192.0.2.1]}\n",
		"f:2:21: links[0].kind: \"extern\": expected one of external, infra, internal; "
		"did you mean \"external\"?\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: External, endpoints: [192.0.2.1]}\n",
		"f:2:21: links[0].kind: \"External\": expected one of external, infra, "
		"internal; did you mean \"external\"?\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, endpoints: [192.0.2.1], feed: yes}\n",
		"f:2:61: links[0].feed: \"yes\": expected true or false\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, endpoints: [192.0.2.1], feed: 1}\n",
		"f:2:61: links[0].feed: \"1\": expected true or false\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, local_ports: [0]}\n",
		"f:2:45: links[0].local_ports[0]: \"0\": port out of range; expected 1 to "
		"65535\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, local_ports: [1, 65536]}\n",
		"f:2:48: links[0].local_ports[1]: \"65536\": port out of range; expected 1 to "
		"65535\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, local_ports: [-1]}\n",
		"f:2:45: links[0].local_ports[0]: \"-1\": not a port; expected a number from 1 "
		"to 65535\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, local_ports: [010]}\n",
		"f:2:45: links[0].local_ports[0]: \"010\": not a port; expected a number from "
		"1 to 65535\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, local_ports: [0x50]}\n",
		"f:2:45: links[0].local_ports[0]: \"0x50\": not a port; expected a number from "
		"1 to 65535\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, local_ports: [80-90]}\n",
		"f:2:45: links[0].local_ports[0]: \"80-90\": not a port; expected a number "
		"from 1 to 65535\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, local_ports: [http, \"\"]}\n",
		"f:2:45: links[0].local_ports[0]: \"http\": not a port; expected a number from "
		"1 to 65535\n"
		"f:2:51: links[0].local_ports[1]: \"\": not a port; expected a number from 1 "
		"to 65535\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, local_ports: [99999999999999999999]}\n",
		"f:2:45: links[0].local_ports[0]: \"99999999999999999999\": port out of range; "
		"expected 1 to 65535\n",
	},
	{
		"devices:\n"
		"  - {name: a, address: 10.0.0.1, side: unknown}\n",
		"f:2:40: devices[0].side: \"unknown\": expected one of external, infra, "
		"internal\n",
	},
	{
		"pagers:\n"
		"  - {type: pager-duty}\n",
		"f:2:12: pagers[0].type: \"pager-duty\": expected one of alertmanager, "
		"pagerduty, slack, webhook, exec, syslog, datadog; did you mean "
		"\"pagerduty\"?\n",
	},
	{
		"pagers:\n"
		"  - {type: email}\n",
		"f:2:12: pagers[0].type: \"email\": expected one of alertmanager, pagerduty, "
		"slack, webhook, exec, syslog, datadog\n",
	},
	{
		"pagers:\n"
		"  - {type: syslog, language: de}\n",
		"f:2:30: pagers[0].language: \"de\": expected one of en, ja\n",
	},
	{
		"pagers:\n"
		"  - {type: syslog, only: {side: infrastructure, severity: pages}}\n",
		"f:2:33: pagers[0].only.side: \"infrastructure\": expected one of external, "
		"infra, internal, unknown\n"
		"f:2:59: pagers[0].only.severity: \"pages\": expected one of page, ticket, "
		"info; did you mean \"page\"?\n",
	},
};

static void unknown_words_and_numbers_are_refused(void **state)
{
	(void)state;
	assert_wrong(wrong_words_and_numbers, COUNT_OF(wrong_words_and_numbers));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syntax_errors_have_their_place),
		cmocka_unit_test(errors_of_shape_have_their_place),
		cmocka_unit_test(unknown_words_and_numbers_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
