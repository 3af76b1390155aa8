/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sample of one host, put together.
 *
 * The kernel tells changes of its tables at once; each tick reads the tables as a whole besides, so
 * that counters are new and nothing stays wrong that was not told.  When changes came faster than
 * they were read, the tables are read at once.  Devices and ways follow from the routes, and are
 * worked out again when anything changed that a route depends on.
 *
 * Cost: five dumps, some fifteen small files, and four for each watched process and tick.
 */
#include "sense/host.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "sense/addresses.h"
#include "sense/clock_step.h"
#include "sense/device_table.h"
#include "sense/discovery.h"
#include "sense/dns.h"
#include "sense/drops.h"
#include "sense/interfaces.h"
#include "sense/link_table.h"
#include "sense/link_ways.h"
#include "sense/mib.h"
#include "sense/neighbour_probe.h"
#include "sense/neighbours.h"
#include "sense/netns.h"
#include "sense/port_use.h"
#include "sense/proc_files.h"
#include "sense/proc_net.h"
#include "sense/processes.h"
#include "sense/processors.h"
#include "sense/refusals.h"
#include "sense/resolv_conf.h"
#include "sense/routes.h"
#include "sense/rtnl.h"
#include "sense/rules.h"
#include "sense/sock_diag.h"
#include "sense/ways.h"

struct host {
	const struct config *config;
	const struct discovery *discovery;
	uint32_t netns;
	struct changes changes;
	struct rtnl *rtnl;
	struct interfaces *interfaces;
	struct addresses *addresses;
	struct neighbours *neighbours;
	struct routes *routes;
	struct device_table *devices;
	struct link_ways *ways;
	struct proc_files *files;
	const struct kernel_side *kernel; /* NULL: none */
	struct processes *processes;
	struct processors *processors;
	struct sock_diag *diag; /* NULL: this kernel has none */
	struct port_use *port_use;
	struct drops *drops; /* NULL, and so for the next: nobody tells of them */
	struct dns *dns;
	struct clock_step clock;
	bool drops_known;
	bool ways_void; /* something changed that routes depend on */
	uint64_t route_changes;
	unsigned rules_unseen;
	bool rules_known;
	struct listener_sample listeners[LISTENERS_MAX];
	struct sample sample;
};

/* ---- what the kernel tells --------------------------------------------------------------- */

static void on_message(void *context, const struct nlmsghdr *message, bool dumped)
{
	struct host *host = context;

	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
	case RTM_NEWQDISC:
		interfaces__take(host->interfaces, message);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		addresses__take(host->addresses, message);
		break;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		neighbours__take(host->neighbours, message);
		return; /* no route depends on it */
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		routes__take(host->routes, message);
		break;
	case RTM_NEWRULE:
	case RTM_DELRULE:
		if (dumped) {
			host->rules_unseen += rule_is_unseen(message);
			return;
		}
		changes__add(&host->changes, CHANGE_RULES, "a routing rule was %s",
			     message->nlmsg_type == RTM_NEWRULE ? "added" : "deleted");
		break;
	default:
		return;
	}
	if (!dumped)
		host->ways_void = true;
}

/* Reads one table; what it does not name is gone, unless it could not be read to its end. */
#define DUMP(host, err, part, type)                               \
	do {                                                      \
		int err_;                                         \
		part##__dump_begins((host)->part);                \
		err_ = rtnl__dump((host)->rtnl, type, AF_UNSPEC); \
		if (!err_)                                        \
			part##__dump_ends((host)->part);          \
		else                                              \
			(err) = err_;                             \
	} while (0)

static int dump_all(struct host *host)
{
	uint64_t routes = routes__added(host->routes) + routes__deleted(host->routes);
	int err = 0, err_qdisc;

	DUMP(host, err, interfaces, RTM_GETLINK);
	DUMP(host, err, addresses, RTM_GETADDR);
	DUMP(host, err, neighbours, RTM_GETNEIGH);
	if (!routes__overflowed(host->routes))
		DUMP(host, err, routes, RTM_GETROUTE);
	host->rules_unseen = 0;
	host->rules_known = !rtnl__dump(host->rtnl, RTM_GETRULE, AF_UNSPEC);
	err_qdisc = rtnl__dump(host->rtnl, RTM_GETQDISC, AF_UNSPEC);
	if (routes__added(host->routes) + routes__deleted(host->routes) != routes)
		host->ways_void = true;
	return err ? err : err_qdisc;
}

