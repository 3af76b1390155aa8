/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puts example events and minutes of history into a store, by the sensor's own code, and says how
 * many: feed_store STATE_DIR FILE...
 *
 * A file holds JSON objects, one behind the other: events of incidents as of the contract, and
 * minutes as {"minute": "2024-11-18T01:14:00Z", "name": "rates-feed", "state": "healthy",
 * "figures": {"rtt_p50": [0.002, 0.002]}}, now and normal.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_text.h"
#include "judge/judge.h"
#include "keep/history.h"
#include "keep/incident_log.h"
#include "keep/store.h"

#define FIGURE_KEY(NAME, key, unit)  key ":" unit " "
#define FIGURE_NAME(NAME, key, unit) [FIGURE_##NAME] = key,

static const struct history_shape shape = {"link", LINK_FIGURES(FIGURE_KEY), LINK_FIGURE_COUNT};
static const char *const keys[] = {LINK_FIGURES(FIGURE_NAME)};

static struct reading reading(const json_t *pair, size_t i)
{
	const json_t *value = json_array_get(pair, i);

	return json_is_number(value) ? reading_of(json_number_value(value)) : READING_NOT_AVAILABLE;
}

static enum link_state state_of(const char *name)
{
	for (enum link_state state = 0; state < LINK_STATE_NOT_OBSERVED; state++) {
		if (!strcmp(link_state_name(state), name))
			return state;
	}
	return LINK_STATE_NOT_OBSERVED;
}

static int put_minute(struct history *history, const json_t *minute)
{
	const json_t *figures = json_object_get(minute, "figures");
	struct figure figure[LINK_FIGURE_COUNT] = {};
	const char *time, *name, *state;
	int64_t time_ms;

	if (json_unpack((json_t *)minute, "{s:s, s:s, s:s}", "minute", &time, "name", &name,
			"state", &state) ||
	    parse_rfc3339(time, &time_ms))
		return -EINVAL;
	for (size_t i = 0; i < LINK_FIGURE_COUNT; i++) {
		figure[i].now = reading(json_object_get(figures, keys[i]), 0);
		figure[i].normal = reading(json_object_get(figures, keys[i]), 1);
	}
	history__state(history, &shape, name, state_of(state));
	history__figures(history, &shape, name, figure);
	return history__end_minute(history, time_ms / 60000);
}

static int put_event(struct incident_log *log, const json_t *event)
{
	json_t *kept = incident_log__put(log, event);

	json_decref(kept);
	return kept ? 0 : -errno;
}

static int feed(const char *path, struct incident_log *log, struct history *history)
{
	FILE *file = fopen(path, "r");
	json_error_t error;
	json_t *object;
	int count = 0, err = file ? 0 : -errno;

	while (!err && (object = json_loadf(file, JSON_DISABLE_EOF_CHECK, &error))) {
		err = json_object_get(object, "minute") ? put_minute(history, object)
							: put_event(log, object);
		json_decref(object);
		count++;
	}
	if (err)
		fprintf(stderr, "feed_store: %s: object %d: %s\n", path, count, strerror(-err));
	else
		printf("%s: %d\n", path, count);
	if (file)
		fclose(file);
	return err;
}

int main(int argc, char **argv)
{
	struct incident_log *log;
	struct history *history;
	struct store *store;
	int err;

	if (argc < 3 || store__new(argv[1], &store)) {
		fprintf(stderr, "usage: feed_store STATE_DIR FILE...\n");
		return 2;
	}
	log = incident_log__new(store);
	history = history__new(store);
	err = log && history ? 0 : -ENOMEM;
	for (int i = 2; !err && i < argc; i++)
		err = feed(argv[i], log, history);
	if (!err)
		err = store__flush(store);
	if (err)
		fprintf(stderr, "feed_store: %s\n",
			store__trouble(store) ? store__trouble(store) : strerror(-err));
	history__free(history);
	store__free(store);
	incident_log__free(log);
	return err ? 1 : 0;
}
