/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Baselines.
 *
 * Durations are kept as the weights of the histogram's own buckets.  A duration is unusual when it
 * is at least two buckets, 12 to 25 %, beyond the cut, and the share of such ones is what was
 * measured, not what a quantile's name says: so neither the width of a bucket nor a mass that sits
 * on its edge makes a shift.  It is also beyond by a margin in time, which schedulers may take at
 * either end without anything being wrong.  The cut is where a doubling, which moves everything up
 * by one octave of buckets, would be told with the fewest units: where the divergence of the
 * shifted share from the normal one is largest.  A narrow distribution gets a cut right above it,
 * and a wide one a cut inside it.
 *
 * Cost: a pass over 208 buckets for each duration and minute; between them a look is a sum over the
 * buckets beyond the cut.
 */
#include "judge/baseline.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define UPPER_Z 1.2816 /* of the normal distribution: 90 % */

#define MARGIN_BUCKETS 2
#define BODY_P1_LEAST  0.3 /* of what moves fewer the tail tells: the body is where it was */
#define BODY_P1_MOST   0.5 /* a shift that moves half of the requests is to be told as well */
#define BODY_P0_MOST   0.25
#define TAIL_P1_LEAST  0.1
#define TAIL_P1_TIMES  5.0
#define P1_MOST	       0.95

/* A duration beyond all that was seen is not impossible, and one in three hundred moves no body. */
static const struct share_rule beyond_body = {
	.prior_k = 0.2, .prior_n = 200, .least = 0.003, .p1_least = 0, .p1_times = 2};
static const struct share_rule beyond_tail = {
	.prior_k = 0.2,
	.prior_n = 20,
	.least = 0.004,
	.p1_least = TAIL_P1_LEAST,
	.p1_times = TAIL_P1_TIMES,
};

#define DISPERSION_PRIOR_LOOKS 30.0
#define WEIGHT_MOST	       1e15

void share_normal__see(struct share_normal *normal, double k, double n)
{
	if (!(n > 0) || !(k >= 0) || !isfinite(n))
		return;
	normal->waiting_k += fmin(k, n);
	normal->waiting_n += n;
}

void share_normal__settle(struct share_normal *normal, bool keep, double remaining)
{
	if (keep && normal->waiting_n > 0) {
		normal->k = fmin(normal->k * remaining + normal->waiting_k, WEIGHT_MOST);
		normal->n = fmin(normal->n * remaining + normal->waiting_n, WEIGHT_MOST);
	}
	normal->waiting_k = 0;
	normal->waiting_n = 0;
}

double share_normal__mean(const struct share_normal *normal)
{
	return normal->n > 0 ? normal->k / normal->n : 0;
}

static double gamma_upper(double shape)
{
	double root = 1 - 1 / (9 * shape) + UPPER_Z / (3 * sqrt(shape));

	return root > 0 ? shape * root * root * root : 0;
}

void share_design(double k, double n, const struct share_rule *rule, double *p0, double *p1)
{
	double bound = gamma_upper(k + rule->prior_k) / (n + rule->prior_n);

	*p0 = fmin(fmax(bound, rule->least), 0.9);
	*p1 = fmin(fmax(rule->p1_least, rule->p1_times * *p0), P1_MOST);
	*p1 = fmax(*p1, fmin(1.1 * *p0, 0.98));
}

struct time_normal *time_normal__new(double margin_ns)
{
	struct time_normal *normal = calloc(1, sizeof(*normal));

	if (normal)
		normal->margin_ns = margin_ns;
	return normal;
}

void time_normal__see(struct time_normal *normal, const struct hist *delta)
{
	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		uint32_t room, more;

		if (!delta->bucket[i])
			continue; /* most of them */
		room = UINT32_MAX - normal->waiting[i];
		more = delta->bucket[i] < room ? delta->bucket[i] : room;
		normal->waiting[i] += more;
		normal->waits += more;
	}
}

static double upper_edge_ns(unsigned bucket)
{
	return (double)hist_lower_bound_ns(bucket + 1);
}

static double middle_ns(unsigned bucket)
{
	return ((double)hist_lower_bound_ns(bucket) + upper_edge_ns(bucket)) / 2;
}