/* What was lost of changes shows in the tables. */
static int take_changes(struct host *host)
{
	int err = rtnl__read(host->rtnl);

	if (err != -ENOBUFS)
		return err;
	changes__add(&host->changes, CHANGE_OVERRUN,
		     "changes came faster than they were read: the tables were read anew");
	host->ways_void = true;
	return dump_all(host);
}

/* ---- devices ----------------------------------------------------------------------------- */

/* The interface of a device that is no next hop, if it is on a link of ours. */
static void find_interface(struct host *host, struct device_sample *device)
{
	struct way way;

	if (device->interface || device->elsewhere || way_find(host->rtnl, &device->address, &way))
		return;
	if (way.kind == WAY_ON_LINK)
		device->interface = way.hops[0].interface;
}

static void add_discovered(struct host *host)
{
	size_t count = host->discovery ? discovery__device_count(host->discovery) : 0;

	for (size_t i = 0; i < count; i++) {
		struct discovery_device found = discovery__device_at(host->discovery, i);
		size_t index;

		/* Those of our own namespace come with the ways, and go with them. */
		if (found.declared || !found.netns || found.netns == host->netns)
			continue;
		index = device_table__add(host->devices, &found.address, 0);
		if (index != SIZE_MAX && !device_table__at(host->devices, index)->next_hop)
			device_table__at(host->devices, index)->elsewhere = true;
	}
}

static void add_resolvers(struct host *host)
{
	struct address resolver[RESOLVERS_MAX];
	size_t count = resolv_conf_read(host->files, resolver);

	for (size_t i = 0; i < count; i++) {
		size_t index = device_table__add(host->devices, &resolver[i], 0);

		if (index != SIZE_MAX)
			device_table__at(host->devices, index)->resolver = true;
	}
	/* Applications may ask others than the host does. */
	for (size_t i = 0; host->dns && i < dns__count(host->dns); i++) {
		struct address address = dns__address(host->dns, i);
		size_t index = device_table__add(host->devices, &address, 0);

		if (index != SIZE_MAX)
			device_table__at(host->devices, index)->resolver = true;
	}
}

/* Devices and ways anew; cheap while nothing changed, for answers of the kernel are kept. */
static int find_devices(struct host *host, const struct link_table *links)
{
	struct link_ways_sources sources = {
		.rtnl = host->rtnl,
		.interfaces = host->interfaces,
		.neighbours = host->neighbours,
		.links = links,
		.netns = host->netns,
	};
	size_t count;
	int err;

	if (host->ways_void) {
		link_ways__forget(host->ways);
		host->route_changes++;
	}
	host->ways_void = false;
	if (device_table__reset(host->devices, host->config))
		return -ENOMEM;
	err = link_ways__find(host->ways, &sources, host->devices);
	add_discovered(host);
	add_resolvers(host);
	device_table__list(host->devices, &count);
	neighbours__watch_none(host->neighbours);
	for (size_t i = 0; i < count; i++) {
		struct device_sample *device = device_table__at(host->devices, i);

		find_interface(host, device);
		if (!device->elsewhere)
			neighbours__watch(host->neighbours, &device->address);
	}
	return err;
}

/* What is known of each device now. */
static void describe_devices(struct host *host)
{
	size_t count;

	device_table__list(host->devices, &count);
	for (size_t i = 0; i < count; i++) {
		struct device_sample *device = device_table__at(host->devices, i);
		const struct interface_sample *interface =
			interfaces__find(host->interfaces, device->interface);

		device->interface_name = interface ? interface->name : "";
		if (!device->elsewhere)
			neighbours__find(host->neighbours, &device->address, device->interface,
					 &device->neighbour);
		if (host->dns && device->resolver)
			dns__describe(host->dns, clock_monotonic_ns(), device);
	}
}

/*
 * Next hops that traffic did not confirm are asked; links that go over them are there, or they
 * would be no next hops.  What the kernel refuses is what it finds out by itself later.
 */
static void probe_devices(struct host *host)
{
	size_t count;

	device_table__list(host->devices, &count);
	for (size_t i = 0; i < count; i++) {
		const struct device_sample *device = device_table__at(host->devices, i);

		if (device->next_hop && !device->elsewhere &&
		    neighbour_wants_probe(&device->neighbour))
			neighbour_probe(host->rtnl, &device->address, device->interface);
	}
}

/* ---- the sample -------------------------------------------------------------------------- */

