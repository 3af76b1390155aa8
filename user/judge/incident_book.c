/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Suspicions with equal keys have one cause.  They join the incident of that key, or change the
 * one that their links are in, or open one.
 *
 * When a verdict is ripe stands in ripeness.c.
 *
 * When it changes.  The new place must have most of the probability, the old one less than a
 * quarter, twice in a row: a verdict that swings is worth nothing at night.
 *
 * When it is over.  After ten seconds without any sign of it: longer than the back-off of a
 * connection that comes back takes, and shorter than people wait for the word.  A cause that
 * comes again within ten minutes is held twice as long as before, to five minutes at most.
 */
#include "judge/incident_book.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/confidence.h"
#include "judge/incident_book_parts.h"
#include "judge/ripeness.h"

#define SECOND_NS   1000000000ULL
#define HOLD_NS	    (10 * SECOND_NS)
#define HOLD_MAX_NS (300 * SECOND_NS)
#define AGAIN_NS    (600 * SECOND_NS)
#define QUIET_NS    (2 * SECOND_NS) /* between two updates of no great moment */
#define CHANGE_FROM 0.25

struct round {
	struct incident_book *book;
	const struct view *view;
	struct suspicion *suspicion;
	size_t count;
	struct timespec time;
	const struct incident_teller *teller;
	uint64_t now_ns;
};

struct incident_book *incident_book__new(void)
{
	return calloc(1, sizeof(struct incident_book));
}

void incident_book__free(struct incident_book *book)
{
	if (!book)
		return;
	for (size_t i = 0; i < book->count; i++)
		incident__free(book->open[i]);
	free(book);
}

static void tell(const struct round *round, struct incident *incident, enum incident_change change)
{
	struct alternative alternatives[PLACE_COUNT];
	struct reason reasons[INCIDENT_REASONS_MAX];
	char summary[INCIDENT_SUMMARY_LEN];
	struct incident_event event;

	incident->seq++;
	incident->told_ns = round->now_ns;
	incident->changed = false;
	incident__event(incident, round->view, change, round->time, round->teller->host, summary,
			alternatives, reasons, &event);
	round->teller->sink(round->teller->context, &event);
}

static struct incident *with_key(const struct incident_book *book, const char *key)
{
	for (size_t i = 0; i < book->count; i++) {
		if (!strcmp(book->open[i]->key, key))
			return book->open[i];
	}
	return NULL;
}

static bool has(const struct incident *incident, const struct suspicion *suspicion)
{
	return names__has(suspicion->of.link == SIZE_MAX ? &incident->devices : &incident->links,
			  suspicion->name);
}

/* The incident in whose scope the subject is.  A second cause on a link is not what the first
 * incident of that link is about. */
static struct incident *with_subject(const struct incident_book *book,
				     const struct suspicion *suspicion)
{
	for (size_t i = 0; i < book->count; i++) {
		const struct incident *incident = book->open[i];

		/* What began after the last sign of it is another story. */
		if (suspicion->verdict.seen.began_ns > incident->sign_ns + SECOND_NS &&
		    !incident->restored)
			continue;
		if (has(incident, suspicion) &&
		    (suspicion->after == PLACE_UNKNOWN || incident->place != suspicion->after) &&
		    (suspicion->after != PLACE_UNKNOWN || !incident->second_cause))
			return book->open[i];
	}
	return NULL;
}

static void sign(const struct round *round, struct incident *incident,
		 const struct suspicion *suspicion)
{
	enum severity severity = suspicion__severity(round->view, suspicion);

	incident->sign_ns = round->now_ns;
	incident->restored = false;
	if (severity > incident->severity) {
		incident->severity = severity;
		incident->changed = true;
		incident->urgent = true;
	}
}

/* Who belongs where, as of before this sample. */
static void assign(struct round *round)
{
	for (size_t i = 0; i < round->count; i++) {
		struct suspicion *suspicion = &round->suspicion[i];

		suspicion__follow(suspicion, round->now_ns);
		suspicion->incident = with_key(round->book, suspicion->verdict.key);
		suspicion->differs = false;
		if (suspicion->incident)
			continue;
		suspicion->incident = with_subject(round->book, suspicion);
		suspicion->differs = suspicion->incident != NULL;
	}
}

