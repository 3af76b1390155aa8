/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One fact as a sentence for a person.
 */
#ifndef FAULTLINE_FACT_TEXT_H
#define FAULTLINE_FACT_TEXT_H

#include "faultline/fact.h"

#define FACT_TEXT_LEN 256

/*
 * "reset received from 203.0.113.10:7001 in ESTABLISHED (rates-feed, process 812)".  @link NULL:
 * not known yet.  @reset_reason names the kernel's reasons, NULL when it gives none.  Returns
 * @text.
 */
char *fact_text(const struct fact *fact, const char *link,
		const char *(*reset_reason)(const void *context, unsigned reason),
		const void *context, char text[FACT_TEXT_LEN]);

#endif
