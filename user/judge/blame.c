/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/blame.h"

#include <stdio.h>
#include <string.h>

#include "judge/confidence.h"

/* A weight from which on a place is said not to cause a reading. */
#define CANNOT_CAUSE -1.0

enum side side_of(const struct view *view, const struct scene_of *of, enum place place)
{
	enum link_kind kind = LINK_EXTERNAL;

	if (of->link != SIZE_MAX)
		kind = view->links[of->link].sample->kind;
	if (place == PLACE_GATEWAY && of->link != SIZE_MAX && view->links[of->link].gateway)
		return view->links[of->link].gateway_side;
	return place_side(place, kind);
}

static void best_two(const double share[PLACE_COUNT], struct verdict *verdict)
{
	verdict->best = verdict->second = PLACE_UNKNOWN;
	for (unsigned place = 0; place < PLACE_UNKNOWN; place++) {
		if (verdict->best == PLACE_UNKNOWN || share[place] > share[verdict->best]) {
			verdict->second = verdict->best;
			verdict->best = place;
		} else if (verdict->second == PLACE_UNKNOWN ||
			   share[place] > share[verdict->second]) {
			verdict->second = place;
		}
	}
}

static void find_place(const struct view *view, const struct scene_of *of, struct verdict *verdict)
{
	enum side side = side_of(view, of, verdict->best);
	double of_side = 0;

	for (unsigned place = 0; place < PLACE_UNKNOWN; place++) {
		if (side_of(view, of, place) == side)
			of_side += verdict->share[place];
	}
	if (verdict->share[verdict->best] >= VERDICT_MIN || of_side >= SIDE_MIN) {
		verdict->place = verdict->best;
		verdict->side = side;
	} else {
		verdict->place = PLACE_UNKNOWN;
		verdict->side = SIDE_UNKNOWN;
	}
	verdict->confidence = confidence__stated(verdict->place, verdict->share[verdict->best]);
}

static void far_text(const struct link_view *link, const struct scene *scene,
		     char text[ADDRESS_TEXT_LEN])
{
	if (address_is_unspecified(&scene->far))
		snprintf(text, ADDRESS_TEXT_LEN, "%.40s", link->sample->name);
	else
		format_address(&scene->far, text);
}

static bool raised(const struct scene *scene, unsigned evidence)
{
	return scene->finding[evidence].state == SYMPTOM_RAISED;
}

/* Do several far hosts share it?  Then it is their line, else the way to this one. */
static bool shared_line(const struct scene *scene)
{
	return raised(scene, EVIDENCE_OF_FATE(FATE_TOGETHER));
}

static const char *first_interface(const struct view *view, const struct link_view *link)
{
	for (size_t i = 0; link->way->interface_count && i < view->sample->interface_count; i++) {
		if (view->sample->interfaces[i].index == link->way->interface[0])
			return view->sample->interfaces[i].name;
	}
	return "";
}

/* Is it something that links have as well as resolvers? */
static bool of_host_or_way(enum place place)
{
	return place == PLACE_NIC || place == PLACE_CPU || place == PLACE_MEMORY ||
	       place == PLACE_DISK || place == PLACE_KERNEL_NET || place == PLACE_CAPACITY;
}

