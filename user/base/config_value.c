/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What single values of the configuration must look like, by the name of their key.
 *
 * A key means the same wherever it stands, so its name alone selects the check.  Nothing here knows
 * of other values; what only two of them together make wrong is in config_check.c.
 */
#include "base/config_value.h"

#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/address.h"
#include "base/config.h"
#include "base/duration.h"
#include "base/session.h"

#define GROUP_BUFFER_LEN 65536
#define SOCKET_PATH_MAX	 (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

static int refuse(char why[VALUE_WHY_LEN], const char *reason)
{
	snprintf(why, VALUE_WHY_LEN, "%s", reason);
	return -EINVAL;
}

static int check_duration(const char *text, uint64_t low_ns, uint64_t high_ns, const char *range,
			  char why[VALUE_WHY_LEN])
{
	uint64_t duration_ns;
	const char *reason;

	if (parse_duration(text, &duration_ns, &reason) != 0)
		return refuse(why, reason);
	if (duration_ns < low_ns || duration_ns > high_ns) {
		snprintf(why, VALUE_WHY_LEN, "out of range; expected %s", range);
		return -EINVAL;
	}
	return 0;
}

static int check_interval(const char *text, char why[VALUE_WHY_LEN])
{
	return check_duration(text, 100 * NS_PER_MS, 60 * NS_PER_SECOND, "100ms to 60s", why);
}

static int check_silence(const char *text, char why[VALUE_WHY_LEN])
{
	return check_duration(text, 10 * NS_PER_MS, NS_PER_DAY, "10ms to 1d", why);
}

static int check_false_pages(const char *text, char why[VALUE_WHY_LEN])
{
	const char *reason;
	double per_day;

	if (parse_rate(text, &per_day, &reason) != 0)
		return refuse(why, reason);
	if (per_day < 1e-4 || per_day > 1000)
		return refuse(why, "out of range; expected 1 per 10000d to 1000 per 1d");
	return 0;
}

static int check_session(const char *text, char why[VALUE_WHY_LEN])
{
	struct session_window window;
	const char *reason;

	return parse_session(text, &window, &reason) == 0 ? 0 : refuse(why, reason);
}

static int check_endpoint(const char *text, char why[VALUE_WHY_LEN])
{
	char right[ENDPOINT_TEXT_LEN];
	struct endpoint endpoint;
	const char *reason;

	if (parse_endpoint(text, &endpoint, &reason) == 0)
		return 0;
	if (parse_endpoint_masked(text, &endpoint, &reason) != 0)
		return refuse(why, reason);
	snprintf(why, VALUE_WHY_LEN,
		 "address has bits set beyond the prefix length; expected \"%s\"",
		 format_endpoint(&endpoint, right));
	return -EINVAL;
}

static int check_address(const char *text, char why[VALUE_WHY_LEN])
{
	struct address address;

	if (parse_address(text, &address) != 0)
		return refuse(why,
			      "not an address; expected IPv4 or IPv6 alone, such as 10.77.0.1");
	if (address_is_unspecified(&address))
		return refuse(why, "the unspecified address; expected that of one device");
	return 0;
}

static int check_listen(const char *text, char why[VALUE_WHY_LEN])
{
	struct endpoint endpoint;
	const char *reason;

	if (text[0] == '\0')
		return 0;
	if (parse_endpoint(text, &endpoint, &reason) != 0 || endpoint.prefix_bits != 128 ||
	    endpoint.port_low != endpoint.port_high)
		return refuse(why,
			      "not ADDRESS:PORT; expected such as 127.0.0.1:9435 or [::1]:9435, "
			      "or \"\" to listen nowhere");
	return 0;
}

static int check_path(const char *text, char why[VALUE_WHY_LEN])
{
	if (text[0] != '/')
		return refuse(why, "not an absolute path; expected it to begin with a slash");
	return 0;
}

static int check_socket_path(const char *text, size_t limit, char why[VALUE_WHY_LEN])
{
	size_t len = strlen(text);

	if (len > limit) {
		snprintf(why, VALUE_WHY_LEN,
			 "%zu bytes are too long for a socket; expected at most %zu", len, limit);
		return -EINVAL;
	}
	return check_path(text, why);
}

static int check_control(const char *text, char why[VALUE_WHY_LEN])
{
	return check_socket_path(text, SOCKET_PATH_MAX, why);
}

/* The control socket stands in it unless the file says otherwise. */
static int check_state_dir(const char *text, char why[VALUE_WHY_LEN])
{
	return check_socket_path(text, SOCKET_PATH_MAX - strlen(CONFIG_CONTROL_NAME), why);
}

static int check_group(const char *text, char why[VALUE_WHY_LEN])
{
	char buffer[GROUP_BUFFER_LEN];
	struct group group, *found = NULL;

	if (getgrnam_r(text, &group, buffer, sizeof(buffer), &found) != 0 || !found)
		return refuse(why, "no such group on this host; expected one of getent group");
	return 0;
}

static int check_name(const char *text, char why[VALUE_WHY_LEN])
{
	static const char alphanumeric[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					   "0123456789";
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";

	if (!strchr(alphanumeric, text[0]) || strspn(text, allowed) != strlen(text))
		return refuse(why, "not a name; expected letters, digits, dots, dashes and "
				   "underscores, with a letter or digit in front");
	return 0;
}

static int check_url(const char *text, char why[VALUE_WHY_LEN])
{
	size_t host_len;
	const char *host;

	if (strncmp(text, "http://", 7) == 0)
		host = text + 7;
	else if (strncmp(text, "https://", 8) == 0)
		host = text + 8;
	else
		return refuse(why, "not a URL for a pager; expected http:// or https:// in front");
	host_len = strcspn(host, "/?#");
	if (host_len == 0 || host[0] == ':')
		return refuse(why, "a URL without a host; expected such as http://127.0.0.1:9093");
	if (memchr(host, '@', host_len)) {
		refuse(why, "a user or password in the URL; expected secrets in a file");
		return -EPERM;
	}
	if (strpbrk(text, " \\\"<>"))
		return refuse(why,
			      "a character that no URL holds; expected it as %20 and the like");
	return 0;
}

static const struct {
	const char *key;
	int (*check)(const char *text, char why[VALUE_WHY_LEN]);
	bool first_only; /* of a list */
} checks[] = {
	{"interval", check_interval, false},
	{"state_dir", check_state_dir, false},
	{"control", check_control, false},
	{"control_group", check_group, false},
	{"listen", check_listen, false},
	{"false_pages", check_false_pages, false},
	{"name", check_name, false},
	{"endpoints", check_endpoint, false},
	{"silence_after", check_silence, false},
	{"session", check_session, false},
	{"address", check_address, false},
	{"url", check_url, false},
	{"url_file", check_path, false},
	{"routing_key_file", check_path, false},
	{"secret_file", check_path, false},
	{"api_key_file", check_path, false},
	{"command", check_path, true},
};

int check_config_value(const char *key, size_t index, const char *text, char why[VALUE_WHY_LEN])
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		if (strcmp(checks[i].key, key) == 0)
			return checks[i].first_only && index > 0 ? 0 : checks[i].check(text, why);
	}
	return 0;
}
