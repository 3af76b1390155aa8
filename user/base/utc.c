/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/utc.h"

#include <stdio.h>

char *utc_format(struct timespec time, char text[UTC_TEXT_LEN])
{
	char seconds[UTC_TEXT_LEN] = "";
	struct tm utc;

	if (gmtime_r(&time.tv_sec, &utc))
		strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text, UTC_TEXT_LEN, "%.20s.%03uZ", seconds,
		 (unsigned)(time.tv_nsec / 1000000) % 1000);
	return text;
}

char *utc_now(char text[UTC_TEXT_LEN])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return utc_format(now, text);
}
