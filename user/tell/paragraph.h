/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text for a terminal of some width: paragraphs that are wrapped between words.
 */
#ifndef FAULTLINE_PARAGRAPH_H
#define FAULTLINE_PARAGRAPH_H

#include <stdio.h>

/* The width of the terminal behind @out, in 80 … 120 columns; 80 when it is none. */
unsigned terminal_columns(FILE *out);

/*
 * Writes @text with @first before its first line and as many spaces before the others, no line
 * wider than @columns where a space allows it; line feeds in @text stay.  Control characters become
 * question marks.
 */
void write_paragraph(FILE *out, unsigned columns, const char *first, const char *text);

/* The same with a label of @label_columns in front: "  began      2026-…". */
void write_field(FILE *out, unsigned columns, unsigned label_columns, const char *label,
		 const char *text);

#endif
