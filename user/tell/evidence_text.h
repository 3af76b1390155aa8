/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The evidence of a verdict as a table that can be added up.
 */
#ifndef FAULTLINE_EVIDENCE_TEXT_H
#define FAULTLINE_EVIDENCE_TEXT_H

#include <jansson.h>
#include <stdio.h>

/*
 * A row for each reading of "evidence" and "against" of an event, a column for its verdict and for
 * each likely alternative with the weight that the reading has there, the sums, and the probability
 * that they come to among all places.
 */
void evidence_text__write(const json_t *event, unsigned columns, FILE *out);

#endif
