/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Readings that say nothing in the light of others: what is an end of a trouble and not its cause,
 * what was not asked, what looks the same either way.  They are not observed then, which is not
 * normal.
 */
#include "judge/scene_parts.h"

/* How much longer than usual an acknowledgement may be held back for an answer: 40 ms in Linux
 * (TCP_ATO_MIN), and the tick that it is rounded to. */
#define DELAYED_ACK_S 0.055
#define LOOK_NS	      1000000000ULL /* between two looks */
/* Half as long again as usual is no sign of a way that is well. */
#define PROMPT_RATIO 1.5
/* Of what answers take longer, so much is the way's: then there is no room for an application. */
#define WHOLE_SHARE 0.8
/* One segment of two hundred is lost: the slowest answers wait for it. */
#define LOSS_FELT 0.005
/* A shift of waits is dated to the second; that of names, to a look later. */
#define NAMES_BEFORE_NS 3000000000ULL

/* A next hop that was not asked since the trouble began proves nothing. */
static void check_neighbour(const struct view *view, const struct trouble_seen *seen,
			    struct scene *scene)
{
	struct finding *finding = &scene->finding[EVIDENCE_OF_HOST(HOST_SYMPTOM_NEIGHBOUR)];
	double since_s = view->sample->time_ns > seen->began_ns
				 ? (double)(view->sample->time_ns - seen->began_ns) / 1e9
				 : 0;

	if (finding->state == SYMPTOM_NORMAL &&
	    (!finding->value.known || finding->value.value >= since_s - 0.05))
		finding->state = SYMPTOM_NOT_OBSERVED;
}

/*
 * A time that is not told to be longer yet, but looks so, clears nobody.  Nor does one that is
 * short when segments are lost: the answers are late for the repetitions.
 */
static void check_prompt(struct scene *scene)
{
	static const enum link_symptom times[] = {SYMPTOM_RTT, SYMPTOM_CONNECT_TIME};
	bool lossy = scene->troubles & TROUBLE_BIT(TROUBLE_LOSSY) ||
		     scene->finding[EVIDENCE_OF_LINK(SYMPTOM_LOSS)].value.value > LOSS_FELT ||
		     scene->finding[EVIDENCE_OF_LINK(SYMPTOM_LOSS_IN)].value.value > LOSS_FELT;

	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		struct finding *finding = &scene->finding[EVIDENCE_OF_LINK(times[i])];

		if (finding->state == SYMPTOM_NORMAL &&
		    (lossy || !finding->value.known || !finding->baseline.known ||
		     finding->value.value > PROMPT_RATIO * finding->baseline.value))
			finding->state = SYMPTOM_NOT_OBSERVED;
	}
}

/* How much longer something takes than usual, in seconds; 0: no longer, or not known. */
static double growth(const struct finding *finding)
{
	return finding->value.known && finding->baseline.known &&
			       finding->value.value > PROMPT_RATIO * finding->baseline.value
		       ? finding->value.value - finding->baseline.value
		       : 0;
}

/*
 * Answers come late, and round trips are longer.  A slow application lets acknowledgements wait for
 * its answers, but not longer than a delayed one waits, and while it has several requests before it
 * most are acknowledged sooner; on a slow way both grow by the same.
 */
static void check_round_trip(struct scene *scene)
{
	struct finding *rtt = &scene->finding[EVIDENCE_OF_LINK(SYMPTOM_RTT)];
	const struct finding *response = &scene->finding[EVIDENCE_OF_LINK(SYMPTOM_RESPONSE)];
	static const enum link_symptom answers[] = {SYMPTOM_RESPONSE, SYMPTOM_RESPONSE_TAIL,
						    SYMPTOM_PENDING};
	enum fate_reading told = FATE_ECHO;
	bool late = false;

	check_prompt(scene);
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		late |= scene__raised(scene, EVIDENCE_OF_LINK(answers[i]));
	if (!late || scene__raised(scene, EVIDENCE_OF_LINK(SYMPTOM_CONNECT_TIME)))
		return;
	if (response->state == SYMPTOM_RAISED && growth(rtt) > 0 &&
	    growth(rtt) >= WHOLE_SHARE * growth(response)) {
		if (growth(rtt) > DELAYED_ACK_S) {
			/* Whose test is slow to tell of it, for it is seen once a look. */
			rtt->state = SYMPTOM_RAISED;
			return;
		}
		told = FATE_WHOLE;
	} else if (rtt->state != SYMPTOM_RAISED || !rtt->baseline.known ||
		   rtt->value.value > rtt->baseline.value + DELAYED_ACK_S) {
		return;
	}
	scene->finding[EVIDENCE_OF_FATE(told)] = *rtt;
	scene->finding[EVIDENCE_OF_FATE(told)].state = SYMPTOM_RAISED;
	rtt->state = SYMPTOM_NOT_OBSERVED;
}

/*
 * Packets for a next hop that is gone, or for an interface without a carrier, die in our own
 * kernel: that is where the trouble ends, not where it comes from.
 */
static void check_drops(struct scene *scene)
{
	static const enum host_symptom ways[] = {HOST_SYMPTOM_CARRIER, HOST_SYMPTOM_SWITCHED_OFF,
						 HOST_SYMPTOM_NEIGHBOUR};

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		if (scene->finding[EVIDENCE_OF_HOST(ways[i])].state == SYMPTOM_RAISED)
			scene->finding[EVIDENCE_OF_LINK(SYMPTOM_DROPS_OWN)].state =
				SYMPTOM_NOT_OBSERVED;
	}
}

