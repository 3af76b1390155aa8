/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sample: what was read of this host at one time, for whoever judges it.
 *
 * A reading is known or it is not available; one that is not available has no value, and nought is
 * never put in its place.  Which readings there are stands in the lists below: a new one is one
 * line here and one reading_of() where it is read; printing follows the lists.  Counters are totals
 * since the kernel or the process began, so whoever compares two samples takes the difference.
 *
 * This is the judge's whole input.  The header includes nothing of the sensing side, and the lists
 * a sample points to belong to whoever gave it, until the next one is taken.
 */
#ifndef FAULTLINE_SAMPLE_H
#define FAULTLINE_SAMPLE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/address.h"
#include "base/config.h"
#include "faultline/fact.h"
#include "faultline/hist.h"
#include "faultline/peer.h"

struct hist_set;

struct reading {
	bool known;
	double value; /* 0 unless known */
};

#define READING_NOT_AVAILABLE ((struct reading){.known = false})

static inline struct reading reading_of(double value)
{
	return (struct reading){.known = true, .value = value};
}

/* Of the whole host.  X(NAME, json path, unit) */
#define HOST_READINGS(X)                                                                         \
	X(CPU_SOME_US, "pressure.cpu_some_us", "us in which some task waited for a CPU")         \
	X(CPU_SOME_AVG10, "pressure.cpu_some_avg10", "per cent, over ten seconds")               \
	X(MEMORY_SOME_US, "pressure.memory_some_us", "us in which some task waited for memory")  \
	X(MEMORY_SOME_AVG10, "pressure.memory_some_avg10", "per cent, over ten seconds")         \
	X(MEMORY_FULL_US, "pressure.memory_full_us", "us in which all tasks waited for memory")  \
	X(IO_SOME_US, "pressure.io_some_us", "us in which some task waited for a disk")          \
	X(IO_SOME_AVG10, "pressure.io_some_avg10", "per cent, over ten seconds")                 \
	X(IO_FULL_US, "pressure.io_full_us", "us in which all tasks waited for a disk")          \
	X(RUNNABLE, "load.runnable", "tasks that run or wait for a CPU now")                     \
	X(CPUS, "load.cpus", "processors in use")                                                \
	X(CPU_BUSY_US, "cpu.busy_us", "us that processors were busy, all of them together")      \
	X(CPU_BUSIEST_US, "cpu.busiest_us", "us that the busiest one of each tick was busy")     \
	X(CPU_SOFTIRQ_US, "cpu.softirq_us", "us spent in soft interrupts, all together")         \
	X(CPU_STEAL_US, "cpu.steal_us", "us that the hypervisor took from us, all together")     \
	X(SOFTIRQ_RUN_US, "softirq.run_us", "us that the kernel's threads for packets ran")      \
	X(SOFTIRQ_WAIT_US, "softirq.wait_us", "us that they were ready and waited for a CPU")    \
	X(SOFTNET_PROCESSED, "softnet.processed", "packets taken by soft interrupts")            \
	X(SOFTNET_DROPPED, "softnet.dropped", "packets dropped: a CPU's backlog was full")       \
	X(SOFTNET_SQUEEZED, "softnet.squeezed", "soft interrupts cut short with work left")      \
	X(SOFTNET_BACKLOG, "softnet.backlog", "packets that wait for a soft interrupt now")      \
	X(CONNTRACK_ENTRIES, "conntrack.entries", "connections tracked now")                     \
	X(CONNTRACK_LIMIT, "conntrack.limit", "connections that can be tracked")                 \
	X(CONNTRACK_DROPPED, "conntrack.dropped", "packets dropped: the table was full")         \
	X(CONNTRACK_EARLY_DROPPED, "conntrack.early_dropped", "entries thrown out early")        \
	X(CONNTRACK_INSERT_FAILED, "conntrack.insert_failed", "entries that could not be made")  \
	X(TCP_SOCKETS, "sockets.tcp_in_use", "TCP sockets")                                      \
	X(TCP_ORPHANS, "sockets.tcp_orphans", "TCP sockets that no process holds")               \
	X(TCP_TIME_WAIT, "sockets.tcp_time_wait", "TCP sockets in TIME_WAIT")                    \
	X(TCP_MEMORY_PAGES, "sockets.tcp_memory_pages", "pages held by TCP")                     \
	X(TCP_MEMORY_PRESSURE_PAGES, "sockets.tcp_memory_pressure_pages",                        \
	  "pages from which TCP saves memory")                                                   \
	X(TCP_MEMORY_LIMIT_PAGES, "sockets.tcp_memory_limit_pages", "pages TCP may hold")        \
	X(UDP_MEMORY_PAGES, "sockets.udp_memory_pages", "pages held by UDP")                     \
	X(PORTS, "ports.range", "ephemeral ports that there are")                                \
	X(PORTS_LEFT, "ports.left", "ephemeral ports left for the destination that uses most")   \
	X(FILES_OPEN, "files.open", "open files of all processes")                               \
	X(FILES_LIMIT, "files.limit", "files that may be open")                                  \
	X(LISTENERS, "accept.listeners", "listening TCP sockets")                                \
	X(LISTENERS_FULL, "accept.full", "listening TCP sockets whose accept queue is full now") \
	X(CLOCK_STEPS, "clock.steps", "times the wall clock jumped since the sensor began")      \
	X(CLOCK_STEP_S, "clock.last_step_s", "seconds of the last jump, forward positive")       \
	X(NETLINK_OVERRUNS, "netlink.overruns", "times changes were told faster than read")      \
	X(NETLINK_DUMPS, "netlink.dumps", "times the kernel's tables were read as a whole")      \
	X(ROUTES, "routes.count", "unicast routes of this namespace")                            \
	X(ROUTES_ADDED, "routes.added", "routes that appeared since the sensor began")           \
	X(RULES_UNSEEN, "routes.rules_unseen",                                                   \
	  "rules by mark, user or source, which the ways of links do not follow")                \
	X(ROUTES_DELETED, "routes.deleted", "routes that went since the sensor began")           \
	X(TICK_US, "cost.tick_us", "us of processor time that this reading of the host took")

