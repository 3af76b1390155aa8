/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Incidents: one cause one incident, two causes two; when they open, change and end.
 */
#include "blame_world.h"

#include "judge/incident_book.h"

#define TOLD_MAX 64

struct told {
	enum incident_change change;
	char id[INCIDENT_ID_LEN], lead[64], summary[INCIDENT_SUMMARY_LEN], owner[64];
	unsigned seq;
	enum place place;
	enum side side;
	enum severity severity;
	size_t links, evidence, against;
	double confidence;
	struct timespec time;
};

struct stage {
	struct world *world;
	struct incident_book *book;
	struct track first[WORLD_LINKS], second[WORLD_LINKS];
	struct told told[TOLD_MAX];
	size_t count;
};

static void on_event(void *context, const struct incident_event *event)
{
	struct stage *stage = context;
	struct told *told = &stage->told[stage->count++];

	assert_true(stage->count < TOLD_MAX);
	*told = (struct told){.change = event->change,
			      .seq = event->seq,
			      .place = event->place,
			      .side = event->side,
			      .severity = event->severity,
			      .links = event->link_count,
			      .evidence = event->evidence_count,
			      .against = event->against_count,
			      .confidence = event->confidence,
			      .time = event->time};
	snprintf(told->id, sizeof(told->id), "%s", event->id);
	snprintf(told->summary, sizeof(told->summary), "%s", event->summary);
	snprintf(told->owner, sizeof(told->owner), "%s", event->owner);
	if (event->link_count)
		snprintf(told->lead, sizeof(told->lead), "%s", event->links[0]);
	assert_true(event->confidence >= 0 && event->confidence < 1);
	assert_true(strlen(event->summary) > 0);
	for (size_t i = 0; i < event->evidence_count; i++)
		assert_non_null(event->evidence[i].subject);
}

static int setup(void **state)
{
	struct stage *stage = calloc(1, sizeof(*stage));

	assert_non_null(stage);
	stage->world = world_new();
	stage->book = incident_book__new();
	assert_non_null(stage->book);
	world_step(stage->world, 1);
	hear_all(stage->world);
	calm_all(stage->world);
	*state = stage;
	return 0;
}

static int teardown(void **state)
{
	struct stage *stage = *state;

	incident_book__free(stage->book);
	world_free(stage->world);
	free(stage);
	return 0;
}

static bool suspect(struct stage *stage, unsigned link, struct suspicion *suspicion)
{
	struct trouble_seen seen;
	struct scene scene;

	*suspicion = (struct suspicion){.of = {.link = link},
					.name = stage->world->links[link].name,
					.after = PLACE_UNKNOWN,
					.track = &stage->first[link]};
	suspicion__scene(&stage->world->view, suspicion, &scene, &seen);
	if (seen.main == TROUBLE_COUNT) {
		suspicion->track->times = 0;
		return false;
	}
	blame(&stage->world->view, &suspicion->of, &scene, &seen, &suspicion->verdict);
	return true;
}

/* One sample later. */
static void step(struct stage *stage, double seconds)
{
	struct incident_teller teller = {.host = "trader", .sink = on_event, .context = stage};
	struct suspicion suspicions[WORLD_LINKS];
	size_t count = 0;

	world_step(stage->world, seconds);
	incident_book__note_causes(stage->book, &stage->world->view);
	for (unsigned i = 0; i < WORLD_LINKS; i++)
		count += suspect(stage, i, &suspicions[count]);
	assert_int_equal(incident_book__take(stage->book, &stage->world->view, suspicions, count,
					     stage->world->sample.wall, &teller),
			 0);
}

static void darken(struct stage *stage, unsigned link, enum link_symptom symptom)
{
	struct world *world = stage->world;

	raise_symptom(world, link, symptom, 1, 0.01);
	world->totals[link].last_data_ns = world->totals[link].last_ack_ns =
		world->sample.time_ns - SECOND;
}

static void test_hard_facts_open_at_once(void **state)
{
	struct stage *stage = *state;

	raise_symptom(stage->world, REFDATA, SYMPTOM_REFUSED, 1, 0);
	stage->world->symptoms[REFDATA][SYMPTOM_REFUSED].hard = true;
	step(stage, 0.01);
	assert_int_equal(stage->count, 1);
	assert_int_equal(stage->told[0].change, INCIDENT_OPEN);
	assert_int_equal(stage->told[0].seq, 1);
	assert_int_equal(stage->told[0].place, PLACE_PEER_APP);
	assert_int_equal(stage->told[0].severity, SEVERITY_PAGE);
	assert_non_null(strstr(stage->told[0].id, "-refdata-1"));
	assert_non_null(strstr(stage->told[0].summary, "refdata: far application (external, "));
}

