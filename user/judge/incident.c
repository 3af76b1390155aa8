/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/incident.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/confidence.h"

struct incident *incident__new(void)
{
	return calloc(1, sizeof(struct incident));
}

void incident__free(struct incident *incident)
{
	if (!incident)
		return;
	names__clear(&incident->links);
	names__clear(&incident->devices);
	names__clear(&incident->peers);
	free(incident->reason);
	free(incident);
}

void suspicion__scene(const struct view *view, const struct suspicion *suspicion,
		      struct scene *scene, struct trouble_seen *seen)
{
	struct scene_of of = suspicion->of;
	bool explained[EVIDENCE_COUNT];

	of.explained = NULL;
	scene__make(view, &of, scene, seen);
	if (suspicion->after == PLACE_UNKNOWN)
		return;
	blame__explain(scene, suspicion->after, explained);
	of.explained = explained;
	scene__make(view, &of, scene, seen);
}

static int by_weight(const void *one, const void *other, void *place)
{
	const struct kept_reason *a = one, *b = other;
	enum place of = *(enum place *)place;
	double difference = b->reason.weight[of] - a->reason.weight[of];

	if (difference > 0)
		return 1;
	return difference < 0 ? -1 : strcmp(a->reason.signal, b->reason.signal);
}

/* The rows that spoke, the strongest for the place first, and what they add up to. */
static struct kept_reason *keep_reasons(const struct view *view, const struct suspicion *suspicion,
					double sum[PLACE_COUNT], size_t *kept)
{
	const struct evidence_row *rows[INCIDENT_REASONS_MAX];
	struct trouble_seen seen;
	struct scene scene;
	enum place place = suspicion->verdict.best;
	struct kept_reason *reasons;
	size_t count;

	suspicion__scene(view, suspicion, &scene, &seen);
	count = evidence__speaking(&scene, rows, INCIDENT_REASONS_MAX);
	reasons = calloc(count ? count : 1, sizeof(*reasons));
	if (!reasons)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		evidence__reason(&scene, rows[i], view->config->language, &reasons[i].reason);
		snprintf(reasons[i].subject, sizeof(reasons[i].subject), "%s",
			 reasons[i].reason.subject);
	}
	qsort_r(reasons, count, sizeof(*reasons), by_weight, &place);
	for (size_t i = 0; i < count; i++)
		reasons[i].reason.subject = reasons[i].subject;
	evidence__sum(rows, count, sum);
	*kept = count;
	return reasons;
}

int incident__adopt(struct incident *incident, const struct view *view,
		    const struct suspicion *suspicion)
{
	const struct verdict *verdict = &suspicion->verdict;
	struct reckoning reckoning = {.known = true};
	size_t count = 0;
	struct kept_reason *reasons = keep_reasons(view, suspicion, reckoning.sum, &count);

	if (!reasons)
		return -ENOMEM;
	/* What is stated is what the rows that are shown add up to. */
	confidence__shares(reckoning.sum, incident->share);
	reckoning.probability = incident->share[verdict->best];
	reckoning.calibrated = confidence__stated(verdict->place, reckoning.probability);
	incident->reckoning = reckoning;
	free(incident->reason);
	incident->reason = reasons;
	incident->reason_count = count;
	incident->place = verdict->place;
	incident->side = verdict->side;
	incident->second = verdict->place == verdict->best ? verdict->second : verdict->best;
	incident->stated = reckoning.calibrated;
	incident->troubles = verdict->troubles;
	for (unsigned place = 0; place < PLACE_COUNT; place++)
		incident->side_of_place[place] = side_of(view, &suspicion->of, place);
	snprintf(incident->key, sizeof(incident->key), "%s", verdict->key);
	snprintf(incident->lead, sizeof(incident->lead), "%s", suspicion->name);
	return 0;
}

static const struct config_link *config_link(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->link_count; i++) {
		if (!strcmp(config->links[i].name, name))
			return &config->links[i];
	}
	return NULL;
}

static bool add_process(struct incident *incident, const struct sample *sample, uint32_t pid)
{
	struct incident_process *process = &incident->process[incident->process_count];

	for (size_t i = 0; i < incident->process_count; i++) {
		if (incident->process[i].pid == pid)
			return false;
	}
	if (!pid || incident->process_count == INCIDENT_PROCESSES_MAX)
		return false;
	for (size_t i = 0; i < sample->process_count; i++) {
		if (sample->processes[i].pid != pid || sample->processes[i].state == 'X')
			continue;
		process->pid = pid;
		snprintf(process->comm, sizeof(process->comm), "%s", sample->processes[i].comm);
		incident->process_count++;
		return true;
	}
	return false;
}

static void add_owner(struct incident *incident, const struct config *config, const char *name)
{
	const struct config_link *link = config_link(config, name);

	if (!link)
		return;
	if (!*incident->owner && link->owner)
		snprintf(incident->owner, sizeof(incident->owner), "%s", link->owner);
	if (!*incident->contact && link->contact)
		snprintf(incident->contact, sizeof(incident->contact), "%s", link->contact);
}

