/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The links as scripts read them.
 *
 * Counters are written by the list in peer.h: its "group.name" is a key in an object, so a new
 * counter appears here without a line of code.  What cannot be known is absent or null, never zero.
 * jansson's setters take the NULL of a failed maker as a failure of their own: one check at the end
 * of each object is enough.
 */
#include "tell/links_json.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hist_set.h"
#include "base/json_text.h"
#include "judge/sample.h"
#include "tell/host_json.h"
#include "tell/owners_json.h"

#define RFC3339_LEN 32

/* An object under construction that remembers failures: no setter need be checked by itself. */
struct object {
	json_t *json;
	bool failed;
};

static struct object begin(void)
{
	json_t *json = json_object();

	return (struct object){.json = json, .failed = !json};
}

/* Owns @value from here on, also when it fails.  NULL: whoever made it failed. */
static void put(struct object *object, const char *key, json_t *value)
{
	if (json_object_set_new(object->json, key, value))
		object->failed = true;
}

static void put_count(struct object *object, const char *key, uint64_t value)
{
	put(object, key, json_integer((json_int_t)value));
}

static void put_text(struct object *object, const char *key, const char *value)
{
	put(object, key, value ? json_name(value) : json_null());
}

static json_t *end(struct object *object)
{
	if (!object->failed)
		return object->json;
	json_decref(object->json);
	return NULL;
}

static json_t *time_text(const struct timespec *time)
{
	char day[RFC3339_LEN];
	struct tm utc;

	if (!gmtime_r(&time->tv_sec, &utc) ||
	    !strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &utc))
		return NULL;
	return json_sprintf("%s.%03ldZ", day, time->tv_nsec / 1000000);
}

static bool can_see(const struct links_capabilities *can, enum peer_counter counter)
{
	switch (counter) {
	case PEER_RETRANS_RTO:
	case PEER_RETRANS_FAST:
	case PEER_RETRANS_TLP:
	case PEER_RETRANS_SYN:
	case PEER_RETRANS_FAILED_LOCAL:
	case PEER_EPISODES:
	case PEER_RETRANS_FULL_SIZE:
		return can->retransmit_reasons;
	case PEER_RETRANS_SYNACK:
		return can->synack;
	case PEER_RESETS_RECEIVED:
	case PEER_RESETS_REFUSED:
		return can->resets_received;
	case PEER_RESETS_USUAL_TTL:
	case PEER_RESETS_ODD_TTL:
	case PEER_ICMP_PROHIBITED:
	case PEER_ICMP_UNREACHABLE:
	case PEER_ICMP_PORT:
	case PEER_ICMP_TOO_BIG:
	case PEER_ICMP_TIME_EXCEEDED:
	case PEER_ICMP_FROM_BETWEEN:
		return can->arrivals;
	case PEER_BAD_CHECKSUMS:
		return can->drops;
	case PEER_RESETS_SENT:
		return can->resets_sent;
	default:
		return true;
	}
}

/* Adds the counters whose path is "@group.name"; of the group NULL, those without a point. */
static void put_group(struct object *object, const char *group, const struct peer *total,
		      const struct links_capabilities *can)
{
	static const char *const paths[] = {
#define PEER_COUNTER_PATH(name, path, unit) [PEER_##name] = path,
		PEER_COUNTERS(PEER_COUNTER_PATH)
#undef PEER_COUNTER_PATH
	};
	size_t group_len = group ? strlen(group) : 0;

	for (unsigned i = 0; i < PEER_COUNTER_COUNT; i++) {
		const char *point = paths[i] ? strchr(paths[i], '.') : NULL;

		if (!paths[i] || !can_see(can, i))
			continue;
		if (!group && !point)
			put_count(object, paths[i], total->counter[i]);
		if (group && point && (size_t)(point - paths[i]) == group_len &&
		    strncmp(paths[i], group, group_len) == 0)
			put_count(object, point + 1, total->counter[i]);
	}
}

static json_t *group_json(const char *group, const struct peer *total,
			  const struct links_capabilities *can)
{
	struct object object = begin();

	put_group(&object, group, total, can);
	return end(&object);
}