static void test_shifts_take_two_samples(void **state)
{
	struct stage *stage = *state;

	raise_symptom(stage->world, ORDERS, SYMPTOM_RESPONSE, 0.3, 0.001);
	step(stage, 0.01);
	assert_int_equal(stage->count, 0);
	step(stage, 0.1);
	assert_int_equal(stage->count, 0);
	step(stage, 1);
	assert_int_equal(stage->count, 1);
	assert_int_equal(stage->told[0].place, PLACE_PEER_APP);
}

/* All links by the gateway: one incident, and who joins later is an update. */
static void test_one_cause_one_incident(void **state)
{
	struct stage *stage = *state;

	for (unsigned i = 0; i < WORLD_LINKS; i++) {
		if (i != DATABASE && i != CUSTOMERS)
			raise_symptom(stage->world, i, SYMPTOM_LOSS, 0.02, 0);
	}
	/* Too little comes from them to tell. */
	stage->world->symptoms[CUSTOMERS][SYMPTOM_LOSS].units = 10;
	step(stage, 1);
	step(stage, 1);
	assert_int_equal(stage->count, 1);
	assert_int_equal(stage->told[0].place, PLACE_GATEWAY);
	assert_int_equal(stage->told[0].links, 5);
	raise_symptom(stage->world, CUSTOMERS, SYMPTOM_LOSS, 0.02, 0);
	for (unsigned i = 0; i < 4; i++)
		step(stage, 1);
	assert_int_equal(stage->count, 2);
	assert_int_equal(stage->told[1].change, INCIDENT_UPDATE);
	assert_int_equal(stage->told[1].links, 6);
	assert_int_equal(stage->told[1].seq, 2);
	assert_string_equal(stage->told[1].id, stage->told[0].id);
}

static void test_two_causes_two_incidents(void **state)
{
	struct stage *stage = *state;

	raise_symptom(stage->world, DATABASE, SYMPTOM_RESPONSE, 0.3, 0.001);
	raise_symptom(stage->world, REFDATA, SYMPTOM_REFUSED, 1, 0);
	step(stage, 1);
	step(stage, 1);
	assert_int_equal(stage->count, 2);
	assert_string_not_equal(stage->told[0].id, stage->told[1].id);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(stage->told[i].place, PLACE_PEER_APP);
		assert_int_equal(stage->told[i].side, strcmp(stage->told[i].lead, "database")
							      ? SIDE_EXTERNAL
							      : SIDE_INTERNAL);
	}
}

static void test_resolves_after_the_hold_time(void **state)
{
	struct stage *stage = *state;

	raise_symptom(stage->world, REFDATA, SYMPTOM_REFUSED, 1, 0);
	step(stage, 1);
	step(stage, 1);
	calm_symptom(stage->world, REFDATA, SYMPTOM_REFUSED, 0);
	for (unsigned i = 0; i < 9; i++)
		step(stage, 1);
	assert_int_equal(stage->count, 1);
	step(stage, 1);
	assert_int_equal(stage->count, 2);
	assert_int_equal(stage->told[1].change, INCIDENT_RESOLVE);
	assert_int_equal(stage->told[1].place, PLACE_PEER_APP);
	assert_int_equal(incident_book__open_count(stage->book), 0);
}

/* A cause that comes again is held longer: it does not ring each minute. */
static void test_flapping(void **state)
{
	struct stage *stage = *state;
	size_t opened = 0;

	for (unsigned i = 0; i < 20; i++) {
		raise_symptom(stage->world, REFDATA, SYMPTOM_REFUSED, 1, 0);
		step(stage, 1);
		step(stage, 1);
		calm_symptom(stage->world, REFDATA, SYMPTOM_REFUSED, 0);
		for (unsigned j = 0; j < 28; j++)
			step(stage, 1);
	}
	for (size_t i = 0; i < stage->count; i++)
		opened += stage->told[i].change == INCIDENT_OPEN;
	assert_in_range(opened, 2, 3);
}

