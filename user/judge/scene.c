/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Of several interfaces, devices or processes of a link, the one in the worst state stands for all.
 * What became unusual long after the link's trouble began is no evidence of its cause, and is left
 * out.
 */
#include "judge/scene.h"

#include <string.h>

#include "judge/shared_fate.h"

/* How much longer than usual an acknowledgement may be held back for an answer: 40 ms in Linux
 * (TCP_ATO_MIN), and the tick that it is rounded to. */
#define DELAYED_ACK_S 0.055
#define LOOK_NS	      1000000000ULL /* between two looks */
/* Half as long again as usual is no sign of a way that is well. */
#define PROMPT_RATIO 1.5
/* One segment of two hundred is lost: the slowest answers wait for it. */
#define LOSS_FELT 0.005
/* A shift of waits is dated to the second; that of names, to a look later. */
#define NAMES_BEFORE_NS 3000000000ULL

static void put(struct scene *scene, unsigned evidence, const struct symptom *symptom,
		const char *subject)
{
	struct finding *finding = &scene->finding[evidence];

	/* The worst of several: the states are in that order. */
	if (symptom->state <= finding->state && finding->state != SYMPTOM_NOT_OBSERVED)
		return;
	finding->state = symptom->state;
	finding->value = symptom->value;
	finding->baseline = symptom->baseline;
	finding->subject = subject;
	finding->began_ns = symptom->began_ns;
	finding->raised_ns = symptom->raised_ns;
	finding->hard = symptom->hard;
}

static const char *interface_name(const struct sample *sample, int index)
{
	for (size_t i = 0; i < sample->interface_count; i++) {
		if (sample->interfaces[i].index == index)
			return sample->interfaces[i].name;
	}
	return "";
}

static const char *process_name(const struct sample *sample, uint32_t pid)
{
	for (size_t i = 0; i < sample->process_count; i++) {
		if (sample->processes[i].pid == pid)
			return sample->processes[i].comm;
	}
	return "";
}

static void put_device(const struct view *view, struct scene *scene, enum host_symptom symptom,
		       const struct device_sample *device)
{
	put(scene, EVIDENCE_OF_HOST(symptom),
	    host_watch__symptom(view->host, symptom, device->name, 0), device->name);
}

static void put_host_symptom(const struct view *view, const struct link_view *link,
			     enum host_symptom symptom, struct scene *scene)
{
	const struct sample *sample = view->sample;
	const struct known_way *way = link->way;
	unsigned evidence = EVIDENCE_OF_HOST(symptom);

	switch (host_symptom_kind(symptom)) {
	case SUBJECT_HOST:
		put(scene, evidence, host_watch__symptom(view->host, symptom, NULL, 0), "");
		break;
	case SUBJECT_INTERFACE:
		for (size_t i = 0; i < way->interface_count; i++) {
			const char *name = interface_name(sample, way->interface[i]);

			put(scene, evidence, host_watch__symptom(view->host, symptom, name, 0),
			    name);
		}
		break;
	case SUBJECT_DEVICE:
		if (symptom == HOST_SYMPTOM_NEIGHBOUR || symptom == HOST_SYMPTOM_MAC_CHANGED) {
			if (link->gateway)
				put_device(view, scene, symptom, link->gateway);
		}
		break;
	case SUBJECT_PROCESS:
		for (size_t i = 0; i < link->sample->peer_count; i++) {
			uint32_t pid = link->sample->peers[i].owner_tgid;

			put(scene, evidence, host_watch__symptom(view->host, symptom, NULL, pid),
			    process_name(sample, pid));
		}
		break;
	default:
		break;
	}
}

/* Only when this host's own processes, cards and next hops say so by themselves. */
static bool tells_alone(enum host_symptom symptom)
{
	return trouble_of_host(symptom) != TROUBLE_COUNT;
}

/*
 * What was seen earlier in the same trouble counts until it is over: a drop that ended, or a
 * carrier that is back, is still what the trouble came from.
 */