/* The one of an incident's suspicions that speaks clearest. */
static struct suspicion *leading(const struct round *round, const struct incident *incident,
				 bool differing)
{
	struct suspicion *lead = NULL;

	for (size_t i = 0; i < round->count; i++) {
		struct suspicion *each = &round->suspicion[i];

		if (each->incident == incident && each->differs == differing &&
		    (!lead || each->verdict.confidence > lead->verdict.confidence))
			lead = each;
	}
	return lead;
}

static void state_confidence(const struct round *round, struct incident *incident)
{
	const struct sensor_sample *sensor = &round->view->sample->sensor;
	uint64_t lost = sensor->events_lost > incident->lost_before
				? sensor->events_lost - incident->lost_before
				: 0;

	incident->reckoning.left = confidence__after_losses(1, lost, sensor->blind_count);
	incident->confidence = incident->stated * incident->reckoning.left;
}

/* Is the new verdict so much better that it is worth another word? */
static bool wins(const struct round *round, const struct incident *incident,
		 const struct suspicion *lead)
{
	const struct verdict *verdict = &lead->verdict;

	if (!(lead->verdict.place != PLACE_UNKNOWN) ||
	    (!suspicion__stable(lead, round->now_ns) && !verdict->seen.hard))
		return false;
	if (incident->place == PLACE_UNKNOWN)
		return true;
	if (verdict->place == incident->place)
		return true; /* the same place, seen as another one of its kind */
	return verdict->share[verdict->best] >= VERDICT_MIN &&
	       verdict->share[incident->place] <= CHANGE_FROM;
}

static int adopt(const struct round *round, struct incident *incident, const struct suspicion *lead)
{
	int err = incident__adopt(incident, round->view, lead);

	if (!err)
		state_confidence(round, incident);
	return err;
}

/* Those of the same cause that had no incident come along. */
static void join_all(struct round *round, struct incident *incident)
{
	for (size_t i = 0; i < round->count; i++) {
		struct suspicion *each = &round->suspicion[i];

		if (!strcmp(each->verdict.key, incident->key)) {
			each->incident = incident;
			each->differs = false;
		}
		if (each->incident == incident && !each->differs &&
		    (suspicion__stable(each, round->now_ns) || each->verdict.seen.hard) &&
		    incident__extend(incident, round->view, each))
			incident->changed = true;
	}
}

/* What its links say now: more of the same, something else, or nothing. */
static int reconsider(struct round *round, struct incident *incident)
{
	size_t in_trouble = 0;
	struct suspicion *lead = leading(round, incident, false);
	struct suspicion *other = leading(round, incident, true);
	enum place before = incident->place;
	int err = 0;

	for (size_t i = 0; i < round->count; i++) {
		if (round->suspicion[i].incident != incident)
			continue;
		sign(round, incident, &round->suspicion[i]);
		in_trouble++;
	}
	/* While a trouble ebbs away nothing new is learned of its cause. */
	if (in_trouble < incident->peak)
		return 0;
	incident->peak = in_trouble;
	if (lead)
		other = NULL;
	else if (other && wins(round, incident, other))
		lead = other;
	if (!lead)
		return 0;
	/* One that an older version left has no evidence yet. */
	if (other || !incident->reason_count || lead->verdict.confidence > incident->stated + 0.05)
		err = adopt(round, incident, lead);
	if (err)
		return err;
	if (incident->place != before)
		incident->changed = incident->urgent = true;
	join_all(round, incident);
	return 0;
}

static struct ended *ended_of(struct incident_book *book, const char *key)
{
	for (size_t i = 0; i < ENDED_MAX; i++) {
		if (book->ended[i].hold_ns && !strcmp(book->ended[i].key, key))
			return &book->ended[i];
	}
	return NULL;
}

static uint64_t hold_of(struct incident_book *book, const char *key, uint64_t now_ns)
{
	const struct ended *ended = ended_of(book, key);
	uint64_t twice_ns = ended ? 2 * ended->hold_ns : 0;

	if (!ended || now_ns - ended->ended_ns >= AGAIN_NS)
		return HOLD_NS;
	return twice_ns < HOLD_MAX_NS ? twice_ns : HOLD_MAX_NS;
}

static struct timespec earlier(struct timespec time, uint64_t ns)
{
	time.tv_sec -= (time_t)(ns / SECOND_NS);
	time.tv_nsec -= (long)(ns % SECOND_NS);
	if (time.tv_nsec < 0) {
		time.tv_nsec += (long)SECOND_NS;
		time.tv_sec--;
	}
	return time;
}

