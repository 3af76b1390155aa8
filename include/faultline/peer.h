/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A peer: the unit in which the kernel side counts.
 *
 * The kernel knows nothing of the configuration.  It adds up what it sees per peer: network
 * namespace, service address, service port, direction and the process that owns the socket.  User
 * space folds peers into links.  An outgoing connection is keyed by the far address and port, an
 * incoming one by our local port alone, so that ten thousand customers are one peer.
 *
 * Addresses are sixteen bytes in network order, IPv4 as ::ffff:a.b.c.d; ports are in host order;
 * times are nanoseconds of CLOCK_MONOTONIC.
 */
#ifndef FAULTLINE_PEER_H
#define FAULTLINE_PEER_H

#include <linux/types.h>

#define PEER_COMM_LEN 16

enum peer_direction {
	PEER_OUTGOING = 0,
	PEER_INCOMING = 1,
};

struct peer_key {
	__u8 address[16];	  /* all zero when incoming, and for the overflow peer */
	__u32 netns;		  /* inode number of the network namespace */
	__u16 port;		  /* host order; 0 for the overflow peer */
	__u8 direction;		  /* enum peer_direction */
	__u8 protocol;		  /* 0: TCP; IPPROTO_UDP */
	char comm[PEER_COMM_LEN]; /* command name of the owning process, empty when unknown */
};

_Static_assert(sizeof(struct peer_key) == 40, "struct peer_key is a map key");

/*
 * What is counted for a peer: totals since the sensor started.  A new counter is one line here and
 * one `peer_count()` where it happens; folding, storing and printing follow this list.
 *
 * X(NAME, json path, unit)
 */
