/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is a time inside a trading session?
 */
#ifndef FAULTLINE_SESSION_HOURS_H
#define FAULTLINE_SESSION_HOURS_H

#include <stdbool.h>
#include <stdint.h>

struct session_window;

/*
 * Seconds that local time in @zone (an IANA name) is ahead of UTC at @wall_s, seconds since 1970;
 * 0 for a zone that this host does not know.  Reads the zone database, through libc and the
 * environment's TZ, which it puts back: it costs some 20 us, and only one thread may call it.  The
 * clocks of no zone change but at a multiple of ZONE_BLOCK_S, so callers keep it that long.
 */
int64_t zone_offset_s(const char *zone, int64_t wall_s);

#define ZONE_BLOCK_S 900

/*
 * Is @wall_s inside @window, whose zone is @offset_s ahead of UTC?  The second of its beginning is
 * inside, that of its end is not.
 */
bool session_contains(const struct session_window *window, int64_t offset_s, int64_t wall_s);

#endif
