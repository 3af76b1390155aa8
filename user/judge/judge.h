/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The judge: samples in, incidents out.
 *
 * A pure function of its configuration and of the samples it was given: it reads no clock, no file
 * and no kernel, so the same samples give the same events, byte for byte.  Per sample: baselines
 * are compared and learned from (baseline), sequential tests run (symptom), what they and every
 * normal reading say is weighed for each place (blame), and verdicts become incidents (incident).
 */
#ifndef FAULTLINE_JUDGE_H
#define FAULTLINE_JUDGE_H

#include <jansson.h>

#include "judge/figures.h"
#include "judge/incident_event.h"

struct judge;

enum link_state {
	LINK_STATE_LEARNING,
	LINK_STATE_HEALTHY,
	LINK_STATE_SUSPECT, /* a symptom, and no incident yet */
	LINK_STATE_FAULTY,  /* in the scope of an open incident */
	LINK_STATE_NOT_OBSERVED,
};

const char *link_state_name(enum link_state state); /* "learning", …, "not observed" */

/* Gets each event once, in order.  Must not call the judge. */
typedef void judge_sink(void *context, const struct incident_event *event);

struct judge_options {
	const struct config *config; /* must stay until judge__reload() or __free() */
	const char *host;	     /* copied */
	judge_sink *sink;
	void *context;
};

/* NULL with errno. */
struct judge *judge__new(const struct judge_options *options);
void judge__free(struct judge *judge);

/*
 * Judges one sample.  Samples may be missing, late, or come between ticks; one that is not newer
 * than the last is passed over and counted.  0, or -ENOMEM, and then this sample was not judged.
 */
int judge__take(struct judge *judge, const struct sample *sample);

/* Another configuration: what is known of links that stay declared is kept.  0 or -errno. */
int judge__reload(struct judge *judge, const struct config *config);

/* Of a link or device by its name; of one it does not know, not observed. */
enum link_state judge__link_state(const struct judge *judge, const char *link);
enum link_state judge__device_state(const struct judge *judge, const char *device);

/* The figures of a link as of the last sample; all not available when it is not known. */
void judge__figures(const struct judge *judge, const char *link, struct link_figures *figures);

/* Samples that were passed over. */
uint64_t judge__passed_over(const struct judge *judge);

/*
 * What has to survive a restart: baselines, and the incidents that are open.  The caller decrefs
 * it; NULL without memory.
 */
json_t *judge__save(const struct judge *judge);

/*
 * Takes it back before the first sample; @now is the wall clock's time.  Baselines older than a
 * month are not taken.  An open incident goes on under its id, is not told again, and is resolved
 * when its symptoms do not come back.  0; -EINVAL for what is not of this kind, and then nothing is
 * taken; -ENOMEM.
 */
int judge__restore(struct judge *judge, const json_t *saved, struct timespec now);

#endif
