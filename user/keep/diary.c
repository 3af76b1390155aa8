/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cost: a look at the states each tick, at the figures every ten seconds, one row a subject and
 * minute.
 */
#include "keep/diary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "judge/figures.h"
#include "judge/sample.h"
#include "keep/history.h"

/* X(NAME, key, unit) */
#define DEVICE_FIGURES(X)                                                                       \
	X(ANSWERS, "answers", "1") /* share of the looks in which the kernel has it as there */ \
	X(UNCONFIRMED, "unconfirmed", "s")                                                      \
	X(PROBES, "probes", "1")                                                                \
	X(MAC_CHANGES, "mac_changes", "1")                                                      \
	X(CARRIER, "carrier", "1")                                                              \
	X(CARRIER_CHANGES, "carrier_changes", "1")                                              \
	X(RX_ERRORS, "interface_rx_errors", "1")                                                \
	X(TX_ERRORS, "interface_tx_errors", "1")                                                \
	X(QDISC_DROPS, "interface_qdisc_drops", "1")                                            \
	X(DNS_P50, "answer_p50", "s")                                                           \
	X(DNS_P99, "answer_p99", "s")                                                           \
	X(DNS_UNANSWERED, "unanswered", "s")

#define HOST_FIGURES(X)                      \
	X(CPU, "cpu_waiting", "%")           \
	X(MEMORY, "memory_waiting", "%")     \
	X(IO, "disk_waiting", "%")           \
	X(RUNNABLE, "runnable_per_cpu", "1") \
	X(CONNTRACK, "conntrack_share", "1") \
	X(SOFTNET_DROPPED, "softnet_dropped", "1")

#define FIGURE_ENUM_DEVICE(NAME, key, unit) DEVICE_##NAME,
#define FIGURE_ENUM_HOST(NAME, key, unit)   HOST_FIGURE_##NAME,
#define FIGURE_KEY(NAME, key, unit)	    key ":" unit " "

enum device_figure { DEVICE_FIGURES(FIGURE_ENUM_DEVICE) DEVICE_FIGURE_COUNT };
enum host_figure { HOST_FIGURES(FIGURE_ENUM_HOST) HOST_FIGURE_COUNT };

_Static_assert(LINK_FIGURE_COUNT <= HISTORY_FIGURES_MAX, "a row of history has no room");

static const struct history_shape link_shape = {"link", LINK_FIGURES(FIGURE_KEY),
						LINK_FIGURE_COUNT};
static const struct history_shape device_shape = {"device", DEVICE_FIGURES(FIGURE_KEY),
						  DEVICE_FIGURE_COUNT};
static const struct history_shape host_shape = {"host", HOST_FIGURES(FIGURE_KEY),
						HOST_FIGURE_COUNT};

struct diary {
	struct history *history;
	char *host;
	uint64_t looked_ns; /* at the figures; 0: never */
	int64_t minute;	    /* the one that goes on; 0: none yet */
};

struct diary *diary__new(struct store *store, const char *host)
{
	struct diary *diary = calloc(1, sizeof(*diary));

	if (!diary)
		return NULL;
	diary->history = history__new(store);
	diary->host = strdup(host);
	if (!diary->history || !diary->host) {
		diary__free(diary);
		return NULL;
	}
	return diary;
}

void diary__free(struct diary *diary)
{
	if (!diary)
		return;
	if (diary->history && diary->minute)
		history__end_minute(diary->history, diary->minute);
	history__free(diary->history);
	free(diary->host);
	free(diary);
}

static struct reading scaled(struct reading reading, double factor)
{
	return reading.known ? reading_of(reading.value * factor) : reading;
}

static struct reading ratio(struct reading part, struct reading whole)
{
	return part.known && whole.known && whole.value > 0 ? reading_of(part.value / whole.value)
							    : READING_NOT_AVAILABLE;
}

static const struct interface_sample *interface_of(const struct sample *sample, int index)
{
	for (size_t i = 0; index && i < sample->interface_count; i++) {
		if (sample->interfaces[i].index == index)
			return &sample->interfaces[i];
	}
	return NULL;
}

static struct reading is_there(const struct device_sample *device)
{
	switch (device->neighbour.state) {
	case NEIGHBOUR_UNKNOWN:
		return READING_NOT_AVAILABLE;
	case NEIGHBOUR_FAILED:
	case NEIGHBOUR_INCOMPLETE:
		return reading_of(0);
	default:
		return reading_of(1);
	}
}