/* An unclear trouble is told as such within two seconds, and clears up under its id. */
static void test_unknown_becomes_known(void **state)
{
	struct stage *stage = *state;
	struct world *world = stage->world;

	for (unsigned i = 0; i < WORLD_LINKS; i++)
		world->links[i].observed = i == RATES;
	world->devices[0].neighbour.unconfirmed_s = READING_NOT_AVAILABLE;
	world->devices[0].neighbour.state = NEIGHBOUR_UNKNOWN;
	calm_symptom(world, RATES, SYMPTOM_DROPS_OWN, 0);
	darken(stage, RATES, SYMPTOM_SILENCE);
	step(stage, 1);
	step(stage, 1);
	assert_int_equal(stage->count, 1);
	assert_int_equal(stage->told[0].place, PLACE_UNKNOWN);
	assert_int_equal(stage->told[0].side, SIDE_UNKNOWN);
	assert_int_equal(stage->told[0].severity, SEVERITY_PAGE);
	assert_string_equal(stage->told[0].owner, "rates-oncall");
	world->devices[0].neighbour.state = NEIGHBOUR_FAILED;
	world->devices[0].neighbour.unconfirmed_s = reading_of(4);
	step(stage, 1);
	step(stage, 1);
	assert_int_equal(stage->count, 2);
	assert_int_equal(stage->told[1].change, INCIDENT_UPDATE);
	assert_int_equal(stage->told[1].place, PLACE_GATEWAY);
	assert_string_equal(stage->told[1].id, stage->told[0].id);
}

/* What was seen first from where less could be told turns into what others show: one incident. */
static void test_one_incident_turns(void **state)
{
	struct stage *stage = *state;
	struct world *world = stage->world;

	raise_symptom(world, NEWS, SYMPTOM_CHECKSUM, 0.02, 0);
	step(stage, 1);
	step(stage, 1);
	assert_int_equal(stage->count, 1);
	for (unsigned i = 0; i < WORLD_LINKS; i++)
		raise_symptom(world, i, SYMPTOM_CHECKSUM, 0.02, 0);
	for (unsigned i = 0; i < 5; i++)
		step(stage, 1);
	for (size_t i = 1; i < stage->count; i++)
		assert_string_equal(stage->told[i].id, stage->told[0].id);
	assert_int_equal(stage->told[stage->count - 1].place, PLACE_NIC);
	assert_int_equal(stage->told[stage->count - 1].links, WORLD_LINKS);
}

/* What may be an end of an incident that just opened is looked at once more with that in view. */
static void test_wide_incidents_come_first(void **state)
{
	struct stage *stage = *state;
	struct world *world = stage->world;

	raise_symptom(world, ORDERS, SYMPTOM_NO_ROUTE, 1, 0);
	world->symptoms[ORDERS][SYMPTOM_NO_ROUTE].hard = true;
	world->symptoms[FIXING][SYMPTOM_DROPS_OWN].state = SYMPTOM_NOT_OBSERVED;
	darken(stage, FIXING, SYMPTOM_SILENCE);
	world->symptoms[FIXING][SYMPTOM_SILENCE].began_ns -= 2 * SECOND;
	step(stage, 0.1);
	assert_int_equal(stage->count, 1);
	assert_int_equal(stage->told[0].place, PLACE_KERNEL_NET);
}

/* While links recover one by one, the verdict stays. */
static void test_recovery_teaches_nothing(void **state)
{
	struct stage *stage = *state;

	for (unsigned i = 0; i < WORLD_LINKS; i++) {
		if (i != DATABASE)
			raise_symptom(stage->world, i, SYMPTOM_LOSS, 0.02, 0);
	}
	step(stage, 1);
	step(stage, 1);
	for (unsigned i = 0; i < WORLD_LINKS; i++) {
		calm_symptom(stage->world, i, SYMPTOM_LOSS, 0);
		step(stage, 1);
	}
	for (unsigned i = 0; i < 12; i++)
		step(stage, 1);
	for (size_t i = 0; i < stage->count; i++)
		assert_int_equal(stage->told[i].place, PLACE_GATEWAY);
	assert_int_equal(stage->told[stage->count - 1].change, INCIDENT_RESOLVE);
}

/* What began after the last sign of an incident is another one. */
static void test_another_story(void **state)
{
	struct stage *stage = *state;

	raise_symptom(stage->world, REFDATA, SYMPTOM_REFUSED, 1, 0);
	step(stage, 1);
	step(stage, 1);
	calm_symptom(stage->world, REFDATA, SYMPTOM_REFUSED, 0);
	for (unsigned i = 0; i < 5; i++)
		step(stage, 1);
	memset(&stage->world->past[REFDATA], 0, sizeof(stage->world->past[REFDATA]));
	raise_symptom(stage->world, REFDATA, SYMPTOM_NO_DESCRIPTORS, 1, 0);
	step(stage, 1);
	step(stage, 1);
	assert_int_equal(stage->count, 2);
	assert_int_equal(stage->told[1].change, INCIDENT_OPEN);
	assert_int_equal(stage->told[1].place, PLACE_APP);
}

