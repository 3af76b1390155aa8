/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Of several interfaces, devices or processes of a link, the one in the worst state stands for all.
 * What became unusual long after the link's trouble began is no evidence of its cause, and is left
 * out.
 */
#include "judge/scene.h"

#include <string.h>

#include "judge/scene_parts.h"
#include "judge/shared_fate.h"

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

const char *scene_interface_name(const struct sample *sample, int index)
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
			const char *name = scene_interface_name(sample, way->interface[i]);

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

static void make_of_link(const struct view *view, const struct scene_of *of, struct scene *scene,
			 struct trouble_seen *seen)
{
	const struct link_view *link = &view->links[of->link];

	for (unsigned i = 0; i < LINK_SYMPTOM_COUNT; i++)
		put(scene, EVIDENCE_OF_LINK(i), link->symptom[i], link->sample->name);
	for (unsigned i = 0; i < HOST_SYMPTOM_COUNT; i++) {
		/* Of a link that nobody uses nothing can be broken, but for one that would be used
		 * if our process got sockets. */
		if (link->sample->sockets || link->troubles || !tells_alone(i) ||
		    i == HOST_SYMPTOM_SOCKETS_REFUSED)
			put_host_symptom(view, link, i, scene);
	}
	drop_explained(scene, of->explained);
	scene__check_ends(view, link, scene);
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
	scene__check(view, seen, scene);
	scene__put_context(view, link, seen, scene);
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
	const char *name = scene_interface_name(view->sample, device->interface);

	/* They are of its trouble only when it has one. */
	if (!scene__names_in_trouble(scene))
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
	if (seen->main != TROUBLE_COUNT)
		scene__put_open_causes(view, of->device->name, "",
				       scene_interface_name(view->sample, of->device->interface),
				       seen, scene);
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