/*
 * The kernel's MIB counters, by the names of nstat.  In the order of strcmp(), for they are found
 * by bisection.  X(NAME)
 */
#define MIB_COUNTERS(X)                   \
	X(Icmp6InDestUnreachs)            \
	X(Icmp6OutDestUnreachs)           \
	X(IcmpInDestUnreachs)             \
	X(IcmpOutDestUnreachs)            \
	X(Ip6InAddrErrors)                \
	X(Ip6InDiscards)                  \
	X(Ip6InHdrErrors)                 \
	X(Ip6InNoRoutes)                  \
	X(Ip6OutDiscards)                 \
	X(Ip6OutNoRoutes)                 \
	X(IpExtInCsumErrors)              \
	X(IpExtInNoRoutes)                \
	X(IpFragFails)                    \
	X(IpInAddrErrors)                 \
	X(IpInDiscards)                   \
	X(IpInHdrErrors)                  \
	X(IpOutDiscards)                  \
	X(IpOutNoRoutes)                  \
	X(IpReasmFails)                   \
	X(TcpActiveOpens)                 \
	X(TcpAttemptFails)                \
	X(TcpCurrEstab)                   \
	X(TcpEstabResets)                 \
	X(TcpExtEmbryonicRsts)            \
	X(TcpExtIPReversePathFilter)      \
	X(TcpExtListenDrops)              \
	X(TcpExtListenOverflows)          \
	X(TcpExtOfoPruned)                \
	X(TcpExtPAWSEstab)                \
	X(TcpExtPruneCalled)              \
	X(TcpExtRcvPruned)                \
	X(TcpExtTCPAbortFailed)           \
	X(TcpExtTCPAbortOnClose)          \
	X(TcpExtTCPAbortOnData)           \
	X(TcpExtTCPAbortOnMemory)         \
	X(TcpExtTCPAbortOnTimeout)        \
	X(TcpExtTCPBacklogDrop)           \
	X(TcpExtTCPFromZeroWindowAdv)     \
	X(TcpExtTCPLostRetransmit)        \
	X(TcpExtTCPMemoryPressures)       \
	X(TcpExtTCPMemoryPressuresChrono) \
	X(TcpExtTCPMinTTLDrop)            \
	X(TcpExtTCPOFODrop)               \
	X(TcpExtTCPOFOQueue)              \
	X(TcpExtTCPRcvCollapsed)          \
	X(TcpExtTCPRcvQDrop)              \
	X(TcpExtTCPReqQFullDoCookies)     \
	X(TcpExtTCPReqQFullDrop)          \
	X(TcpExtTCPSpuriousRTOs)          \
	X(TcpExtTCPSynRetrans)            \
	X(TcpExtTCPTimeWaitOverflow)      \
	X(TcpExtTCPTimeouts)              \
	X(TcpExtTCPToZeroWindowAdv)       \
	X(TcpExtTCPWantZeroWindowAdv)     \
	X(TcpExtTCPWqueueTooBig)          \
	X(TcpExtTCPZeroWindowDrop)        \
	X(TcpInCsumErrors)                \
	X(TcpInErrs)                      \
	X(TcpInSegs)                      \
	X(TcpOutRsts)                     \
	X(TcpOutSegs)                     \
	X(TcpPassiveOpens)                \
	X(TcpRetransSegs)                 \
	X(Udp6InErrors)                   \
	X(Udp6NoPorts)                    \
	X(Udp6RcvbufErrors)               \
	X(Udp6SndbufErrors)               \
	X(UdpInErrors)                    \
	X(UdpMemErrors)                   \
	X(UdpNoPorts)                     \
	X(UdpRcvbufErrors)                \
	X(UdpSndbufErrors)

