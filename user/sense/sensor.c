/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Start and stop of sensing, in this order: programs are loaded; sockets that exist are adopted
 * with their totals, so that nothing of their past is counted; the hooks are attached; a first
 * sweep adopts what came in between.  Stopping is freeing: the kernel takes everything down with
 * the descriptors.
 */
#include "sense/sensor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/duration.h"
#include "base/log.h"
#include "sense/audit.h"
#include "sense/call_budget.h"
#include "sense/capabilities.h"
#include "sense/discovery.h"
#include "sense/host.h"
#include "sense/kernel_side.h"
#include "sense/link_table.h"
#include "sense/netns.h"
#include "sense/owners.h"
#include "sense/packet_budget.h"
#include "sense/sample_join.h"
#include "sense/sweep.h"

#define LINKS_MAX	1024
#define ROUTES_EVERY_NS (30 * NS_PER_SECOND)

struct sensor {
	struct kernel_side *kernel;
	struct netns_table *namespaces; /* NULL: our own alone */
	struct discovery *discovery;
	struct link_table *links;
	struct sweep *sweep;
	struct fact_reader *facts;
	fact_handler *on_fact;
	void *context; /* of the handler */
	struct host *host;
	struct owners *owners; /* NULL: no memory for them */
	struct sample_join *join;
	const char *blind[HOOK_COUNT + 1];
	struct timespec started;
	struct sensor_counts counts;
	struct call_budget call_budget;
	struct packet_budget packet_budget;
	uint64_t swept_ns;	/* CLOCK_MONOTONIC of the last sweep */
	uint64_t routes_ns;	/* … and of the last look at the routes */
	uint64_t route_changes; /* of the host when they were looked at */
	struct audit audit;
};

static int load(struct sensor *sensor, const struct sensor_options *options, char *why,
		size_t why_len)
{
	struct kernel_side_options load_options = {
		.denied = options->denied_hooks,
		.denied_count = options->denied_hook_count,
	};
	int err;

	if (options->config->scope == SCOPE_HOST) {
		err = netns_own_inode(&load_options.only_netns);
		if (err) {
			snprintf(why, why_len, "/proc/self/ns/net: %s: is /proc mounted?",
				 strerror(-err));
			return err;
		}
	}
	return kernel_side__load(&load_options, &sensor->kernel, why, why_len);
}

/* Is the price of tracing every system call of the host still small? */
static void spend_on_calls(struct sensor *sensor, uint64_t now_ns)
{
	bool traced = kernel_side__calls_traced(sensor->kernel);
	bool allowed;

	if (!kernel_side__in_use(sensor->kernel, HOOK_SYS_ENTER))
		return;
	allowed = call_budget__allows(&sensor->call_budget, traced, sensor->counts.calls, now_ns);
	if (allowed != traced)
		kernel_side__trace_calls(sensor->kernel, allowed);
}

static void on_fact(void *context, const struct fact *fact)
{
	struct sensor *sensor = context;

	if (fact->kind == FACT_MANY_CALLS) {
		if (!kernel_side__counts(sensor->kernel, &sensor->counts))
			spend_on_calls(sensor, clock_monotonic_ns());
		return;
	}
	sample_join__add_fact(sensor->join, fact);
	if (sensor->on_fact)
		sensor->on_fact(sensor->context, fact);
}

/* What user space keeps, before anything is counted.  0 or -errno. */
static int make_tables(struct sensor *sensor, const struct sensor_options *options)
{
	struct link_classifier classifier;

	if (options->config->scope == SCOPE_ALL) {
		sensor->namespaces = netns_table__new();
		if (!sensor->namespaces)
			return -errno;
	}
	sensor->discovery = discovery__new(options->config, sensor->namespaces);
	if (!sensor->discovery)
		return -errno;
	classifier = discovery__classifier(sensor->discovery);
	sensor->links = link_table__new(options->config, &classifier, LINKS_MAX);
	if (!sensor->links)
		return -errno;
	sensor->sweep = sweep__new(sensor->kernel, sensor->links, sensor->namespaces);
	if (!sensor->sweep)
		return -errno;
	sensor->owners = owners__new("");
	sensor->join = sample_join__new();
	if (!sensor->join)
		return -errno;
	sensor->on_fact = options->on_fact;
	sensor->context = options->context;
	sensor->facts = fact_reader__new(kernel_side__facts_fd(sensor->kernel), on_fact, sensor);
	return sensor->facts ? 0 : -errno;
}

