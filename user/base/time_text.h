/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Points in time as people write and read them.
 */
#ifndef FAULTLINE_TIME_TEXT_H
#define FAULTLINE_TIME_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * RFC 3339: "2026-11-22T10:32:15Z", "2026-11-22T10:32:15.250+09:00"; a space may stand for the T.
 * *time_ms: ms since 1970 in UTC.  0 or -EINVAL.
 */
int parse_rfc3339(const char *text, int64_t *time_ms);

/*
 * A time as a person says it, in this process's time zone (TZ), never after @now_ms:
 *
 *   2026-11-22T10:32:15Z   RFC 3339, also with an offset
 *   2026-11-22 10:32       a date and a time here, seconds or not; a T may stand between
 *   2026-11-22             the beginning of that day here
 *   10:32:15               the last time it was that: today or, when that is still to come,
 * yesterday yesterday 10:32        also "today 10:32", and either alone for the day's beginning 2h
 * 2h ago  now        so long before now
 *
 * Of an hour that comes twice in a night, the C library chooses.  0, or -EINVAL with *why a
 * constant part of a sentence.
 */
int parse_time(const char *text, int64_t now_ms, int64_t *time_ms, const char **why);

#define LOCAL_TIME_LEN 48

/* "2026-11-22 22:15:01 JST" or, without the zone, "2026-11-22 22:15:01"; returns @text. */
char *format_local_time(int64_t time_ms, bool with_zone, char text[LOCAL_TIME_LEN]);

/* "0.8s", "45s", "4m 10s", "12m", "2h 5m", "3d 4h": how long something lasted; returns @text. */
char *format_span(int64_t span_ms, char text[LOCAL_TIME_LEN]);

#endif
