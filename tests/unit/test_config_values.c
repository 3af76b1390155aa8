/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configurations of the right shape with single values that are wrong; each with every line that is
 * said about it.
 */
#include "config_text.h"

static const struct wrong wrong_values[] = {
	{
		"interval: 99ms\n",
		"f:1:11: interval: \"99ms\": out of range; expected 100ms to 60s\n",
	},
	{
		"interval: 61s\n",
		"f:1:11: interval: \"61s\": out of range; expected 100ms to 60s\n",
	},
	{
		"interval: 5\n",
		"f:1:11: interval: \"5\": a duration without a unit; expected ms, s, m, h or d "
		"behind the number\n",
	},
	{
		"interval: fast\n",
		"f:1:11: interval: \"fast\": not a duration; expected a whole number and ms, "
		"s, m, h or d, such as 2s\n",
	},
	{
		"interval: 1d\n",
		"f:1:11: interval: \"1d\": out of range; expected 100ms to 60s\n",
	},
	{
		"false_pages: 0 per 30d\n",
		"f:1:14: false_pages: \"0 per 30d\": a rate of or per nothing; expected a "
		"number and a duration above zero\n",
	},
	{
		"false_pages: 1 a month\n",
		"f:1:14: false_pages: \"1 a month\": not a rate; expected a number, \"per\" "
		"and a duration, such as 1 per 30d\n",
	},
	{
		"false_pages: 1 per 20000d\n",
		"f:1:14: false_pages: \"1 per 20000d\": out of range; expected 1 per 10000d to "
		"1000 per 1d\n",
	},
	{
		"false_pages: 1001 per 1d\n",
		"f:1:14: false_pages: \"1001 per 1d\": out of range; expected 1 per 10000d to "
		"1000 per 1d\n",
	},
	{
		"false_pages: 1 per 30\n",
		"f:1:14: false_pages: \"1 per 30\": a duration without a unit; expected ms, s, "
		"m, h or d behind the number\n",
	},
	{
		"state_dir: state\n",
		"f:1:12: state_dir: \"state\": not an absolute path; expected it to begin with "
		"a slash\n",
	},
	{
		"control: run/control.sock\n",
		"f:1:10: control: \"run/control.sock\": not an absolute path; expected it to "
		"begin with a slash\n",
	},
	{
		"control: "
		"/ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
		"cccccccccccccccccccccccccc\n",
		"f:1:10: control: "
		"\"/"
		"ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc..."
		"\": "
		"108 bytes are too long for a socket; expected at most 107\n",
	},
	{
		"state_dir: "
		"/sssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"
		"sssssssssssss\n",
		"f:1:12: state_dir: "
		"\"/"
		"sssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss..."
		"\": "
		"95 bytes are too long for a socket; expected at most 94\n",
	},
	{
		"control_group: no-such-group\n",
		"f:1:16: control_group: \"no-such-group\": no such group on this host; "
		"expected one of getent group\n",
	},
	{
		"listen: 9435\n",
		"f:1:9: listen: \"9435\": not ADDRESS:PORT; expected such as 127.0.0.1:9435 or "
		"[::1]:9435, or \"\" to listen nowhere\n",
	},
	{
		"listen: 127.0.0.1\n",
		"f:1:9: listen: \"127.0.0.1\": not ADDRESS:PORT; expected such as "
		"127.0.0.1:9435 or [::1]:9435, or \"\" to listen nowhere\n",
	},
	{
		"listen: localhost:9435\n",
		"f:1:9: listen: \"localhost:9435\": not ADDRESS:PORT; expected such as "
		"127.0.0.1:9435 or [::1]:9435, or \"\" to listen nowhere\n",
	},
	{
		"listen: 127.0.0.1:0\n",
		"f:1:9: listen: \"127.0.0.1:0\": not ADDRESS:PORT; expected such as "
		"127.0.0.1:9435 or [::1]:9435, or \"\" to listen nowhere\n",
	},
	{
		"listen: 127.0.0.0/8:9435\n",
		"f:1:9: listen: \"127.0.0.0/8:9435\": not ADDRESS:PORT; expected such as "
		"127.0.0.1:9435 or [::1]:9435, or \"\" to listen nowhere\n",
	},
	{
		"listen: 127.0.0.1:9435-9436\n",
		"f:1:9: listen: \"127.0.0.1:9435-9436\": not ADDRESS:PORT; expected such as "
		"127.0.0.1:9435 or [::1]:9435, or \"\" to listen nowhere\n",
	},
	{
		"listen:\n",
		"f:1:8: listen: no value; expected a text\n",
	},
	{
		"links:\n"
		"  - {name: -a, kind: external, endpoints: [192.0.2.1]}\n",
		"f:2:12: links[0].name: \"-a\": not a name; expected letters, digits, dots, "
		"dashes and underscores, with a letter or digit in front\n",
	},
	{
		"links:\n"
		"  - {name: \"a b\", kind: external, endpoints: [192.0.2.1]}\n",
		"f:2:12: links[0].name: \"a b\": not a name; expected letters, digits, dots, "
		"dashes and underscores, with a letter or digit in front\n",
	},
	{
		"links:\n"
		"  - {name: \"a:80\", kind: external, endpoints: [192.0.2.1]}\n",
		"f:2:12: links[0].name: \"a:80\": not a name; expected letters, digits, dots, "
		"dashes and underscores, with a letter or digit in front\n",
	},
	{
		"links:\n"
		"  - {name: 相場, kind: external, endpoints: [x]}\n",
		"f:2:12: links[0].name: \"相場\": not a name; expected letters, digits, dots, "
		"dashes and underscores, with a letter or digit in front\n"
		"f:2:44: links[0].endpoints[0]: \"x\": not an address; expected IPv4, IPv6 or "
		"a prefix, names are not resolved\n",
	},
	{
		"links:\n"
		"  - {name: nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn, "
		"kind: external, endpoints: [192.0.2.1]}\n",
		"f:2:12: links[0].name: "
		"\"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\": 64 "
		"bytes; expected at most 63\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, endpoints: [192.0.2.1], process: "
		"sixteen-letters-}\n",
		"f:2:64: links[0].process: \"sixteen-letters-\": 16 bytes; expected at most "
		"15\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, endpoints: [192.0.2.1], process: \"\"}\n",
		"f:2:64: links[0].process: an empty text; expected at least one character\n",
	},
	{
		"links:\n"
		"  - name: a\n"
		"    kind: external\n"
		"    endpoints:\n"
		"      - 203.0.113.0/33\n"
		"      - 203.0.113.77/24:7001\n"
		"      - \"[2001:db8::1]/64\"\n"
		"      - feed.example.com:7001\n"
		"      - 192.0.2.1:70000\n"
		"      - 192.0.2.1:90-80\n"
		"      - \"\"\n",
		"f:5:9: links[0].endpoints[0]: \"203.0.113.0/33\": prefix length over 32\n"
		"f:6:9: links[0].endpoints[1]: \"203.0.113.77/24:7001\": address has bits set "
		"beyond the prefix length; expected \"203.0.113.0/24:7001\"\n"
		"f:7:9: links[0].endpoints[2]: \"[2001:db8::1]/64\": address has bits set "
		"beyond the prefix length; expected \"2001:db8::/64\"\n"
		"f:8:9: links[0].endpoints[3]: \"feed.example.com:7001\": not an address; "
		"expected IPv4, IPv6 or a prefix, names are not resolved\n"
		"f:9:9: links[0].endpoints[4]: \"192.0.2.1:70000\": port out of range; "
		"expected 1 to 65535\n"
		"f:10:9: links[0].endpoints[5]: \"192.0.2.1:90-80\": port range runs "
		"backwards; expected the lower port first\n"
		"f:11:9: links[0].endpoints[6]: an empty text; expected at least one "
		"character\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, endpoints: [192.0.2.1], feed: true, "
		"silence_after: 5ms}\n",
		"f:2:82: links[0].silence_after: \"5ms\": out of range; expected 10ms to 1d\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, endpoints: [192.0.2.1], feed: true, "
		"silence_after: 2}\n",
		"f:2:82: links[0].silence_after: \"2\": a duration without a unit; expected "
		"ms, s, m, h or d behind the number\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, endpoints: [192.0.2.1], session: Mon-Fri}\n",
		"f:2:64: links[0].session: \"Mon-Fri\": no times behind the days; expected "
		"HH:MM-HH:MM such as 22:30-05:00\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, endpoints: [192.0.2.1], session: Mon-Fri "
		"22:30-05:00 ../../etc/passwd}\n",
		"f:2:64: links[0].session: \"Mon-Fri 22:30-05:00 ../../etc/passwd\": unknown "
		"time zone; expected a name from /usr/share/zoneinfo/ such as Asia/Tokyo\n",
	},
	{
		"links:\n"
		"  - {name: a, kind: external, endpoints: [192.0.2.1], contact: \"a\\tb\"}\n",
		"f:2:64: links[0].contact: \"a\\x09b\": control characters; expected one line "
		"of text\n",
	},
	{
		"devices:\n"
		"  - {name: a, address: 10.0.0.0/8}\n",
		"f:2:24: devices[0].address: \"10.0.0.0/8\": not an address; expected IPv4 or "
		"IPv6 alone, such as 10.77.0.1\n",
	},
	{
		"devices:\n"
		"  - {name: a, address: 0.0.0.0}\n",
		"f:2:24: devices[0].address: \"0.0.0.0\": the unspecified address; expected "
		"that of one device\n",
	},
	{
		"devices:\n"
		"  - {name: a, address: gateway}\n",
		"f:2:24: devices[0].address: \"gateway\": not an address; expected IPv4 or "
		"IPv6 alone, such as 10.77.0.1\n",
	},
	{
		"devices:\n"
		"  - {name: \"\", address: 10.0.0.1}\n",
		"f:2:12: devices[0].name: an empty text; expected at least one character\n",
	},
	{
		"pagers:\n"
		"  - {type: alertmanager, url: \"127.0.0.1:9093\"}\n",
		"f:2:31: pagers[0].url: \"127.0.0.1:9093\": not a URL for a pager; expected "
		"http:// or https:// in front\n",
	},
	{
		"pagers:\n"
		"  - {type: alertmanager, url: \"ftp://x/\"}\n",
		"f:2:31: pagers[0].url: \"ftp://x/\": not a URL for a pager; expected http:// "
		"or https:// in front\n",
	},
	{
		"pagers:\n"
		"  - {type: alertmanager, url: \"http://\"}\n",
		"f:2:31: pagers[0].url: \"http://\": a URL without a host; expected such as "
		"http://127.0.0.1:9093\n",
	},
	{
		"pagers:\n"
		"  - {type: alertmanager, url: \"http://:9093/\"}\n",
		"f:2:31: pagers[0].url: \"http://:9093/\": a URL without a host; expected such "
		"as http://127.0.0.1:9093\n",
	},
	{
		"pagers:\n"
		"  - {type: alertmanager, url: \"https://me:secret@x/\"}\n",
		"f:2:31: pagers[0].url: value not shown: a user or password in the URL; "
		"expected secrets in a file\n",
	},
	{
		"pagers:\n"
		"  - {type: alertmanager, url: \"http://x/a b\"}\n",
		"f:2:31: pagers[0].url: \"http://x/a b\": a character that no URL holds; "
		"expected it as %20 and the like\n",
	},
	{
		"pagers:\n"
		"  - {type: pagerduty, routing_key_file: pd.key}\n",
		"f:2:41: pagers[0].routing_key_file: \"pd.key\": not an absolute path; "
		"expected it to begin with a slash\n",
	},
	{
		"pagers:\n"
		"  - {type: slack, url_file: slack.url}\n",
		"f:2:29: pagers[0].url_file: \"slack.url\": not an absolute path; expected it "
		"to begin with a slash\n",
	},
	{
		"pagers:\n"
		"  - {type: webhook, url: \"https://x/\", secret_file: key}\n",
		"f:2:53: pagers[0].secret_file: \"key\": not an absolute path; expected it to "
		"begin with a slash\n",
	},
	{
		"pagers:\n"
		"  - {type: datadog, url: \"https://x/\", api_key_file: key}\n",
		"f:2:54: pagers[0].api_key_file: \"key\": not an absolute path; expected it to "
		"begin with a slash\n",
	},
	{
		"pagers:\n"
		"  - {type: exec, command: [page, now]}\n",
		"f:2:28: pagers[0].command[0]: \"page\": not an absolute path; expected it to "
		"begin with a slash\n",
	},
};

static void each_wrong_value_is_explained(void **state)
{
	(void)state;
	assert_wrong(wrong_values, COUNT_OF(wrong_values));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_wrong_value_is_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