/* Links do not need it: a host that does not let us look at it costs these readings alone. */
static void look_at_host(struct sensor *sensor, const struct sensor_options *options)
{
	struct host_options host_options = {
		.config = options->config,
		.discovery = sensor->discovery,
		.kernel = sensor->kernel,
		.root = "",
		.on_change = options->on_change,
		.context = options->context,
	};

	sensor->host = host__new(&host_options);
	if (!sensor->host)
		log_warning("interfaces, next hops and routes cannot be looked at: %s",
			    strerror(errno));
}

static int begin(struct sensor *sensor, char *why, size_t why_len)
{
	int err = sweep__adopt(sensor->sweep);

	if (err) {
		snprintf(why, why_len, "the sockets of this host cannot be walked: %s",
			 strerror(-err));
		return err;
	}
	err = kernel_side__attach(sensor->kernel, why, why_len);
	if (err)
		return err;
	clock_gettime(CLOCK_REALTIME, &sensor->started);
	/* The counters are of our namespace alone: they say nothing of a sum over several. */
	if (!sensor->namespaces)
		audit__begin(&sensor->audit);
	err = sensor__sweep(sensor, 0);
	if (err)
		snprintf(why, why_len, "the first sweep failed: %s", strerror(-err));
	return err;
}

int sensor__new(const struct sensor_options *options, struct sensor **result, char *why,
		size_t why_len)
{
	struct sensor *sensor = calloc(1, sizeof(*sensor));
	int err;

	if (!sensor) {
		snprintf(why, why_len, "out of memory");
		return -ENOMEM;
	}
	sensor->call_budget.cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	sensor->packet_budget.cpus = sensor->call_budget.cpus;
	err = load(sensor, options, why, why_len);
	if (err)
		goto out;
	err = make_tables(sensor, options);
	if (err) {
		snprintf(why, why_len, "the tables cannot be made: %s", strerror(-err));
		goto out;
	}
	look_at_host(sensor, options);
	err = begin(sensor, why, why_len);
	if (err)
		goto out;
	*result = sensor;
	sensor = NULL;
out:
	sensor__free(sensor);
	return err;
}

void sensor__free(struct sensor *sensor)
{
	if (!sensor)
		return;
	host__free(sensor->host);
	owners__free(sensor->owners);
	fact_reader__free(sensor->facts);
	sample_join__free(sensor->join);
	sweep__free(sensor->sweep);
	link_table__free(sensor->links);
	discovery__free(sensor->discovery);
	netns_table__free(sensor->namespaces);
	kernel_side__free(sensor->kernel);
	free(sensor);
}

/* A route that changed may have made an external peer of an internal one, or the reverse. */
static void refresh_routes(struct sensor *sensor)
{
	uint64_t changes = sensor->host ? host__route_changes(sensor->host) : 0;

	if (changes == sensor->route_changes &&
	    sensor->swept_ns - sensor->routes_ns < ROUTES_EVERY_NS)
		return;
	sensor->route_changes = changes;
	sensor->routes_ns = sensor->swept_ns;
	discovery__refresh(sensor->discovery);
	link_table__reclassify(sensor->links);
}

