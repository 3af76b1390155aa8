/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the texts of the file to the configuration, with defaults filled in.
 *
 * Single values were checked before, and those found wrong are left zero here, so that the checks
 * between values still run and a person sees all mistakes at once.  Memory is the only thing that
 * can fail; what was built until then belongs to the pool.
 */
#include "base/config_build.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/config.h"
#include "base/config_schema.h"
#include "base/duration.h"
#include "base/pool.h"
#include "base/session.h"

#define DEFAULT_INTERVAL    "1s"
#define DEFAULT_STATE_DIR   "/var/lib/faultline"
#define DEFAULT_LISTEN	    "127.0.0.1:9435"
#define DEFAULT_FALSE_PAGES "1 per 30d"

/* Copies @text, or @otherwise when it was left out; NULL stays NULL. */
static int copy_text(char **target, const char *text, const char *otherwise, struct pool *pool)
{
	const char *source = text ? text : otherwise;

	*target = NULL;
	if (!source)
		return 0;
	*target = pool__strdup(pool, source);
	return *target ? 0 : -ENOMEM;
}

/* A copy of the list with NULL behind the last text. */
static int copy_texts(char ***target, char *const *texts, size_t count, struct pool *pool)
{
	char **copies = pool__zalloc(pool, count + 1, sizeof(*copies));

	if (!copies)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (copy_text(&copies[i], texts[i], NULL, pool) != 0)
			return -ENOMEM;
	}
	*target = copies;
	return 0;
}

static int build_endpoints(struct config_link *link, const struct raw_link *raw, struct pool *pool)
{
	const char *why;

	if (raw->endpoints_count == 0)
		return 0;
	link->endpoints = pool__zalloc(pool, raw->endpoints_count, sizeof(*link->endpoints));
	if (!link->endpoints)
		return -ENOMEM;
	link->endpoint_count = raw->endpoints_count;
	for (size_t i = 0; i < raw->endpoints_count; i++)
		parse_endpoint(raw->endpoints[i], &link->endpoints[i], &why);
	return 0;
}

static int build_local_ports(struct config_link *link, const struct raw_link *raw,
			     struct pool *pool)
{
	size_t count = raw->local_ports_count;

	if (count == 0)
		return 0;
	link->local_ports = pool__zalloc(pool, count, sizeof(*link->local_ports));
	if (!link->local_ports)
		return -ENOMEM;
	link->local_port_count = count;
	memcpy(link->local_ports, raw->local_ports, count * sizeof(*link->local_ports));
	return 0;
}

static int build_session(struct config_link *link, const struct raw_link *raw, struct pool *pool)
{
	struct session_window window;
	const char *why;

	if (!raw->session || parse_session(raw->session, &window, &why) != 0)
		return 0;
	link->session = pool__zalloc(pool, 1, sizeof(*link->session));
	if (!link->session)
		return -ENOMEM;
	*link->session = window;
	return copy_text(&link->session->zone, window.zone, NULL, pool);
}

static int build_link(struct config_link *link, const struct raw_link *raw, struct pool *pool)
{
	const char *why;

	link->kind = RAW_OR(raw->kind, LINK_EXTERNAL);
	link->feed = raw->feed;
	link->via_count = raw->via_count;
	if (raw->silence_after)
		parse_duration(raw->silence_after, &link->silence_after_ns, &why);
	if (copy_text(&link->name, raw->name, NULL, pool) != 0 ||
	    copy_text(&link->process, raw->process, NULL, pool) != 0 ||
	    copy_text(&link->owner, raw->owner, NULL, pool) != 0 ||
	    copy_text(&link->contact, raw->contact, NULL, pool) != 0 ||
	    (raw->via_count && copy_texts(&link->via, raw->via, raw->via_count, pool) != 0) ||
	    build_endpoints(link, raw, pool) != 0 || build_local_ports(link, raw, pool) != 0 ||
	    build_session(link, raw, pool) != 0)
		return -ENOMEM;
	return 0;
}

static int build_device(struct config_device *device, const struct raw_device *raw,
			struct pool *pool)
{
	parse_address(raw->address, &device->address);
	device->side = RAW_OR(raw->side, SIDE_INFRA);
	return copy_text(&device->name, raw->name, NULL, pool);
}