/* Of one interface.  X(NAME, json key, unit) */
#define INTERFACE_READINGS(X)                                                                    \
	X(UP, "up", "1: switched on by the administrator")                                       \
	X(CARRIER, "carrier", "1: the other end of the cable is there")                          \
	X(CARRIER_CHANGES, "carrier_changes", "times the carrier came or went")                  \
	X(SPEED, "speed_mbps", "Mbit/s")                                                         \
	X(MTU, "mtu", "bytes")                                                                   \
	X(RX_PACKETS, "rx_packets", "packets received")                                          \
	X(TX_PACKETS, "tx_packets", "packets sent")                                              \
	X(RX_BYTES, "rx_bytes", "bytes received")                                                \
	X(TX_BYTES, "tx_bytes", "bytes sent")                                                    \
	X(RX_ERRORS, "rx_errors", "frames received damaged")                                     \
	X(TX_ERRORS, "tx_errors", "frames that could not be sent")                               \
	X(RX_CRC_ERRORS, "rx_crc_errors", "frames with a bad checksum")                          \
	X(RX_DROPPED, "rx_dropped", "packets dropped on receive")                                \
	X(TX_DROPPED, "tx_dropped", "packets dropped on send")                                   \
	X(RX_MISSED, "rx_missed", "frames the card had no room for")                             \
	X(TX_CARRIER_ERRORS, "tx_carrier_errors", "frames not sent for want of a carrier")       \
	X(QDISC_DROPS, "qdisc_drops", "packets the queue discipline dropped")                    \
	X(QDISC_OVERLIMITS, "qdisc_overlimits", "times the queue discipline held a packet back") \
	X(QDISC_REQUEUES, "qdisc_requeues", "packets the card did not take at once")             \
	X(QDISC_BACKLOG, "qdisc_backlog_bytes", "bytes that wait in the queue discipline now")   \
	X(QDISC_PACKETS, "qdisc_backlog_packets", "packets that wait in it now")

