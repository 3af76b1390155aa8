/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stream into memory that does not lose anything without a word.
 */
#ifndef FAULTLINE_TEXT_STREAM_H
#define FAULTLINE_TEXT_STREAM_H

#include <stddef.h>
#include <stdio.h>

/*
 * Like open_memstream(), with one difference: once there was no memory for what was written,
 * fclose() fails.  After it *text is the caller's to free, in any case, and *len its length.  NULL
 * with errno, and then *text is NULL.
 */
FILE *text_stream__open(char **text, size_t *len);

#endif
