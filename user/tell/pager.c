/* SPDX-License-Identifier: BSD-2-Clause */
#include "tell/pager.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tell/secret_file.h"

const struct pager_kind *pager_kind(enum pager_type type)
{
	static const struct pager_kind *const kinds[] = {
		[PAGER_ALERTMANAGER] = &pager_alertmanager,
		[PAGER_PAGERDUTY] = &pager_pagerduty,
		[PAGER_SLACK] = &pager_slack,
		[PAGER_WEBHOOK] = &pager_webhook,
		[PAGER_EXEC] = &pager_exec,
		[PAGER_SYSLOG] = &pager_syslog,
		[PAGER_DATADOG] = &pager_datadog,
	};

	return kinds[type];
}

/*
 * A page is refused for good only by what speaks of its content.  A wrong key or address is for a
 * person to set right, and until then the page waits.
 */
enum answer judge_status(long status)
{
	switch (status) {
	case 200 ... 299:
		return ANSWER_DELIVERED;
	case 400:
	case 413:
	case 414:
	case 415:
	case 422:
		return ANSWER_REFUSED_PAGE;
	case 408:
	case 425:
	case 429:
		return ANSWER_AGAIN;
	default:
		return status >= 300 && status < 500 ? ANSWER_REFUSED_US : ANSWER_AGAIN;
	}
}

static bool lists_link(const struct page_event *event, const char *link)
{
	const json_t *item;
	size_t i;

	json_array_foreach(event->links, i, item) {
		const char *name = json_string_value(item);

		if (name && !strcmp(name, link))
			return true;
	}
	return false;
}

bool pager_wants(const struct config_pager *pager, const struct page_event *event)
{
	if (pager->only.owner && strcmp(pager->only.owner, event->owner) != 0)
		return false;
	if (pager->only.link && !lists_link(event, pager->only.link))
		return false;
	if (pager->only.severity && strcmp(pager->only.severity, severity_name(event->severity)))
		return false;
	return !pager->only.side_set || pager->only.side == event->side;
}

/* FNV-1a, 64 bits, with the zero at the end so that "ab", "c" is not "a", "bc". */
static uint64_t mix(uint64_t hash, const char *text)
{
	for (const char *byte = text ? text : "";; byte++) {
		hash = (hash ^ (unsigned char)*byte) * 0x100000001b3ULL;
		if (!*byte)
			return hash;
	}
}

void pager_key(const struct config_pager *pager, char key[PAGER_KEY_LEN])
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	hash = mix(mix(mix(hash, pager->url), pager->url_file), pager->routing_key_file);
	hash = mix(mix(hash, pager->secret_file), pager->api_key_file);
	for (char *const *word = pager->command; word && *word; word++)
		hash = mix(hash, *word);
	snprintf(key, PAGER_KEY_LEN, "%s-%016llx", pager_kind(pager->type)->name,
		 (unsigned long long)hash);
}

int pager_check_secrets(const struct config_pager *pager, char why[PAGER_WHY_LEN])
{
	const char *const paths[] = {pager->url_file, pager->routing_key_file, pager->secret_file,
				     pager->api_key_file};
	char secret[SECRET_LEN];
	int err = 0;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths) && !err; i++) {
		if (paths[i])
			err = secret_file__read(paths[i], secret, why, PAGER_WHY_LEN);
	}
	secret__forget(secret);
	return err;
}

int delivery__line(struct delivery *delivery, const char *format, ...)
{
	va_list arguments;
	int len;

	if (delivery->line_count == DELIVERY_LINES_MAX)
		return -E2BIG;
	va_start(arguments, format);
	len = vasprintf(&delivery->lines[delivery->line_count], format, arguments);
	va_end(arguments);
	if (len < 0) {
		delivery->lines[delivery->line_count] = NULL;
		return -ENOMEM;
	}
	delivery->line_count++;
	return 0;
}

int delivery__json(struct delivery *delivery, json_t *object)
{
	if (!object)
		return -ENOMEM;
	delivery->body = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9));
	json_decref(object);
	if (!delivery->body)
		return -ENOMEM;
	delivery->len = strlen(delivery->body);
	return delivery__line(delivery, "Content-Type: application/json");
}

int delivery__url(struct delivery *delivery, const char *base, const char *path)
{
	const char *host = strstr(base, "://");
	const char *own = strchr(host ? host + 3 : base, '/');
	size_t len = strlen(base);

	if (own && own[1])
		path = "";
	else if (own)
		len--;
	if (asprintf(&delivery->url, "%.*s%s", (int)len, base, path) < 0) {
		delivery->url = NULL;
		return -ENOMEM;
	}
	return 0;
}

static void forget(char *text, size_t len)
{
	if (text)
		explicit_bzero(text, len);
	free(text);
}

void delivery__drop_lines(struct delivery *delivery)
{
	for (size_t i = 0; i < delivery->line_count; i++) {
		forget(delivery->lines[i], strlen(delivery->lines[i]));
		delivery->lines[i] = NULL;
	}
	delivery->line_count = 0;
}

void delivery__release(struct delivery *delivery)
{
	forget(delivery->url, delivery->url ? strlen(delivery->url) : 0);
	forget(delivery->body, delivery->len);
	delivery__drop_lines(delivery);
	*delivery = (struct delivery){};
}
