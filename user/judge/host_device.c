/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tests of a device: does it answer at all, is it still the same machine, and, of a resolver,
 * does it answer what it is asked.
 *
 * A neighbour that is well answers a probe within the round trip of a LAN, far below a
 * millisecond.  The kernel repeats a probe each second (retrans_timer) and gives up after three;
 * one that is not answered within four tenths of a second is already as good as lost.
 */
#include <string.h>

#include "judge/host_subject.h"

#define PROBE_PATIENCE_S 0.4
/* Three, for one may be chance; glibc's resolver asks again after five seconds. */
#define FAILURES_BOUND 3.0
#define FAILURES_SHARE 0.1
#define SILENT_FLOOR_S 1.0
#define SLOW_FLOOR_S   0.02
#define SLOW_LOOK_S    0.03

static double seconds_since(const struct look *look, uint64_t since_ns)
{
	return look->sample->time_ns > since_ns ? (double)(look->sample->time_ns - since_ns) / 1e9
						: 0;
}

static void take_neighbour(struct subject *subject, const struct device_sample *device,
			   const struct look *look)
{
	const struct neighbour_sample *neighbour = &device->neighbour;
	struct symptom *symptom = subject__symptom(subject, HOST_SYMPTOM_NEIGHBOUR);
	double in_state_s = seconds_since(look, neighbour->since_ns);
	struct reading value = READING_NOT_AVAILABLE;
	bool raised = false;

	switch (neighbour->state) {
	case NEIGHBOUR_UNKNOWN:
	case NEIGHBOUR_NOARP:
	case NEIGHBOUR_PERMANENT:
		break;
	case NEIGHBOUR_FAILED:
		value = neighbour->unconfirmed_s.known ? neighbour->unconfirmed_s
						       : reading_of(in_state_s);
		raised = true;
		break;
	case NEIGHBOUR_PROBE:
	case NEIGHBOUR_INCOMPLETE:
		value = reading_of(in_state_s);
		raised = in_state_s >= PROBE_PATIENCE_S;
		break;
	default:
		/* It was not asked: what counts is when it last was known to be there. */
		value = neighbour->unconfirmed_s;
	}
	/* A failed one that is asked again is still lost. */
	if (symptom->state == SYMPTOM_RAISED && neighbour->state == NEIGHBOUR_INCOMPLETE)
		raised = true;
	subject__level(subject, HOST_SYMPTOM_NEIGHBOUR, value, raised, look);
	if (symptom->state != SYMPTOM_RAISED)
		return;
	symptom->hard = true;
	/* It went after it was last known to be there, which is before anybody asked. */
	if (symptom->raised_ns == look->sample->time_ns && neighbour->unconfirmed_s.known &&
	    neighbour->unconfirmed_s.value * 1e9 < (double)symptom->raised_ns)
		symptom->began_ns =
			symptom->raised_ns - (uint64_t)(neighbour->unconfirmed_s.value * 1e9);
}

static void take_mac(struct subject *subject, const struct device_sample *device,
		     const struct look *look)
{
	const struct neighbour_sample *neighbour = &device->neighbour;
	bool lately =
		neighbour->mac_changed_ns && seconds_since(look, neighbour->mac_changed_ns) < 60;

	subject__level(subject, HOST_SYMPTOM_MAC_CHANGED,
		       neighbour->mac_len ? reading_of((double)neighbour->mac_changes)
					  : READING_NOT_AVAILABLE,
		       lately, look);
}

/* The mean time of all answers since the last reading. */
static struct reading mean_time(struct subject *subject, const struct device_sample *device)
{
	double sum_us = 0, answers = 0;
	struct reading sum, count;

	for (unsigned code = 0; code < DNS_CODE_SAMPLES; code++) {
		const struct rcode_sample *rcode = &device->rcode[code];

		if (rcode->answers.known && rcode->mean_us.known) {
			sum_us += rcode->answers.value * rcode->mean_us.value;
			answers += rcode->answers.value;
		}
	}
	sum = subject__growth(subject, 0, reading_of(sum_us));
	count = subject__growth(subject, 1, reading_of(answers));
	if (!sum.known || !count.known || count.value <= 0)
		return READING_NOT_AVAILABLE;
	return reading_of(sum.value / count.value / 1e6);
}

