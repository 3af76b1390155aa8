/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What became of a link since its trouble began, where its far end lives, and which incidents stand
 * around it already.
 */
#include <string.h>

#include "judge/scene_parts.h"

/* An application that answers within a few milliseconds has not by then. */
#define TAKEN_LEAST_S	0.1
#define TAKEN_RESPONSES 10.0
/* A segment that is lost is sent again, and acknowledged, by then. */
#define UNHEARD_NS 500000000ULL
/* So long after a way is cut nothing of before is on it any more. */
#define ACKED_STILL_NS 1500000000ULL
/* So near to each other two faults begin seldom: at one a day each, once in ten years. */
#define TOGETHER_NS 15000000000ULL

static double ago_s(const struct view *view, uint64_t time_ns)
{
	return view->sample->time_ns > time_ns ? (double)(view->sample->time_ns - time_ns) / 1e9
					       : 0;
}

static void put(struct scene *scene, enum fate_reading reading, double value, const char *subject)
{
	struct finding *finding = &scene->finding[EVIDENCE_OF_FATE(reading)];

	finding->state = SYMPTOM_RAISED;
	finding->value = reading_of(value);
	finding->subject = subject;
}

/*
 * Something is still heard, but it does not acknowledge what we have sent for so long: the far side
 * repeats what it said, for it does not hear us.
 */
static bool is_not_heard(const struct peer *total)
{
	return total->unacked_ns && total->last_ack_ns > total->unacked_ns + UNHEARD_NS;
}

/*
 * The far kernel acknowledged for some time after the trouble began, and does so no more: whatever
 * that comes from, the trouble was not it.
 */
static void drop_late_silence(const struct peer *total, const struct trouble_seen *seen,
			      struct scene *scene)
{
	static const enum link_symptom later[] = {SYMPTOM_ACK_MISSING, SYMPTOM_STUCK_SOCKETS};
	uint64_t late_ns = seen->began_ns + ACKED_STILL_NS;

	for (size_t i = 0; i < sizeof(later) / sizeof(*later); i++) {
		struct finding *finding = &scene->finding[EVIDENCE_OF_LINK(later[i])];

		if (finding->state == SYMPTOM_RAISED && total->last_ack_ns > late_ns &&
		    finding->began_ns > late_ns && !is_not_heard(total))
			finding->state = SYMPTOM_NOT_OBSERVED;
	}
}

/* What was heard from the link itself since its trouble began. */
static void find_signs_of_life(const struct view *view, const struct link_view *link,
			       const struct trouble_seen *seen, struct scene *scene)
{
	const struct peer *total = link->sample->total;
	uint64_t from_ns = seen->began_ns + 2000000 + 2000ULL * total->srtt_us;
	const struct finding *neighbour = &scene->finding[EVIDENCE_OF_HOST(HOST_SYMPTOM_NEIGHBOUR)];
	bool stuck;

	drop_late_silence(total, seen, scene);
	stuck = scene__raised(scene, EVIDENCE_OF_LINK(SYMPTOM_ACK_MISSING)) ||
		scene__raised(scene, EVIDENCE_OF_LINK(SYMPTOM_STUCK_SOCKETS)) ||
		is_not_heard(total);
	/* A next hop went some time after it was last known to be there. */
	if (neighbour->state == SYMPTOM_RAISED && neighbour->raised_ns > from_ns)
		from_ns = neighbour->raised_ns;
	if (!stuck && total->last_ack_ns > from_ns)
		put(scene, FATE_ACKS, ago_s(view, total->last_ack_ns), link->sample->name);
	if (total->last_data_ns > from_ns)
		put(scene, FATE_DATA, ago_s(view, total->last_data_ns), link->sample->name);
}

/*
 * A queue of connections that nobody accepts: the far kernel takes some, acknowledges what they
 * ask, and then answers no SYN any more.  On a way that is cut everything ends at once.
 */
static void find_taken(const struct link_view *link, struct scene *scene)
{
	const struct peer *total = link->sample->total;
	const struct symptom *response = link->symptom[SYMPTOM_RESPONSE_TAIL];
	double patience_s = TAKEN_LEAST_S;

	if (!scene__raised(scene, EVIDENCE_OF_LINK(SYMPTOM_UNANSWERED)) || link->inbound ||
	    !response->baseline.known || !link->sample->gauges_known)
		return;
	if (TAKEN_RESPONSES * response->baseline.value > patience_s)
		patience_s = TAKEN_RESPONSES * response->baseline.value;
	if (total->alive && !total->backing_off && !total->unacked_ns && total->last_data_ns &&
	    total->last_ack_ns > total->last_data_ns + (uint64_t)(patience_s * 1e9))
		put(scene, FATE_TAKEN, (double)total->alive, link->sample->name);
}

