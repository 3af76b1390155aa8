/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of detectors, a row for each symptom.
 *
 * A share's rule is {bad of units that are known of links in general, the best that a link is
 * taken for, the share from which a fault begins, and how many times the normal one}.
 */
#include "judge/detector.h"

/*
 * Loss: a clean path loses an episode in some 10^5 segments, and a link is taken for no better
 * than one in 50,000; half a percent is a fault on any link, and three times the usual is.
 */
#define LOSS_RULE                         \
	{                                 \
		0.05, 500, 2e-5, 0.005, 3 \
	}
/* Damage is rarer still, and never normal. */
#define DAMAGE_RULE                       \
	{                                 \
		0.05, 500, 1e-5, 0.002, 3 \
	}
/* What goes needlessly is harmless until it is a good part of everything. */
#define REORDER_RULE                \
	{                           \
		1, 20, 0.06, 0.3, 2 \
	}
#define WINDOW_RULE                    \
	{                              \
		0.5, 100, 0.02, 0.5, 3 \
	}
#define CLOSED_RULE                   \
	{                             \
		0.1, 30, 0.01, 0.3, 3 \
	}
#define RESET_RULE                     \
	{                              \
		0.1, 20, 0.005, 0.5, 3 \
	}
#define CONNECT_RULE                  \
	{                             \
		0.1, 10, 0.01, 0.3, 3 \
	}
/* The same sockets are seen again in each look: a few of many mean nothing. */
#define STUCK_RULE                    \
	{                             \
		0.5, 20, 0.05, 0.4, 3 \
	}
#define RARE_RULE                        \
	{                                \
		0.05, 500, 1e-5, 0.01, 3 \
	}

/*
 * A process that is well waits for its processor as long as a few others' slices of some 3 ms take,
 * and more on a busy day; a timer tick, an interrupt on either side, are within a millisecond.
 */
const double timed_margin_ns[TIMED_COUNT] = {
	[TIMED_RESPONSE] = 1e6, [TIMED_PICKUP] = 5e6, [TIMED_RTT] = 1e6,
	[TIMED_CONNECT] = 1e6,	[TIMED_GAP] = 0,
};

// clang-format off
#define SHARE(name, counter, rule_of, rise_of)                                                     \
	[SYMPTOM_##name] = {.symptom = SYMPTOM_##name, .look = detect_share, .count = counter,     \
			    .rule = rule_of, .rise = rise_of}
#define FAILING(name, counter)                                                                     \
	[SYMPTOM_##name] = {.symptom = SYMPTOM_##name, .look = detect_failing, .count = counter,   \
			    .rule = CONNECT_RULE, .rise = RISE_TWO_LOOKS}
#define EVENTS(name, counter, many)                                                                \
	[SYMPTOM_##name] = {.symptom = SYMPTOM_##name, .look = detect_events, .count = counter,   \
			    .enough = many}
#define BODY(name, of)                                                                             \
	[SYMPTOM_##name] = {.symptom = SYMPTOM_##name, .look = detect_body,                        \
			    .timed = TIMED_##of, .rise = RISE_THREE_LOOKS}
#define TAIL(name, of)                                                                             \
	[SYMPTOM_##name] = {.symptom = SYMPTOM_##name, .look = detect_tail,                        \
			    .timed = TIMED_##of, .rise = RISE_THREE_LOOKS}
#define WAIT(name, function)                                                                       \
	[SYMPTOM_##name] = {.symptom = SYMPTOM_##name, .look = function}

const struct detector link_detectors[LINK_SYMPTOM_COUNT] = {
	SHARE(LOSS, count_loss, LOSS_RULE, RISE_TWO_LOOKS),
	SHARE(LOSS_IN, count_loss_in, LOSS_RULE, RISE_TWO_LOOKS),
	WAIT(LOSS_FULL, detect_full_size),
	SHARE(REORDER, count_reorder, REORDER_RULE, RISE_THREE_LOOKS),
	SHARE(CHECKSUM, count_checksum, DAMAGE_RULE, RISE_TWO_LOOKS),
	BODY(RTT, RTT),
	BODY(RESPONSE, RESPONSE),
	TAIL(RESPONSE_TAIL, RESPONSE),
	WAIT(PENDING, detect_pending),
	TAIL(PICKUP, PICKUP),
	WAIT(UNREAD, detect_unread),
	WAIT(SILENCE, detect_silence),
	WAIT(ACK_MISSING, detect_ack_missing),
	[SYMPTOM_STUCK_SOCKETS] = {.symptom = SYMPTOM_STUCK_SOCKETS, .look = detect_stuck,
				   .count = count_stuck, .rule = STUCK_RULE,
				   .rise = RISE_THREE_LOOKS},
	SHARE(WINDOW_THEIRS, count_window_theirs, WINDOW_RULE, RISE_TWO_LOOKS),
	SHARE(WINDOW_OURS, count_window_ours, CLOSED_RULE, RISE_TWO_LOOKS),
	SHARE(RESETS_IN, count_resets_in, RESET_RULE, RISE_TWO_LOOKS),
	EVENTS(RESETS_ODD, count_resets_odd, 2),
	SHARE(RESETS_OUT, count_resets_out, RESET_RULE, RISE_TWO_LOOKS),
	TAIL(CONNECT_TIME, CONNECT),
	FAILING(REFUSED, count_refused),
	[SYMPTOM_UNANSWERED] = {.symptom = SYMPTOM_UNANSWERED, .look = detect_unanswered,
				.count = count_unanswered, .rule = CONNECT_RULE,
				.rise = RISE_TWO_LOOKS},
	[SYMPTOM_UNREACHABLE] = {.symptom = SYMPTOM_UNREACHABLE, .look = detect_unreachable,
				 .count = count_unreachable, .rule = CONNECT_RULE,
				 .rise = RISE_TWO_LOOKS, .enough = 3},
	FAILING(LOCAL_FAILURE, count_local_failure),
	WAIT(ACCEPT_QUEUE, detect_accept_queue),
	EVENTS(NO_DESCRIPTORS, count_no_descriptors, 3),
	EVENTS(NO_PORTS, count_no_ports, 3),
	EVENTS(NO_ROUTE, count_no_route, 3),
	EVENTS(NO_MEMORY, count_no_memory, 3),
	[SYMPTOM_DROPS_OWN] = {.symptom = SYMPTOM_DROPS_OWN, .look = detect_drops,
			       .rule = RARE_RULE, .rise = RISE_TWO_LOOKS, .enough = 3},
	SHARE(DATAGRAM_DROPS, count_datagram_drops, RARE_RULE, RISE_TWO_LOOKS),
};
// clang-format on