static void publish(struct host *host)
{
	struct sample *sample = &host->sample;

	describe_devices(host);
	sample->time_ns = clock_monotonic_ns();
	clock_gettime(CLOCK_REALTIME, &sample->wall);
	sample->interfaces = interfaces__list(host->interfaces, &sample->interface_count);
	sample->addresses = addresses__list(host->addresses, &sample->address_count);
	sample->devices = device_table__list(host->devices, &sample->device_count);
	sample->ways = link_ways__list(host->ways, &sample->way_count);
	sample->processes = processes__list(host->processes, &sample->process_count);
	sample->listeners = host->listeners;
	sample->drops_known = host->drops_known;
	if (host->drops)
		sample->drops = drops__list(host->drops, &sample->drop_count);
	sample->changes = host->changes.kept;
	sample->change_count = host->changes.count;
	sample->changes_total = host->changes.total;
	sample->host[HOST_NETLINK_OVERRUNS] = reading_of((double)rtnl__overruns(host->rtnl));
	sample->host[HOST_NETLINK_DUMPS] = reading_of((double)rtnl__dumps(host->rtnl));
	sample->host[HOST_ROUTES] = routes__overflowed(host->routes)
					    ? READING_NOT_AVAILABLE
					    : reading_of((double)routes__count(host->routes));
	sample->host[HOST_RULES_UNSEEN] =
		host->rules_known ? reading_of(host->rules_unseen) : READING_NOT_AVAILABLE;
	sample->host[HOST_ROUTES_ADDED] = reading_of((double)routes__added(host->routes));
	sample->host[HOST_ROUTES_DELETED] = reading_of((double)routes__deleted(host->routes));
}

static void watch_owner(void *context, const struct peer_key *key, const struct peer *peer)
{
	(void)key;
	if (peer->counter[PEER_SOCKETS_OPENED] > peer->counter[PEER_SOCKETS_CLOSED])
		processes__watch(context, peer->owner_tgid);
}

static void read_processes(struct host *host, const struct link_table *links)
{
	for (size_t i = 0; i < link_table__count(links); i++)
		link_table__each_peer(links, i, watch_owner, host->processes);
	if (host->kernel)
		refusals_watch(host->kernel, host->processes);
	processes__read(host->processes);
	if (host->kernel)
		refusals_read(host->kernel, host->processes);
}

static void read_listeners(struct host *host)
{
	struct sample *sample = &host->sample;
	double full = 0;
	int err = host->diag ? sock_diag__listeners(host->diag, host->listeners,
						    &sample->listener_count)
			     : -EPROTONOSUPPORT;

	proc_files__note(host->files, "sock_diag", err);
	sample->host[HOST_LISTENERS] = sample->host[HOST_LISTENERS_FULL] = READING_NOT_AVAILABLE;
	if (err) {
		sample->listener_count = 0;
		return;
	}
	/* The kernel turns connections away when there are more than the limit, not at it. */
	for (size_t i = 0; i < sample->listener_count; i++)
		full += host->listeners[i].queued > host->listeners[i].limit;
	sample->host[HOST_LISTENERS] = reading_of((double)sample->listener_count);
	sample->host[HOST_LISTENERS_FULL] = reading_of(full);
}

static void read_clock(struct host *host)
{
	if (clock_step__read(&host->clock))
		changes__add(&host->changes, CHANGE_CLOCK_STEP, "the wall clock jumped by %.3f s",
			     host->clock.last_s);
	host->sample.host[HOST_CLOCK_STEPS] = reading_of((double)host->clock.steps);
	if (host->clock.steps)
		host->sample.host[HOST_CLOCK_STEP_S] = reading_of(host->clock.last_s);
}

static void read_shortages(struct host *host, const struct link_table *links)
{
	struct reading *readings = host->sample.host;
	struct port_use_sources sources;

	for (size_t i = 0; i < HOST_READING_COUNT; i++)
		readings[i] = READING_NOT_AVAILABLE;
	proc_net_read(host->files, readings);
	processors__read(host->processors, clock_monotonic_ns(), readings);
	mib_read(host->files, host->sample.mib);
	read_listeners(host);
	read_clock(host);
	sources = (struct port_use_sources){
		.links = links,
		.diag = host->diag,
		.netns = host->netns,
		.ports = readings[HOST_PORTS],
		.time_wait = readings[HOST_TCP_TIME_WAIT],
		.reuse = proc_net_reuses_ports(host->files),
	};
	readings[HOST_PORTS_LEFT] = port_use__left(host->port_use, &sources);
}

/* A hook that is missing stands in the list of hooks: its readings are not available. */
static void read_hooks(struct host *host, const struct link_table *links)
{
	if (host->dns)
		dns__read(host->dns);
	host->drops_known = host->drops && !drops__read(host->drops, links);
}