static bool began_near(const struct open_cause *cause, const struct trouble_seen *seen)
{
	uint64_t apart_ns = cause->began_ns > seen->began_ns ? cause->began_ns - seen->began_ns
							     : seen->began_ns - cause->began_ns;

	return apart_ns <= TOGETHER_NS;
}

/* A line is named by its gateway and the kind of trouble. */
static bool is_line_by(const struct open_cause *cause, const char *gateway)
{
	size_t len = strlen(gateway);

	return len && !strncmp(cause->name, gateway, len) && cause->name[len] == '/';
}

/* Which reading says that @cause is open; FATE_READING_COUNT: it is none of this one's. */
static enum fate_reading reading_of_cause(const struct open_cause *cause, const char *gateway,
					  const char *interface, const struct trouble_seen *seen)
{
	bool earlier = cause->began_ns <= seen->began_ns + trouble_window_ns(seen->main);

	switch (cause->place) {
	case PLACE_GATEWAY:
		return earlier && *gateway && !strcmp(gateway, cause->name) ? FATE_OPEN_GATEWAY
									    : FATE_READING_COUNT;
	case PLACE_NIC:
		return earlier && *interface && !strcmp(interface, cause->name)
			       ? FATE_OPEN_NIC
			       : FATE_READING_COUNT;
	case PLACE_PATH:
		return is_line_by(cause, gateway) && began_near(cause, seen) ? FATE_OPEN_LINE
									     : FATE_READING_COUNT;
	case PLACE_CPU:
		return began_near(cause, seen) ? FATE_OPEN_CPU : FATE_READING_COUNT;
	case PLACE_KERNEL_NET:
		return began_near(cause, seen) ? FATE_OPEN_KERNEL : FATE_READING_COUNT;
	default:
		return FATE_READING_COUNT;
	}
}

void scene__put_open_causes(const struct view *view, const char *name, const char *gateway,
			    const char *interface, const struct trouble_seen *seen,
			    struct scene *scene)
{
	for (size_t i = 0; i < view->open_count; i++) {
		const struct open_cause *cause = &view->open[i];
		enum fate_reading reading = reading_of_cause(cause, gateway, interface, seen);

		if (reading == FATE_READING_COUNT || names__has(cause->links, name))
			continue;
		put(scene, reading, 0,
		    reading == FATE_OPEN_NIC ? interface
		    : cause->place == PLACE_CPU || cause->place == PLACE_KERNEL_NET ? ""
										     : gateway);
		if (reading == FATE_OPEN_LINE)
			scene->line_key = cause->key;
	}
}

/* An address of this host itself. */
static bool is_ours(const struct sample *sample, const struct address *address)
{
	static const struct address loopback = {.byte = {[15] = 1}};

	if (address_is_ipv4(address) ? address->byte[12] == 127
				     : !memcmp(address, &loopback, sizeof(loopback)))
		return true;
	for (size_t i = 0; i < sample->address_count; i++) {
		if (!memcmp(&sample->addresses[i].address, address, sizeof(*address)))
			return true;
	}
	return false;
}

/* Does every far end that is known live on this host? */
static void find_within(const struct view *view, const struct link_view *link, struct scene *scene)
{
	const struct link_sample *sample = link->sample;
	struct finding *within = &scene->finding[EVIDENCE_OF_FATE(FATE_WITHIN)];
	struct address far;

	for (size_t i = 0; i < sample->peer_count; i++) {
		const struct peer_sample *peer = &sample->peers[i];

		memcpy(far.byte, peer->key.address, sizeof(far.byte));
		if (!is_ours(view->sample,
			     peer->key.direction == PEER_INCOMING ? &peer->remote : &far))
			return;
	}
	if (!sample->peer_count || sample->peer_count < sample->peers_total)
		return;
	within->state = SYMPTOM_RAISED;
	within->subject = sample->name;
}

void scene__put_context(const struct view *view, const struct link_view *link,
			const struct trouble_seen *seen, struct scene *scene)
{
	const struct known_way *way = link->way;

	if (seen->main == TROUBLE_DARK) {
		find_signs_of_life(view, link, seen, scene);
		find_taken(link, scene);
	}
	find_within(view, link, scene);
	scene__put_open_causes(
		view, link->sample->name, link->gateway ? link->gateway->name : "",
		way->interface_count ? scene_interface_name(view->sample, way->interface[0]) : "",
		seen, scene);
}
