/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each condition is a row that stands while it holds.  Callers state what is true now, as often as
 * they like; only a change is told.
 */
#include "tell/health.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/utc.h"

#define NAME_LEN 128

struct condition {
	char what[16]; /* "" free */
	char name[NAME_LEN];
	char text[256];
	bool stated; /* in this round */
};

struct health {
	FILE *events;
	char *host;
	struct condition condition[HEALTH_MAX];
};

struct health *health__new(FILE *events, const char *host)
{
	struct health *health = calloc(1, sizeof(*health));

	if (!health)
		return NULL;
	health->events = events;
	health->host = strdup(host);
	if (!health->host) {
		free(health);
		errno = ENOMEM;
		return NULL;
	}
	return health;
}

void health__free(struct health *health)
{
	if (!health)
		return;
	free(health->host);
	free(health);
}

static void tell(struct health *health, const struct condition *condition, bool holds,
		 const char *text)
{
	char time_text[UTC_TEXT_LEN];
	json_t *event;

	if (holds)
		log_warning("%s %s: %s", condition->what, condition->name, text);
	else
		log_info("%s %s: well again", condition->what, condition->name);
	if (!health->events)
		return;
	event = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "schema", HEALTH_SCHEMA, "event",
			  holds ? "degraded" : "recovered", "time", utc_now(time_text), "host",
			  health->host, "what", condition->what, "name", condition->name, "text",
			  holds ? text : "");
	if (event && !json_dumpf(event, health->events, JSON_COMPACT | JSON_ENSURE_ASCII)) {
		fputc('\n', health->events);
		fflush(health->events);
	}
	json_decref(event);
}

static struct condition *find(struct health *health, const char *what, const char *name)
{
	for (size_t i = 0; i < HEALTH_MAX; i++) {
		struct condition *condition = &health->condition[i];

		if (!strcmp(condition->what, what) && !strncmp(condition->name, name, NAME_LEN - 1))
			return condition;
	}
	return NULL;
}

static struct condition *make(struct health *health, const char *what, const char *name)
{
	for (size_t i = 0; i < HEALTH_MAX; i++) {
		struct condition *condition = &health->condition[i];

		if (condition->what[0])
			continue;
		snprintf(condition->what, sizeof(condition->what), "%s", what);
		snprintf(condition->name, sizeof(condition->name), "%s", name);
		return condition;
	}
	return NULL;
}

void health__set(struct health *health, const char *what, const char *name, bool holds,
		 const char *format, ...)
{
	struct condition *condition = find(health, what, name);
	char text[512];
	va_list arguments;

	if (condition && holds)
		condition->stated = true;
	if (!!condition == holds)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (holds) {
		condition = make(health, what, name);
		if (!condition) {
			log_warning_limited("%s %s: %s", what, name, text);
			return;
		}
		condition->stated = true;
		snprintf(condition->text, sizeof(condition->text), "%.255s", text);
	}
	tell(health, condition, holds, text);
	if (!holds)
		memset(condition, 0, sizeof(*condition));
}

void health__print(const struct health *health, FILE *out)
{
	for (size_t i = 0; i < HEALTH_MAX; i++) {
		const struct condition *condition = &health->condition[i];

		if (condition->what[0])
			fprintf(out, "%s %s: %s\n", condition->what, condition->name,
				condition->text);
	}
}

json_t *health__json(const struct health *health)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < HEALTH_MAX; i++) {
		const struct condition *condition = &health->condition[i];
		json_t *object;

		if (!condition->what[0])
			continue;
		object = json_pack("{s:s, s:s, s:s}", "what", condition->what, "name",
				   condition->name, "text", condition->text);
		/* A name that is no UTF-8 is in no JSON; the log has it. */
		if (object && json_array_append_new(list, object)) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

void health__end_round(struct health *health, const char *what)
{
	for (size_t i = 0; i < HEALTH_MAX; i++) {
		struct condition *condition = &health->condition[i];

		if (strcmp(condition->what, what))
			continue;
		if (!condition->stated) {
			tell(health, condition, false, "");
			memset(condition, 0, sizeof(*condition));
		}
		condition->stated = false;
	}
}