/* Which gateway, line, process, …: what verdicts of one cause have in common. */
static void name_cause(const struct view *view, const struct scene_of *of,
		       const struct scene *scene, struct verdict *verdict)
{
	const struct link_view *link = of->link == SIZE_MAX ? NULL : &view->links[of->link];
	const char *gateway = !link ? of->device->name : link->gateway ? link->gateway->name : "";
	const char *place = place_name(verdict->place);
	char far[ADDRESS_TEXT_LEN] = "";

	if (link)
		far_text(link, scene, far);
	if (!link && !of_host_or_way(verdict->place)) {
		snprintf(verdict->key, sizeof(verdict->key), "names/%.90s", of->device->name);
		return;
	}
	switch (verdict->place) {
	case PLACE_PEER_HOST:
		snprintf(verdict->key, sizeof(verdict->key), "far/%s", far);
		break;
	case PLACE_PATH:
		if (scene->line_key)
			snprintf(verdict->key, sizeof(verdict->key), "%s", scene->line_key);
		else if (shared_line(scene))
			snprintf(verdict->key, sizeof(verdict->key), "line/%.80s/%s", gateway,
				 trouble_name(verdict->seen.main));
		else
			snprintf(verdict->key, sizeof(verdict->key), "far/%s", far);
		break;
	case PLACE_GATEWAY:
	case PLACE_MIDDLEBOX:
		snprintf(verdict->key, sizeof(verdict->key), "%s/%.80s", place, gateway);
		break;
	case PLACE_NIC:
		snprintf(verdict->key, sizeof(verdict->key), "nic/%s",
			 link ? first_interface(view, link) : of->device->interface_name);
		break;
	case PLACE_APP:
		snprintf(verdict->key, sizeof(verdict->key), "app/%u/%.60s", link->pid,
			 link->pid ? "" : link->sample->name);
		break;
	case PLACE_CPU:
	case PLACE_MEMORY:
	case PLACE_DISK:
	case PLACE_KERNEL_NET:
	case PLACE_CAPACITY:
		snprintf(verdict->key, sizeof(verdict->key), "host/%s", place);
		break;
	case PLACE_UNKNOWN:
		/* Of what several share a line is the first guess, and what follows joins it. */
		snprintf(verdict->key, sizeof(verdict->key), "%s/%.60s/%s",
			 shared_line(scene) ? "line" : "unknown",
			 shared_line(scene) ? gateway : far, trouble_name(verdict->seen.main));
		break;
	default:
		snprintf(verdict->key, sizeof(verdict->key), "link/%.90s", link->sample->name);
	}
}

void blame(const struct view *view, const struct scene_of *of, const struct scene *scene,
	   const struct trouble_seen *seen, struct verdict *verdict)
{
	const struct evidence_row *rows[EVIDENCE_ROWS_MAX];
	double sum[PLACE_COUNT];
	size_t count = evidence__speaking(scene, rows, EVIDENCE_ROWS_MAX);

	memset(verdict, 0, sizeof(*verdict));
	verdict->seen = *seen;
	verdict->troubles = scene->troubles;
	evidence__sum(rows, count, sum);
	confidence__shares(sum, verdict->share);
	best_two(verdict->share, verdict);
	find_place(view, of, verdict);
	name_cause(view, of, scene, verdict);
}

/*
 * A kernel that has no memory for sockets throws away the rest of a message that has begun, and
 * lets a process sleep in its sends: bytes wait unread, and windows close, without a fault of the
 * process.
 */
static void explain_want_of_memory(const struct scene *scene, enum place place,
				   bool explained[EVIDENCE_COUNT], size_t *left)
{
	static const enum link_symptom ends[] = {SYMPTOM_UNREAD, SYMPTOM_PICKUP,
						 SYMPTOM_WINDOW_OURS, SYMPTOM_WINDOW_THEIRS};

	if (place != PLACE_KERNEL_NET ||
	    (!raised(scene, EVIDENCE_OF_HOST(HOST_SYMPTOM_TCP_MEMORY)) &&
	     !raised(scene, EVIDENCE_OF_LINK(SYMPTOM_NO_MEMORY))))
		return;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		unsigned end = EVIDENCE_OF_LINK(ends[i]);

		if (!raised(scene, end) || explained[end])
			continue;
		explained[end] = true;
		(*left)--;
	}
}

size_t blame__explain(const struct scene *scene, enum place place, bool explained[EVIDENCE_COUNT])
{
	size_t left = 0;

	memset(explained, 0, EVIDENCE_COUNT * sizeof(*explained));
	for (size_t i = 0; i < evidence_table_rows; i++) {
		const struct evidence_row *row = &evidence_table[i];

		if (row->state != SYMPTOM_RAISED || !raised(scene, row->evidence) ||
		    row->evidence >= LINK_SYMPTOM_COUNT + HOST_SYMPTOM_COUNT)
			continue;
		if (row->weight[place] > CANNOT_CAUSE)
			explained[row->evidence] = true;
		else if (row->evidence < LINK_SYMPTOM_COUNT)
			left++;
	}
	explain_want_of_memory(scene, place, explained, &left);
	/* What can't be sent for a next hop or a cable that is gone dies in our kernel (scene.c).
	 */
	if (raised(scene, EVIDENCE_OF_HOST(HOST_SYMPTOM_CARRIER)) ||
	    raised(scene, EVIDENCE_OF_HOST(HOST_SYMPTOM_SWITCHED_OFF)) ||
	    raised(scene, EVIDENCE_OF_HOST(HOST_SYMPTOM_NEIGHBOUR)))
		explained[EVIDENCE_OF_LINK(SYMPTOM_DROPS_OWN)] = true;
	return left;
}
