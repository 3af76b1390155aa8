/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of single floats for each link: 1.4 KiB, a hash look-up a tick.
 */
#include "tell/trail.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum trail_figure {
#define TRAIL_ENUM(figure, key) TRAIL_##figure,
	TRAIL_FIGURES(TRAIL_ENUM)
#undef TRAIL_ENUM
		TRAIL_FIGURE_COUNT
};

struct trail {
	char *link;
	unsigned count, next; /* points there are; place of the next */
	unsigned round;
	float point[TRAIL_FIGURE_COUNT][TRAIL_POINTS]; /* NAN: not available */
};

struct trails {
	struct trail *list[TRAILS_MAX];
	size_t count;
	size_t expected; /* where the next link of a round probably is */
	unsigned round;
};

struct trails *trails__new(void)
{
	return calloc(1, sizeof(struct trails));
}

static void trail__free(struct trail *trail)
{
	if (!trail)
		return;
	free(trail->link);
	free(trail);
}

void trails__free(struct trails *trails)
{
	for (size_t i = 0; trails && i < trails->count; i++)
		trail__free(trails->list[i]);
	free(trails);
}

/* Links come in the same order every round, so the first look is nearly always right. */
static struct trail *find(const struct trails *trails, const char *link, size_t first)
{
	for (size_t i = 0; i < trails->count; i++) {
		struct trail *trail = trails->list[(first + i) % trails->count];

		if (!strcmp(trail->link, link))
			return trail;
	}
	return NULL;
}

static struct trail *make(struct trails *trails, const char *link)
{
	struct trail *trail;

	if (trails->count == TRAILS_MAX)
		return NULL;
	trail = calloc(1, sizeof(*trail));
	if (trail)
		trail->link = strdup(link);
	if (!trail || !trail->link) {
		trail__free(trail);
		return NULL;
	}
	trails->list[trails->count++] = trail;
	return trail;
}

void trails__add(struct trails *trails, const char *link, const struct link_figures *figures)
{
	static const enum link_figure sources[] = {
#define TRAIL_SOURCE(figure, key) FIGURE_##figure,
		TRAIL_FIGURES(TRAIL_SOURCE)
#undef TRAIL_SOURCE
	};
	struct trail *trail = find(trails, link, trails->expected++);

	if (!trail)
		trail = make(trails, link);
	if (!trail)
		return;
	for (unsigned i = 0; i < TRAIL_FIGURE_COUNT; i++) {
		struct reading now = figures->figure[sources[i]].now;

		trail->point[i][trail->next] = now.known ? (float)now.value : NAN;
	}
	trail->next = (trail->next + 1) % TRAIL_POINTS;
	if (trail->count < TRAIL_POINTS)
		trail->count++;
	trail->round = trails->round;
}

void trails__end_round(struct trails *trails)
{
	size_t kept = 0;

	for (size_t i = 0; i < trails->count; i++) {
		if (trails->list[i]->round == trails->round)
			trails->list[kept++] = trails->list[i];
		else
			trail__free(trails->list[i]);
	}
	trails->count = kept;
	trails->round++;
	trails->expected = 0;
}

static json_t *points_json(const struct trail *trail, unsigned figure)
{
	json_t *list = json_array();
	unsigned oldest = (trail->next + TRAIL_POINTS - trail->count) % TRAIL_POINTS;

	for (unsigned i = 0; list && i < trail->count; i++) {
		float point = trail->point[figure][(oldest + i) % TRAIL_POINTS];

		if (json_array_append_new(list, isnan(point) ? json_null() : json_real(point))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

json_t *trails__json(const struct trails *trails, const char *link)
{
	static const char *const keys[] = {
#define TRAIL_KEY(figure, key) key,
		TRAIL_FIGURES(TRAIL_KEY)
#undef TRAIL_KEY
	};
	const struct trail *trail = trails->count ? find(trails, link, 0) : NULL;
	json_t *object;

	if (!trail)
		return json_null();
	object = json_object();
	for (unsigned i = 0; object && i < TRAIL_FIGURE_COUNT; i++) {
		if (json_object_set_new(object, keys[i], points_json(trail, i))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}
