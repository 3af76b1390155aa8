/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Losses that several links share, each too few to be told by itself.
 *
 * A gateway that drops one packet of a hundred shows on every link by it, and on each of them as
 * little as it carries.  The statistics of links by one gateway are added, and so are those of all
 * links for what all of them share; each link beyond the first has to bring more than the price of
 * having been chosen: with M links and a threshold of h nats ln(M h), by which the odds that any
 * set of links that are well adds up to h stay those of a single test (the sum of m exponential
 * variables exceeds x with probability e^-x x^(m-1)/(m-1)!; union over the sets of m links).
 * The sum of local statistics: Mei, Biometrika 97 (2010), with a hard threshold for each.
 */
#ifndef FAULTLINE_COMPANY_H
#define FAULTLINE_COMPANY_H

#include "judge/view.h"

/*
 * Says for each link of @view which symptom it has in company (link_view.company).  @threshold in
 * nats, as for a single test.
 */
void company__find(struct view *view, double threshold);

#endif