static void look_at_device(struct diary *diary, const struct sample *sample,
			   const struct device_sample *device)
{
	const struct interface_sample *interface = interface_of(sample, device->interface);
	struct figure figures[DEVICE_FIGURE_COUNT] = {};

	if (!device->elsewhere) {
		figures[DEVICE_ANSWERS].now = is_there(device);
		figures[DEVICE_UNCONFIRMED].now = device->neighbour.unconfirmed_s;
		figures[DEVICE_PROBES].now = device->neighbour.probes;
		figures[DEVICE_MAC_CHANGES].now = reading_of((double)device->neighbour.mac_changes);
	}
	if (interface) {
		const struct reading *of = interface->reading;

		figures[DEVICE_CARRIER].now = of[INTERFACE_CARRIER];
		figures[DEVICE_CARRIER_CHANGES].now = of[INTERFACE_CARRIER_CHANGES];
		figures[DEVICE_RX_ERRORS].now = of[INTERFACE_RX_ERRORS];
		figures[DEVICE_TX_ERRORS].now = of[INTERFACE_TX_ERRORS];
		figures[DEVICE_QDISC_DROPS].now = of[INTERFACE_QDISC_DROPS];
	}
	if (device->resolver) {
		figures[DEVICE_DNS_P50].now = scaled(device->dns[RESOLVER_P50_US], 1e-6);
		figures[DEVICE_DNS_P99].now = scaled(device->dns[RESOLVER_P99_US], 1e-6);
		figures[DEVICE_DNS_UNANSWERED].now = device->dns[RESOLVER_UNANSWERED_S];
	}
	history__figures(diary->history, &device_shape, device->name, figures);
}

static void look_at_host(struct diary *diary, const struct sample *sample)
{
	const struct reading *of = sample->host;
	struct figure figures[HOST_FIGURE_COUNT] = {};

	figures[HOST_FIGURE_CPU].now = of[HOST_CPU_SOME_AVG10];
	figures[HOST_FIGURE_MEMORY].now = of[HOST_MEMORY_SOME_AVG10];
	figures[HOST_FIGURE_IO].now = of[HOST_IO_SOME_AVG10];
	figures[HOST_FIGURE_RUNNABLE].now = ratio(of[HOST_RUNNABLE], of[HOST_CPUS]);
	figures[HOST_FIGURE_CONNTRACK].now =
		ratio(of[HOST_CONNTRACK_ENTRIES], of[HOST_CONNTRACK_LIMIT]);
	figures[HOST_FIGURE_SOFTNET_DROPPED].now = of[HOST_SOFTNET_DROPPED];
	history__figures(diary->history, &host_shape, diary->host, figures);
}

static void look(struct diary *diary, const struct sample *sample, const struct judge *judge)
{
	for (size_t i = 0; i < sample->link_count; i++) {
		struct link_figures figures;

		judge__figures(judge, sample->links[i].name, &figures);
		history__figures(diary->history, &link_shape, sample->links[i].name,
				 figures.figure);
	}
	for (size_t i = 0; i < sample->device_count; i++)
		look_at_device(diary, sample, &sample->devices[i]);
	look_at_host(diary, sample);
}

/* The host has figures and no state: nobody judges it by itself. */
static void take_states(struct diary *diary, const struct sample *sample, const struct judge *judge)
{
	for (size_t i = 0; i < sample->link_count; i++)
		history__state(diary->history, &link_shape, sample->links[i].name,
			       judge__link_state(judge, sample->links[i].name));
	for (size_t i = 0; i < sample->device_count; i++)
		history__state(diary->history, &device_shape, sample->devices[i].name,
			       judge__device_state(judge, sample->devices[i].name));
}

void diary__tick(struct diary *diary, const struct sample *sample, const struct judge *judge)
{
	int64_t minute = (int64_t)sample->wall.tv_sec / 60;

	if (diary->minute && minute != diary->minute &&
	    history__end_minute(diary->history, diary->minute))
		log_warning_limited("no memory for a minute of history");
	diary->minute = minute;
	take_states(diary, sample, judge);
	if (diary->looked_ns && sample->time_ns - diary->looked_ns < HISTORY_STEP_NS)
		return;
	diary->looked_ns = sample->time_ns;
	look(diary, sample, judge);
}