static int build_only(struct config_pager *pager, const struct raw_only *raw, struct pool *pool)
{
	const char *severity = raw->severity ? severity_word(raw->severity) : NULL;

	pager->only.side_set = raw->side != 0;
	pager->only.side = RAW_OR(raw->side, SIDE_UNKNOWN);
	if (copy_text(&pager->only.owner, raw->owner, NULL, pool) != 0 ||
	    copy_text(&pager->only.link, raw->link, NULL, pool) != 0 ||
	    copy_text(&pager->only.severity, severity, NULL, pool) != 0)
		return -ENOMEM;
	return 0;
}

static int build_pager(struct config_pager *pager, const struct raw_pager *raw, struct pool *pool)
{
	pager->type = RAW_OR(raw->type, PAGER_SYSLOG);
	pager->language_set = raw->language != 0;
	pager->language = RAW_OR(raw->language, LANGUAGE_EN);
	if (copy_text(&pager->url, raw->url, NULL, pool) != 0 ||
	    copy_text(&pager->url_file, raw->url_file, NULL, pool) != 0 ||
	    copy_text(&pager->routing_key_file, raw->routing_key_file, NULL, pool) != 0 ||
	    copy_text(&pager->secret_file, raw->secret_file, NULL, pool) != 0 ||
	    copy_text(&pager->api_key_file, raw->api_key_file, NULL, pool) != 0)
		return -ENOMEM;
	if (raw->command_count &&
	    copy_texts(&pager->command, raw->command, raw->command_count, pool) != 0)
		return -ENOMEM;
	return raw->only ? build_only(pager, raw->only, pool) : 0;
}

static int build_lists(struct config *config, const struct raw_config *raw, struct pool *pool)
{
	int err = 0;

	config->links = pool__zalloc(pool, raw->links_count, sizeof(*config->links));
	config->devices = pool__zalloc(pool, raw->devices_count, sizeof(*config->devices));
	config->pagers = pool__zalloc(pool, raw->pagers_count, sizeof(*config->pagers));
	if (!config->links || !config->devices || !config->pagers)
		return -ENOMEM;
	config->link_count = raw->links_count;
	config->device_count = raw->devices_count;
	config->pager_count = raw->pagers_count;

	for (size_t i = 0; !err && i < config->link_count; i++)
		err = build_link(&config->links[i], &raw->links[i], pool);
	for (size_t i = 0; !err && i < config->device_count; i++)
		err = build_device(&config->devices[i], &raw->devices[i], pool);
	for (size_t i = 0; !err && i < config->pager_count; i++)
		err = build_pager(&config->pagers[i], &raw->pagers[i], pool);
	return err;
}

/* The control socket stands in the folder of the state unless the file says where. */
static int build_control(struct config *config, const struct raw_config *raw, struct pool *pool)
{
	size_t len;

	if (raw->control)
		return copy_text(&config->control, raw->control, NULL, pool);
	len = strlen(config->state_dir) + sizeof(CONFIG_CONTROL_NAME);
	config->control = pool__zalloc(pool, len, 1);
	if (!config->control)
		return -ENOMEM;
	snprintf(config->control, len, "%s%s", config->state_dir, CONFIG_CONTROL_NAME);
	return 0;
}

int config_build(struct config *config, const struct raw_config *raw, struct pool *pool)
{
	const char *why;

	parse_duration(raw->interval ? raw->interval : DEFAULT_INTERVAL, &config->interval_ns,
		       &why);
	parse_rate(raw->false_pages ? raw->false_pages : DEFAULT_FALSE_PAGES,
		   &config->false_pages_per_day, &why);
	config->scope = RAW_OR(raw->scope, SCOPE_HOST);
	config->language = RAW_OR(raw->language, LANGUAGE_EN);
	if (copy_text(&config->state_dir, raw->state_dir, DEFAULT_STATE_DIR, pool) != 0 ||
	    copy_text(&config->control_group, raw->control_group, NULL, pool) != 0 ||
	    copy_text(&config->listen, raw->listen, DEFAULT_LISTEN, pool) != 0 ||
	    build_control(config, raw, pool) != 0)
		return -ENOMEM;
	return build_lists(config, raw, pool);
}
