/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What got lost for its number, for want of room or for want of time.
 *
 * Each loss is a counter of somebody else.  While it rises, and a minute longer, it is a matter of
 * health; so a second storm is news again, and a single one is not told for ever.  The counters
 * themselves stay in what `links --json` and /metrics show.
 *
 * Time is lost when the sensor was stopped, starved, or its machine suspended: what stood between
 * two ticks that are far apart is known from counters alone, and the judge takes no silence from
 * it.
 */
#include "base/clock.h"
#include "base/config.h"
#include "base/duration.h"
#include "run.h"
#include "sense/host.h"
#include "sense/kernel_side.h"
#include "sense/link_table.h"
#include "sense/sensor.h"
#include "sense/sweep.h"
#include "tell/health.h"

#define HOLD_NS	      (60 * NS_PER_SECOND)
#define GAP_INTERVALS 5 /* as the judge has it */
#define GAP_LEAST_NS  (3 * NS_PER_SECOND)

static const struct {
	const char *what;
	const char *name;
	const char *text;
} rows[LOSS_COUNT] = {
	[LOSS_FACTS] = {"events", "facts",
			"single events were not told for their number; the counts hold them all"},
	[LOSS_SOCKETS] = {"events", "sockets", "there was no memory to follow some sockets"},
	[LOSS_HISTOGRAMS] = {"tables", "histograms",
			     "the table of durations is full: those of some far ends are missing"},
	[LOSS_PEERS] = {"tables", "peers",
			"the table of far ends is full: what is new is counted in one sum, without "
			"a link of its own"},
	[LOSS_LINKS] = {"tables", "links",
			"there are as many links as there may be: far ends that are new and not "
			"declared are counted together as \"others\""},
	[LOSS_PROCESSES] = {"tables", "processes",
			    "more processes use links than are looked at: of some it is not known "
			    "whether they are stopped or short of anything"},
	[LOSS_NAMESPACES] = {"tables", "namespaces",
			     "the sockets of some network namespaces were not walked: their "
			     "segments and bytes are missing"},
};

static void read_counters(const struct run *run, uint64_t now[LOSS_COUNT])
{
	const struct sensor_counts *counts = sensor__counts(run->sensor);
	const struct host *host = sensor__host(run->sensor);

	now[LOSS_FACTS] = counts->facts_lost + counts->facts_refused;
	now[LOSS_SOCKETS] = counts->sockets_untracked;
	now[LOSS_HISTOGRAMS] = counts->hists_refused;
	now[LOSS_PEERS] = counts->peers_overflowed;
	now[LOSS_LINKS] = link_table__overflowed(sensor__links(run->sensor));
	now[LOSS_PROCESSES] = host ? host__processes_refused(host) : 0;
	/* This one is of the last census, not since the start: it holds while there is any. */
	now[LOSS_NAMESPACES] =
		run->losses.seen[LOSS_NAMESPACES] + sensor__totals(run->sensor)->namespaces_unseen;
}

/* Looks far apart: said with their distance. */
static void state_gap(struct run *run, uint64_t now_ns)
{
	struct losses *losses = &run->losses;
	uint64_t before_ns = losses->stated_ns, apart_ns = now_ns - before_ns;

	losses->stated_ns = now_ns;
	if (before_ns && apart_ns > GAP_LEAST_NS &&
	    apart_ns > GAP_INTERVALS * run->config->interval_ns) {
		/* A longer one is not to hide behind one that is told already. */
		health__set(run->health, "sensor", "gap", false, "over");
		losses->gap_ns = apart_ns;
		losses->gap_end_ns = now_ns;
	}
	health__set(run->health, "sensor", "gap",
		    losses->gap_end_ns && now_ns - losses->gap_end_ns < HOLD_NS,
		    "nothing was looked at for %.1f s: it was stopped, starved or suspended; "
		    "counts are whole, what came and went meanwhile was not judged",
		    (double)losses->gap_ns / NS_PER_SECOND);
}

void run_state_losses(struct run *run)
{
	uint64_t now_ns = clock_monotonic_ns(), now[LOSS_COUNT];
	struct losses *losses = &run->losses;

	read_counters(run, now);
	for (unsigned i = 0; i < LOSS_COUNT; i++) {
		if (now[i] > losses->seen[i])
			losses->risen_ns[i] = now_ns;
		losses->seen[i] = now[i];
		health__set(run->health, rows[i].what, rows[i].name,
			    losses->risen_ns[i] && now_ns - losses->risen_ns[i] < HOLD_NS, "%s",
			    rows[i].text);
	}
	state_gap(run, now_ns);
}