/* @part of @whole, weighed so that the excess is counted in occurrences and not in seconds. */
static void take_share(struct subject *subject, enum host_symptom which, struct reading part,
		       struct reading whole, const struct look *look)
{
	struct look units = *look;

	/* While nothing is asked, what was known stays as it is. */
	if (!part.known || !whole.known || whole.value <= 0)
		return;
	units.units = whole.value;
	subject__excess(subject, which, reading_of(part.value / whole.value), FAILURES_SHARE,
			FAILURES_BOUND, &units);
}

/*
 * A twentieth of a second before each connect is felt, and so is a second before one of twenty. One
 * query that was lost and asked again is no sign of either: a single look counts for so much that
 * two are needed.
 */
static void take_slowness(struct subject *subject, struct reading mean, struct reading longest,
			  const struct look *look)
{
	struct symptom *slow = subject__symptom(subject, HOST_SYMPTOM_NAMES_SLOW);
	const struct excess *excess =
		&subject->excess[HOST_SYMPTOM_NAMES_SLOW - HOST_SYMPTOM_NEIGHBOUR];
	double usual = excess->learned_s > 0 ? excess->mean + 4 * excess->deviation : 0;
	double reference = usual > SLOW_FLOOR_S ? usual : SLOW_FLOOR_S;
	double told = mean.value, before = subject->before[6].value;

	if (mean.known && look->dt_s > 0) {
		if (slow->state != SYMPTOM_RAISED && mean.value > reference + SLOW_LOOK_S)
			mean.value = reference + SLOW_LOOK_S;
		subject__excess(subject, HOST_SYMPTOM_NAMES_SLOW, mean, SLOW_FLOOR_S,
				1.5 * SLOW_LOOK_S, look);
		if (slow->state == SYMPTOM_RAISED && told > slow->value.value)
			slow->value = reading_of(told);
	}
	/* The longest answer is that of a slow name: a mean far below it has quick ones in it. */
	if (slow->state != SYMPTOM_RAISED)
		subject->before[6] = slow->value.known && slow->value.value > SLOW_FLOOR_S
					     ? subject->before[6]
					     : longest;
	if (slow->state == SYMPTOM_RAISED && longest.known && longest.value > before)
		subject__level(subject, HOST_SYMPTOM_NAMES_MIXED,
			       reading_of(slow->value.value * 1e6 / longest.value),
			       slow->value.value * 1e6 < 0.5 * longest.value, look);
	else
		subject__level(subject, HOST_SYMPTOM_NAMES_MIXED, READING_NOT_AVAILABLE, false,
			       look);
}

void subject__take_device(struct subject *subject, const struct device_sample *device,
			  const struct look *look)
{
	const struct reading *dns = device->dns;
	struct symptom *silent = subject__symptom(subject, HOST_SYMPTOM_NAMES_SILENT);
	struct reading answers, mean;
	double patience_s = SILENT_FLOOR_S;

	if (!device->elsewhere) {
		take_neighbour(subject, device, look);
		take_mac(subject, device, look);
	}
	if (!device->resolver)
		return;
	if (dns[RESOLVER_P99_US].known && dns[RESOLVER_P99_US].value * 2e-6 > patience_s)
		patience_s = dns[RESOLVER_P99_US].value * 2e-6;
	subject__level(subject, HOST_SYMPTOM_NAMES_SILENT, dns[RESOLVER_UNANSWERED_S],
		       dns[RESOLVER_UNANSWERED_S].known &&
			       dns[RESOLVER_UNANSWERED_S].value >= patience_s,
		       look);
	if (silent->state == SYMPTOM_RAISED && silent->raised_ns == look->sample->time_ns)
		silent->began_ns -= (uint64_t)(dns[RESOLVER_UNANSWERED_S].value * 1e9);
	answers = subject__growth(subject, 2, dns[RESOLVER_ANSWERS]);
	mean = mean_time(subject, device);
	take_share(subject, HOST_SYMPTOM_NAMES_FAIL,
		   subject__growth(subject, 3, dns[RESOLVER_FAILURES]), answers, look);
	take_share(subject, HOST_SYMPTOM_NAMES_RETRY,
		   subject__growth(subject, 4, dns[RESOLVER_RETRIES]),
		   subject__growth(subject, 5, dns[RESOLVER_QUERIES]), look);
	take_slowness(subject, mean, dns[RESOLVER_MAX_US], look);
}
