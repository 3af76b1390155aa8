/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configurations whose values do not go together, and such with several mistakes; each with every
 * line that is said about it.
 */
#include "config_text.h"

static const struct wrong wrong_together[] = {
	{
		"links:\n"
		"  - {name: a, kind: external}\n",
		"f:2:5: links[0]: missing key \"endpoints\" or \"local_ports\"; expected one "
		"of them at least\n",
	},
	{
		"links:\n"
		"  - {name: others, kind: external, endpoints: [192.0.2.1]}\n",
		"f:2:12: links[0].name: \"others\": reserved for links that find no room; "
		"expected another name\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, endpoints: [192.0.2.1]}\n"
		"  - {name: a, kind: infra, endpoints: [192.0.2.2]}\n",
		"f:3:12: links[1].name: \"a\": already the name of links[0]; expected another\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, endpoints: [192.0.2.1], silence_after: 2s}\n",
		"f:2:70: links[0].silence_after: silence is no fault of this link; expected "
		"\"feed: true\" beside it\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, endpoints: [192.0.2.1], feed: false, "
		"silence_after: 2s}\n",
		"f:2:83: links[0].silence_after: silence is no fault of this link; expected "
		"\"feed: true\" beside it\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, endpoints: [192.0.2.1], via: [edge-ruoter]}\n"
		"devices:\n"
		"  - {name: core, address: 10.0.0.2}\n"
		"  - {name: edge-router, address: 10.0.0.1}\n",
		"f:2:61: links[0].via[0]: \"edge-ruoter\": no such device; expected a name "
		"from \"devices\"; did you mean \"edge-router\"?\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, endpoints: [192.0.2.1], via: [somewhere]}\n",
		"f:2:61: links[0].via[0]: \"somewhere\": no such device; expected a name from "
		"\"devices\"\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, endpoints: [192.0.2.1], via: [r, s, r]}\n"
		"devices:\n"
		"  - {name: r, address: 10.0.0.1}\n"
		"  - {name: s, address: 10.0.0.2}\n",
		"f:2:67: links[0].via[2]: \"r\": already on the way; expected each device "
		"once\n",
	},
	{
		"devices:\n"
		"  - {name: r, address: 10.0.0.1}\n"
		"  - {name: r, address: 10.0.0.2}\n",
		"f:3:12: devices[1].name: \"r\": already the name of devices[0]; expected "
		"another\n",
	},
	{
		"devices:\n"
		"  - {name: r, address: 10.0.0.1}\n"
		"  - {name: s, address: \"::ffff:10.0.0.1\"}\n",
		"f:3:24: devices[1].address: \"10.0.0.1\": already the address of devices[0]; "
		"expected another\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, endpoints: [192.0.2.1]}\n"
		"  - {name: b, kind: external, endpoints: [\"::ffff:192.0.2.1\"]}\n",
		"f:3:43: links[1].endpoints[0]: \"192.0.2.1\": already in "
		"links[0].endpoints[0]; expected each in one link, or links that differ in "
		"\"process\"\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, endpoints: [\"192.0.2.1:80\", "
		"\"192.0.2.1:80\"]}\n",
		"f:2:59: links[0].endpoints[1]: \"192.0.2.1:80\": already in "
		"links[0].endpoints[0]; expected each in one link, or links that differ in "
		"\"process\"\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, local_ports: [80], process: x}\n"
		"  - {name: b, kind: external, local_ports: [81, 80], process: x}\n",
		"f:3:49: links[1].local_ports[1]: \"80\": already in links[0].local_ports[0]; "
		"expected each in one link, or links that differ in \"process\"\n",
	},
	{
		"links:\n"
		"  - &a {name: a, kind: external, local_ports: [80]}\n"
		"  - *a\n",
		"f:2:15: links[1].name: \"a\": already the name of links[0]; expected another\n"
		"f:2:48: links[1].local_ports[0]: \"80\": already in links[0].local_ports[0]; "
		"expected each in one link, or links that differ in \"process\"\n",
	},
	{
		"pagers:\n"
		"  - {type: alertmanager}\n"
		"  - {type: pagerduty}\n"
		"  - {type: slack}\n"
		"  - {type: webhook}\n"
		"  - {type: exec}\n"
		"  - {type: datadog}\n",
		"f:2:5: pagers[0]: missing key \"url\"; a pager of type alertmanager needs it\n"
		"f:3:5: pagers[1]: missing key \"routing_key_file\"; a pager of type pagerduty "
		"needs it\n"
		"f:4:5: pagers[2]: missing key \"url_file\"; a pager of type slack needs it\n"
		"f:5:5: pagers[3]: missing key \"url\"; a pager of type webhook needs it\n"
		"f:6:5: pagers[4]: missing key \"command\"; a pager of type exec needs it\n"
		"f:7:5: pagers[5]: missing key \"url\"; a pager of type datadog needs it\n"
		"f:7:5: pagers[5]: missing key \"api_key_file\"; a pager of type datadog needs "
		"it\n",
	},
	{
		"pagers:\n"
		"  - {type: slack, url: \"https://x/\", url_file: /x}\n",
		"f:2:24: pagers[0].url: a pager of type slack does not take it; expected "
		"url_file\n",
	},
	{
		"pagers:\n"
		"  - {type: syslog, url: \"https://x/\"}\n",
		"f:2:25: pagers[0].url: a pager of type syslog does not take it; expected no "
		"key of its own\n",
	},
	{
		"pagers:\n"
		"  - {type: webhook, url: \"https://x/\", api_key_file: /x}\n",
		"f:2:54: pagers[0].api_key_file: a pager of type webhook does not take it; "
		"expected url or secret_file\n",
	},
	{
		"pagers:\n"
		"  - {type: exec, command: [/x], routing_key_file: /x}\n",
		"f:2:51: pagers[0].routing_key_file: a pager of type exec does not take it; "
		"expected command\n",
	},
	{
		"links:\n"
		"  - {name: rates, kind: external, endpoints: [192.0.2.1], owner: "
		"rates-oncall}\n"
		"pagers:\n"
		"  - {type: syslog, only: {owner: rates-on-call}}\n",
		"f:4:34: pagers[0].only.owner: \"rates-on-call\": no link has this owner; "
		"expected that of one of \"links\"; did you mean \"rates-oncall\"?\n",
	},
	{
		"pagers:\n"
		"  - {type: syslog, only: {owner: nobody}}\n",
		"f:2:34: pagers[0].only.owner: \"nobody\": no link has this owner; expected "
		"that of one of \"links\"\n",
	},
	{
		"links:\n"
		"  - {name: rates, kind: external, endpoints: [192.0.2.1]}\n"
		"pagers:\n"
		"  - {type: syslog, only: {link: rate}}\n",
		"f:4:33: pagers[0].only.link: \"rate\": no such link; expected a name from "
		"\"links\", or ADDRESS:PORT or :PORT; did you mean \"rates\"?\n",
	},
};