int host__tick(struct host *host, const struct link_table *links)
{
	double began_us = clock_thread_us();
	int err_changes = take_changes(host), err_tables = dump_all(host), err_ways;

	interfaces__read_speeds(host->interfaces, host->files);
	read_hooks(host, links);
	err_ways = find_devices(host, links);
	read_shortages(host, links);
	read_processes(host, links);
	publish(host);
	probe_devices(host);
	host->sample.host[HOST_TICK_US] = reading_of(clock_thread_us() - began_us);
	return err_changes ? err_changes : err_tables ? err_tables : err_ways;
}

int host__read(struct host *host, const struct link_table *links)
{
	int err = take_changes(host);

	if (host->ways_void)
		find_devices(host, links);
	publish(host);
	return err;
}

uint64_t host__processes_refused(const struct host *host)
{
	return processes__refused(host->processes);
}

bool host__awaits_neighbour(const struct host *host)
{
	for (size_t i = 0; i < host->sample.device_count; i++) {
		const struct device_sample *device = &host->sample.devices[i];

		if (device->next_hop && (neighbour_wants_probe(&device->neighbour) ||
					 neighbour_is_probed(&device->neighbour)))
			return true;
	}
	return false;
}

/* ---- begin and end ----------------------------------------------------------------------- */

static int make_parts(struct host *host, const struct host_options *options)
{
	struct rtnl_options rtnl_options = {
		.on_message = on_message,
		.context = host,
		.receive_buffer = options->netlink_buffer,
	};

	host->rtnl = rtnl__new(&rtnl_options);
	if (!host->rtnl)
		return -errno;
	host->files = proc_files__new(options->root ? options->root : "");
	if (!host->files)
		return -errno;
	host->interfaces = interfaces__new(&host->changes);
	host->addresses = addresses__new(&host->changes);
	host->neighbours = neighbours__new(&host->changes);
	host->routes = routes__new(&host->changes);
	host->devices = device_table__new(options->config);
	host->ways = link_ways__new();
	host->processes = processes__new(host->files, &host->changes);
	host->processors = processors__new(host->files);
	host->port_use = port_use__new();
	if (!host->interfaces || !host->addresses || !host->neighbours || !host->routes ||
	    !host->devices || !host->ways || !host->processes || !host->processors ||
	    !host->port_use)
		return -ENOMEM;
	host->kernel = options->kernel;
	if (options->kernel) {
		host->drops = drops__new(options->kernel);
		host->dns = dns__new(options->kernel, host->netns);
		if (!host->drops || !host->dns)
			return -ENOMEM;
	}
	host->diag =
		sock_diag__new(); /* without it accept queues are not seen, and so it is said */
	return 0;
}

struct host *host__new(const struct host_options *options)
{
	struct host *host = calloc(1, sizeof(*host));
	int err;

	if (!host)
		return NULL;
	host->config = options->config;
	host->discovery = options->discovery;
	err = netns_own_inode(&host->netns);
	if (!err)
		err = make_parts(host, options);
	if (!err)
		err = dump_all(host);
	if (err) {
		host__free(host);
		errno = -err;
		return NULL;
	}
	/* How things stand at the start is no change. */
	host->changes = (struct changes){
		.on_change = options->on_change,
		.context = options->context,
	};
	clock_step__read(&host->clock);
	return host;
}

void host__free(struct host *host)
{
	if (!host)
		return;
	dns__free(host->dns);
	drops__free(host->drops);
	port_use__free(host->port_use);
	sock_diag__free(host->diag);
	processors__free(host->processors);
	processes__free(host->processes);
	link_ways__free(host->ways);
	device_table__free(host->devices);
	routes__free(host->routes);
	neighbours__free(host->neighbours);
	addresses__free(host->addresses);
	interfaces__free(host->interfaces);
	proc_files__free(host->files);
	rtnl__free(host->rtnl);
	free(host);
}

int host__fd(const struct host *host)
{
	return rtnl__fd(host->rtnl);
}

const struct sample *host__sample(const struct host *host)
{
	return &host->sample;
}

void host__reload(struct host *host, const struct config *config)
{
	host->config = config;
	host->ways_void = true;
	/* Names in the old sample may point into the old configuration. */
	host->sample.device_count = host->sample.way_count = host->sample.drop_count = 0;
	device_table__reset(host->devices, config);
}

uint64_t host__route_changes(const struct host *host)
{
	return host->route_changes;
}

const struct proc_files *host__files(const struct host *host)
{
	return host->files;
}
