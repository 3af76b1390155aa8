/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names: what this host asked of its resolvers and what they answered.
 *
 * Of a message only the header is read (RFC 1035, section 4.1.1): the identifier that joins a query
 * with its answer, and the flags with the answer's code.
 */
#ifndef FAULTLINE_DNS_H
#define FAULTLINE_DNS_H

#include <linux/types.h>

#include "hist.h"

#define DNS_PORT	  53
#define DNS_RESOLVERS_MAX 64
#define DNS_PENDING_MAX	  4096 /* queries that wait for their answer; the oldest make room */
#define DNS_CODES	  16
#define DNS_CODE_UNKNOWN  DNS_CODES /* an answer whose header could not be read */

struct dns_key {
	__u8 resolver[16];
	__u32 netns;
};

_Static_assert(sizeof(struct dns_key) == 20, "struct dns_key is a map key");

struct dns_query {
	struct dns_key to;
	__u16 local_port;
	__u16 id; /* 0 over TCP, where one query waits at a time */
	__u8 protocol;
	__u8 pad[3];
};

_Static_assert(sizeof(struct dns_query) == 28, "struct dns_query is a map key");

struct dns_answers {
	__u64 count;
	__u64 sum_ns;
	__u64 max_ns;
};

struct dns_resolver {
	__u64 queries; /* sent for the first time */
	__u64 retries;
	__u64 unanswered_since_ns; /* the oldest query after which no answer came; 0: none */
	__u64 last_answer_ns;
	struct dns_answers code[DNS_CODES + 1];
	struct hist time; /* of all answers */
};

#endif
