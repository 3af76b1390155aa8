/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside a watched link: what its detectors look at, and the table of them.  Only link_watch.c and
 * the detect_*.c files include this.
 */
#ifndef FAULTLINE_DETECTOR_H
#define FAULTLINE_DETECTOR_H

#include "judge/baseline.h"
#include "judge/link_watch.h"
#include "judge/link_window.h"
#include "judge/shift.h"

/* The operations whose durations are learned. */
enum timed {
	TIMED_RESPONSE,
	TIMED_PICKUP,
	TIMED_RTT,
	TIMED_CONNECT,
	TIMED_GAP,
	TIMED_COUNT,
};

/* What is normal on a link in one of its slots. */
struct link_normal {
	double traffic_s; /* learned from so much */
	double settled_s; /* ... when what waited was taken in last */
	bool tainted;	  /* something was raised since then */
	bool learned;
	struct share_normal share[LINK_SYMPTOM_COUNT];
	double segment_bytes, segments;	       /* of data that we sent */
	double pending_longest_ns;	       /* the longest wait for an answer that ended well */
	struct time_normal *time[TIMED_COUNT]; /* NULL: none seen */
};

void link_normal__clear(struct link_normal *normal);

/*
 * In session and outside it a link is two different things, and a link without a session is always
 * in it.  Hours of the week would be finer, but all that is learned is per unit of work, which is
 * much the same at nine and at three, and a slot for each hour would take a week to learn.
 */
enum normal_slot { SLOT_IN_SESSION, SLOT_OUTSIDE, SLOT_COUNT };

/* Durations of one operation as the totals were at the last look, and of late. */
struct timed_watch {
	struct hist before;
	struct time_window window;
};

/* Bad things in a row with nothing good between. */
struct streak {
	double events;
	uint64_t first_ns, last_ns;
};

struct link_watch {
	const struct config_link *config; /* NULL: not declared */
	struct symptom symptom[LINK_SYMPTOM_COUNT];
	struct shift shift[LINK_SYMPTOM_COUNT];
	struct streak streak[LINK_SYMPTOM_COUNT];
	struct link_normal normal[SLOT_COUNT];
	enum normal_slot slot;
	struct timed_watch *timed[TIMED_COUNT];
	struct link_window window;
	uint64_t counter[PEER_COUNTER_COUNT]; /* totals at the last look */
	uint64_t drops_ruled, drops_crowded;  /* the same of our own kernel's drops */
	uint64_t look_ns;		      /* the last look; 0: none yet */
	uint64_t last_data_ns;
	uint64_t awake_ns;     /* what came before is not held against anybody: we did not look */
	uint64_t connected_ns; /* since when there have been sockets; 0: there are none */
	uint64_t session_ns;   /* when the session was seen to begin; 0: before the first look */
	uint64_t pending_ns;   /* the oldest request without an answer; 0: there is none */
	bool chatter;	       /* since then we sent on, but nothing as large as requests are */
	uint64_t stuck_ns;     /* since when half of the sockets have backed off; 0: not so */
	bool no_room;	       /* the far kernel acknowledges, and takes nothing in */
	uint64_t full_size_ns; /* since when only full-sized segments have been stuck; 0: not so */
	struct reading cpu_some_us; /* at the last look: time in which a task waited for a CPU */
	double pressure;	    /* ... of the time, of late */
	double repeats;		    /* needless repetitions in the last look */
	double refuted;		    /* needless repetitions that no episode was taken off for yet */
	uint64_t risen_ns; /* since when round trips are far beyond usual; 0: they are not */
	unsigned risen;	   /* looks with acknowledgements since */
	uint64_t full_ns;  /* since when our accept queue has been full; 0: it is not */
	bool routable;	   /* there was a route once */
	int64_t zone_block, zone_offset_s;
	bool zone_known;
};

/* One comparison of a link with what was known of it. */
struct look {
	const struct link_sample *link;
	const struct sample *sample;
	const struct link_normal *normal;
	uint64_t now_ns, before_ns;
	uint64_t seen_ns; /* of when gauges and the times of sockets are */
	double elapsed_s;
	bool pressed;	/* this host is short of processors: everything on it takes longer */
	double repeats; /* needless repetitions in this look and the one before */
	double refuted; /* of the episodes of loss, those that were needless repetitions */
	double fade;	/* exp(-elapsed_s / RECENT_S) */
	uint64_t delta[PEER_COUNTER_COUNT];
	struct hist hist[TIMED_COUNT]; /* what came since the last look; empty: count 0 */
	uint64_t drops_ruled, drops_crowded;
	double threshold;
};

