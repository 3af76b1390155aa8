/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For each sample: every link is watched, those in trouble are blamed, and the book makes incidents
 * of that.  Cost: each link's tests, and, for each link in trouble, one walk over all links.
 */
#include "judge/judge.h"
#include "judge/declared_way.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/company.h"
#include "judge/judge_parts.h"
#include "judge/threshold.h"

#define LINKS_MAX    8192
#define SUBJECTS_MAX 4096 /* names of links, interfaces, devices, processes in trouble */
/* After so many intervals without a sample the sensor itself stood still. */
#define GAP_INTERVALS 5
/* After so many it was late, and with it the whole host may have been. */
#define LATE_INTERVALS 2

const char *link_state_name(enum link_state state)
{
	static const char *const names[] = {
		[LINK_STATE_LEARNING] = "learning",	    [LINK_STATE_HEALTHY] = "healthy",
		[LINK_STATE_SUSPECT] = "suspect",	    [LINK_STATE_FAULTY] = "faulty",
		[LINK_STATE_NOT_OBSERVED] = "not observed",
	};

	return names[state];
}

static void free_link(struct known_link *link)
{
	if (!link)
		return;
	link_watch__free(link->watch);
	free(link->memory);
	free((char *)link->name);
	free(link);
}

struct judge *judge__new(const struct judge_options *options)
{
	struct judge *judge = calloc(1, sizeof(*judge));

	if (!judge)
		return NULL;
	judge->options = *options;
	snprintf(judge->host, sizeof(judge->host), "%s", options->host ? options->host : "");
	judge->links = hash_table__new(HASH_TABLE_STRING, LINKS_MAX);
	judge->watch = host_watch__new();
	judge->book = incident_book__new();
	if (!judge->links || !judge->watch || !judge->book) {
		judge__free(judge);
		errno = ENOMEM;
		return NULL;
	}
	return judge;
}

void judge__free(struct judge *judge)
{
	struct known_link *link;
	size_t cursor = 0;

	if (!judge)
		return;
	while (judge->links && (link = hash_table__next(judge->links, &cursor)))
		free_link(link);
	hash_table__free(judge->links);
	host_watch__free(judge->watch);
	incident_book__free(judge->book);
	names__clear(&judge->subjects);
	free(judge->views);
	free(judge->suspicions);
	json_decref(judge->saved_links);
	free(judge);
}

static const struct config_link *declared(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->link_count; i++) {
		if (!strcmp(config->links[i].name, name))
			return &config->links[i];
	}
	return NULL;
}

/* Baselines that an earlier run left, once. */
static void give_back_baseline(struct judge *judge, struct known_link *link)
{
	const json_t *saved = json_object_get(judge->saved_links, link->name);

	if (!saved)
		return;
	/* What is damaged is learned anew. */
	(void)link_watch__restore(link->watch, saved);
	json_object_del(judge->saved_links, link->name);
}

/* NULL without room or memory. */
static struct known_link *use_link(struct judge *judge, const char *name)
{
	struct known_link *link = hash_table__find(judge->links, name);

	if (link)
		return link;
	link = calloc(1, sizeof(*link));
	if (!link)
		return NULL;
	link->name = strdup(name);
	link->config = declared(judge->options.config, name);
	link->watch = link->name ? link_watch__new(link->config) : NULL;
	if (!link->watch || hash_table__insert(judge->links, link)) {
		free_link(link);
		return NULL;
	}
	give_back_baseline(judge, link);
	return link;
}

/* A gap in the samples is no silence of the links: windows begin anew, baselines stay. */
static void begin_anew(struct known_link *link)
{
	struct link_watch *fresh = link_watch__new(link->config);
	json_t *saved = link_watch__save(link->watch);

	if (fresh && saved && !link_watch__restore(fresh, saved)) {
		link_watch__free(link->watch);
		link->watch = fresh;
	} else {
		link_watch__free(fresh);
	}
	link->seen_ns = 0;
	json_decref(saved);
}

static int make_room(struct judge *judge, const struct sample *sample)
{
	size_t suspicions = 2 * (sample->link_count + sample->device_count);
	struct suspicion *more;
	struct link_view *views;

	if (sample->link_count > judge->room) {
		views = reallocarray(judge->views, sample->link_count, sizeof(*views));
		if (!views)
			return -ENOMEM;
		judge->views = views;
		judge->room = sample->link_count;
	}
	if (suspicions > judge->suspicion_room) {
		more = reallocarray(judge->suspicions, suspicions, sizeof(*more));
		if (!more)
			return -ENOMEM;
		judge->suspicions = more;
		judge->suspicion_room = suspicions;
	}
	return 0;
}

