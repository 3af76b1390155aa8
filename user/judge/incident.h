/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An incident: one cause, with the links that share it, from its opening to its end.
 */
#ifndef FAULTLINE_INCIDENT_H
#define FAULTLINE_INCIDENT_H

#include <jansson.h>

#include "judge/blame.h"
#include "judge/names.h"

#define INCIDENT_LINKS_MAX     4096
#define INCIDENT_PEERS_MAX     32
#define INCIDENT_DEVICES_MAX   16
#define INCIDENT_PROCESSES_MAX 16
#define INCIDENT_REASONS_MAX   EVIDENCE_ROWS_MAX
#define OTHER_LINKS_LEN	       96

struct kept_reason {
	char subject[64];
	struct reason reason; /* its subject points to the above */
};

struct incident {
	char id[INCIDENT_ID_LEN];
	unsigned seq;
	char key[CAUSE_KEY_LEN];
	enum side side;
	enum place place, second; /* second: the next likely one */
	enum severity severity;
	double confidence; /* with the sensor's own losses taken off */
	double stated;	   /* without */
	double share[PLACE_COUNT];
	struct reckoning reckoning;
	enum side side_of_place[PLACE_COUNT];
	struct timespec began, told; /* wall clock */
	uint64_t began_ns, opened_ns, sign_ns, told_ns;
	uint64_t hold_ns;     /* without a sign so long it is over */
	uint64_t lost_before; /* events that the sensor had lost when it began */
	struct names links, devices, peers;
	struct incident_process process[INCIDENT_PROCESSES_MAX];
	size_t process_count;
	char owner[64], contact[160];
	struct kept_reason *reason; /* of the verdict as it was told last */
	size_t reason_count;
	char lead[64]; /* the link or device whose evidence it is */
	unsigned troubles;
	size_t peak; /* the most subjects that were in trouble at once */
	uint64_t connections;
	char other_links[OTHER_LINKS_LEN];
	bool removed;	   /* what it is about is not in the configuration any more */
	bool restored;	   /* from before the sensor's restart, and not yet seen again */
	bool changed;	   /* something has to be told */
	bool urgent;	   /* and at once: the verdict or the severity */
	bool second_cause; /* on a link that has another incident */
};

/* For how long a link or device has said the same. */
struct track {
	char key[CAUSE_KEY_LEN];
	uint64_t since_ns, last_ns;
	unsigned times;
};

/* What one link, or device, says in this sample. */
struct suspicion {
	struct scene_of of;
	const char *name; /* of the link or device */
	enum place after; /* the verdict that this one is left over from; PLACE_UNKNOWN: none */
	struct verdict verdict;
	struct track *track;	   /* never NULL; belongs to who keeps the link or device */
	struct incident *incident; /* that it belongs to; NULL: none yet */
	bool differs;		   /* the verdict is another than the incident's */
};

/* NULL with errno. */
struct incident *incident__new(void);
void incident__free(struct incident *incident);

/* Makes the scene of a suspicion again. */
void suspicion__scene(const struct view *view, const struct suspicion *suspicion,
		      struct scene *scene, struct trouble_seen *seen);

/* Takes the verdict and the evidence of a suspicion; 0 or -ENOMEM, and then nothing changed. */
int incident__adopt(struct incident *incident, const struct view *view,
		    const struct suspicion *suspicion);

/* Adds the link, device, peers and processes of a suspicion; returns whether that is news. */
bool incident__extend(struct incident *incident, const struct view *view,
		      const struct suspicion *suspicion);

/* How grave a suspicion is for those who work. */
enum severity suspicion__severity(const struct view *view, const struct suspicion *suspicion);

/* Counts connections and how the links outside of the incident are. */
void incident__impact(struct incident *incident, const struct view *view);

/* Fills in an event; its pointers are the incident's and @summary's. */
void incident__event(const struct incident *incident, const struct view *view,
		     enum incident_change change, struct timespec time, const char *host,
		     char summary[INCIDENT_SUMMARY_LEN], struct alternative *alternatives,
		     struct reason *reasons, struct incident_event *event);

/*
 * "rates-feed: their application (external, 97 %) since 13:15 UTC: no data for 1.2 s, call Vendor
 * NOC": at most SUMMARY_COLUMNS wide; what gives way is the reading in its middle.
 */
#define SUMMARY_COLUMNS 110
void incident__summary(const struct incident *incident, enum config_language language,
		       enum incident_change change, struct timespec time,
		       char summary[INCIDENT_SUMMARY_LEN]);

/* Gives it its id: the time, the link or device that leads, and @number. */
void incident__name(struct incident *incident, struct timespec time, unsigned number);

/* NULL without memory. */
json_t *incident__save(const struct incident *incident);
/* NULL with errno EINVAL for what is none, or ENOMEM. */
struct incident *incident__restore(const json_t *saved);

#endif
