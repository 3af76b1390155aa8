/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The threshold of all tests, from the budget of false pages.
 */
#ifndef FAULTLINE_THRESHOLD_H
#define FAULTLINE_THRESHOLD_H

#include <stddef.h>

/*
 * Nats at which a test of one symptom of one link alarms, when @links links with
 * LINK_SYMPTOM_COUNT tests each, all of them looked at once every @interval_s seconds, may give
 * @false_pages_per_day false alarms together.
 *
 * A CUSUM of log-likelihood ratios that alarms at h has an average run length to a false alarm of
 * at least e^h looks (Lorden, "Procedures for reacting to a change in distribution", Annals of
 * Mathematical Statistics 42, 1971, theorem 2; that the CUSUM is optimal under this constraint is
 * Moustakides, Annals of Statistics 14, 1986).  A look is one sample with all its units: the batch
 * is one observation to the theorem.  So
 *
 *	links * LINK_SYMPTOM_COUNT * (86400 / interval_s) / e^h <= false_pages_per_day,
 *	h = ln(links * LINK_SYMPTOM_COUNT * 86400 / (interval_s * false_pages_per_day)).
 *
 * The bound is conservative: the true run length is longer by the overshoot of the threshold and
 * by the looks that bring no news, ten- to thirtyfold in simulations.  "1 per 30d" with eight links
 * and a second's interval is 20.3.
 *
 * Values that make no sense count as the nearest that does; the result is in 3 ... 60.
 */
double threshold_nats(double false_pages_per_day, double interval_s, size_t links);

#endif