static unsigned quantile_bucket(const struct time_normal *normal, double p)
{
	double seen = 0;

	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		seen += normal->bucket[i];
		if (seen >= p * normal->total)
			return i;
	}
	return HIST_BUCKETS - 1;
}

/* Kullback and Leibler's divergence of one unit: what it tells of p1 against p0 when p1 is true. */
static double divergence(double p1, double p0)
{
	return p1 * log(p1 / p0) + (1 - p1) * log((1 - p1) / (1 - p0));
}

/* @beyond[i]: weight in buckets above i. */
static void choose_body(struct time_normal *normal, const double *beyond, unsigned first)
{
	double best = -1;

	for (unsigned i = first; i < HIST_BUCKETS; i++) {
		struct time_cut cut = {.bucket = i};
		double doubled, tells;

		if (i >= HIST_STEPS && beyond[i - HIST_STEPS] <= beyond[i])
			continue; /* nothing lies where a doubling would take it across */
		share_design(beyond[i], normal->total, &beyond_body, &cut.p0, &cut.p1);
		doubled = i >= HIST_STEPS ? beyond[i - HIST_STEPS] / normal->total : 1;
		if (doubled < fmax(cut.p1, BODY_P1_LEAST) || cut.p0 >= BODY_P0_MOST)
			continue;
		tells = divergence(fmin(doubled, P1_MOST), cut.p0);
		cut.p1 = fmin(doubled, BODY_P1_MOST);
		if (tells > best) {
			best = tells;
			normal->body = cut;
		}
	}
}

/* The first bucket that is unusual beside @bucket: two on, and by the margin. */
static unsigned margin_bucket(const struct time_normal *normal, unsigned bucket)
{
	unsigned by_time = hist_bucket((uint64_t)(middle_ns(bucket) + normal->margin_ns));

	return by_time > bucket + MARGIN_BUCKETS ? by_time : bucket + MARGIN_BUCKETS;
}

/* Times so short that twice as long is within the margin: only what is beyond it is looked for. */
static void choose_margin(struct time_normal *normal, const double *beyond, unsigned first)
{
	struct time_cut cut = {.bucket = first};

	if (normal->body.bucket < HIST_BUCKETS || first >= HIST_BUCKETS)
		return;
	share_design(beyond[first], normal->total, &beyond_body, &cut.p0, &cut.p1);
	if (cut.p0 >= BODY_P0_MOST)
		return;
	cut.p1 = BODY_P1_MOST;
	normal->body = cut;
}

static void derive(struct time_normal *normal)
{
	double beyond[HIST_BUCKETS], above = 0;
	unsigned p99 = quantile_bucket(normal, 0.99), p999 = quantile_bucket(normal, 0.999);
	unsigned longest = 0, first;

	for (unsigned i = HIST_BUCKETS; i-- > 0;) {
		beyond[i] = above;
		above += normal->bucket[i];
		if (!longest && normal->bucket[i] >= 0.5F)
			longest = i;
	}
	normal->body = (struct time_cut){.bucket = HIST_BUCKETS};
	first = margin_bucket(normal, quantile_bucket(normal, 0.5));
	choose_body(normal, beyond, first);
	choose_margin(normal, beyond, first);
	normal->tail.bucket = margin_bucket(normal, p99);
	share_design(normal->tail.bucket < HIST_BUCKETS ? beyond[normal->tail.bucket] : 0,
		     normal->total, &beyond_tail, &normal->tail.p0, &normal->tail.p1);
	normal->p50_ns = middle_ns(quantile_bucket(normal, 0.5));
	normal->p95_ns = middle_ns(quantile_bucket(normal, 0.95));
	normal->p99_ns = middle_ns(p99);
	normal->late_ns = upper_edge_ns(p999);
	normal->late_share = fmax(beyond[p999], 1) / (normal->total + 1);
	normal->longest_ns = upper_edge_ns(longest);
}

