/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Symptoms: what is unusual on one link, each told by a test of its own.
 *
 * A symptom says that something shifted, never why.  The tests are sequential and see counts of
 * units of work (k of n segments, requests, connects), so that ten times the load is no anomaly;
 * their thresholds come from the budget of false pages.  A symptom that is normal is said to be so,
 * for that is evidence as well; one that rests on no units is not observed, which is not normal.
 */
#ifndef FAULTLINE_SYMPTOM_H
#define FAULTLINE_SYMPTOM_H

#include "judge/sample.h"

// clang-format off
/* X(NAME, signal, unit of value and baseline) */
#define LINK_SYMPTOMS(X)                                                                           \
	X(LOSS, "loss.out", "1")      /* loss episodes of data segments sent */                    \
	X(LOSS_IN, "loss.in", "1")    /* segments out of order of data segments received */        \
	X(LOSS_FULL, "loss.full_size", "1") /* full-sized segments lost while small ones pass */   \
	X(REORDER, "reordering", "1") /* needless repetitions, and reordering seen, of segments */ \
	X(CHECKSUM, "checksum.bad", "1") /* damaged segments of segments received */               \
	X(RTT, "rtt", "s")            /* round trips longer than usual: their median */            \
	X(RESPONSE, "response", "s")  /* answers later than usual: their median */                 \
	X(RESPONSE_TAIL, "response.tail", "s") /* … their p99 */                                   \
	X(PENDING, "response.missing", "s") /* a request waits for an answer longer than ever */   \
	X(PICKUP, "pickup", "s")      /* unread bytes waited for our process: p99 */               \
	X(UNREAD, "unread", "s")      /* bytes wait unread in our socket, for so long now */       \
	X(SILENCE, "feed.silence", "s") /* no data from a feed, for so long now */                 \
	X(ACK_MISSING, "ack.missing", "s") /* bytes that the far kernel does not acknowledge */    \
	X(STUCK_SOCKETS, "sockets.stuck", "1") /* share of sockets that back off */                \
	X(WINDOW_THEIRS, "window.theirs", "1") /* share of time in which their window held us */   \
	X(WINDOW_OURS, "window.ours", "1/s") /* times we closed our window */                      \
	X(RESETS_IN, "resets.received", "1") /* resets of connections, refusals apart */           \
	X(RESETS_ODD, "resets.odd_ttl", "1/s") /* of these, with a hop limit that is not the peer's */ \
	X(RESETS_OUT, "resets.sent", "1")                                                          \
	X(CONNECT_TIME, "connect.time", "s") /* connects slower than usual: p99 */                 \
	X(REFUSED, "connect.refused", "1")   /* of connects */                                     \
	X(UNANSWERED, "connect.unanswered", "1") /* SYNs sent again, and connects that gave up */  \
	X(UNREACHABLE, "connect.unreachable", "1") /* connects that a box on the way turned down */ \
	X(LOCAL_FAILURE, "connect.local", "1") /* connects that never left this host */            \
	X(ACCEPT_QUEUE, "accept.queue", "1") /* fill of our accept queue */                        \
	X(NO_DESCRIPTORS, "errors.descriptors", "1/s") /* EMFILE, ENFILE */                        \
	X(NO_PORTS, "errors.ports", "1/s")   /* EADDRNOTAVAIL */                                   \
	X(NO_ROUTE, "errors.route", "1/s")   /* ENETUNREACH, or no route to a far end */           \
	X(NO_MEMORY, "errors.memory", "1/s") /* ENOBUFS, ENOMEM */                                 \
	X(DROPS_OWN, "drops.own", "1/s")     /* our own kernel threw packets of the link away */   \
	X(DATAGRAM_DROPS, "datagrams.dropped", "1") /* our receive buffer was full */

// clang-format on
enum link_symptom {
#define LINK_SYMPTOM_ENUM(name, signal, unit) SYMPTOM_##name,
	LINK_SYMPTOMS(LINK_SYMPTOM_ENUM)
#undef LINK_SYMPTOM_ENUM
		LINK_SYMPTOM_COUNT
};

const char *link_symptom_signal(enum link_symptom symptom); /* "loss.out" */
const char *link_symptom_unit(enum link_symptom symptom);   /* "1" */

enum symptom_state {
	SYMPTOM_NOT_OBSERVED, /* nothing happened that it could be told by, or a hook is missing */
	SYMPTOM_LEARNING,     /* what is normal is not known yet */
	SYMPTOM_NORMAL,
	SYMPTOM_RAISED,
};

struct symptom {
	enum symptom_state state;
	struct reading value;	 /* of late, in the symptom's unit */
	struct reading baseline; /* what is normal */
	uint64_t units;		 /* that the value rests on: segments, requests, connects */
	uint64_t began_ns;	 /* raised: when the shift is estimated to have begun */
	uint64_t raised_ns;	 /* … and when it was told; both CLOCK_MONOTONIC */
	uint64_t last_ns;	 /* when there was last a sign of it */
	double strength;	 /* nats behind it: the test's statistic, at least the threshold */
	bool hard;		 /* it needs no statistics */
};

#endif