/* A detector: one row of the table. */
struct detector {
	enum link_symptom symptom;
	/* Brings the symptom up to date. */
	void (*look)(struct link_watch *watch, const struct look *look,
		     const struct detector *self);
	/*
	 * Of a share: how many units, and how many bad ones; false: it cannot be told now.
	 * Of a wait: NULL.
	 */
	bool (*count)(const struct link_watch *watch, const struct look *look, double *k,
		      double *n);
	struct share_rule rule;
	double rise;	  /* see struct cusum_design */
	double enough;	  /* of events: so many within ten seconds are raised */
	enum timed timed; /* of durations */
};

/* See struct time_normal. */
extern const double timed_margin_ns[TIMED_COUNT];

extern const struct detector link_detectors[LINK_SYMPTOM_COUNT];

/* A part of the threshold that one second may bring: so many looks are needed at least. */
#define RISE_TWO_LOOKS	 0.75
#define RISE_THREE_LOOKS 0.49

static inline bool counter_known(const struct look *look, enum peer_counter counter)
{
	return look->sample->sensor.counter_known[counter];
}

static inline bool timed_known(const struct look *look, enum hist_operation operation)
{
	return look->sample->sensor.operations >> operation & 1;
}

void symptom__not_observed(struct symptom *symptom);
void symptom__raise(struct symptom *symptom, const struct look *look, uint64_t began_ns,
		    double strength, bool hard);
/* There was an opportunity to see the sign, and it was not there. */
void symptom__calm(struct symptom *symptom, const struct look *look);

/* detect_share.c: a share shifts. */
void detect_share(struct link_watch *watch, const struct look *look, const struct detector *self);
/* ... and of connects, where every one in a row failing needs no statistics. */
void detect_failing(struct link_watch *watch, const struct look *look, const struct detector *self);
/* A few events within ten seconds that a host that is well does not have. */
void detect_events(struct link_watch *watch, const struct look *look, const struct detector *self);
void detect_unreachable(struct link_watch *watch, const struct look *look,
			const struct detector *self);
void detect_unanswered(struct link_watch *watch, const struct look *look,
		       const struct detector *self);
void detect_drops(struct link_watch *watch, const struct look *look, const struct detector *self);

/* detect_time.c: durations shift. */
void detect_body(struct link_watch *watch, const struct look *look, const struct detector *self);
void detect_tail(struct link_watch *watch, const struct look *look, const struct detector *self);

/* detect_wait.c: something has not come for so long now. */
void detect_pending(struct link_watch *watch, const struct look *look, const struct detector *self);
void detect_unread(struct link_watch *watch, const struct look *look, const struct detector *self);
void detect_silence(struct link_watch *watch, const struct look *look, const struct detector *self);
void detect_ack_missing(struct link_watch *watch, const struct look *look,
			const struct detector *self);
void detect_accept_queue(struct link_watch *watch, const struct look *look,
			 const struct detector *self);

/* detect_stuck.c: sockets that back off. */
void detect_stuck(struct link_watch *watch, const struct look *look, const struct detector *self);
void detect_full_size(struct link_watch *watch, const struct look *look,
		      const struct detector *self);

/* A gauge of an earlier look is no opportunity: what was raised stays so. */
bool gauge_missing(struct symptom *symptom, const struct look *look);

/* detect_count.c: what is counted for a share. */
#define COUNT_FUNCTION(name) \
	bool name(const struct link_watch *watch, const struct look *look, double *k, double *n)
COUNT_FUNCTION(count_loss);
COUNT_FUNCTION(count_loss_in);
COUNT_FUNCTION(count_reorder);
COUNT_FUNCTION(count_window_theirs);
COUNT_FUNCTION(count_window_ours);
COUNT_FUNCTION(count_resets_in);
COUNT_FUNCTION(count_resets_out);
COUNT_FUNCTION(count_refused);
COUNT_FUNCTION(count_unanswered);
COUNT_FUNCTION(count_unreachable);
COUNT_FUNCTION(count_local_failure);
COUNT_FUNCTION(count_no_descriptors);
COUNT_FUNCTION(count_no_ports);
COUNT_FUNCTION(count_no_route);
COUNT_FUNCTION(count_no_memory);
COUNT_FUNCTION(count_datagram_drops);
COUNT_FUNCTION(count_checksum);
COUNT_FUNCTION(count_stuck);
COUNT_FUNCTION(count_resets_odd);

#endif
