/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Seeded chance, spreads of latencies, and counts of errors, for the workload programs of the lab.
 */
#ifndef FAULTLINE_LAB_NUMBERS_H
#define FAULTLINE_LAB_NUMBERS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NSEC_PER_SEC  1000000000ull
#define NSEC_PER_MSEC 1000000ull
#define NSEC_PER_USEC 1000ull
#define ERRNO_MAX     134

/* Latencies in microseconds: eight buckets an octave, so a quantile is right to 12 %. */
struct spread {
	__u64 count;
	__u64 max_us;
	__u64 bucket[256];
};

/* How often each errno was seen. */
struct error_counts {
	unsigned long count[ERRNO_MAX];
};

/* The splitmix64 generator: small, and every seed gives a good stream. */
static inline __u64 random_next(__u64 *state)
{
	__u64 z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* Uniform in [0, 1). */
static inline double random_unit(__u64 *state)
{
	return (double)(random_next(state) >> 11) / 9007199254740992.0;
}

static inline bool random_percent(__u64 *state, long percent)
{
	return percent > 0 && random_unit(state) * 100.0 < (double)percent;
}

/* `span_ns` give or take `percent` of it. */
static inline __u64 random_jitter_ns(__u64 *state, __u64 span_ns, long percent)
{
	double part = 1.0 + ((random_unit(state) * 2.0 - 1.0) * (double)percent) / 100.0;

	return (__u64)((double)span_ns * part);
}

static inline void spread__add(struct spread *spread, __u64 span_ns)
{
	__u64 us = span_ns / NSEC_PER_USEC;
	unsigned int octave = us < 8 ? 0 : 61u - (unsigned int)__builtin_clzll(us);
	unsigned int index =
		us < 8 ? (unsigned int)us : octave * 8 + (unsigned int)((us >> (octave - 1)) & 7);

	spread->bucket[index < 256 ? index : 255]++;
	spread->count++;
	if (us > spread->max_us)
		spread->max_us = us;
}

/* The lower edge of the bucket in which the quantile lies; 0 when nothing was added. */
static inline __u64 spread__quantile_us(const struct spread *spread, double quantile)
{
	__u64 left = (__u64)((double)spread->count * quantile);

	for (unsigned int i = 0; i < 256; i++) {
		if (spread->bucket[i] > left)
			return i < 8 ? i : (__u64)(8 + i % 8) << (i / 8 - 1);
		left -= spread->bucket[i];
	}
	return spread->max_us;
}

/* Prints `,"name":{...}` and empties the spread, so that the next line is about what follows. */
static inline void spread__tell(struct spread *spread, const char *name, FILE *out)
{
	fprintf(out, ",\"%s\":{\"count\":%llu,\"p50_us\":%llu,\"p99_us\":%llu,\"max_us\":%llu}",
		name, spread->count, spread__quantile_us(spread, 0.5),
		spread__quantile_us(spread, 0.99), spread->max_us);
	memset(spread, 0, sizeof(*spread));
}

static inline void error_counts__add(struct error_counts *errors, int err)
{
	errors->count[err > 0 && err < ERRNO_MAX ? err : 0]++;
}

/* Prints `,"errors":{"ECONNRESET":2}`. */
static inline void error_counts__tell(const struct error_counts *errors, FILE *out)
{
	const char *comma = "";

	fputs(",\"errors\":{", out);
	for (int i = 0; i < ERRNO_MAX; i++) {
		if (!errors->count[i])
			continue;
		const char *text = strerrorname_np(i);

		fprintf(out, "%s\"%s\":%lu", comma, text ? text : "?", errors->count[i]);
		comma = ",";
	}
	fputc('}', out);
}

#endif