static void add_peers(struct incident *incident, const struct view *view,
		      const struct link_sample *link)
{
	char text[ENDPOINT_TEXT_LEN];

	for (size_t i = 0; i < link->peer_count; i++) {
		const struct peer_sample *peer = &link->peers[i];
		struct address far;

		if (peer->key.direction == PEER_INCOMING) {
			if (address_is_unspecified(&peer->remote))
				continue;
			far = peer->remote;
			format_address(&far, text);
		} else {
			memcpy(far.byte, peer->key.address, sizeof(far.byte));
			format_address_port(&far, peer->key.port, text);
		}
		names__add(&incident->peers, text, INCIDENT_PEERS_MAX);
		add_process(incident, view->sample, peer->owner_tgid);
	}
}

bool incident__extend(struct incident *incident, const struct view *view,
		      const struct suspicion *suspicion)
{
	const struct link_view *link;
	bool news;

	if (suspicion->of.link == SIZE_MAX)
		return names__add(&incident->devices, suspicion->name, INCIDENT_DEVICES_MAX);
	link = &view->links[suspicion->of.link];
	news = names__add(&incident->links, suspicion->name, INCIDENT_LINKS_MAX);
	if (news) {
		add_owner(incident, view->config, suspicion->name);
		add_peers(incident, view, link->sample);
	}
	if (link->gateway &&
	    (incident->place == PLACE_GATEWAY || incident->place == PLACE_MIDDLEBOX))
		news |= names__add(&incident->devices, link->gateway->name, INCIDENT_DEVICES_MAX);
	return news;
}

void incident__impact(struct incident *incident, const struct view *view)
{
	bool ja = view->config->language == LANGUAGE_JA;
	size_t others = 0, well = 0;

	incident->connections = 0;
	for (size_t i = 0; i < view->count; i++) {
		const struct link_view *link = &view->links[i];

		if (names__has(&incident->links, link->sample->name)) {
			incident->connections += link->sample->sockets;
		} else if (link->sample->observed) {
			others++;
			well += !link->troubles;
		}
	}
	if (!others)
		snprintf(incident->other_links, sizeof(incident->other_links), "%s",
			 ja ? "他の接続なし" : "no others");
	else
		snprintf(incident->other_links, sizeof(incident->other_links),
			 ja ? "他 %2$zu 本中 %1$zu 本は正常" : "%1$zu of %2$zu others normal", well,
			 others);
}

/* What is said of a place that is not the verdict's. */
static double confidence_of_other(const struct incident *incident, enum place place)
{
	if (incident->place == PLACE_UNKNOWN)
		return confidence__stated(PLACE_UNKNOWN, incident->share[place]);
	return confidence__of_other(incident->share[place], incident->share[incident->place],
				    incident->stated);
}

static size_t list_alternatives(const struct incident *incident, struct alternative *alternatives)
{
	size_t count = 0;

	for (unsigned place = 0; place < PLACE_UNKNOWN; place++) {
		struct alternative each = {
			.side = incident->side_of_place[place],
			.place = place,
			.confidence = confidence_of_other(incident, place),
		};
		size_t at = count;

		if (place == incident->place || incident->share[place] < 0.005)
			continue;
		while (at && alternatives[at - 1].confidence < each.confidence) {
			alternatives[at] = alternatives[at - 1];
			at--;
		}
		alternatives[at] = each;
		count++;
	}
	return count;
}

void incident__event(const struct incident *incident, const struct view *view,
		     enum incident_change change, struct timespec time, const char *host,
		     char summary[INCIDENT_SUMMARY_LEN], struct alternative *alternatives,
		     struct reason *reasons, struct incident_event *event)
{
	enum config_language language = view->config->language;
	enum place best = incident->place;
	size_t evidence = 0;

	/* Of an unknown verdict the evidence is that of the likeliest place. */
	for (unsigned place = 0; incident->place == PLACE_UNKNOWN && place < PLACE_UNKNOWN;
	     place++) {
		if (best == PLACE_UNKNOWN || incident->share[place] > incident->share[best])
			best = place;
	}
	for (size_t i = 0; i < incident->reason_count; i++) {
		reasons[i] = incident->reason[i].reason;
		if (reasons[i].weight[best] > 0)
			evidence = i + 1;
	}
	incident__summary(incident, language, change, time, summary);
	*event = (struct incident_event){
		.change = change,
		.id = incident->id,
		.seq = incident->seq,
		.time = time,
		.began = incident->began,
		.host = host,
		.severity = incident->severity,
		.side = incident->side,
		.place = incident->place,
		.confidence = incident->confidence,
		.reckoning = incident->reckoning,
		.links = (const char *const *)incident->links.name,
		.link_count = incident->links.count,
		.devices = (const char *const *)incident->devices.name,
		.device_count = incident->devices.count,
		.peers = (const char *const *)incident->peers.name,
		.peer_count = incident->peers.count,
		.owner = incident->owner,
		.contact = incident->contact,
		.summary = summary,
		.evidence = reasons,
		.evidence_count = evidence,
		.against = reasons + evidence,
		.against_count = incident->reason_count - evidence,
		.alternatives = alternatives,
		.alternative_count = list_alternatives(incident, alternatives),
		.would_separate = incident->place == PLACE_UNKNOWN
					  ? would_separate(best, incident->second, language)
					  : "",
		.connections = incident->connections,
		.processes = incident->process,
		.process_count = incident->process_count,
		.other_links = incident->other_links,
		.events_lost = view->sample->sensor.events_lost >= incident->lost_before
				       ? view->sample->sensor.events_lost - incident->lost_before
				       : 0,
		.blind = view->sample->sensor.blind,
		.blind_count = view->sample->sensor.blind_count,
		.closed_by = incident->removed ? "reload" : "",
	};
}