void time_normal__settle(struct time_normal *normal, bool keep, double remaining)
{
	double total = 0;

	if (keep && normal->waits) {
		for (unsigned i = 0; i < HIST_BUCKETS; i++) {
			normal->bucket[i] =
				(float)(normal->bucket[i] * remaining + normal->waiting[i]);
			total += normal->bucket[i];
		}
		normal->total = total;
		normal->dispersion_sum = normal->dispersion_sum * remaining + normal->waiting_sum;
		normal->dispersion_looks =
			normal->dispersion_looks * remaining + normal->waiting_looks;
		if (time_normal__known(normal))
			derive(normal);
	}
	memset(normal->waiting, 0, sizeof(normal->waiting));
	normal->waits = 0;
	normal->waiting_sum = 0;
	normal->waiting_looks = 0;
}

bool time_normal__known(const struct time_normal *normal)
{
	return normal->total >= TIME_UNITS_LEAST;
}

double time_beyond(const struct hist *delta, const struct time_cut *cut)
{
	double beyond = 0;

	for (unsigned i = cut->bucket + 1; i < HIST_BUCKETS; i++)
		beyond += delta->bucket[i];
	return beyond;
}

double time_normal__dispersion(const struct time_normal *normal)
{
	double looks = normal->dispersion_looks + DISPERSION_PRIOR_LOOKS;

	return fmax(1, (normal->dispersion_sum + DISPERSION_PRIOR_LOOKS) / looks);
}

void time_normal__see_dispersion(struct time_normal *normal, double k, double n)
{
	double p = normal->body.p0, expected = n * p;

	if (!(expected > 0) || normal->body.bucket >= HIST_BUCKETS)
		return;
	normal->waiting_sum += (k - expected) * (k - expected) / (expected * (1 - p));
	normal->waiting_looks += 1;
}

/* ---- kept over restarts ------------------------------------------------------------------- */

json_t *share_normal__save(const struct share_normal *normal)
{
	return json_pack("[f, f]", normal->k, normal->n);
}

json_t *time_normal__save(const struct time_normal *normal)
{
	json_t *buckets = json_array();

	for (unsigned i = 0; buckets && i < HIST_BUCKETS; i++) {
		if (normal->bucket[i] > 0 &&
		    json_array_append_new(buckets,
					  json_pack("[i, f]", (int)i, (double)normal->bucket[i])))
			goto fail;
	}
	if (!buckets)
		return NULL;
	return json_pack("{s:o, s:[f, f]}", "buckets", buckets, "dispersion",
			 normal->dispersion_sum, normal->dispersion_looks);
fail:
	json_decref(buckets);
	return NULL;
}

static bool is_weight(double value)
{
	return value >= 0 && value <= WEIGHT_MOST;
}

int share_normal__restore(struct share_normal *normal, const json_t *saved)
{
	double k, n;

	if (json_unpack((json_t *)saved, "[F, F!]", &k, &n) || !is_weight(k) || !is_weight(n) ||
	    k > n)
		return -EINVAL;
	*normal = (struct share_normal){.k = k, .n = n};
	return 0;
}

static int restore_bucket(struct time_normal *normal, const json_t *pair)
{
	double weight;
	int index;

	if (json_unpack((json_t *)pair, "[i, F!]", &index, &weight) || index < 0 ||
	    index >= HIST_BUCKETS || !is_weight(weight))
		return -EINVAL;
	normal->total += weight - normal->bucket[index];
	normal->bucket[index] = (float)weight;
	return 0;
}

int time_normal__restore(struct time_normal *normal, const json_t *saved)
{
	struct time_normal restored = {.margin_ns = normal->margin_ns};
	json_t *buckets, *pair;
	size_t i;

	if (json_unpack((json_t *)saved, "{s:o, s:[F, F!]}", "buckets", &buckets, "dispersion",
			&restored.dispersion_sum, &restored.dispersion_looks) ||
	    !json_is_array(buckets) || !is_weight(restored.dispersion_sum) ||
	    !is_weight(restored.dispersion_looks))
		return -EINVAL;
	json_array_foreach(buckets, i, pair) {
		if (restore_bucket(&restored, pair))
			return -EINVAL;
	}
	if (time_normal__known(&restored))
		derive(&restored);
	*normal = restored;
	return 0;
}
