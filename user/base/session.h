/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trading sessions as people write them: "Mon-Fri 22:30-05:00 Asia/Tokyo".
 */
#ifndef FAULTLINE_SESSION_H
#define FAULTLINE_SESSION_H

#include <stdbool.h>

struct session_window;

/*
 * Days ("Mon-Fri", "Mon,Wed", "Sat-Mon"), from-to in local time (24:00 is allowed as the end), and
 * the IANA name of a time zone that this host knows.  An end at or before the beginning is on the
 * next day, so that 00:00-00:00 is a whole day.
 *
 * Returns 0 with *window filled, its zone pointing into @text; or -EINVAL with *why set to a
 * constant sentence part, and *window unchanged.
 */
int parse_session(const char *text, struct session_window *window, const char **why);

/* Is @name a zone of this host?  Only names are taken, never paths that lead elsewhere. */
bool zone_exists(const char *name);

#endif
