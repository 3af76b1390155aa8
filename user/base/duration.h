/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lengths of time and rates, as people write them.
 */
#ifndef FAULTLINE_DURATION_H
#define FAULTLINE_DURATION_H

#include <stdint.h>

#define NS_PER_MS     1000000ull
#define NS_PER_SECOND 1000000000ull
#define NS_PER_MINUTE (60 * NS_PER_SECOND)
#define NS_PER_HOUR   (60 * NS_PER_MINUTE)
#define NS_PER_DAY    (24 * NS_PER_HOUR)

/*
 * "250ms", "1s", "2m", "1h", "30d": a whole number and one unit, nothing between.  Returns 0 or
 * -EINVAL with *why set to a constant sentence part; *duration_ns changes only on success.  The
 * longest is 36500d.
 */
int parse_duration(const char *text, uint64_t *duration_ns, const char **why);

/*
 * "1 per 30d", "0.5 per 1d": a decimal number above zero, the word, a duration above zero.  Sets
 * *per_day to times a day.  Returns 0 or -EINVAL, as above.
 */
int parse_rate(const char *text, double *per_day, const char **why);

#endif
