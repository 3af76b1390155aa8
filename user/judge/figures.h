/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The figures of a link that people look at, each against what is normal for it.
 */
#ifndef FAULTLINE_FIGURES_H
#define FAULTLINE_FIGURES_H

#include "judge/sample.h"

/* Over the last ten seconds, or since the sensor began.  X(NAME, json key, unit) */
#define LINK_FIGURES(X)                                                                   \
	X(SEGMENTS_OUT, "segments_out_rate", "1/s")                                       \
	X(SEGMENTS_IN, "segments_in_rate", "1/s")                                         \
	X(RETRANSMITS, "retransmit_share", "1") /* loss episodes of data segments sent */ \
	X(REQUESTS, "request_rate", "1/s")                                                \
	X(RESPONSE_P50, "response_p50", "s")                                              \
	X(RESPONSE_P99, "response_p99", "s")                                              \
	X(PICKUP_P99, "pickup_p99", "s")                                                  \
	X(RTT_P50, "rtt_p50", "s")                                                        \
	X(CONNECT_P99, "connect_p99", "s")                                                \
	X(CONNECT_RATE, "connect_rate", "1/s")                                            \
	X(CONNECT_FAILURES, "connect_failure_share", "1")                                 \
	X(RESETS, "reset_rate", "1/s")                                                    \
	X(SILENCE, "silence", "s") /* since the last byte from the far end */

enum link_figure {
#define LINK_FIGURE_ENUM(name, key, unit) FIGURE_##name,
	LINK_FIGURES(LINK_FIGURE_ENUM)
#undef LINK_FIGURE_ENUM
		LINK_FIGURE_COUNT
};

struct figure {
	struct reading now;
	struct reading normal; /* not available until it was learned */
};

struct link_figures {
	struct figure figure[LINK_FIGURE_COUNT];
};

#endif