static json_t *retransmits_json(const struct peer *total, const struct links_capabilities *can)
{
	struct object object = begin();
	uint64_t segments = 0;

	/* The kernel counts a retransmit before it knows whether it can be sent, and so do we. */
	for (unsigned i = PEER_RETRANS_FIRST; i <= PEER_RETRANS_LAST; i++)
		segments += total->counter[i];
	put_count(&object, "segments", segments);
	/* Its place is before the reasons; setting it again below leaves it there. */
	if (can_see(can, PEER_EPISODES))
		put_count(&object, "episodes", total->counter[PEER_EPISODES]);
	put_group(&object, "retransmits", total, can);
	return end(&object);
}

/* "SK_RST_REASON_TCP_ABORT_ON_CLOSE" becomes "abort_on_close"; a nameless one "reason_31". */
static void reset_reason_key(const struct links_capabilities *can, unsigned reason, char *key,
			     size_t room)
{
	static const char *const prefixes[] = {"SK_RST_REASON_", "TCP_"};
	const char *name = can->reset_reason_name(can->context, reason);

	if (!name) {
		snprintf(key, room, "reason_%u", reason);
		return;
	}
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (strncasecmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			name += strlen(prefixes[i]);
	}
	snprintf(key, room, "%s", name);
	for (; *key; key++)
		*key = (char)tolower((unsigned char)*key);
}

static json_t *resets_json(const struct peer *total, const struct links_capabilities *can)
{
	struct object object = begin(), reasons;

	put_group(&object, "resets", total, can);
	if (!can->resets_sent || !can->reset_reason_name)
		return end(&object);
	reasons = begin();
	for (unsigned i = 0; i < PEER_RESET_REASONS; i++) {
		char key[64];

		if (!total->reset_reason[i])
			continue;
		reset_reason_key(can, i, key, sizeof(key));
		put_count(&reasons, key, total->reset_reason[i]);
	}
	put(&object, "reasons", end(&reasons));
	return end(&object);
}

static json_t *latency_json(const struct hist *hist)
{
	struct object object = begin();

	put_count(&object, "count", hist ? hist->count : 0);
	/* A count whose samples have not reached the buckets yet has no quantile either. */
	if (hist && hist_samples(hist)) {
		put_count(&object, "p50_us", hist_quantile_ns(hist, 0.50) / 1000);
		put_count(&object, "p99_us", hist_quantile_ns(hist, 0.99) / 1000);
		put_count(&object, "max_us", hist->max_ns / 1000);
	}
	return end(&object);
}

static json_t *latencies_json(const struct hist_set *hists, const struct links_capabilities *can)
{
	static const char *const keys[] = {
#define HIST_OPERATION_KEY(name, key) [HIST_##name] = key,
		HIST_OPERATIONS(HIST_OPERATION_KEY)
#undef HIST_OPERATION_KEY
	};
	struct object object = begin();

	for (unsigned i = 0; i < HIST_OPERATION_COUNT; i++) {
		if (can->measured_operations & (1U << i))
			put(&object, keys[i], latency_json(hist_set__at(hists, i)));
	}
	return end(&object);
}

/* Milliseconds since @then_ns, or null when that never was. */
static void put_age(struct object *object, const char *key, const struct links_report *report,
		    uint64_t then_ns)
{
	uint64_t now_ns = report->now_ns;

	if (then_ns)
		put_count(object, key, now_ns > then_ns ? (now_ns - then_ns) / 1000000 : 0);
	else
		put(object, key, json_null());
}

/* Only what happened: there are many errors, and most never do. */
static json_t *happened_json(const char *group, const struct peer *total,
			     const struct links_capabilities *can)
{
	struct object all = begin(), object = begin();
	const char *key;
	json_t *value;

	put_group(&all, group, total, can);
	json_object_foreach(all.json, key, value) {
		if (json_integer_value(value))
			put(&object, key, json_incref(value));
	}
	object.failed |= all.failed;
	json_decref(all.json);
	return end(&object);
}

/* What lies between the two kernels and the two applications now, and how long the line is quiet.
 */