/* Of one watched process.  X(NAME, json key, unit) */
#define PROCESS_READINGS(X)                                                               \
	X(THREADS, "threads", "threads")                                                  \
	X(RUN_NS, "run_ns", "ns on a CPU, all threads")                                   \
	X(WAIT_NS, "wait_ns", "ns ready to run and waiting for a CPU, all threads")       \
	X(MAJOR_FAULTS, "major_faults", "pages that had to come from a disk")             \
	X(IO_WAIT_US, "io_wait_us", "us that its first thread waited for a disk")         \
	X(SOCKETS_REFUSED, "sockets_refused", "sockets it got not, for want of descriptors") \
	X(FILES, "files", "open descriptors")                                             \
	X(FILES_LIMIT, "files_limit", "descriptors it may have")                          \
	X(CPU_SOME_US, "cgroup_cpu_some_us", "us of CPU pressure of its cgroup")          \
	X(MEMORY_SOME_US, "cgroup_memory_some_us", "us of memory pressure of its cgroup") \
	X(IO_SOME_US, "cgroup_io_some_us", "us of I/O pressure of its cgroup")            \
	X(THROTTLED, "throttled", "periods in which its cgroup was throttled")            \
	X(THROTTLED_US, "throttled_us", "us in which its cgroup was throttled")

/* Of one device that is a resolver.  X(NAME, json key, unit) */
#define RESOLVER_READINGS(X)                                                                   \
	X(QUERIES, "queries", "queries sent for the first time")                               \
	X(RETRIES, "retries", "queries sent again")                                            \
	X(ANSWERS, "answers", "answers to our queries")                                        \
	X(FAILURES, "failures", "answers with a code other than NOERROR and NXDOMAIN")         \
	X(UNANSWERED_S, "unanswered_s", "s since the oldest query after which no answer came") \
	X(P50_US, "p50_us", "us to the answer")                                                \
	X(P99_US, "p99_us", "us to the answer")                                                \
	X(MAX_US, "max_us", "us to the answer")

enum host_reading {
#define HOST_READING_ENUM(name, path, unit) HOST_##name,
	HOST_READINGS(HOST_READING_ENUM)
#undef HOST_READING_ENUM
		HOST_READING_COUNT
};

enum mib_counter {
#define MIB_COUNTER_ENUM(name) MIB_##name,
	MIB_COUNTERS(MIB_COUNTER_ENUM)
#undef MIB_COUNTER_ENUM
		MIB_COUNTER_COUNT
};

enum interface_reading {
#define INTERFACE_READING_ENUM(name, key, unit) INTERFACE_##name,
	INTERFACE_READINGS(INTERFACE_READING_ENUM)
#undef INTERFACE_READING_ENUM
		INTERFACE_READING_COUNT
};

enum process_reading {
#define PROCESS_READING_ENUM(name, key, unit) PROCESS_##name,
	PROCESS_READINGS(PROCESS_READING_ENUM)
#undef PROCESS_READING_ENUM
		PROCESS_READING_COUNT
};

enum resolver_reading {
#define RESOLVER_READING_ENUM(name, key, unit) RESOLVER_##name,
	RESOLVER_READINGS(RESOLVER_READING_ENUM)
#undef RESOLVER_READING_ENUM
		RESOLVER_READING_COUNT
};

/* An interface of our own namespace. */
struct interface_sample {
	int index;
	char name[IF_NAMESIZE];
	char kind[16]; /* of a virtual one: "vlan", "bond", "bridge", "veth"; "" of a real one */
	uint8_t operstate; /* IF_OPER_* of <linux/if.h> */
	int master;	   /* of which bond or bridge it is a part; 0: none */
	int lower;	   /* on which interface it stands (VLAN, macvlan); 0: none, or elsewhere */
	uint64_t carrier_lost_ns; /* CLOCK_MONOTONIC; 0: there, or it was never seen */
	struct reading reading[INTERFACE_READING_COUNT];
};

const char *operstate_name(uint8_t state); /* "up", "lowerlayerdown" */

