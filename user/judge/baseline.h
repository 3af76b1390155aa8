/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is normal: shares of work that goes bad, and durations.
 *
 * Both are learned in units of work, so that ten times the load is no anomaly.  They are frozen
 * from the first half minute of traffic on and follow slowly: news waits aside for a minute and is
 * taken in only when nothing was raised meanwhile, so that a fault on its way to being told does
 * not become normal; and old weight halves every few hours of traffic, so that a baseline holds
 * some trading day's work and not what happened to come last.
 *
 * What was not seen often enough is not known: a share is judged by an upper bound of what it may
 * be, given what was seen and how rare such things are on links in general.
 */
#ifndef FAULTLINE_BASELINE_H
#define FAULTLINE_BASELINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "faultline/hist.h"

/* How a share is judged. */
struct share_rule {
	double prior_k, prior_n; /* what is known of links in general: so many bad of so many */
	double least;		 /* no link is better than this */
	double p1_least;	 /* a fault has at least this share */
	double p1_times;	 /* ... and at least so many times the normal one */
};

struct share_normal {
	double k, n;		     /* taken in */
	double waiting_k, waiting_n; /* seen since, and not taken in yet */
};

void share_normal__see(struct share_normal *normal, double k, double n);

/*
 * A minute of traffic is over: takes in what waits (@keep) or forgets it.  @remaining: of the old
 * weight, what stays.
 */
void share_normal__settle(struct share_normal *normal, bool keep, double remaining);

/*
 * The share that a link may have and be well: the 90 % quantile of a gamma posterior, prior
 * prior_k of prior_n, for events that are Poisson in units of work; the quantile by Wilson and
 * Hilferty (Proceedings of the National Academy of Sciences 17, 1931).  A share of p1 from which a
 * fault begins goes with it.  Both are inside 0 ... 1, and p1 is above p0.
 */
void share_design(double k, double n, const struct share_rule *rule, double *p0, double *p1);

/* The plain share seen; not below nought. */
double share_normal__mean(const struct share_normal *normal);

/* A border between usual and unusual durations. */
struct time_cut {
	uint32_t bucket; /* longer than this bucket is unusual */
	double p0, p1; /* shares of unusual ones: of a link that is well, and of one that is not */
};

struct time_normal {
	double margin_ns;	    /* a cut is at least so far beyond what it parts from */
	float bucket[HIST_BUCKETS]; /* taken in */
	uint32_t waiting[HIST_BUCKETS];
	double total;	      /* the sum of bucket[] */
	uint64_t waits;	      /* the sum of waiting[] */
	struct time_cut body; /* tells best when everything takes twice as long */
	struct time_cut tail; /* tells when one in ten is as slow as the slowest hundredth was */
	double p50_ns, p95_ns, p99_ns;
	double late_ns, late_share; /* the end of what is well known: so many took longer */
	double longest_ns;	    /* the longest that still has weight */
	/* Overdispersion: slow ones come together.  Mean of (k - np)^2 / np(1 - p) over looks. */
	double dispersion_sum, dispersion_looks;
	double waiting_sum, waiting_looks; /* not taken in yet */
};

/* Nothing known yet; NULL without memory.  Freed by free(). */
struct time_normal *time_normal__new(double margin_ns);

/* Units below which nothing is said of a distribution. */
#define TIME_UNITS_LEAST 20

void time_normal__see(struct time_normal *normal, const struct hist *delta);
void time_normal__settle(struct time_normal *normal, bool keep, double remaining);

/* Are there units enough? */
bool time_normal__known(const struct time_normal *normal);

/* How many of @delta are beyond a cut. */
double time_beyond(const struct hist *delta, const struct time_cut *cut);

/*
 * How much more the count beyond the body's cut varies than independent units would, at least 1:
 * dividing k and n by it keeps the test honest (quasi-likelihood: Wedderburn, Biometrika 61, 1974).
 */
double time_normal__dispersion(const struct time_normal *normal);
void time_normal__see_dispersion(struct time_normal *normal, double k, double n);

/* NULL without memory; empty objects for what is not known. */
json_t *share_normal__save(const struct share_normal *normal);
json_t *time_normal__save(const struct time_normal *normal);
/* 0, or -EINVAL and nothing is taken. */
int share_normal__restore(struct share_normal *normal, const json_t *saved);
int time_normal__restore(struct time_normal *normal, const json_t *saved); /* keeps margin_ns */

#endif
