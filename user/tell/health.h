/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sensor's own health: said when it can see less than it should, and when it can again.
 */
#ifndef FAULTLINE_HEALTH_H
#define FAULTLINE_HEALTH_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#define HEALTH_SCHEMA "faultline.health/1"
/* Conditions that can stand at once; what comes beyond is said in the log alone. */
#define HEALTH_MAX 512

struct health;

/*
 * @events: where events go as JSON, one a line; NULL: the log alone.  @host is copied.  NULL with
 * errno.
 */
struct health *health__new(FILE *events, const char *host);
void health__free(struct health *health);

/*
 * States whether a condition holds: what ("hook", "link", "events"), of which thing, and why it
 * matters.  It is told when it begins and when it ends, not in between.
 */
void health__set(struct health *health, const char *what, const char *name, bool holds,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Writes what holds now, a line each, for a person; nothing when all is well. */
void health__print(const struct health *health, FILE *out);

/* [{"what", "name", "text"}, …]: what holds now.  The caller decrefs it; NULL without memory. */
json_t *health__json(const struct health *health);

/* Forgets the conditions of one sort that were not stated since the last call, as ended. */
void health__end_round(struct health *health, const char *what);

#endif
