/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One incident in full, for a person who wants to know why.
 */
#ifndef FAULTLINE_EXPLAIN_TEXT_H
#define FAULTLINE_EXPLAIN_TEXT_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "base/config.h"

struct explain_text {
	const json_t *incident; /* as of incident_read__whole() */
	const json_t *similar;	/* as of similar__find(); NULL: not looked for */
	enum config_language language;
	unsigned columns;
	int64_t now_ms;
};

/* 0 or -ENOMEM, and then the ticket's text is missing. */
int explain_text__write(const struct explain_text *text, FILE *out);

#endif
