/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From samples to incidents, in the running sensor.
 *
 * The judge sees one sample a tick, and one more as soon as something hard happened: a carrier or a
 * next hop lost, a process stopped, a route deleted, a connect that failed, a reset.  Such looks
 * keep a distance of 100 ms, and of twenty times what the last one cost, so that a storm of them
 * takes a twentieth of a processor; what comes in between waits for the timer, and is never lost.
 *
 * The judge must not be called while it tells: its events are gathered, and handed to the desk when
 * it is done, in its order; from there they come back for the stream.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/json_text.h"
#include "base/log.h"
#include "cmd.h"
#include "faultline/fact.h"
#include "judge/judge.h"
#include "run.h"
#include "sense/host.h"
#include "sense/sensor.h"
#include "tell/desk.h"
#include "tell/incident_json.h"
#include "tell/links_report.h"
#include "tell/owners_json.h"

#define LOOK_DISTANCE_NS    (100 * NS_PER_MS)
#define LOOK_DISTANCE_COSTS 20
/* A next hop that is asked whether it is there answers long before. */
#define NEIGHBOUR_ANSWERS_NS (450 * NS_PER_MS)

/* ---- what the judge says ----------------------------------------------------------------- */

static void on_incident(void *context, const struct incident_event *event)
{
	struct run *run = context;

	json_t *object = incident_json__new(event);

	/* The judge knows pids; where they live changes no verdict, and is told while it is known.
	 */
	if (object && sensor__owners(run->sensor) &&
	    owners_json__complete(sensor__owners(run->sensor), object))
		log_warning_limited("no memory to say where the processes of an incident live");
	if (json_array_append_new(run->events, object))
		log_error("no memory to tell of incident %s: %s", event->id, event->summary);
}

/* The desk has kept it; as it stands in the log it goes to the stream. */
static void on_told(void *context, json_t *event)
{
	struct run *run = context;

	if (!run->arguments->json)
		log_info("incident %s: %s: %s", json_text(event, "id"), json_text(event, "event"),
			 json_text(event, "summary"));
	else if (incident_json__print(event, stdout))
		log_warning_limited("an incident event could not be written to standard output");
}

static void tell_all(struct run *run)
{
	desk__incidents(run->desk, run->events);
	json_array_clear(run->events);
}

/* ---- looks ------------------------------------------------------------------------------- */

static void judge(struct run *run, const struct sample *sample)
{
	int err;

	run_record(run, sample);
	if (!run->judge)
		return;
	err = judge__take(run->judge, sample);
	if (err)
		log_warning_limited("a sample was not judged: %s", strerror(-err));
	tell_all(run);
}

/* Whether an answer came is seen by looking: one that does not come tells nothing by itself. */
static void await_neighbour(struct run *run)
{
	const struct host *host = sensor__host(run->sensor);

	run->neighbour_due = host && host__awaits_neighbour(host);
	if (!run->neighbour_due || !run->soon)
		return;
	sd_event_source_set_time(run->soon, (run->looked_ns + NEIGHBOUR_ANSWERS_NS) / 1000);
	sd_event_source_set_enabled(run->soon, SD_EVENT_ONESHOT);
}

const struct sample *run_look(struct run *run)
{
	double began_us = clock_thread_us();
	const struct sample *sample;
	int err;

	sensor__read_facts(run->sensor);
	err = sensor__sweep(run->sensor, 0);
	if (err)
		log_warning_limited("the sweep could not read everything: %s", strerror(-err));
	/* What the sweep itself found is in the sample already. */
	run->look_due = false;
	sample = sensor__sample(run->sensor);
	if (sample)
		judge(run, sample);
	else
		log_warning_limited("no memory for a sample");
	run->looked_ns = clock_monotonic_ns();
	run->look_cost_ns = (uint64_t)((clock_thread_us() - began_us) * 1000);
	await_neighbour(run);
	return sample;
}

