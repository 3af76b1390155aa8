/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `faultline top` draws of links and incidents; objects are those of the status.
 */
#ifndef FAULTLINE_TOP_LINKS_H
#define FAULTLINE_TOP_LINKS_H

#include <jansson.h>
#include <stdbool.h>

#include "base/config.h"

void top_links__put_head(int row, enum config_language language);
void top_links__put_link(int row, enum config_language language, json_t *link, bool chosen);

/* From @row to @last at most: the link's way, its incident or its figures. */
void top_links__put_link_detail(int row, int last, enum config_language language, json_t *status,
				json_t *link);

/* From @row to @last at most: summary, verdict, evidence and what speaks against it. */
void top_links__put_incident_detail(int row, int last, enum config_language language,
				    json_t *incident);

#endif