/* Room is kept for incidents that page: one that does not gives way. */
static int open_incident(struct round *round, struct suspicion *lead)
{
	struct incident_book *book = round->book;
	uint64_t began_ns = lead->verdict.seen.began_ns;
	struct incident *incident;
	int err;

	if (book->count == INCIDENTS_MAX) {
		book->refused++;
		return 0;
	}
	incident = incident__new();
	if (!incident)
		return -ENOMEM;
	incident->lost_before = round->view->sample->sensor.events_lost;
	err = adopt(round, incident, lead);
	if (err) {
		incident__free(incident);
		return err;
	}
	if (!began_ns || began_ns > round->now_ns)
		began_ns = round->now_ns;
	incident->began_ns = began_ns;
	incident->began = earlier(round->time, round->now_ns - began_ns);
	incident->opened_ns = round->now_ns;
	incident->hold_ns = hold_of(book, incident->key, round->now_ns);
	incident->second_cause = lead->after != PLACE_UNKNOWN;
	incident__name(incident, round->time, ++round->book->number);
	/* The link that leads is named first. */
	incident__extend(incident, round->view, lead);
	for (size_t i = 0; i < round->count; i++) {
		struct suspicion *each = &round->suspicion[i];

		if (strcmp(each->verdict.key, incident->key) != 0)
			continue;
		each->incident = incident;
		each->differs = false;
		incident__extend(incident, round->view, each);
		sign(round, incident, each);
		incident->peak++;
	}
	book->open[book->count++] = incident;
	incident__impact(incident, round->view);
	tell(round, incident, INCIDENT_OPEN);
	return 0;
}

/* May it be the cause of what others show? */
static bool is_wide(const struct incident *incident)
{
	switch (incident->place) {
	case PLACE_GATEWAY:
	case PLACE_NIC:
	case PLACE_CPU:
	case PLACE_KERNEL_NET:
		return true;
	case PLACE_PATH:
		return !strncmp(incident->key, "line/", 5);
	default:
		return false;
	}
}

/* Is what @ripe says also the likeliest for @each, which is not sure: one interface, or host? */
static bool points_at(const struct round *round, const struct suspicion *each,
		      const struct suspicion *ripe)
{
	const struct known_way *one, *other;

	if (each->of.link == SIZE_MAX || ripe->of.link == SIZE_MAX ||
	    ripe->verdict.place != PLACE_NIC || each->verdict.best != PLACE_NIC)
		return false;
	one = round->view->links[each->of.link].way;
	other = round->view->links[ripe->of.link].way;
	return one->interface_count && other->interface_count &&
	       one->interface[0] == other->interface[0];
}

/*
 * An open incident whose links say by now what a new suspicion says, and nothing else: it is the
 * same trouble, and was seen from where less could be told.  NULL: there is none.
 */
static struct incident *turned_incident(const struct round *round, const struct suspicion *ripe)
{
	const struct verdict *verdict = &ripe->verdict;

	for (size_t i = 0; i < round->count; i++) {
		const struct suspicion *each = &round->suspicion[i];

		if (each->incident && each->differs &&
		    (!strcmp(each->verdict.key, verdict->key) || points_at(round, each, ripe)) &&
		    !leading(round, each->incident, false) &&
		    each->verdict.share[each->incident->place] <= CHANGE_FROM &&
		    verdict->share[each->incident->place] <= CHANGE_FROM)
			return each->incident;
	}
	return NULL;
}

static int turn(struct round *round, struct incident *incident, struct suspicion *ripe)
{
	int err = adopt(round, incident, ripe);

	if (err)
		return err;
	incident->changed = incident->urgent = true;
	join_all(round, incident);
	return 0;
}

/* Of those without an incident, the ones whose time has come. */
static int open_ripe(struct round *round)
{
	struct incident *turned;
	bool waits = false;
	int err = 0;

	for (size_t i = 0; !err && i < round->count; i++) {
		struct suspicion *each = &round->suspicion[i], *lead = each;

		/* What may be an end of what was just opened is weighed again with that in view. */
		if (each->incident || waits ||
		    !suspicion__ripe(each, round->suspicion, round->count, round->now_ns))
			continue;
		turned = turned_incident(round, each);
		if (turned) {
			err = turn(round, turned, each);
			continue;
		}
		for (size_t j = 0; j < round->count; j++) {
			struct suspicion *other = &round->suspicion[j];

			if (!other->incident && !strcmp(other->verdict.key, each->verdict.key) &&
			    other->verdict.confidence > lead->verdict.confidence)
				lead = other;
		}
		err = open_incident(round, lead);
		waits = !err && lead->incident && is_wide(lead->incident);
	}
	return err;
}