/* The same of looking at every packet, for those of resolvers. */
static void spend_on_packets(struct sensor *sensor)
{
	bool traced = kernel_side__packets_traced_since_ns(sensor->kernel) != 0;
	struct reading packets = host__sample(sensor->host)->host[HOST_SOFTNET_PROCESSED];
	bool allowed;

	if (!packets.known)
		return;
	allowed = packet_budget__allows(&sensor->packet_budget, traced, packets.value,
					sensor->swept_ns);
	if (allowed != traced)
		kernel_side__trace_packets(sensor->kernel, allowed);
}

/* Whoever owns a socket is looked at while it is there. */
static void note_owner(void *context, const struct peer_key *key, const struct peer *peer)
{
	struct sensor *sensor = context;

	(void)key;
	if (peer->owner_tgid &&
	    peer->counter[PEER_SOCKETS_OPENED] > peer->counter[PEER_SOCKETS_CLOSED])
		owners__note(sensor->owners, peer->owner_tgid, sensor->swept_ns);
}

static void note_owners(struct sensor *sensor)
{
	if (!sensor->owners)
		return;
	for (size_t i = 0; i < link_table__count(sensor->links); i++)
		link_table__each_peer(sensor->links, i, note_owner, sensor);
	owners__forget_idle(sensor->owners, sensor->swept_ns);
}

/* The sum over links of a row of counters. */
static uint64_t sum_over_links(const struct sensor *sensor, enum peer_counter first,
			       enum peer_counter last)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < link_table__count(sensor->links); i++) {
		const struct peer *total = link_table__at(sensor->links, i).total;

		for (unsigned counter = first; counter <= last; counter++)
			sum += total->counter[counter];
	}
	return sum;
}

/*
 * @census: this sweep has been to every socket, so that what missed its hook is found already.
 * Without their hook SYN-ACKs are known only once the connection is: too late for a comparison.
 */
static void compare_with_kernel(struct sensor *sensor, bool census)
{
	if (census && kernel_side__in_use(sensor->kernel, HOOK_ITER_TCP) &&
	    kernel_side__in_use(sensor->kernel, HOOK_TCP_RETRANSMIT_SYNACK))
		audit__compare(&sensor->audit, AUDIT_RETRANSMITS,
			       sum_over_links(sensor, PEER_RETRANS_FIRST, PEER_RETRANS_LAST) +
				       sensor->counts.retrans_unattributed);
	audit__compare(&sensor->audit, AUDIT_RESETS_SENT,
		       sum_over_links(sensor, PEER_RESETS_SENT, PEER_RESETS_SENT) +
			       sensor->counts.resets_sent_unattributed);
}

int sensor__sweep(struct sensor *sensor, uint64_t min_age_ns)
{
	uint32_t census = kernel_side__census_number(sensor->kernel);
	uint64_t now_ns = clock_monotonic_ns();
	int err, err_counts, err_host = 0;

	if (min_age_ns && now_ns - sensor->swept_ns < min_age_ns)
		return 0;
	audit__read(&sensor->audit);
	err = sweep__run(sensor->sweep);
	err_counts = kernel_side__counts(sensor->kernel, &sensor->counts);
	if (!err && !err_counts)
		compare_with_kernel(sensor, census != kernel_side__census_number(sensor->kernel));
	sensor->swept_ns = clock_monotonic_ns();
	note_owners(sensor);
	spend_on_calls(sensor, sensor->swept_ns);
	if (sensor->host) {
		err_host = host__tick(sensor->host, sensor->links);
		spend_on_packets(sensor);
	}
	refresh_routes(sensor);
	return err ? err : err_counts ? err_counts : err_host;
}

int sensor__reload(struct sensor *sensor, const struct config *config)
{
	int err = link_table__rebind(sensor->links, config);

	if (err)
		return err;
	discovery__reload(sensor->discovery, config);
	if (sensor->host)
		host__reload(sensor->host, config);
	link_table__reclassify(sensor->links);
	return 0;
}

