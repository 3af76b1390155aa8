/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What makes a pager of the configuration wrong: keys that its type needs or does not have, and
 * being for links that nobody declared.  A pager that can never be called is found here and not at
 * one in the morning.
 */
#include "base/config_check.h"

#include <string.h>

#include "base/config.h"
#include "base/config_schema.h"

enum pager_key {
	KEY_URL = 1 << 0,
	KEY_URL_FILE = 1 << 1,
	KEY_ROUTING_KEY_FILE = 1 << 2,
	KEY_SECRET_FILE = 1 << 3,
	KEY_API_KEY_FILE = 1 << 4,
	KEY_COMMAND = 1 << 5,
};

static const char *const key_names[] = {
	"url", "url_file", "routing_key_file", "secret_file", "api_key_file", "command",
};

#define KEY_COUNT (sizeof(key_names) / sizeof(key_names[0]))

static const struct {
	unsigned required;
	unsigned optional;
} rules[] = {
	[PAGER_ALERTMANAGER] = {KEY_URL, 0},
	[PAGER_PAGERDUTY] = {KEY_ROUTING_KEY_FILE, KEY_URL},
	[PAGER_SLACK] = {KEY_URL_FILE, 0},
	[PAGER_WEBHOOK] = {KEY_URL, KEY_SECRET_FILE},
	[PAGER_EXEC] = {KEY_COMMAND, 0},
	[PAGER_SYSLOG] = {0, 0},
	[PAGER_DATADOG] = {KEY_URL | KEY_API_KEY_FILE, 0},
};

static unsigned given_keys(const struct config_pager *pager)
{
	return (pager->url ? KEY_URL : 0) | (pager->url_file ? KEY_URL_FILE : 0) |
	       (pager->routing_key_file ? KEY_ROUTING_KEY_FILE : 0) |
	       (pager->secret_file ? KEY_SECRET_FILE : 0) |
	       (pager->api_key_file ? KEY_API_KEY_FILE : 0) | (pager->command ? KEY_COMMAND : 0);
}

/* "url or secret_file"; "no key of its own" when there is none. */
static const char *list_keys(unsigned keys, char list[QUOTED_LEN])
{
	size_t len = 0;

	for (size_t i = 0; i < KEY_COUNT; i++) {
		if (keys & (1u << i))
			len += snprintf(list + len, QUOTED_LEN - len, "%s%s", len ? " or " : "",
					key_names[i]);
	}
	return len ? list : "no key of its own";
}

static void check_keys(const struct config_check *check, size_t index)
{
	const struct config_pager *pager = &check->config->pagers[index];
	unsigned required = rules[pager->type].required;
	unsigned allowed = required | rules[pager->type].optional;
	const char *type = pager_type_word(RAW_WORD(pager->type));
	unsigned given = given_keys(pager);
	char list[QUOTED_LEN];
	struct spot spot;

	for (size_t i = 0; i < KEY_COUNT; i++) {
		unsigned key = 1u << i;

		if ((required & key) && !(given & key)) {
			spot = spot_at(check, "pagers[%zu]", index);
			mistake(check->mistakes, spot.place, spot.path,
				"missing key \"%s\"; a pager of type %s needs it", key_names[i],
				type);
		}
		if ((given & key) && !(allowed & key)) {
			spot = spot_at(check, "pagers[%zu].%s", index, key_names[i]);
			mistake(check->mistakes, spot.place, spot.path,
				"a pager of type %s does not take it; expected %s", type,
				list_keys(allowed, list));
		}
	}
}

static void check_owner(const struct config_check *check, size_t index)
{
	const char *owner = check->config->pagers[index].only.owner;
	struct nearest nearest = {.wrong = owner};
	char quoted[QUOTED_LEN], hint[QUOTED_LEN];
	struct spot spot;

	if (!owner)
		return;
	for (size_t i = 0; i < check->config->link_count; i++) {
		const char *other = check->config->links[i].owner;

		if (other && strcmp(other, owner) == 0)
			return;
		if (other)
			nearest_try(&nearest, other);
	}
	spot = spot_at(check, "pagers[%zu].only.owner", index);
	mistake(check->mistakes, spot.place, spot.path,
		"%s: no link has this owner; expected that of one of \"links\"%s",
		quote(owner, strlen(owner), quoted), nearest_hint(&nearest, hint));
}

static void check_link(const struct config_check *check, size_t index)
{
	const char *link = check->config->pagers[index].only.link;
	struct nearest nearest = {.wrong = link};
	char quoted[QUOTED_LEN], hint[QUOTED_LEN];
	struct spot spot;

	/* A colon is in the names of discovered links alone. */
	if (!link || strchr(link, ':'))
		return;
	for (size_t i = 0; i < check->config->link_count; i++) {
		const char *name = check->config->links[i].name;

		if (strcmp(name, link) == 0)
			return;
		nearest_try(&nearest, name);
	}
	spot = spot_at(check, "pagers[%zu].only.link", index);
	mistake(check->mistakes, spot.place, spot.path,
		"%s: no such link; expected a name from \"links\", or ADDRESS:PORT or :PORT%s",
		quote(link, strlen(link), quoted), nearest_hint(&nearest, hint));
}

void config_check_pagers(const struct config_check *check)
{
	for (size_t i = 0; i < check->config->pager_count; i++) {
		check_keys(check, i);
		check_owner(check, i);
		check_link(check, i);
	}
}