static void test_customers_who_break_off_page_nobody(void **state)
{
	struct stage *stage = *state;

	raise_symptom(stage->world, CUSTOMERS, SYMPTOM_RESETS_IN, 0.4, 0);
	raise_symptom(stage->world, ORDERS, SYMPTOM_RESETS_OUT, 0.4, 0);
	for (unsigned i = 0; i < 5; i++)
		step(stage, 1);
	assert_true(stage->count > 0);
	for (size_t i = 0; i < stage->count; i++)
		assert_int_not_equal(stage->told[i].severity, SEVERITY_PAGE);
}

static void test_survives_a_restart(void **state)
{
	struct stage *stage = *state;
	struct incident_book *after;
	json_t *saved;

	raise_symptom(stage->world, REFDATA, SYMPTOM_REFUSED, 1, 0);
	step(stage, 1);
	step(stage, 1);
	assert_int_equal(stage->count, 1);
	saved = incident_book__save(stage->book);
	assert_non_null(saved);
	after = incident_book__new();
	assert_non_null(after);
	assert_int_equal(incident_book__restore(after, saved), 0);
	incident_book__free(stage->book);
	stage->book = after;
	memset(stage->first, 0, sizeof(stage->first));
	step(stage, 1);
	step(stage, 1);
	assert_int_equal(stage->count, 1);
	calm_symptom(stage->world, REFDATA, SYMPTOM_REFUSED, 0);
	for (unsigned i = 0; i < 11; i++)
		step(stage, 1);
	assert_int_equal(stage->count, 2);
	assert_int_equal(stage->told[1].change, INCIDENT_RESOLVE);
	assert_int_equal(stage->told[1].seq, 2);
	assert_string_equal(stage->told[1].id, stage->told[0].id);
	assert_int_equal(stage->told[1].place, PLACE_PEER_APP);
	json_decref(saved);
}

static void test_damaged_memory_is_refused(void **state)
{
	struct stage *stage = *state;
	static const char *const texts[] = {
		"{}",
		"[]",
		"{\"open\": 1, \"number\": 1}",
		"{\"open\": [], \"number\": \"x\"}",
		"{\"open\": [1], \"number\": 1}",
		"{\"open\": [{\"id\": \"x\"}], \"number\": 1}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		json_t *saved = json_loads(texts[i], 0, NULL);

		assert_non_null(saved);
		assert_int_equal(incident_book__restore(stage->book, saved), -EINVAL);
		assert_int_equal(incident_book__open_count(stage->book), 0);
		json_decref(saved);
	}
}

static void test_japanese(void **state)
{
	struct stage *stage = *state;

	stage->world->config->language = LANGUAGE_JA;
	raise_symptom(stage->world, REFDATA, SYMPTOM_REFUSED, 1, 0);
	step(stage, 1);
	step(stage, 1);
	assert_non_null(strstr(stage->told[0].summary, "拒否"));
}

static void test_lost_events_lower_the_confidence(void **state)
{
	struct stage *stage = *state;
	static const char *const blind[] = {"resets"};

	raise_symptom(stage->world, REFDATA, SYMPTOM_REFUSED, 1, 0);
	stage->world->sample.sensor.blind = blind;
	stage->world->sample.sensor.blind_count = 1;
	step(stage, 1);
	step(stage, 1);
	raise_symptom(stage->world, DATABASE, SYMPTOM_REFUSED, 1, 0);
	stage->world->sample.sensor.blind_count = 0;
	step(stage, 1);
	step(stage, 1);
	assert_int_equal(stage->count, 2);
	assert_true(stage->told[0].confidence < 0.98);
	assert_true(stage->told[0].confidence > 0.8);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hard_facts_open_at_once),
		TEST(test_shifts_take_two_samples),
		TEST(test_one_cause_one_incident),
		TEST(test_two_causes_two_incidents),
		TEST(test_resolves_after_the_hold_time),
		TEST(test_flapping),
		TEST(test_unknown_becomes_known),
		TEST(test_one_incident_turns),
		TEST(test_wide_incidents_come_first),
		TEST(test_recovery_teaches_nothing),
		TEST(test_another_story),
		TEST(test_customers_who_break_off_page_nobody),
		TEST(test_survives_a_restart),
		TEST(test_damaged_memory_is_refused),
		TEST(test_japanese),
		TEST(test_lost_events_lower_the_confidence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
