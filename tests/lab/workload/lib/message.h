/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What exchange_client says to exchange_server: a header of 16 bytes, then filling up to
 * `length_bytes`. Both ends run on one machine, so numbers are in host order.
 */
#ifndef FAULTLINE_LAB_MESSAGE_H
#define FAULTLINE_LAB_MESSAGE_H

#include <linux/types.h>

#define MESSAGE_MAX 65536

enum message_kind {
	MESSAGE_LOGON = 1,
	MESSAGE_REQUEST = 2,
	MESSAGE_HEARTBEAT = 3,
};

struct message {
	__u32 length_bytes; /* of the whole message */
	__u32 reply_bytes;  /* of the answer that is asked for; 0: none */
	__u32 kind;
	__u32 sequence;
};

_Static_assert(sizeof(struct message) == 16, "the header is 16 bytes");

#endif