static void watch_link(struct judge *judge, struct known_link *link,
		       const struct link_sample *sample, const struct sample *of, double threshold,
		       struct link_view *view)
{
	uint64_t connects =
		sample->total->counter[PEER_CONNECT_OK] + sample->total->counter[PEER_ACCEPTED];
	bool learn = !link->suspected && !incident_book__of_link(judge->book, link->name);

	link_watch__take(link->watch, sample, of, threshold, learn);
	if (link->seen_ns && connects > link->connects)
		link->connected_ns = of->time_ns;
	link->connects = connects;
	memset(view, 0, sizeof(*view));
	view->sample = sample;
	known_way__take(&link->way, of, sample->way);
	declared_way__take(&link->way, of, sample);
	view->way = &link->way;
	view->past = &link->past;
	view->connected_ns = link->connected_ns;
	view->in_session = link_watch__in_session(link->watch);
	for (unsigned i = 0; i < LINK_SYMPTOM_COUNT; i++)
		view->symptom[i] = link_watch__symptom(link->watch, i);
	link->seen_ns = of->time_ns;
}

/* Links that are in no sample any more are forgotten, but for those that were declared. */
static void forget_unseen(struct judge *judge, uint64_t now_ns)
{
	struct known_link *link;
	bool again = true;

	while (again) {
		size_t cursor = 0;

		again = false;
		while ((link = hash_table__next(judge->links, &cursor))) {
			if (link->seen_ns == now_ns || link->config)
				continue;
			hash_table__remove(judge->links, link->name);
			free_link(link);
			again = true;
			break;
		}
	}
}

/* Has nobody looked for so many intervals? */
static bool unseen_for(const struct judge *judge, const struct sample *sample, unsigned intervals)
{
	return judge->taken_ns &&
	       sample->time_ns - judge->taken_ns > intervals * judge->options.config->interval_ns;
}

static double threshold_of(const struct judge *judge, const struct sample *sample)
{
	const struct config *config = judge->options.config;

	return threshold_nats(config->false_pages_per_day, (double)config->interval_ns / 1e9,
			      sample->link_count);
}

/* Losses that no link tells by itself. */
static void raise_in_company(struct judge *judge, struct view *view)
{
	bool found = false;

	company__find(view, threshold_of(judge, view->sample));
	for (size_t i = 0; i < view->count; i++) {
		struct link_view *link = &view->links[i];

		if (link->company == LINK_SYMPTOM_COUNT)
			continue;
		link_watch__raise_in_company(
			((struct known_link *)hash_table__find(judge->links, link->sample->name))
				->watch,
			link->company);
		found = true;
	}
	if (found)
		view__complete(view);
}

static int watch_all(struct judge *judge, const struct sample *sample, bool gap, struct view *view)
{
	bool late = unseen_for(judge, sample, LATE_INTERVALS);
	double threshold = threshold_of(judge, sample);
	struct known_link *link;
	size_t cursor = 0;

	if (make_room(judge, sample))
		return -ENOMEM;
	for (size_t i = 0; i < sample->link_count; i++) {
		if (!use_link(judge, sample->links[i].name))
			return -ENOMEM;
	}
	while (late && (link = hash_table__next(judge->links, &cursor))) {
		if (gap)
			begin_anew(link);
		else
			link_watch__stood_still(link->watch, sample->time_ns);
	}
	for (size_t i = 0; i < sample->link_count; i++)
		watch_link(judge, hash_table__find(judge->links, sample->links[i].name),
			   &sample->links[i], sample, threshold, &judge->views[i]);
	view->count = sample->link_count;
	return host_watch__take(judge->watch, sample, gap);
}

static struct device_track *device_track(struct judge *judge, const char *name)
{
	struct device_track *track;

	for (size_t i = 0; i < judge->device_count; i++) {
		if (!strncmp(judge->devices[i].name, name, sizeof(judge->devices[i].name) - 1))
			return &judge->devices[i];
	}
	track = &judge->devices[judge->device_count < DEVICE_TRACKS ? judge->device_count++ : 0];
	memset(track, 0, sizeof(*track));
	strncpy(track->name, name, sizeof(track->name) - 1);
	return track;
}