/* An address of an interface of ours. */
struct address_sample {
	struct address address;
	int interface;
	uint8_t bits; /* of the prefix: 24 of 192.0.2.1/24 */
};

enum neighbour_state {
	NEIGHBOUR_UNKNOWN, /* the kernel has no entry: nobody asked for it */
	NEIGHBOUR_INCOMPLETE,
	NEIGHBOUR_REACHABLE,
	NEIGHBOUR_STALE,
	NEIGHBOUR_DELAY,
	NEIGHBOUR_PROBE,
	NEIGHBOUR_FAILED,
	NEIGHBOUR_NOARP,
	NEIGHBOUR_PERMANENT,
};

const char *neighbour_state_name(enum neighbour_state state); /* "reachable" */

#define NEIGHBOUR_MAC_MAX 20

struct neighbour_sample {
	enum neighbour_state state;
	uint8_t mac[NEIGHBOUR_MAC_MAX];
	uint8_t mac_len;	       /* 0: not known */
	uint64_t since_ns;	       /* in this state, CLOCK_MONOTONIC */
	uint64_t mac_changes;	       /* seen since the sensor began */
	uint64_t mac_changed_ns;       /* the last of them; 0: none */
	uint64_t failures;	       /* times it came to FAILED */
	struct reading probes;	       /* sent and not answered */
	struct reading unconfirmed_s;  /* since it was last known to be there */
	struct reading failed_after_s; /* from the first doubt to FAILED, of the last failure */
};

/* By the four bits of the header, and one for answers whose header could not be read. */
#define DNS_CODE_SAMPLES 17

/* Answers of a resolver with one code. */
struct rcode_sample {
	struct reading answers;
	struct reading mean_us; /* not available when there were none */
};

/* A device between us and the far ends: next hop, declared, or resolver. */
struct device_sample {
	const char *name;
	struct address address;
	bool declared;
	bool next_hop;		    /* the routes lead over it */
	bool resolver;		    /* this host asks it for names */
	bool elsewhere;		    /* found in another namespace: its neighbour is not looked at */
	int interface;		    /* by which it is reached; 0: unknown */
	const char *interface_name; /* "" unknown */
	struct neighbour_sample neighbour;
	struct reading dns[RESOLVER_READING_COUNT];
	struct rcode_sample rcode[DNS_CODE_SAMPLES]; /* by the code of RFC 1035 */
};

/* Is a device well, by its neighbour state alone: "healthy", "suspect", "faulty", "not observed".
 */
const char *device_state(const struct device_sample *device);

struct process_sample {
	uint32_t pid;	      /* of the thread group */
	uint64_t start_ticks; /* with the pid it names the process for good */
	char comm[16];
	char state;	  /* as in /proc: R S D T t Z X; 'X': gone */
	uint64_t gone_ns; /* CLOCK_MONOTONIC when it was seen to be gone; 0: it lives */
	struct reading reading[PROCESS_READING_COUNT];
};

struct listener_sample {
	struct address address;
	uint16_t port;
	uint32_t queued; /* connections that wait to be accepted */
	uint32_t limit;	 /* more than so many are turned away */
};

struct drop_sample {
	const char *link;   /* NULL: of the host */
	const char *reason; /* the kernel's own name, "NETFILTER_DROP" */
	uint64_t packets;
	uint64_t last_ns; /* CLOCK_MONOTONIC */
};

#define WAY_HOPS_MAX 16

/* By which devices and interfaces a link goes. */
struct way_sample {
	const char *link;
	bool unroutable;	      /* there is no route to one of its far ends now */
	size_t devices[WAY_HOPS_MAX]; /* indices into sample.devices, nearest first */
	size_t device_count;
	int interfaces[WAY_HOPS_MAX]; /* outermost first, then what it stands on */
	size_t interface_count;
};

