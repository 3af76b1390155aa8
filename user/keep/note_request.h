/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A person's note on an incident, as it comes from the command: checked, then put into the log.
 */
#ifndef FAULTLINE_NOTE_REQUEST_H
#define FAULTLINE_NOTE_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define NOTE_TEXT_MAX 2000 /* bytes */

struct incident_log;
struct store;

/*
 * Is "SIDE/PLACE" a verdict that there can be?  0 and both words (@side and @place have room for 32
 * bytes each), or -EINVAL with a sentence in @why.
 */
int parse_verdict(const char *text, char *side, char *place, char *why, size_t why_len);

/*
 * {"incident": id or the beginning of one or "last", "author", "text", "turned_out": "SIDE/PLACE"
 * (may be absent)}.  0 and the incident's id in @id: the note is on disk.  -EAGAIN: it waits for
 * the disk; -ENOENT, -EEXIST, -EINVAL and others: nothing was done, and @why says why not.
 */
int note_request__take(struct store *store, struct incident_log *log, const json_t *request,
		       char *id, size_t id_len, char *why, size_t why_len);

#endif