static bool add_suspicion(struct judge *judge, const struct view *view, struct suspicion suspicion)
{
	struct trouble_seen seen;
	struct scene scene;

	suspicion__scene(view, &suspicion, &scene, &seen);
	if (seen.main == TROUBLE_COUNT) {
		suspicion.track->times = 0;
		return false;
	}
	blame(view, &suspicion.of, &scene, &seen, &suspicion.verdict);
	judge->suspicions[judge->suspicion_count++] = suspicion;
	return true;
}

/* What the first verdict can't account for is a second fault, when it is any. */
static void suspect(struct judge *judge, const struct view *view, struct scene_of of,
		    const char *name, struct track *first, struct track *second)
{
	struct suspicion suspicion = {
		.of = of, .name = name, .after = PLACE_UNKNOWN, .track = first};
	bool explained[EVIDENCE_COUNT];
	struct trouble_seen seen;
	struct scene scene;
	enum place place;

	if (!add_suspicion(judge, view, suspicion)) {
		second->times = 0;
		return;
	}
	place = judge->suspicions[judge->suspicion_count - 1].verdict.place;
	suspicion__scene(view, &suspicion, &scene, &seen);
	if (place == PLACE_UNKNOWN || !blame__explain(&scene, place, explained)) {
		second->times = 0;
		return;
	}
	suspicion.after = place;
	suspicion.track = second;
	add_suspicion(judge, view, suspicion);
}

/* A copy that stays as long as the judge does; "" when there are too many. */
static const char *lasting_name(struct judge *judge, const char *name)
{
	names__add(&judge->subjects, name, SUBJECTS_MAX);
	for (size_t i = 0; i < judge->subjects.count; i++) {
		if (!strcmp(judge->subjects.name[i], name))
			return judge->subjects.name[i];
	}
	return "";
}

/* Keeps what was raised, until the trouble is over. */
static void remember(struct judge *judge, struct known_link *link, const struct view *view,
		     size_t index)
{
	struct trouble_seen seen;
	struct scene scene;

	if (!link->memory)
		link->memory = calloc(1, sizeof(*link->memory));
	if (!link->memory)
		return; /* then nothing is remembered, which is what it would be without trouble */
	scene__make(view, &(struct scene_of){.link = index}, &scene, &seen);
	for (unsigned i = 0; i < LINK_SYMPTOM_COUNT + HOST_SYMPTOM_COUNT; i++) {
		struct finding *kept = &link->memory->finding[i];

		if (scene.finding[i].state != SYMPTOM_RAISED)
			continue;
		*kept = scene.finding[i];
		/* The names of a sample do not outlive it. */
		kept->subject = lasting_name(judge, kept->subject);
	}
}

static void forget(struct known_link *link)
{
	free(link->memory);
	link->memory = NULL;
}

/* When the last trouble of each kind began. */
static void note_past(struct known_link *link, const struct link_view *view)
{
	uint64_t began_ns[TROUBLE_COUNT + 1] = {};

	for (unsigned i = 0; i < LINK_SYMPTOM_COUNT; i++) {
		const struct symptom *symptom = view->symptom[i];
		enum trouble trouble = trouble_of_link(i);

		if (symptom->state == SYMPTOM_RAISED &&
		    (!began_ns[trouble] || symptom->began_ns < began_ns[trouble]))
			began_ns[trouble] = symptom->began_ns;
	}
	for (unsigned i = 0; i < TROUBLE_COUNT; i++) {
		if (began_ns[i])
			link->past.began_ns[i] = began_ns[i];
	}
}

static void suspect_all(struct judge *judge, const struct view *view)
{
	const struct sample *sample = view->sample;
	bool host = host_watch__troubled(judge->watch);

	judge->suspicion_count = 0;
	for (size_t i = 0; i < view->count; i++)
		note_past(hash_table__find(judge->links, sample->links[i].name), &view->links[i]);
	for (size_t i = 0; i < view->count; i++) {
		struct known_link *link = hash_table__find(judge->links, sample->links[i].name);
		size_t before = judge->suspicion_count;

		if (host || view->links[i].troubles)
			suspect(judge, view, (struct scene_of){.link = i, .memory = link->memory},
				link->name, &link->first, &link->second);
		else
			link->first.times = link->second.times = 0;
		link->suspected = judge->suspicion_count > before;
		if (link->suspected)
			remember(judge, link, view, i);
		else
			forget(link);
	}
	for (size_t i = 0; host && i < sample->device_count; i++) {
		struct device_track *track;

		if (!sample->devices[i].resolver)
			continue;
		track = device_track(judge, sample->devices[i].name);
		suspect(judge, view,
			(struct scene_of){.link = SIZE_MAX, .device = &sample->devices[i]},
			sample->devices[i].name, &track->first, &track->second);
	}
}