static void put_silence(struct object *object, const struct links_report *report,
			const struct peer *total)
{
	bool now = total->census == report->census;

	put_age(object, "last_data_ms", report, total->last_data_ns);
	put_age(object, "last_ack_ms", report, total->last_ack_ns);
	put_count(object, "unread_bytes", now ? total->unread_bytes : 0);
	put_age(object, "unread_ms", report, now ? total->unread_ns : 0);
	put_count(object, "unacked_bytes", now ? total->unacked_bytes : 0);
	put_count(object, "accept_queue", now ? total->accept_queue : 0);
}

/* "unread_ns" is when it began; what is told is how long that is ago. */
static void put_gauge_age(struct object *object, const char *name,
			  const struct links_report *report, uint64_t since_ns)
{
	char key[32];

	snprintf(key, sizeof(key), "%.*s_ms", (int)(strlen(name) - strlen("_ns")), name);
	if (since_ns)
		put_age(object, key, report, since_ns);
}

/* How its sockets stand: those gauges that are not nought. */
static json_t *now_json(const struct links_report *report, const struct peer *total)
{
	struct object object = begin();

	if (total->census != report->census)
		return end(&object);
#define PUT_SUM(name, meaning) \
	if (total->name)       \
		put_count(&object, #name, total->name);
	PEER_SUMS(PUT_SUM)
#undef PUT_SUM
#define PUT_OLDEST(name, meaning) put_gauge_age(&object, #name, report, total->name);
	PEER_OLDEST(PUT_OLDEST)
#undef PUT_OLDEST
	return end(&object);
}

/* Processes share a far address: the list of peers is one of addresses, each of them once. */
struct place {
	struct address address;
	uint16_t port;
	uint8_t direction;
};

struct places {
	struct place *list;
	size_t count, room;
};

static void add_place(void *context, const struct peer_key *key, const struct peer *peer)
{
	struct places *places = context;
	struct place *place;

	(void)peer;
	if (places->count == places->room)
		return;
	place = &places->list[places->count++];
	memcpy(place->address.byte, key->address, sizeof(place->address.byte));
	place->port = key->port;
	place->direction = key->direction;
}

static int compare_places(const void *left, const void *right)
{
	const struct place *a = left, *b = right;
	int order = memcmp(a->address.byte, b->address.byte, sizeof(a->address.byte));

	if (order)
		return order;
	return a->port != b->port ? a->port - b->port : a->direction - b->direction;
}

static json_t *place_json(const struct place *place)
{
	char text[ENDPOINT_TEXT_LEN];

	/* The peer that stands for all that found the kernel's table full has no address. */
	if (place->port == 0 && address_is_unspecified(&place->address))
		return json_string("*");
	if (place->direction == PEER_INCOMING)
		return json_sprintf(":%u", (unsigned)place->port);
	return json_string(format_address_port(&place->address, place->port, text));
}

static void put_peers(struct object *object, const struct link_table *table, size_t index,
		      size_t peers)
{
	struct places places = {.room = peers,
				.list = calloc(peers ? peers : 1, sizeof(struct place))};
	json_t *list = json_array();
	size_t distinct = 0;

	if (!list || !places.list) {
		object->failed = true;
		goto out;
	}
	link_table__each_peer(table, index, add_place, &places);
	qsort(places.list, places.count, sizeof(*places.list), compare_places);
	for (size_t i = 0; i < places.count; i++) {
		if (i && compare_places(&places.list[i - 1], &places.list[i]) == 0)
			continue;
		if (distinct++ >= LINKS_PEERS_LISTED)
			continue;
		if (json_array_append_new(list, place_json(&places.list[i])))
			object->failed = true;
	}
	put(object, "peers", json_incref(list));
	if (distinct > LINKS_PEERS_LISTED)
		put_count(object, "peers_total", distinct);
out:
	json_decref(list);
	free(places.list);
}

static void put_owners(struct object *object, const struct links_report *report, size_t index)
{
	size_t total = 0;

	put(object, "owners", owners_json__new(report->owners, report->table, index, &total));
	if (total > OWNERS_LISTED)
		put_count(object, "owners_total", total);
}

static const char *state_of(const struct links_report *report, const struct link_view *link)
{
	const char *state = NULL;

	if (!link->observed)
		return "not observed";
	if (report->state_of)
		state = report->state_of(report->state_context, link);
	return state ? state : "learning";
}

static json_t *link_json(const struct links_report *report, size_t index)
{
	const struct links_capabilities *can = report->capabilities;
	struct link_view link = link_table__at(report->table, index);
	const struct peer *total = link.total;
	uint64_t opened = total->counter[PEER_SOCKETS_OPENED];
	uint64_t closed = total->counter[PEER_SOCKETS_CLOSED];
	struct object object = begin();

	put_text(&object, "name", link.name);
	put_text(&object, "kind", link_kind_name(link.kind));
	put_text(&object, "state", state_of(report, &link));
	put(&object, "declared", json_boolean(link.declared));
	put_peers(&object, report->table, index, link.peer_count);
	if (report->owners)
		put_owners(&object, report, index);
	put_count(&object, "sockets", opened > closed ? opened - closed : 0);
	put_group(&object, NULL, total, can);
	put(&object, "retransmits", retransmits_json(total, can));
	put(&object, "resets", resets_json(total, can));
	put(&object, "connects", group_json("connects", total, can));
	put(&object, "latency", latencies_json(link.hists, can));
	put(&object, "errors", happened_json("errors", total, can));
	put(&object, "zero_window", group_json("zero_window", total, can));
	put_silence(&object, report, total);
	put(&object, "blocked", happened_json("blocked", total, can));
	put(&object, "not_measured", happened_json("not_measured", total, can));
	put(&object, "datagrams", happened_json("datagrams", total, can));
	put(&object, "now", now_json(report, total));
	put(&object, "icmp", happened_json("icmp", total, can));
	if (report->sample) {
		put(&object, "way", way_json__new(report->sample, link.name));
		put(&object, "drops", drops_json__new(report->sample, link.name));
	}
	return end(&object);
}

static json_t *links_list(const struct links_report *report)
{
	size_t count = link_table__count(report->table);
	json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		if (json_array_append_new(list, link_json(report, i))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *devices_list(const struct links_report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < report->device_count; i++) {
		const struct links_device *device = &report->devices[i];
		struct object object = begin();

		put_text(&object, "name", device->name);
		put_text(&object, "address", device->address);
		put_text(&object, "interface", device->interface);
		put_text(&object, "neighbour", device->neighbour);
		put_text(&object, "state", device->state ? device->state : "learning");
		if (json_array_append_new(list, end(&object))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *sensor_json(const struct links_sensor *sensor)
{
	struct object object = begin();

	put_count(&object, "events_lost", sensor->events_lost);
	put_count(&object, "peers", sensor->peers);
	put_count(&object, "peers_evicted", sensor->peers_evicted);
	put(&object, "census_us",
	    sensor->census_known ? json_integer((json_int_t)sensor->census_us) : json_null());
	put(&object, "census_age_ms",
	    sensor->census_known ? json_integer((json_int_t)sensor->census_age_ms) : json_null());
	put(&object, "kernel_ns",
	    sensor->kernel_ns_known ? json_integer((json_int_t)sensor->kernel_ns) : json_null());
	put_count(&object, "kernel_events", sensor->kernel_events);
	put(&object, "calls_traced", json_boolean(sensor->calls_traced));
	put(&object, "cpu_seconds", json_real(sensor->cpu_seconds));
	put_count(&object, "rss_bytes", sensor->rss_bytes);
	return end(&object);
}

static json_t *not_attributed_json(const struct links_report *report)
{
	struct object object = begin();

	put_count(&object, "retransmits", report->retransmits_not_attributed);
	if (report->resets_sent_not_attributed_known)
		put_count(&object, "resets_sent", report->resets_sent_not_attributed);
	return end(&object);
}

json_t *links_json__new(const struct links_report *report)
{
	struct object object = begin();

	put_text(&object, "schema", LINKS_SCHEMA);
	put(&object, "time", time_text(&report->time));
	put(&object, "started", time_text(&report->started));
	put_text(&object, "host", report->host);
	put(&object, "links", links_list(report));
	put(&object, "devices",
	    report->sample ? devices_json__new(report->sample, report->device_state_of,
					       report->state_context)
			   : devices_list(report));
	if (report->sample)
		put(&object, "host_state", host_json__new(report->sample));
	put(&object, "not_attributed", not_attributed_json(report));
	put(&object, "sensor", sensor_json(&report->sensor));
	return end(&object);
}