static void remember(struct scene *scene, const struct scene *memory)
{
	for (unsigned i = 0; memory && i < LINK_SYMPTOM_COUNT + HOST_SYMPTOM_COUNT; i++) {
		if (memory->finding[i].state != SYMPTOM_RAISED ||
		    scene->finding[i].state == SYMPTOM_RAISED)
			continue;
		scene->finding[i] = memory->finding[i];
		scene->finding[i].past = true;
	}
}

static void drop_explained(struct scene *scene, const bool *explained)
{
	for (unsigned i = 0; explained && i < EVIDENCE_COUNT; i++) {
		if (explained[i])
			scene->finding[i].state = SYMPTOM_NOT_OBSERVED;
	}
}

static void note(struct trouble_seen *seen, enum trouble trouble, const struct finding *finding)
{
	if (trouble > seen->main)
		return;
	if (trouble < seen->main || finding->began_ns < seen->began_ns)
		seen->began_ns = finding->began_ns;
	if (trouble < seen->main || finding->raised_ns < seen->raised_ns)
		seen->raised_ns = finding->raised_ns;
	seen->main = trouble;
}

/* What the trouble is: the gravest kind of all raised symptoms. */
static void find_trouble(struct scene *scene, struct trouble_seen *seen)
{
	*seen = (struct trouble_seen){.main = TROUBLE_COUNT};
	scene->troubles = 0;
	for (unsigned i = 0; i < LINK_SYMPTOM_COUNT + HOST_SYMPTOM_COUNT; i++) {
		const struct finding *finding = &scene->finding[i];
		bool of_link = i < LINK_SYMPTOM_COUNT;
		enum trouble trouble;

		if (finding->state != SYMPTOM_RAISED)
			continue;
		trouble = of_link ? trouble_of_link(i) : trouble_of_host(i - LINK_SYMPTOM_COUNT);
		if (trouble == TROUBLE_COUNT)
			continue;
		scene->troubles |= TROUBLE_BIT(trouble);
		seen->own |= of_link;
		seen->hard |= finding->hard;
		note(seen, trouble, finding);
	}
}

/* Of a link that shows nothing itself, what its host shows begins the trouble; of one that does,
 * what came much later is another story. */
static void drop_later(struct scene *scene, const struct trouble_seen *seen)
{
	uint64_t until_ns = seen->began_ns + trouble_window_ns(seen->main);

	for (unsigned i = 0; i < HOST_SYMPTOM_COUNT; i++) {
		struct finding *finding = &scene->finding[EVIDENCE_OF_HOST(i)];

		if (finding->state == SYMPTOM_RAISED && finding->began_ns > until_ns)
			finding->state = SYMPTOM_NOT_OBSERVED;
	}
}

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