static void find_states(struct judge *judge, const struct view *view)
{
	for (size_t i = 0; i < view->count; i++) {
		const struct link_view *each = &view->links[i];
		struct known_link *link = hash_table__find(judge->links, each->sample->name);

		if (!each->sample->observed)
			link->state = LINK_STATE_NOT_OBSERVED;
		else if (incident_book__of_link(judge->book, link->name))
			link->state = LINK_STATE_FAULTY;
		else if (link->suspected)
			link->state = LINK_STATE_SUSPECT;
		else
			link->state = link_watch__learned(link->watch) ? LINK_STATE_HEALTHY
								       : LINK_STATE_LEARNING;
	}
}

static bool is_before(struct timespec one, struct timespec other)
{
	return one.tv_sec != other.tv_sec ? one.tv_sec < other.tv_sec : one.tv_nsec < other.tv_nsec;
}

int judge__take(struct judge *judge, const struct sample *sample)
{
	struct view view = {.config = judge->options.config,
			    .sample = sample,
			    .host = judge->watch,
			    .links = judge->views};
	struct incident_teller teller = {.host = judge->host,
					 .sink = judge->options.sink,
					 .context = judge->options.context};
	int err;

	if (sample->time_ns <= judge->taken_ns) {
		judge->passed_over++;
		return 0;
	}
	err = watch_all(judge, sample, unseen_for(judge, sample, GAP_INTERVALS), &view);
	if (err)
		return err;
	judge->taken_ns = sample->time_ns;
	/* A wall clock that was set back does not take what was said with it. */
	if (is_before(judge->said, sample->wall))
		judge->said = sample->wall;
	view.links = judge->views;
	view__complete(&view);
	raise_in_company(judge, &view);
	incident_book__note_causes(judge->book, &view);
	suspect_all(judge, &view);
	err = incident_book__take(judge->book, &view, judge->suspicions, judge->suspicion_count,
				  judge->said, &teller);
	find_states(judge, &view);
	forget_unseen(judge, sample->time_ns);
	return err;
}

int judge__reload(struct judge *judge, const struct config *config)
{
	struct known_link *link;
	size_t cursor = 0;

	judge->options.config = config;
	while ((link = hash_table__next(judge->links, &cursor))) {
		bool removed = link->config && !declared(config, link->name);

		link->config = declared(config, link->name);
		link_watch__reconfigure(link->watch, link->config);
		if (!removed)
			continue;
		/* Its peers go to other links: what was raised here would never be taken back. */
		incident_book__remove_link(judge->book, link->name);
		begin_anew(link);
		forget(link);
		link->first.times = link->second.times = 0;
	}
	return 0;
}

enum link_state judge__link_state(const struct judge *judge, const char *name)
{
	const struct known_link *link = hash_table__find(judge->links, name);

	return link ? link->state : LINK_STATE_NOT_OBSERVED;
}

enum link_state judge__device_state(const struct judge *judge, const char *device)
{
	const struct symptom *neighbour =
		host_watch__symptom(judge->watch, HOST_SYMPTOM_NEIGHBOUR, device, 0);

	if (incident_book__of_device(judge->book, device))
		return LINK_STATE_FAULTY;
	if (neighbour->state == SYMPTOM_RAISED)
		return LINK_STATE_SUSPECT;
	return neighbour->state == SYMPTOM_NORMAL ? LINK_STATE_HEALTHY : LINK_STATE_NOT_OBSERVED;
}

void judge__figures(const struct judge *judge, const char *name, struct link_figures *figures)
{
	const struct known_link *link = hash_table__find(judge->links, name);

	*figures = (struct link_figures){};
	if (link)
		link_watch__figures(link->watch, figures);
}

uint64_t judge__passed_over(const struct judge *judge)
{
	return judge->passed_over;
}
