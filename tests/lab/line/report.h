/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The truth as JSON.
 */
#ifndef LAB_LINE_REPORT_H
#define LAB_LINE_REPORT_H

#include <stdbool.h>
#include <stdio.h>

struct wire;

/* Prints one JSON object without a newline; @flows adds every known flow. */
void report__print(struct wire *wire, bool flows, FILE *out);

/* Prints the rules and how often each matched and acted since it was made, as a JSON array. */
void report__print_rules(struct wire *wire, FILE *out);

#endif