static void end(struct round *round, size_t index)
{
	struct incident_book *book = round->book;
	struct incident *incident = book->open[index];
	struct ended *ended = ended_of(book, incident->key);

	if (!ended)
		ended = &book->ended[book->ended_next++ % ENDED_MAX];

	snprintf(ended->key, sizeof(ended->key), "%s", incident->key);
	ended->ended_ns = round->now_ns;
	ended->hold_ns = incident->hold_ns;
	incident__impact(incident, round->view);
	tell(round, incident, INCIDENT_RESOLVE);
	incident__free(incident);
	memmove(&book->open[index], &book->open[index + 1],
		(book->count - index - 1) * sizeof(struct incident *));
	book->count--;
	for (size_t i = 0; i < round->count; i++) {
		if (round->suspicion[i].incident == incident)
			round->suspicion[i].incident = NULL;
	}
}

/* A cause that another incident took over is no incident of its own any more. */
static bool taken_over(const struct incident_book *book, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (!strcmp(book->open[i]->key, book->open[index]->key))
			return true;
	}
	return false;
}

static void update_all(struct round *round)
{
	struct incident_book *book = round->book;

	for (size_t i = 0; i < book->count;) {
		struct incident *incident = book->open[i];

		if (!incident->sign_ns)
			incident->sign_ns = round->now_ns;
		if (incident->removed || taken_over(book, i) ||
		    round->now_ns - incident->sign_ns >= incident->hold_ns) {
			end(round, i);
			continue;
		}
		if (incident->changed && incident->opened_ns != round->now_ns &&
		    (incident->urgent || round->now_ns - incident->told_ns >= QUIET_NS)) {
			incident__impact(incident, round->view);
			incident->urgent = false;
			tell(round, incident, INCIDENT_UPDATE);
		}
		i++;
	}
}

int incident_book__take(struct incident_book *book, const struct view *view,
			struct suspicion *suspicions, size_t count, struct timespec time,
			const struct incident_teller *teller)
{
	struct round round = {
		.book = book,
		.view = view,
		.suspicion = suspicions,
		.count = count,
		.time = time,
		.teller = teller,
		.now_ns = view->sample->time_ns,
	};
	int err = 0;

	assign(&round);
	for (size_t i = 0; !err && i < book->count; i++)
		err = reconsider(&round, book->open[i]);
	if (!err)
		err = open_ripe(&round);
	update_all(&round);
	return err;
}

void incident_book__remove_link(struct incident_book *book, const char *name)
{
	for (size_t i = 0; i < book->count; i++) {
		struct incident *incident = book->open[i];

		if (!names__has(&incident->links, name))
			continue;
		/* The last one stays, so that its end says what it was about. */
		if (incident->links.count > 1)
			names__remove(&incident->links, name);
		else
			incident->removed = true;
	}
}

const struct incident *incident_book__of_link(const struct incident_book *book, const char *name)
{
	for (size_t i = 0; i < book->count; i++) {
		if (names__has(&book->open[i]->links, name))
			return book->open[i];
	}
	return NULL;
}

const struct incident *incident_book__of_device(const struct incident_book *book, const char *name)
{
	for (size_t i = 0; i < book->count; i++) {
		if (names__has(&book->open[i]->devices, name))
			return book->open[i];
	}
	return NULL;
}

void incident_book__note_causes(const struct incident_book *book, struct view *view)
{
	view->open_count = 0;
	for (size_t i = 0; i < book->count && view->open_count < OPEN_CAUSES_MAX; i++) {
		const struct incident *incident = book->open[i];
		const char *name = strchr(incident->key, '/');

		if (name && is_wide(incident))
			view->open[view->open_count++] = (struct open_cause){
				.place = incident->place,
				.name = name + 1,
				.key = incident->key,
				.began_ns = incident->began_ns,
				.links = &incident->links,
			};
	}
}

size_t incident_book__open_count(const struct incident_book *book)
{
	return book->count;
}
