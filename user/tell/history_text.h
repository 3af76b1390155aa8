/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a link or a device was like at a time, for a person.
 */
#ifndef FAULTLINE_HISTORY_TEXT_H
#define FAULTLINE_HISTORY_TEXT_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

struct history_text {
	const char *name;
	const json_t *rows;	 /* as of history_read() */
	const json_t *incidents; /* as of incident_read__list(), of the same time */
	int64_t at_ms;		 /* the minute to be shown in full; 0: none */
	int64_t now_ms;
	unsigned columns;
};

void history_text__write(const struct history_text *text, FILE *out);

#endif
