/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/company.h"

#include <math.h>

#define GROUPS_MAX 32
/* What a single loss may bring, ln(0.005/0.00002), and a little: on a link that sends seldom it
 * stays for minutes, and is no company for anybody. */
#define ONE_LOSS 6.0

static const enum link_symptom losses[] = {SYMPTOM_CHECKSUM, SYMPTOM_LOSS, SYMPTOM_LOSS_IN};

/* As the tests of losses have it (detectors.c): no link is taken for better than this, and a fault
 * begins from that share. */
#define LEAST_SHARE 2e-5
#define FAULT_SHARE 0.005

/* Links by one gateway; those that need none are a group as well. */
struct group {
	const struct device_sample *gateway;
	size_t links;
	double most; /* the largest statistic in it */
	double sum;  /* of all, each less its price */
	double price;
	double usual; /* the sum of the shares that its links usually lose, of so many */
	size_t known;
	double worth; /* of a nat of a link: see worth_of() */
};

/* The symptom of loss that is furthest on its way; what it has gathered is in *nats. */
static enum link_symptom clearest(const struct link_view *link, double threshold, double *nats)
{
	enum link_symptom found = LINK_SYMPTOM_COUNT;

	*nats = 0;
	for (size_t i = 0; i < sizeof(losses) / sizeof(*losses); i++) {
		const struct symptom *symptom = link->symptom[losses[i]];
		double more = 0;

		if (symptom->state == SYMPTOM_RAISED)
			more = fmax(symptom->strength, threshold);
		else if (symptom->state == SYMPTOM_NORMAL)
			more = symptom->strength;
		if (more > *nats) {
			*nats = more;
			found = losses[i];
		}
	}
	return found;
}

static bool takes_part(const struct link_view *link)
{
	return link->sample->observed && !link->loopback && (link->gateway || link->on_link);
}

/* NULL without room. */
static struct group *group_of(struct group *groups, size_t *count,
			      const struct device_sample *gateway)
{
	for (size_t i = 0; i < *count; i++) {
		if (groups[i].gateway == gateway)
			return &groups[i];
	}
	if (*count == GROUPS_MAX)
		return NULL;
	groups[*count] = (struct group){.gateway = gateway};
	return &groups[(*count)++];
}

/*
 * A statistic that gains a = ln(p1/p0) for a loss and pays b for a segment exceeds x on a link that
 * loses a share p with a probability of e^(-w x), w being the root of p (e^(w a) - 1) = w b
 * (Lundberg's exponent; Siegmund, Sequential Analysis, 1985).  Where p is p0 it is one; a link that
 * loses more than it is taken for has less, and one that loses p1 none.
 */
static double worth_of(double p)
{
	double a = log(FAULT_SHARE / LEAST_SHARE), b = -log1p(-FAULT_SHARE);
	double low = 0, high = 1;

	if (p <= LEAST_SHARE)
		return 1;
	if (p * a >= b)
		return 0;
	for (unsigned i = 0; i < 30; i++) {
		double middle = (low + high) / 2;

		if (p * expm1(middle * a) < middle * b)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static void see_usual(struct group *group, const struct link_view *link)
{
	struct reading out = link->symptom[SYMPTOM_LOSS]->baseline;
	struct reading in = link->symptom[SYMPTOM_LOSS_IN]->baseline;

	group->links++;
	if (!out.known && !in.known)
		return;
	group->known++;
	group->usual += fmax(out.value, in.value);
}

static void set_price(struct group *group, double threshold)
{
	group->worth = worth_of(group->known ? group->usual / (double)group->known : 0);
	group->price = fmax(ONE_LOSS, log(fmax(1, (double)group->links * threshold)));
}

static void add(struct group *group, double nats)
{
	nats *= group->worth;
	group->sum += fmax(0, nats - group->price);
	group->most = fmax(group->most, nats);
}

static bool is_told(const struct group *group, double threshold)
{
	/* The first pays no price. */
	return group->most > group->price && group->sum + group->price >= threshold;
}

void company__find(struct view *view, double threshold)
{
	struct group groups[GROUPS_MAX], all = {}, *group;
	size_t count = 0;
	double nats;

	for (size_t i = 0; i < view->count; i++) {
		if (!takes_part(&view->links[i]))
			continue;
		see_usual(&all, &view->links[i]);
		group = group_of(groups, &count, view->links[i].gateway);
		if (group)
			see_usual(group, &view->links[i]);
	}
	set_price(&all, threshold);
	for (size_t i = 0; i < count; i++)
		set_price(&groups[i], threshold);
	for (size_t i = 0; i < view->count; i++) {
		if (!takes_part(&view->links[i]))
			continue;
		clearest(&view->links[i], threshold, &nats);
		add(&all, nats);
		group = group_of(groups, &count, view->links[i].gateway);
		if (group)
			add(group, nats);
	}
	for (size_t i = 0; i < view->count; i++) {
		enum link_symptom symptom = clearest(&view->links[i], threshold, &nats);

		view->links[i].company = LINK_SYMPTOM_COUNT;
		if (!takes_part(&view->links[i]) || symptom == LINK_SYMPTOM_COUNT ||
		    view->links[i].symptom[symptom]->state == SYMPTOM_RAISED)
			continue;
		group = group_of(groups, &count, view->links[i].gateway);
		if ((group && is_told(group, threshold) && nats * group->worth > group->price) ||
		    (is_told(&all, threshold) && nats * all.worth > all.price))
			view->links[i].company = symptom;
	}
}
