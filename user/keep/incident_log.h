/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log of incidents: every event and every note, in order, chained.
 *
 * The log is the truth about incidents; the judge's memory may lag behind it by a second when the
 * sensor is killed.  So the log decides what an event of the judge is after a restart: a "resolve"
 * of what is resolved already is no news, and numbers go on from the log's last.  An incident that
 * is open in the log and unknown to the judge's memory is closed (incident_log__orphans).
 */
#ifndef FAULTLINE_INCIDENT_LOG_H
#define FAULTLINE_INCIDENT_LOG_H

#include <jansson.h>
#include <stddef.h>

struct incident_log;
struct store;

/* Longer than any id. */
#define INCIDENT_NAME_LEN 128

/* @store must outlive it.  NULL with errno. */
struct incident_log *incident_log__new(struct store *store);
void incident_log__free(struct incident_log *log);

/*
 * Puts an event into the log; it is on disk after the next store__flush().  Borrowed.  Returns the
 * event as it was put (a new reference, with the number it has in the log), or NULL with errno:
 * EALREADY it is no news, EINVAL it is no incident event, ENOMEM.
 */
json_t *incident_log__put(struct incident_log *log, const json_t *event);

/*
 * Puts a note of a person into the log.  @side and @place: what it turned out to be; both NULL: not
 * said.  0; -ENOENT no such incident; -EINVAL; -ENOMEM.
 */
int incident_log__note(struct incident_log *log, const char *incident, const char *author,
		       const char *text, const char *side, const char *place);

/*
 * Events that close the incidents which are open in the log and do not stand in @memory, the
 * judge's, anywhere: the sensor ended between the event and the memory.  A new array; they are not
 * put yet.  NULL without memory.
 */
json_t *incident_log__orphans(const struct incident_log *log, const json_t *memory);

/* How many incidents are open. */
size_t incident_log__open_count(const struct incident_log *log);

/* Their last events, by id; borrowed, and valid until the next event is put. */
const json_t *incident_log__open(const struct incident_log *log);

#endif