#define PEER_COUNTERS(X)                                                                           \
	X(SEGMENTS_OUT, "segments_out", "segments sent, retransmits and bare ACKs included")       \
	X(SEGMENTS_IN, "segments_in", "segments received")                                         \
	X(DATA_SEGMENTS_OUT, "data_segments_out", "segments with data sent, retransmits included") \
	X(DATA_SEGMENTS_IN, NULL, "segments with data received")                                   \
	X(BYTES_OUT, "bytes_out", "bytes of payload sent for the first time")                      \
	X(BYTES_IN, "bytes_in", "bytes of payload received in order")                              \
	X(RETRANS_RTO, "retransmits.rto", "segments sent again after a retransmission timeout")    \
	X(RETRANS_FAST, "retransmits.fast", "segments sent again in fast recovery")                \
	X(RETRANS_TLP, "retransmits.tlp", "segments sent again as a tail loss probe")              \
	X(RETRANS_SYN, "retransmits.syn", "SYN segments sent again")                               \
	X(RETRANS_SYNACK, "retransmits.synack", "SYN-ACK segments sent again")                     \
	X(RETRANS_FAILED_LOCAL, "retransmits.failed_local",                                        \
	  "segments whose retransmission failed in our own kernel")                                \
	X(RETRANS_UNCLASSIFIED, NULL, "segments sent again, reason unknown (hook missing)")        \
	X(EPISODES, "retransmits.episodes",                                                        \
	  "loss episodes: runs of retransmits within one flight")                                  \
	X(RETRANS_FULL_SIZE, "retransmits.full_size",                                              \
	  "of the segments sent again after the handshake, those of full size")                    \
	X(EPISODES_SPURIOUS, NULL, "tail loss probes that the far side reported as duplicates")    \
	X(RESETS_RECEIVED, "resets.received",                                                      \
	  "RST segments that ended a socket, refusals included")                                   \
	X(RESETS_REFUSED, "resets.received_refused", "of these, answers to our SYN")               \
	X(RESETS_USUAL_TTL, "resets.received_usual_ttl",                                           \
	  "of these, those with the hop limit that the peer's packets usually have")               \
	X(RESETS_ODD_TTL, "resets.received_odd_ttl",                                               \
	  "of these, those with another one; what is neither cannot be told")                      \
	X(RESETS_SENT, "resets.sent", "RST segments sent")                                         \
	X(CONNECT_OK, "connects.ok", "connects that were established")                             \
	X(CONNECT_REFUSED, "connects.refused", "connects answered with a RST")                     \
	X(CONNECT_TIMED_OUT, "connects.timed_out", "connects that nobody answered")                \
	X(CONNECT_UNREACHABLE, "connects.unreachable",                                             \
	  "connects ended by ICMP or a missing route")                                             \
	X(CONNECT_LOCAL_ERROR, "connects.local_error", "connects that our own side gave up")       \
	X(CONNECT_UNSENT, NULL, "of the failed ones, those that never sent a SYN")                 \
	X(ACCEPTED, "connects.accepted", "connections that customers opened to us")                \
	X(ICMP_PROHIBITED, "icmp.prohibited",                                                      \
	  "ICMP answers to what we sent: prohibited by an administrator")                          \
	X(ICMP_UNREACHABLE, "icmp.unreachable", "… no way to the network or the host")             \
	X(ICMP_PORT, "icmp.port_unreachable", "… nobody at this port or protocol")                 \
	X(ICMP_TOO_BIG, "icmp.too_big", "… a packet too long for the line")                        \
	X(ICMP_TIME_EXCEEDED, "icmp.time_exceeded", "… too many hops, as in a routing loop")       \
	X(ICMP_FROM_BETWEEN, "icmp.from_between",                                                  \
	  "of these, those that came from a box between us and the far end")                       \
	X(BAD_CHECKSUMS, "bad_checksums", "segments and datagrams received damaged")               \
	X(OUT_OF_ORDER_IN, NULL, "segments received out of order")                                 \
	X(DSACKS_IN, NULL, "duplicates of our segments that the far side reported")                \
	X(REORDERED, NULL, "reordering events seen on what we sent")                               \
	X(BUSY_US, NULL, "us in which data waited for an acknowledgement")                         \
	X(RWND_LIMITED_US, NULL, "us in which the far window held us back")                        \
	X(SNDBUF_LIMITED_US, NULL, "us in which our own send buffer held us back")                 \
	X(ZERO_WINDOW_OURS, "zero_window.ours", "times we were seen to have closed our window")    \
	X(ZERO_WINDOW_THEIRS, "zero_window.theirs",                                                \
	  "times the far side was seen to have closed its window")                                 \
	X(SOCKETS_OPENED, NULL, "sockets that began or were found")                                \
	X(SOCKETS_CLOSED, NULL, "sockets that ended")                                              \
	X(SEND_BLOCKED, "blocked.send", "sends that slept")                                        \
	X(SEND_BLOCKED_US, "blocked.send_us", "us that they took")                                 \
	X(RECV_BLOCKED, "blocked.recv", "receives that slept")                                     \
	X(RECV_BLOCKED_US, "blocked.recv_us", "us that they took")                                 \
	X(ACCEPT_BLOCKED, "blocked.accept", "accepts that slept")                                  \
	X(ACCEPT_BLOCKED_US, "blocked.accept_us", "us that they took")                             \
	X(CLOSE_BLOCKED, "blocked.close", "closes that slept")                                     \
	X(CLOSE_BLOCKED_US, "blocked.close_us", "us that they took")                               \
	X(RESPONSE_UNPAIRED, "not_measured.response", "requests whose answer cannot be told")      \
	X(PICKUP_UNPAIRED, "not_measured.pickup", "reads whose first byte's age is unknown")       \
	X(SEND_UNTIMED, "not_measured.send", "sends whose beginning was not seen")                 \
	X(RECV_UNTIMED, "not_measured.recv", "receives whose beginning was not seen")              \
	X(ACCEPT_UNTIMED, "not_measured.accept", "accepts that were not seen")                     \
	X(CLOSED_UNREAD, "closed_unread", "sockets closed with bytes that nobody read")            \
	X(PUSHES, NULL, "times the far side spoke unasked, after a pause")                         \
	X(DATAGRAMS_IN, "datagrams.in", "UDP datagrams queued for the application")                \
	X(DATAGRAMS_READ, "datagrams.read", "UDP datagrams that it read")                          \
	X(DATAGRAMS_OUT, "datagrams.out", "UDP datagrams sent")                                    \
	X(DATAGRAMS_DROPPED, "datagrams.dropped",                                                  \
	  "UDP datagrams that found the receive buffer full")                                      \
	X(ERROR_EPERM, "errors.EPERM", "socket calls that failed so")                              \
	X(ERROR_EINTR, "errors.EINTR", "socket calls that failed so")                              \
	X(ERROR_EAGAIN, "errors.EAGAIN", "socket calls that failed so")                            \
	X(ERROR_ENOMEM, "errors.ENOMEM", "socket calls that failed so")                            \
	X(ERROR_EACCES, "errors.EACCES", "socket calls that failed so")                            \
	X(ERROR_ENFILE, "errors.ENFILE", "socket calls that failed so")                            \
	X(ERROR_EMFILE, "errors.EMFILE", "socket calls that failed so")                            \
	X(ERROR_EPIPE, "errors.EPIPE", "socket calls that failed so")                              \
	X(ERROR_EMSGSIZE, "errors.EMSGSIZE", "socket calls that failed so")                        \
	X(ERROR_EADDRINUSE, "errors.EADDRINUSE", "socket calls that failed so")                    \
	X(ERROR_EADDRNOTAVAIL, "errors.EADDRNOTAVAIL", "socket calls that failed so")              \
	X(ERROR_ENETDOWN, "errors.ENETDOWN", "socket calls that failed so")                        \
	X(ERROR_ENETUNREACH, "errors.ENETUNREACH", "socket calls that failed so")                  \
	X(ERROR_ECONNABORTED, "errors.ECONNABORTED", "socket calls that failed so")                \
	X(ERROR_ECONNRESET, "errors.ECONNRESET", "socket calls that failed so")                    \
	X(ERROR_ENOBUFS, "errors.ENOBUFS", "socket calls that failed so")                          \
	X(ERROR_ENOTCONN, "errors.ENOTCONN", "socket calls that failed so")                        \
	X(ERROR_ETIMEDOUT, "errors.ETIMEDOUT", "socket calls that failed so")                      \
	X(ERROR_ECONNREFUSED, "errors.ECONNREFUSED", "socket calls that failed so")                \
	X(ERROR_EHOSTUNREACH, "errors.EHOSTUNREACH", "socket calls that failed so")                \
	X(ERROR_OTHER, "errors.other", "socket calls that failed otherwise")

