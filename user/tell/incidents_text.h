/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Incidents as a list for a person.
 */
#ifndef FAULTLINE_INCIDENTS_TEXT_H
#define FAULTLINE_INCIDENTS_TEXT_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#define VERDICT_TEXT_LEN 64

/* @incidents as of incident_read__list(); @now_ms ends the time of those that are open. */
void incidents_text__write(const json_t *incidents, int64_t now_ms, unsigned columns, FILE *out);

/* "external/peer-app" of an event or of what an incident turned out to be; returns @text. */
char *verdict_text(const json_t *object, char text[VERDICT_TEXT_LEN]);

/* The names in an array as "a, b"; "-" when there are none.  Returns @text. */
char *names_text(const json_t *names, char *text, size_t room);

#endif
