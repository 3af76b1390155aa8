/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The containers, pods and units of processes, in JSON and in words.
 */
#ifndef FAULTLINE_OWNERS_JSON_H
#define FAULTLINE_OWNERS_JSON_H

#include <jansson.h>
#include <stddef.h>

struct link_table;
struct owners;

#define OWNERS_LISTED 32 /* of one link; when it has more, "owners_total" says how many */

/*
 * The processes that own the sockets of the link at @index, by pid:
 * [{"pid": 812, "comm": "mymate", "cgroup": "/…", "container": "3f2a…", "runtime": "docker",
 *   "pod": "6d1c…", "unit": "mymate.service"}], where what is not known, or not the case, is
 * absent.  In *total how many there are.  The caller decrefs it; NULL without memory.
 */
json_t *owners_json__new(const struct owners *owners, const struct link_table *table, size_t index,
			 size_t *total);

/* Adds the same keys to the processes of an incident event's impact.  0 or -ENOMEM. */
int owners_json__complete(const struct owners *owners, json_t *event);

#define OWNER_TEXT_LEN 128

/*
 * Where a process of such an object lives, for people: " (docker 3f2a1b2c3d4e)",
 * " (mymate.service)", or "" when there is nothing to say.  Returns @text.
 */
const char *owner_text(const json_t *process, char text[OWNER_TEXT_LEN]);

#endif
