/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Points in time as text: UTC, RFC 3339, milliseconds.
 */
#ifndef FAULTLINE_UTC_H
#define FAULTLINE_UTC_H

#include <time.h>

#define UTC_TEXT_LEN 32

/* "2026-11-22T13:15:01.250Z"; returns @text. */
char *utc_format(struct timespec time, char text[UTC_TEXT_LEN]);

/* The same of this moment, by CLOCK_REALTIME. */
char *utc_now(char text[UTC_TEXT_LEN]);

#endif