/* Does our kernel throw away what comes for a link that our process reads at once? */
static bool others_are_hit(const struct view *view)
{
	for (size_t i = 0; i < view->count; i++) {
		if (view->links[i].symptom[SYMPTOM_DROPS_OWN]->state == SYMPTOM_RAISED &&
		    view->links[i].symptom[SYMPTOM_UNREAD]->state != SYMPTOM_RAISED)
			return true;
	}
	return false;
}

/* When a process leaves its bytes unread its buffer runs full, and is pruned: that is no want of
 * memory, as long as it happens to that process alone. */
static void check_memory(const struct view *view, struct scene *scene)
{
	struct finding *memory = &scene->finding[EVIDENCE_OF_HOST(HOST_SYMPTOM_TCP_MEMORY)];

	if (memory->state != SYMPTOM_RAISED || others_are_hit(view))
		return;
	for (size_t i = 0; i < view->count; i++) {
		const struct symptom *unread = view->links[i].symptom[SYMPTOM_UNREAD];

		if (unread->state == SYMPTOM_RAISED &&
		    unread->began_ns <= memory->began_ns + LOOK_NS)
			memory->state = SYMPTOM_NOT_OBSERVED;
	}
}

/*
 * While our process does not read, our window closes: nothing can be sent to us, and what is sent
 * beyond the window is thrown away with the acknowledgement in it (RFC 9293, 3.10.7.4).
 */
static void check_window(struct scene *scene)
{
	static const enum link_symptom ends[] = {SYMPTOM_SILENCE, SYMPTOM_ACK_MISSING,
						 SYMPTOM_STUCK_SOCKETS};
	const struct finding *unread = &scene->finding[EVIDENCE_OF_LINK(SYMPTOM_UNREAD)];

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		struct finding *end = &scene->finding[EVIDENCE_OF_LINK(ends[i])];

		if (unread->state == SYMPTOM_RAISED && end->state == SYMPTOM_RAISED &&
		    unread->began_ns <= end->began_ns + LOOK_NS)
			end->state = SYMPTOM_NOT_OBSERVED;
	}
}

/* Damaged segments are lost ones.  Where no reset came, its hop limit says nothing. */
static void check_others(struct scene *scene)
{
	struct finding *finding = scene->finding;

	if (finding[EVIDENCE_OF_LINK(SYMPTOM_CHECKSUM)].state == SYMPTOM_RAISED) {
		finding[EVIDENCE_OF_LINK(SYMPTOM_LOSS)].state = SYMPTOM_NOT_OBSERVED;
		finding[EVIDENCE_OF_LINK(SYMPTOM_LOSS_IN)].state = SYMPTOM_NOT_OBSERVED;
	}
	if (finding[EVIDENCE_OF_LINK(SYMPTOM_RESETS_IN)].state != SYMPTOM_RAISED &&
	    finding[EVIDENCE_OF_LINK(SYMPTOM_REFUSED)].state != SYMPTOM_RAISED &&
	    finding[EVIDENCE_OF_LINK(SYMPTOM_RESETS_ODD)].state == SYMPTOM_NORMAL)
		finding[EVIDENCE_OF_LINK(SYMPTOM_RESETS_ODD)].state = SYMPTOM_NOT_OBSERVED;
}

bool scene__names_in_trouble(const struct scene *scene)
{
	for (unsigned i = HOST_SYMPTOM_NAMES_SILENT; i <= HOST_SYMPTOM_NAMES_RETRY; i++) {
		if (scene->finding[EVIDENCE_OF_HOST(i)].state == SYMPTOM_RAISED)
			return true;
	}
	return false;
}

/* When the names of this host came into trouble; 0: they are well. */
static uint64_t names_since(const struct view *view)
{
	uint64_t since_ns = 0;

	for (size_t i = 0; i < view->sample->device_count; i++) {
		const struct device_sample *device = &view->sample->devices[i];

		for (unsigned j = HOST_SYMPTOM_NAMES_SILENT;
		     device->resolver && j <= HOST_SYMPTOM_NAMES_RETRY; j++) {
			const struct symptom *symptom =
				host_watch__symptom(view->host, j, device->name, 0);

			if (symptom->state == SYMPTOM_RAISED &&
			    (!since_ns || symptom->began_ns < since_ns))
				since_ns = symptom->began_ns;
		}
	}
	return since_ns;
}

/*
 * A process that waits for a name does nothing else meanwhile, and what comes for it waits: that is
 * where a trouble with names ends.  Only one that makes connections asks for names.
 */
static void check_names(const struct view *view, const struct link_view *link, struct scene *scene)
{
	static const enum link_symptom waits[] = {SYMPTOM_PICKUP, SYMPTOM_UNREAD};
	uint64_t since_ns = link->inbound || !link->connected_ns ? 0 : names_since(view);

	for (size_t i = 0; since_ns && i < sizeof(waits) / sizeof(*waits); i++) {
		struct finding *finding = &scene->finding[EVIDENCE_OF_LINK(waits[i])];

		if (finding->state == SYMPTOM_RAISED &&
		    finding->began_ns + NAMES_BEFORE_NS > since_ns)
			finding->state = SYMPTOM_NOT_OBSERVED;
	}
}

void scene__check_ends(const struct view *view, const struct link_view *link, struct scene *scene)
{
	check_names(view, link, scene);
	check_window(scene);
}

void scene__check(const struct view *view, const struct trouble_seen *seen, struct scene *scene)
{
	check_neighbour(view, seen, scene);
	check_round_trip(scene);
	check_drops(scene);
	check_memory(view, scene);
	check_others(scene);
}
