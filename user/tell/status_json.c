/* SPDX-License-Identifier: BSD-2-Clause */
#include "tell/status_json.h"

#include <string.h>

#include "base/config.h"
#include "judge/judge.h"
#include "tell/health.h"
#include "tell/metrics.h"
#include "tell/trail.h"

static json_t *reading_json(struct reading reading)
{
	return reading.known ? json_real(reading.value) : json_null();
}

json_t *figures_json__new(const struct judge *judge, const char *link)
{
	static const char *const keys[] = {
#define FIGURE_KEY(name, key, unit) [FIGURE_##name] = key,
		LINK_FIGURES(FIGURE_KEY)
#undef FIGURE_KEY
	};
	struct link_figures figures;
	json_t *object = json_object();

	judge__figures(judge, link, &figures);
	for (unsigned i = 0; object && i < LINK_FIGURE_COUNT; i++) {
		const struct figure *figure = &figures.figure[i];
		json_t *pair = json_pack("{s:o, s:o}", "now", reading_json(figure->now), "normal",
					 reading_json(figure->normal));

		if (json_object_set_new(object, keys[i], pair)) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static const struct config_link *declared_as(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->link_count; i++) {
		if (!strcmp(config->links[i].name, name))
			return &config->links[i];
	}
	return NULL;
}

/* Copies what the page shows of an object, as it stands there. */
static int take(json_t *from, json_t *into, const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		json_t *value = json_object_get(from, keys[i]);

		if (value && json_object_set(into, keys[i], value))
			return -1;
	}
	return 0;
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *link_status(const struct status_source *source, json_t *link)
{
	static const char *const keys[] = {"name",  "kind", "state",	    "declared", "sockets",
					   "peers", "way",  "last_data_ms", "drops"};
	const char *name = json_string_value(json_object_get(link, "name"));
	const struct config_link *config = declared_as(source->config, name);
	json_t *object = json_object();
	int failed = !object || take(link, object, keys, sizeof(keys) / sizeof(*keys));

	failed |= json_object_set_new(object, "owner", text_or_null(config ? config->owner : NULL));
	failed |= json_object_set_new(object, "contact",
				      text_or_null(config ? config->contact : NULL));
	failed |= json_object_set_new(object, "figures", figures_json__new(source->judge, name));
	if (source->trails)
		failed |= json_object_set_new(object, "trail", trails__json(source->trails, name));
	if (!failed)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *link_list(const struct status_source *source)
{
	json_t *list = json_array(), *link;
	size_t i;

	json_array_foreach(json_object_get(source->links, "links"), i, link) {
		if (json_array_append_new(list, link_status(source, link))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* Of the host what the page has room for. */
static json_t *host_status(json_t *host)
{
	static const char *const keys[] = {"pressure", "load",	     "conntrack", "ports",
					   "files",    "interfaces", "processes", "changes"};
	json_t *object = json_object();

	if (object && !take(host, object, keys, sizeof(keys) / sizeof(*keys)))
		return object;
	json_decref(object);
	return NULL;
}

static json_t *pager_list(const struct status_source *source)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < source->pager_count; i++) {
		const struct metrics_pager *pager = &source->pagers[i];
		json_t *object = json_pack(
			"{s:s, s:b, s:s, s:I, s:I, s:I}", "name", pager->name, "well", pager->well,
			"trouble", pager->trouble, "queued", (json_int_t)pager->queued, "delivered",
			(json_int_t)pager->sent, "failed", (json_int_t)pager->failed);

		if (json_array_append_new(list, object)) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

json_t *status_json__new(const struct status_source *source)
{
	static const char *const keys[] = {"time", "started", "host", "devices", "sensor"};
	json_t *object = json_object();
	const char *language = source->config->language == LANGUAGE_JA ? "ja" : "en";
	int failed = json_object_set_new(object, "schema", json_string(STATUS_SCHEMA));

	failed |= take(source->links, object, keys, sizeof(keys) / sizeof(*keys));
	failed |= json_object_set_new(object, "language", json_string(language));
	failed |= json_object_set_new(object, "links", link_list(source));
	failed |= json_object_set_new(object, "host_state",
				      host_status(json_object_get(source->links, "host_state")));
	failed |= json_object_set(object, "incidents", source->incidents);
	failed |= json_object_set_new(object, "pagers", pager_list(source));
	failed |= json_object_set_new(object, "health",
				      source->health ? health__json(source->health) : json_null());
	if (!failed)
		return object;
	json_decref(object);
	return NULL;
}