enum change_kind {
	CHANGE_CARRIER_LOST,
	CHANGE_CARRIER_BACK,
	CHANGE_INTERFACE_DOWN, /* switched off, by the administrator */
	CHANGE_INTERFACE_UP,
	CHANGE_INTERFACE_GONE,
	CHANGE_NEIGHBOUR_STATE,
	CHANGE_NEIGHBOUR_MAC,
	CHANGE_ROUTE_ADDED,
	CHANGE_ROUTE_DELETED,
	CHANGE_ADDRESS_ADDED,
	CHANGE_ADDRESS_DELETED,
	CHANGE_RULES, /* which table a route is looked up in */
	CHANGE_CLOCK_STEP,
	CHANGE_PROCESS_STOPPED,
	CHANGE_PROCESS_CONTINUED,
	CHANGE_PROCESS_GONE,
	CHANGE_OVERRUN,
};

#define CHANGE_TEXT_LEN 160

struct change {
	uint64_t time_ns; /* CLOCK_MONOTONIC when we were told */
	enum change_kind kind;
	char text[CHANGE_TEXT_LEN]; /* for people: "interface eth0 lost its carrier" */
};

#define PEERS_SAMPLED 16

/* A far end of a link. */
struct peer_sample {
	struct peer_key key;
	struct address remote;		    /* of an incoming peer: the far address seen last */
	uint32_t owner_tgid;		    /* 0: unknown */
	uint64_t last_data_ns, last_ack_ns; /* CLOCK_MONOTONIC; 0: never */
};

/* What was counted on one link, in totals since the sensor began. */
struct link_sample {
	const char *name;
	enum link_kind kind;
	bool declared;
	bool observed;		      /* a socket of it was ever seen */
	bool gauges_known;	      /* the gauges in *total are of now, not of an earlier look */
	uint64_t sockets;	      /* open now */
	const struct peer *total;     /* counters, times, gauges; never NULL */
	const struct hist_set *hists; /* durations since the sensor began; NULL: none yet */
	const struct peer_sample *peers; /* the first PEERS_SAMPLED by address */
	size_t peer_count;
	size_t peers_total;
	const struct way_sample *way; /* NULL: not looked at */
};

/* What the sensor itself lost, and cannot see at all. */
struct sensor_sample {
	uint64_t events_lost; /* since it began */
	unsigned operations;  /* bit 1 << enum hist_operation: it is measured */
	bool calls_traced;    /* else errors and durations of calls are not seen now */
	bool packets_traced;  /* else answers of resolvers are not seen now */
	bool counter_known[PEER_COUNTER_COUNT]; /* else its hook is missing, and it stays nought */
	const char *const *blind; /* what the missing hooks would have told, in words */
	size_t blind_count;
};

struct sample {
	uint64_t time_ns;		 /* CLOCK_MONOTONIC */
	struct timespec wall;		 /* CLOCK_REALTIME */
	/*
	 * CLOCK_MONOTONIC when the sockets were last looked at, one by one: gauges, and the times of
	 * the last byte and acknowledgement, are of then.  0: they never are.
	 */
	uint64_t census_ns;
	const struct link_sample *links; /* declared ones first, in their order */
	size_t link_count;
	const struct fact *facts; /* told since the last sample, oldest first */
	size_t fact_count;
	struct sensor_sample sensor;
	struct reading host[HOST_READING_COUNT];
	struct reading mib[MIB_COUNTER_COUNT];
	const struct interface_sample *interfaces;
	size_t interface_count;
	const struct address_sample *addresses;
	size_t address_count;
	const struct device_sample *devices;
	size_t device_count;
	const struct process_sample *processes;
	size_t process_count;
	const struct listener_sample *listeners;
	size_t listener_count;
	const struct drop_sample *drops;
	size_t drop_count;
	bool drops_known; /* else no hook tells of drops, and the list is empty for that */
	const struct way_sample *ways;
	size_t way_count;
	const struct change *changes; /* the latest ones, oldest first */
	size_t change_count;
	uint64_t changes_total; /* since the sensor began */
};

#endif
