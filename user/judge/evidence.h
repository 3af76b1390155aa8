/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Evidence: what each reading says about where the fault is.
 *
 * One table, evidence_table.c, holds everything that is believed.  A row speaks when its reading is
 * in its state and the trouble is of a kind that it says something about.  Its weights are natural
 * logarithms of how much likelier the reading is when the fault is at a place than on average; the
 * sum over the rows that spoke, place by place, is what a verdict rests on.  Of the rows of one
 * group, which say much the same, only the one with the widest weights speaks.
 */
#ifndef FAULTLINE_EVIDENCE_H
#define FAULTLINE_EVIDENCE_H

#include "judge/host_symptom.h"
#include "judge/incident_event.h"

/*
 * Readings that take more than one subject: shared fate, and what became of a link since its
 * trouble began.  Raised: it is so.  Normal: the opposite is so.  Not observed: it can't be told.
 */
// clang-format off
/* X(NAME, signal) */
#define FATE_READINGS(X)                                                                           \
	X(PRIOR, "prior")                /* always so */                                           \
	X(ACKS, "acks.current")          /* the far kernel acknowledged since the trouble began */ \
	X(DATA, "data.current")          /* the far end sent something since */                    \
	X(TAKEN, "connects.taken")       /* connections that the far kernel took, and nobody answers */ \
	X(ECHO, "rtt.with_answer")       /* the longer round trip may be an answer waited for */   \
	X(WHOLE, "rtt.as_answers")       /* round trips grew by as much as answers */             \
	X(SAME_HOST, "fate.far_host")    /* other links to the same far host are in the same trouble */ \
	X(SAME_NET, "fate.far_network") /* hosts in the same far network are (well: normal) */     \
	X(GATEWAY_ALL, "fate.gateway")   /* three far hosts by this gateway are, and none is fine */ \
	X(GATEWAY_SOME, "fate.gateway_some") /* two are, and none is fine */                       \
	X(GATEWAY_LIKELY, "fate.gateway_likely") /* three addresses are, of two hosts or more */   \
	X(GATEWAY_MIXED, "fate.line")    /* some far hosts by this gateway are, others are fine */ \
	X(TOGETHER, "fate.together") /* at least one far address by this gateway is, maybe of the same host */ \
	X(ON_LINK, "way.direct")         /* no gateway is in between */                            \
	X(WITHIN, "way.within")          /* both ends are on this host */                          \
	X(OTHER_WAYS, "fate.other_ways") /* links that do not use this gateway are as well */      \
	X(OTHER_PROCESSES, "fate.other_processes") /* links of our other processes are as well */  \
	X(FRESH, "fate.fresh")           /* what was connected before died, fresh connects work */ \
	X(OPEN_GATEWAY, "incident.gateway") /* its gateway has an open incident */                \
	X(OPEN_NIC, "incident.nic")      /* its interface has one */                               \
	X(OPEN_LINE, "incident.line")    /* a line by its gateway has one that began just now */   \
	X(OPEN_CPU, "incident.cpu")      /* this host's processors have one that began just now */ \
	X(OPEN_KERNEL, "incident.kernel") /* this host's network has one that began just now */    \
	X(ALL_NAMES, "names.all")        /* the resolver answers nobody, not some names only */

// clang-format on
enum fate_reading {
#define FATE_READING_ENUM(name, signal) FATE_##name,
	FATE_READINGS(FATE_READING_ENUM)
#undef FATE_READING_ENUM
		FATE_READING_COUNT
};

#define EVIDENCE_OF_LINK(symptom) ((unsigned)(symptom))
#define EVIDENCE_OF_HOST(symptom) (LINK_SYMPTOM_COUNT + (unsigned)(symptom))
#define EVIDENCE_OF_FATE(reading) (LINK_SYMPTOM_COUNT + HOST_SYMPTOM_COUNT + (unsigned)(reading))
#define EVIDENCE_COUNT		  (LINK_SYMPTOM_COUNT + HOST_SYMPTOM_COUNT + FATE_READING_COUNT)

const char *evidence_signal(unsigned evidence); /* "feed.silence" */
const char *evidence_unit(unsigned evidence);
unsigned evidence_by_signal(const char *signal); /* EVIDENCE_COUNT: none is called so */

/* Kinds of trouble: what somebody at the link would notice. */
enum trouble {
	TROUBLE_DARK,	 /* nothing comes, or nothing is acknowledged or answered */
	TROUBLE_REFUSED, /* connections are refused or reset */
	TROUBLE_LOSSY,	 /* segments are lost, damaged or out of order */
	TROUBLE_SLOW,	 /* what comes, comes late */
	TROUBLE_WAITING, /* what came waits for us */
	TROUBLE_LOCAL,	 /* our own host refuses */
	TROUBLE_NAMES,	 /* names are not found, or late */
	TROUBLE_COUNT,
};

#define TROUBLE_BIT(trouble) (1U << (trouble))

/* The kind of trouble that a raised symptom is; TROUBLE_COUNT: none by itself. */
enum trouble trouble_of_link(enum link_symptom symptom);
enum trouble trouble_of_host(enum host_symptom symptom);

struct finding {
	enum symptom_state state;
	struct reading value, baseline;
	const char *subject; /* of which link, device, …; "" of the host; never NULL */
	uint64_t began_ns;
	uint64_t raised_ns;
	bool hard;
	bool past; /* raised earlier in the same trouble, and not now */
};

/* Everything that is to be weighed for one trouble. */
struct scene {
	struct finding finding[EVIDENCE_COUNT];
	unsigned troubles;    /* bits */
	const char *line_key; /* of the open incident of FATE_OPEN_LINE; NULL: none */
	struct address far;   /* the far host by one address for all links that mean it */
};

struct evidence_row {
	unsigned evidence;
	enum symptom_state state;
	unsigned when;	/* TROUBLE_BITs in which it says something; 0: always */
	unsigned group; /* rows that say much the same; 0: none */
	float weight[PLACE_COUNT];
	const char *en, *ja; /* with {value}, {baseline} and {subject} */
};

extern const struct evidence_row evidence_table[];
extern const size_t evidence_table_rows;

/* The rows that speak in a scene, in the order of the table; at most @room.  Returns how many. */
size_t evidence__speaking(const struct scene *scene, const struct evidence_row **rows, size_t room);

#define EVIDENCE_ROWS_MAX 64

/* The sum of the weights of @rows for each place. */
void evidence__sum(const struct evidence_row *const *rows, size_t count, double sum[PLACE_COUNT]);

/* A row as people and auditors read it; strings that are the scene's stay so. */
void evidence__reason(const struct scene *scene, const struct evidence_row *row,
		      enum config_language language, struct reason *reason);

#endif
