/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From sums of weights to probabilities, and from those to what may be said.
 */
#ifndef FAULTLINE_CONFIDENCE_H
#define FAULTLINE_CONFIDENCE_H

#include "judge/place.h"

/*
 * The probability of each place from the sums of its weights: exp(sum / T) over the sum of those of
 * all places (Bayes' rule with the readings taken as independent).  As they are not quite
 * independent, sums are divided by a temperature T that the lab's runs gave.  PLACE_UNKNOWN gets 0.
 */
void confidence__shares(const double sum[PLACE_COUNT], double share[PLACE_COUNT]);

double confidence__temperature(void); /* T */

/*
 * The confidence that is stated for a verdict of @place with this probability, so that of verdicts
 * stated at 0.9 nine in ten are right: linear between the points of the table in confidence.c.
 * PLACE_UNKNOWN: the probability of the likeliest place as it is; no verdict was given, so there is
 * none that could have been counted as right.
 */
double confidence__stated(enum place place, double share);

/*
 * What is stated for another place of probability @share: what a verdict of probability @best,
 * stated at @stated, leaves to all others is shared out among them as their probabilities are.
 */
double confidence__of_other(double share, double best, double stated);

/*
 * How much of a stated confidence is left when the sensor itself lost or could not see something.
 * @events_lost: since the trouble began; @blind: hooks that are missing.  Each part of what is not
 * known may have held the decisive sign, so lost events take a tenth and each missing hook two in a
 * hundred, down to four fifths.
 */
double confidence__after_losses(double stated, uint64_t events_lost, size_t blind);

#endif