static int on_soon(sd_event_source *source, uint64_t due_us, void *context)
{
	struct run *run = context;

	(void)source, (void)due_us;
	run->look_due |= run->neighbour_due;
	run->neighbour_due = false;
	run_settle(run);
	return 0;
}

int run_add_judge_source(struct run *run)
{
	int err = sd_event_add_time(run->loop, &run->soon, CLOCK_MONOTONIC, 0, 1000, on_soon, run);

	if (err >= 0)
		err = sd_event_source_set_enabled(run->soon, SD_EVENT_OFF);
	return err < 0 ? err : 0;
}

void run_settle(struct run *run)
{
	uint64_t distance_ns = run->look_cost_ns * LOOK_DISTANCE_COSTS;
	uint64_t due_ns;

	if (!run->look_due)
		return;
	if (distance_ns < LOOK_DISTANCE_NS)
		distance_ns = LOOK_DISTANCE_NS;
	due_ns = run->looked_ns + distance_ns;
	if (clock_monotonic_ns() >= due_ns) {
		run_look(run);
		return;
	}
	sd_event_source_set_time(run->soon, due_ns / 1000 + 1);
	sd_event_source_set_enabled(run->soon, SD_EVENT_ONESHOT);
}

void run_note_fact(struct run *run, const struct fact *fact)
{
	if (fact->kind == FACT_CONNECT_FAILED || fact->kind == FACT_RESET_RECEIVED)
		run->look_due = true;
}

void run_note_change(struct run *run, const struct change *change)
{
	switch (change->kind) {
	case CHANGE_CARRIER_LOST:
	case CHANGE_INTERFACE_DOWN:
	case CHANGE_INTERFACE_GONE:
	case CHANGE_NEIGHBOUR_STATE: /* to FAILED, or from it */
	case CHANGE_ROUTE_DELETED:
	case CHANGE_PROCESS_STOPPED:
	case CHANGE_PROCESS_GONE:
		run->look_due = true;
		break;
	default:
		break;
	}
}

/* ---- start, reload, stop ------------------------------------------------------------------ */

static json_t *links_object(void *context)
{
	struct run *run = context;

	return links_report__new(run->sensor, run->judge, run->host);
}

int run_start_judge(struct run *run)
{
	struct judge_options judge_options = {
		.config = run->config,
		.host = run->host,
		.sink = on_incident,
		.context = run,
	};
	struct desk_options desk_options = {
		.loop = run->loop,
		.config = run->config,
		.host = run->host,
		.health = run->health,
		.commands = run->commands,
		.links = links_object,
		.told = on_told,
		.context = run,
	};
	char why[512] = "";

	if (run->record_only)
		return EXIT_DONE;
	run->events = json_array();
	run->judge = judge__new(&judge_options);
	if (!run->events || !run->judge) {
		log_error("there is no judge: %s", strerror(run->events ? errno : ENOMEM));
		return EXIT_FAILED;
	}
	desk_options.judge = run->judge;
	if (!desk__new(&desk_options, &run->desk, why, sizeof(why)))
		return EXIT_DONE;
	log_error("%s", why);
	return EXIT_FAILED;
}

void run_stop_judge(struct run *run)
{
	desk__free(run->desk);
	judge__free(run->judge);
	json_decref(run->events);
	sd_event_source_unref(run->soon);
}

/* Hands the configuration to whoever keeps a pointer to it. */
static int hand_on(struct run *run, const struct config *config)
{
	int err = run->judge ? judge__reload(run->judge, config) : 0;

	tell_all(run);
	if (!err)
		err = sensor__reload(run->sensor, config);
	if (!err && run->desk)
		err = desk__reload(run->desk, config);
	return err;
}

int run_reload(struct run *run, const struct config *config)
{
	int err = hand_on(run, config);

	return err && hand_on(run, run->config) ? -ENOTRECOVERABLE : err;
}