static void check_round_trip(struct scene *scene)
{
	struct finding *rtt = &scene->finding[EVIDENCE_OF_LINK(SYMPTOM_RTT)];
	const struct finding *connect = &scene->finding[EVIDENCE_OF_LINK(SYMPTOM_CONNECT_TIME)];
	struct finding *echo = &scene->finding[EVIDENCE_OF_FATE(FATE_ECHO)];
	static const enum link_symptom answers[] = {SYMPTOM_RESPONSE, SYMPTOM_RESPONSE_TAIL,
						    SYMPTOM_PENDING};
	bool late = false;

	check_prompt(scene);
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		late |= scene->finding[EVIDENCE_OF_LINK(answers[i])].state == SYMPTOM_RAISED;
	if (rtt->state != SYMPTOM_RAISED || !late || connect->state == SYMPTOM_RAISED ||
	    !rtt->baseline.known || rtt->value.value > rtt->baseline.value + DELAYED_ACK_S)
		return;
	*echo = *rtt;
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

/* When a process leaves its bytes unread its buffer runs full, and is pruned: that is no want of
 * memory. */
static void check_memory(const struct view *view, struct scene *scene)
{
	struct finding *memory = &scene->finding[EVIDENCE_OF_HOST(HOST_SYMPTOM_TCP_MEMORY)];

	for (size_t i = 0; memory->state == SYMPTOM_RAISED && i < view->count; i++) {
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

static double ago_s(const struct view *view, uint64_t time_ns)
{
	return view->sample->time_ns > time_ns ? (double)(view->sample->time_ns - time_ns) / 1e9
					       : 0;
}

static bool names_in_trouble(const struct scene *scene)
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

/* What was heard from the link itself since its trouble began. */
static void find_signs_of_life(const struct view *view, const struct link_view *link,
			       const struct trouble_seen *seen, struct scene *scene)
{
	const struct peer *total = link->sample->total;
	uint64_t from_ns = seen->began_ns + 2000000 + 2000ULL * total->srtt_us;
	struct finding *acks = &scene->finding[EVIDENCE_OF_FATE(FATE_ACKS)];
	struct finding *data = &scene->finding[EVIDENCE_OF_FATE(FATE_DATA)];
	const struct finding *neighbour = &scene->finding[EVIDENCE_OF_HOST(HOST_SYMPTOM_NEIGHBOUR)];
	bool stuck =
		scene->finding[EVIDENCE_OF_LINK(SYMPTOM_ACK_MISSING)].state == SYMPTOM_RAISED ||
		scene->finding[EVIDENCE_OF_LINK(SYMPTOM_STUCK_SOCKETS)].state == SYMPTOM_RAISED;

	if (seen->main != TROUBLE_DARK)
		return;
	/* A next hop went some time after it was last known to be there. */
	if (neighbour->state == SYMPTOM_RAISED && neighbour->raised_ns > from_ns)
		from_ns = neighbour->raised_ns;
	if (!stuck && total->last_ack_ns > from_ns) {
		acks->state = SYMPTOM_RAISED;
		acks->value = reading_of(ago_s(view, total->last_ack_ns));
		acks->subject = link->sample->name;
	}
	if (total->last_data_ns > from_ns) {
		data->state = SYMPTOM_RAISED;
		data->value = reading_of(ago_s(view, total->last_data_ns));
		data->subject = link->sample->name;
	}
}

static void find_open_causes(const struct view *view, const struct link_view *link,
			     const struct trouble_seen *seen, struct scene *scene)
{
	uint64_t until_ns = seen->began_ns + trouble_window_ns(seen->main);

	for (size_t i = 0; i < view->open_count; i++) {
		const struct open_cause *cause = &view->open[i];
		bool gateway = cause->place == PLACE_GATEWAY;
		const char *ours = gateway ? (link->gateway ? link->gateway->name : "")
				   : link->way->interface_count
					   ? interface_name(view->sample, link->way->interface[0])
					   : "";
		struct finding *finding = &scene->finding[EVIDENCE_OF_FATE(
			gateway ? FATE_OPEN_GATEWAY : FATE_OPEN_NIC)];

		if (!*ours || strcmp(ours, cause->name) != 0 || cause->began_ns > until_ns ||
		    names__has(cause->links, link->sample->name))
			continue;
		finding->state = SYMPTOM_RAISED;
		finding->subject = ours;
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

static void make_of_link(const struct view *view, const struct scene_of *of, struct scene *scene,
			 struct trouble_seen *seen)
{
	const struct link_view *link = &view->links[of->link];

	for (unsigned i = 0; i < LINK_SYMPTOM_COUNT; i++)
		put(scene, EVIDENCE_OF_LINK(i), link->symptom[i], link->sample->name);
	for (unsigned i = 0; i < HOST_SYMPTOM_COUNT; i++) {
		/* Of a link that nobody uses nothing can be broken. */
		if (link->sample->sockets || link->troubles || !tells_alone(i))
			put_host_symptom(view, link, i, scene);
	}
	drop_explained(scene, of->explained);
	check_names(view, link, scene);
	check_window(scene);
	find_trouble(scene, seen);
	if (seen->main == TROUBLE_COUNT)
		return;
	/* Of a second fault only what is there now is a sign. */
	if (!of->explained)
		remember(scene, of->memory);
	find_trouble(scene, seen);
	if (seen->own)
		drop_later(scene, seen);
	find_trouble(scene, seen);
	check_neighbour(view, seen, scene);
	check_round_trip(scene);
	check_drops(scene);
	check_memory(view, scene);
	check_others(scene);
	find_signs_of_life(view, link, seen, scene);
	find_within(view, link, scene);
	find_open_causes(view, link, seen, scene);
	shared_fate__find(view, of->link, seen->main, seen->own ? seen->began_ns : seen->raised_ns,
			  scene);
	drop_explained(scene, of->explained);
}

/* A resolver is reached by an interface of ours, and what queues there comes late. */
static void put_way_of_device(const struct view *view, struct scene *scene,
			      const struct device_sample *device)
{
	static const enum host_symptom ways[] = {HOST_SYMPTOM_CARRIER, HOST_SYMPTOM_SWITCHED_OFF,
						 HOST_SYMPTOM_QUEUE_DROPS,
						 HOST_SYMPTOM_QUEUE_DELAY};
	const char *name = interface_name(view->sample, device->interface);

	/* They are of its trouble only when it has one. */
	if (!names_in_trouble(scene))
		return;
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		put(scene, EVIDENCE_OF_HOST(ways[i]),
		    host_watch__symptom(view->host, ways[i], name, 0), name);
	put_device(view, scene, HOST_SYMPTOM_NEIGHBOUR, device);
	put(scene, EVIDENCE_OF_HOST(HOST_SYMPTOM_PACKET_WAIT),
	    host_watch__symptom(view->host, HOST_SYMPTOM_PACKET_WAIT, NULL, 0), "");
}

static void make_of_device(const struct view *view, const struct scene_of *of, struct scene *scene,
			   struct trouble_seen *seen)
{
	static const enum host_symptom names[] = {HOST_SYMPTOM_NAMES_SILENT,
						  HOST_SYMPTOM_NAMES_FAIL, HOST_SYMPTOM_NAMES_SLOW,
						  HOST_SYMPTOM_NAMES_RETRY};
	struct finding *all = &scene->finding[EVIDENCE_OF_FATE(FATE_ALL_NAMES)];
	const struct finding *fail = &scene->finding[EVIDENCE_OF_HOST(HOST_SYMPTOM_NAMES_FAIL)];
	const struct symptom *mixed =
		host_watch__symptom(view->host, HOST_SYMPTOM_NAMES_MIXED, of->device->name, 0);

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		put_device(view, scene, names[i], of->device);
	put_way_of_device(view, scene, of->device);
	drop_explained(scene, of->explained);
	find_trouble(scene, seen);
	all->subject = of->device->name;
	if (scene->finding[EVIDENCE_OF_HOST(HOST_SYMPTOM_NAMES_SILENT)].state == SYMPTOM_RAISED)
		all->state = SYMPTOM_RAISED;
	else if (fail->state == SYMPTOM_RAISED)
		all->state = fail->value.value >= 0.9 ? SYMPTOM_RAISED : SYMPTOM_NORMAL;
	else if (scene->finding[EVIDENCE_OF_HOST(HOST_SYMPTOM_NAMES_RETRY)].state == SYMPTOM_RAISED)
		all->state = SYMPTOM_NORMAL;
	else if (mixed->state == SYMPTOM_RAISED || mixed->state == SYMPTOM_NORMAL)
		all->state = mixed->state == SYMPTOM_RAISED ? SYMPTOM_NORMAL : SYMPTOM_RAISED;
}

void scene__make(const struct view *view, const struct scene_of *of, struct scene *scene,
		 struct trouble_seen *seen)
{
	memset(scene, 0, sizeof(*scene));
	for (unsigned i = 0; i < EVIDENCE_COUNT; i++)
		scene->finding[i].subject = "";
	scene->finding[EVIDENCE_OF_FATE(FATE_PRIOR)].state = SYMPTOM_RAISED;
	if (of->link != SIZE_MAX)
		make_of_link(view, of, scene, seen);
	else
		make_of_device(view, of, scene, seen);
}
