/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the judge says: an incident opened, changed, or is over.
 *
 * An event is complete in itself: whoever gets one needs no earlier ones.  Lists and texts belong
 * to the judge and are valid during the call that hands the event over.
 */
#ifndef FAULTLINE_INCIDENT_EVENT_H
#define FAULTLINE_INCIDENT_EVENT_H

#include <stdint.h>
#include <time.h>

#include "judge/place.h"
#include "judge/sample.h"

#define INCIDENT_SCHEMA	     "faultline.incident/1"
#define INCIDENT_ID_LEN	     96
#define INCIDENT_SUMMARY_LEN 384
#define REASON_TEXT_LEN	     192

enum incident_change { INCIDENT_OPEN, INCIDENT_UPDATE, INCIDENT_RESOLVE };
enum severity { SEVERITY_INFO, SEVERITY_TICKET, SEVERITY_PAGE };

const char *incident_change_name(enum incident_change change); /* "open", "update", "resolve" */
const char *severity_name(enum severity severity);	       /* "info", "ticket", "page" */

/*
 * One row of the evidence table that spoke.  Weights are natural logarithms of how much likelier
 * the reading is when the fault is at a place than when nothing is known of it: the sum over rows,
 * place by place, is what the confidence is made of, so that anybody can add it up.
 */
struct reason {
	const char *signal;	 /* "feed.silence": names the row of the table */
	const char *subject;	 /* of which link, device, process or interface; "" of the host */
	struct reading value;	 /* in @unit */
	struct reading baseline; /* what is normal */
	const char *unit;	 /* "s", "1", "1/s", "%", "" */
	enum place says;	 /* the place it speaks most for */
	bool symptom;		 /* it is what is wrong, not what speaks for or against a cause */
	double weight[PLACE_COUNT];
	char text[REASON_TEXT_LEN]; /* for people, in the configuration's language */
};

struct alternative {
	enum side side;
	enum place place;
	double confidence;
};

/* From the sums of the weights to the confidence, step by step. */
struct reckoning {
	bool known; /* not of an incident that an older version left */
	double sum[PLACE_COUNT];
	double probability; /* of the verdict's place, or of an unknown verdict's likeliest */
	double calibrated;  /* the same after calibration */
	double left;	    /* what the sensor's own losses leave of it: the rest is confidence */
};

struct incident_process {
	uint32_t pid;
	char comm[16];
};

struct incident_event {
	enum incident_change change;
	const char *id; /* "20261122-131500-rates-feed-1" */
	unsigned seq;	/* 1 with the opening */
	struct timespec time;
	struct timespec began;
	const char *host;
	enum severity severity;
	enum side side;
	enum place place;
	double confidence; /* 0 … 1, calibrated */
	struct reckoning reckoning;
	const char *const *links;
	size_t link_count;
	const char *const *devices;
	size_t device_count;
	const char *const *peers; /* "203.0.113.10:7001" */
	size_t peer_count;
	const char *owner;	       /* "" nobody is named */
	const char *contact;	       /* "" none */
	const char *summary;	       /* one line for a phone */
	const struct reason *evidence; /* the strongest first: what speaks for the verdict */
	size_t evidence_count;
	const struct reason *against; /* what speaks against it, and what was ruled out by it */
	size_t against_count;
	const struct alternative *alternatives; /* the likeliest first */
	size_t alternative_count;
	const char *would_separate; /* of an unknown verdict: what would tell; else "" */
	uint64_t connections;	    /* of the links in scope */
	const struct incident_process *processes;
	size_t process_count;
	const char *other_links; /* "4 of 4 others normal" */
	uint64_t events_lost;	 /* by the sensor, since the incident began */
	const char *const *blind;
	size_t blind_count;
	const char *closed_by; /* what else than its end resolved it: "reload"; "" nothing */
};

#endif
