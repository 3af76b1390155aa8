/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/place.h"

#include <string.h>

static const struct {
	const char *name;
	enum side side;
} places[] = {
#define PLACE_ROW(NAME, name_, side_) [PLACE_##NAME] = {.name = name_, .side = side_},
	PLACES(PLACE_ROW)
#undef PLACE_ROW
};

const char *place_name(enum place place)
{
	return places[place].name;
}

enum place place_by_name(const char *name)
{
	for (unsigned place = 0; place < PLACE_COUNT; place++) {
		if (!strcmp(places[place].name, name))
			return place;
	}
	return PLACE_UNKNOWN;
}

enum side place_side(enum place place, enum link_kind kind)
{
	if (place != PLACE_PEER_APP && place != PLACE_PEER_HOST)
		return places[place].side;
	switch (kind) {
	case LINK_INTERNAL:
		return SIDE_INTERNAL;
	case LINK_INFRA:
		return SIDE_INFRA;
	default:
		return SIDE_EXTERNAL;
	}
}