static struct sensor_sample sensor_part(struct sensor *sensor)
{
	struct sensor_sample part = {
		.events_lost = sensor__events_lost(sensor),
		.operations = measured_operations(sensor->kernel),
		.calls_traced = kernel_side__calls_traced(sensor->kernel),
		.packets_traced = kernel_side__packets_traced_since_ns(sensor->kernel) != 0,
		.blind = sensor->blind,
		.blind_count = blind_spots(sensor->kernel, sensor->blind),
	};

	if (!sensor->host)
		sensor->blind[part.blind_count++] = "interfaces, next hops, routes, and what this "
						    "host is short of";
	for (unsigned i = 0; i < PEER_COUNTER_COUNT; i++)
		part.counter_known[i] = counter_is_known(sensor->kernel, i);
	return part;
}

const struct sample *sensor__sample(struct sensor *sensor)
{
	struct sample_sources sources = {
		.time_ns = clock_monotonic_ns(),
		.host = sensor->host ? host__sample(sensor->host) : NULL,
		.links = sensor->links,
		.census = kernel_side__census_number(sensor->kernel),
		.census_ns = sweep__totals(sensor->sweep)->census_at_ns,
		.sensor = sensor_part(sensor),
	};

	clock_gettime(CLOCK_REALTIME, &sources.wall);
	return sample_join__make(sensor->join, &sources);
}

int sensor__facts_fd(const struct sensor *sensor)
{
	return fact_reader__fd(sensor->facts);
}

int sensor__read_facts(struct sensor *sensor)
{
	return fact_reader__read(sensor->facts);
}

int sensor__host_fd(const struct sensor *sensor)
{
	return sensor->host ? host__fd(sensor->host) : -1;
}

int sensor__read_host(struct sensor *sensor)
{
	int err = host__read(sensor->host, sensor->links);

	refresh_routes(sensor);
	return err;
}

const struct host *sensor__host(const struct sensor *sensor)
{
	return sensor->host;
}

const struct kernel_side *sensor__kernel(const struct sensor *sensor)
{
	return sensor->kernel;
}

const struct discovery *sensor__discovery(const struct sensor *sensor)
{
	return sensor->discovery;
}

const struct link_table *sensor__links(const struct sensor *sensor)
{
	return sensor->links;
}

const struct owners *sensor__owners(const struct sensor *sensor)
{
	return sensor->owners;
}

const struct sweep_totals *sensor__totals(const struct sensor *sensor)
{
	return sweep__totals(sensor->sweep);
}

struct timespec sensor__started(const struct sensor *sensor)
{
	return sensor->started;
}

const struct sensor_counts *sensor__counts(const struct sensor *sensor)
{
	return &sensor->counts;
}

uint64_t sensor__retransmits_not_attributed(const struct sensor *sensor)
{
	return sensor->counts.retrans_unattributed +
	       audit__missing(&sensor->audit, AUDIT_RETRANSMITS);
}

int sensor__resets_not_attributed(const struct sensor *sensor, uint64_t *resets)
{
	/* Without the hook, resets that have no socket are what the kernel has beyond ours. */
	if (sensor->namespaces && !kernel_side__traces_orphan_resets(sensor->kernel))
		return -ENODATA;
	*resets = sensor->counts.resets_sent_unattributed +
		  audit__missing(&sensor->audit, AUDIT_RESETS_SENT);
	return 0;
}

uint64_t sensor__events_withheld(const struct sensor *sensor)
{
	uint64_t withheld = audit__missing(&sensor->audit, AUDIT_RETRANSMITS);

	if (kernel_side__traces_orphan_resets(sensor->kernel))
		withheld += audit__missing(&sensor->audit, AUDIT_RESETS_SENT);
	return withheld;
}

uint64_t sensor__events_lost(const struct sensor *sensor)
{
	const struct sensor_counts *counts = &sensor->counts;

	return kernel_side__events_missed(sensor->kernel) + sensor__events_withheld(sensor) +
	       counts->facts_lost + counts->facts_refused + counts->sockets_untracked +
	       counts->hists_refused + sample_join__facts_lost(sensor->join);
}