enum peer_counter {
#define PEER_COUNTER_ENUM(name, path, unit) PEER_##name,
	PEER_COUNTERS(PEER_COUNTER_ENUM)
#undef PEER_COUNTER_ENUM
		PEER_COUNTER_COUNT
};

/* The errors that are told apart: E(name, number). */
#define PEER_ERRNOS(E)       \
	E(EPERM, 1)          \
	E(EINTR, 4)          \
	E(EAGAIN, 11)        \
	E(ENOMEM, 12)        \
	E(EACCES, 13)        \
	E(ENFILE, 23)        \
	E(EMFILE, 24)        \
	E(EPIPE, 32)         \
	E(EMSGSIZE, 90)      \
	E(EADDRINUSE, 98)    \
	E(EADDRNOTAVAIL, 99) \
	E(ENETDOWN, 100)     \
	E(ENETUNREACH, 101)  \
	E(ECONNABORTED, 103) \
	E(ECONNRESET, 104)   \
	E(ENOBUFS, 105)      \
	E(ENOTCONN, 107)     \
	E(ETIMEDOUT, 110)    \
	E(ECONNREFUSED, 111) \
	E(EHOSTUNREACH, 113)

/* The retransmits that make up the kernel's RetransSegs. */
#define PEER_RETRANS_FIRST PEER_RETRANS_RTO
#define PEER_RETRANS_LAST  PEER_RETRANS_UNCLASSIFIED

/* Reasons of resets sent are kept by the kernel's own number; names come from its BTF. */
#define PEER_RESET_REASONS 32

/*
 * Gauges of a peer: of all its sockets together, as of one census.
 * PEER_OLDEST: when the oldest of its kind began, CLOCK_MONOTONIC; 0: there is none.
 * PEER_SUMS: how many, or how much.
 */
#define PEER_OLDEST(X)                                                                      \
	X(unread_ns, "arrival of the oldest byte that waits unread")                        \
	X(unacked_ns, "sending of the oldest byte not acknowledged; up to a census late")   \
	X(connecting_ns, "the oldest SYN of a connect that has no outcome yet")             \
	X(pending_ns, "the oldest request without an answer, of sockets that get answers")  \
	X(pending_acked_ns, "the oldest such request that the far kernel has acknowledged") \
	X(hole_ns, "the census that first saw the oldest gap in what we received")

#define PEER_SUMS(X)                                                                          \
	X(unread_bytes, "bytes received and not read by the application")                     \
	X(unacked_bytes, "bytes sent and not acknowledged by the far kernel")                 \
	X(accept_queue, "connections that wait to be accepted")                               \
	X(alive, "established sockets")                                                       \
	X(fresh, "of these, those established in the last PEER_FRESH_S seconds")              \
	X(backing_off, "established sockets whose retransmits, two or more, stay unanswered") \
	X(fresh_backing_off, "of these, the fresh ones")                                      \
	X(stuck_full_size, "of the sockets backing off, those over a segment of full size")   \
	X(stuck_small, "of the sockets backing off, those over a smaller segment")            \
	X(connecting, "connects that have no outcome yet")                                    \
	X(pending, "sockets with a request that waits for its answer")                        \
	X(holes, "sockets with a gap in what we received, which the far side has to fill")

#define PEER_FRESH_S 30

struct peer {
	__u64 counter[PEER_COUNTER_COUNT]; /* by enum peer_counter */
	__u64 first_seen_ns;
	__u64 last_seen_ns; /* any event or census hit */
	__u64 last_data_ns; /* the last byte from the far side; 0: none was seen */
	__u32 reset_reason[PEER_RESET_REASONS]; /* resets sent, by enum sk_rst_reason */
	__u8 remote[16];			/* a far address seen last, for incoming peers */
	__u32 owner_tgid;			/* the process of the newest socket; 0: unknown */
	__u32 srtt_us;				/* of the socket looked at last; 0: none */
	__u64 last_ack_ns; /* the far kernel's last acknowledgement; to a jiffy; 0: none was seen */
	/* The gauges are as of this census; a peer that an earlier one saw last has no sockets any
	 * more. */
	__u32 census;
	__u16 mss; /* bytes of a segment of full size, of the socket looked at last; 0: none */
	/* The hop limits of what comes from the far end; 0: not known, or incoming. */
	__u8 hops_least;
	__u8 hops_most;
#define PEER_OLDEST_FIELD(name, meaning) __u64 name;
	PEER_OLDEST(PEER_OLDEST_FIELD)
#undef PEER_OLDEST_FIELD
#define PEER_SUM_FIELD(name, meaning) __u32 name;
	PEER_SUMS(PEER_SUM_FIELD)
#undef PEER_SUM_FIELD
};

_Static_assert(sizeof(struct peer) % 8 == 0, "struct peer has no padding at its end");

#endif
