/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Points in time as people write them.
 */
#ifndef FAULTLINE_TIME_TEXT_H
#define FAULTLINE_TIME_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * RFC 3339: "2026-11-22T10:32:15Z", "2026-11-22T10:32:15.250+09:00"; a space may stand for the T.
 * *time_ms: ms since 1970 in UTC.  0 or -EINVAL.
 */
int parse_rfc3339(const char *text, int64_t *time_ms);

#endif
