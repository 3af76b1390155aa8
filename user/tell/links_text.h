/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The links as a table for a person, made from the JSON object that scripts get.
 */
#ifndef FAULTLINE_LINKS_TEXT_H
#define FAULTLINE_LINKS_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#define LINKS_TEXT_COLUMNS_LEAST 80
#define LINKS_TEXT_COLUMNS_MOST	 100

struct links_text_style {
	unsigned columns; /* width; taken into the bounds above */
	bool colour;
};

/* What suits @out: the width of the terminal; colours on a terminal unless NO_COLOR is set. */
struct links_text_style links_text_style_for(FILE *out);

/* Writes the table.  0, -EINVAL when @links is no "faultline.links/1" object, or -ENOMEM. */
int links_text__write(const json_t *links, const struct links_text_style *style, FILE *out);

#endif