static void values_that_do_not_go_together_are_refused(void **state)
{
	(void)state;
	assert_wrong(wrong_together, COUNT_OF(wrong_together));
}

static const struct wrong several_at_once[] = {
	{
		"interval: 5\n"
		"scop: host\n"
		"links:\n"
		"  - {name: a, kind: extern, endpoints: [203.0.113.0/33], via: [x]}\n"
		"devices: none\n",
		"f:1:11: interval: \"5\": a duration without a unit; expected ms, s, m, h or d "
		"behind the number\n"
		"f:2:1: unknown key \"scop\"; did you mean \"scope\"?\n"
		"f:4:21: links[0].kind: \"extern\": expected one of external, infra, internal; "
		"did you mean \"external\"?\n"
		"f:4:41: links[0].endpoints[0]: \"203.0.113.0/33\": prefix length over 32\n"
		"f:5:10: devices: \"none\"; expected a list\n",
	},
	{
		"interval: 5\n"
		"links:\n"
		"  - {name: a, kind: infra, endpoints: [203.0.113.0/33, 203.0.113.0/33], via: "
		"[x]}\n",
		"f:1:11: interval: \"5\": a duration without a unit; expected ms, s, m, h or d "
		"behind the number\n"
		"f:3:40: links[0].endpoints[0]: \"203.0.113.0/33\": prefix length over 32\n"
		"f:3:56: links[0].endpoints[1]: \"203.0.113.0/33\": prefix length over 32\n"
		"f:3:79: links[0].via[0]: \"x\": no such device; expected a name from "
		"\"devices\"\n",
	},
};

static void all_mistakes_are_told_at_once(void **state)
{
	(void)state;
	assert_wrong(several_at_once, COUNT_OF(several_at_once));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_that_do_not_go_together_are_refused),
		cmocka_unit_test(all_mistakes_are_told_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
