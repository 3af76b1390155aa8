/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What blame looks at: all links of a sample side by side, with their symptoms and ways.
 *
 * A view is made anew for each sample and points into it; nothing in it is kept.
 */
#ifndef FAULTLINE_VIEW_H
#define FAULTLINE_VIEW_H

#include "judge/evidence.h"
#include "judge/host_watch.h"
#include "judge/known_way.h"
#include "judge/names.h"

/* When the last trouble of each kind began, also of one that is over; 0: there was none. */
struct past_trouble {
	uint64_t began_ns[TROUBLE_COUNT];
};

struct link_view {
	const struct link_sample *sample;
	const struct symptom *symptom[LINK_SYMPTOM_COUNT]; /* never NULL */
	const struct known_way *way;			   /* never NULL */
	const struct past_trouble *past;		   /* never NULL */
	uint64_t connected_ns; /* when a connect was last seen to succeed; 0: never */
	bool in_session;
	/* The rest is found by view__complete(). */
	const struct device_sample
		*gateway;	/* the nearest device on its way; NULL: none, or unknown */
	enum side gateway_side; /* as declared; infra unless said */
	bool on_link;		/* it is known that there is none */
	bool loopback;
	struct address far;	   /* of its first peer; unspecified: not known */
	bool inbound;		   /* they connect to us */
	uint32_t pid;		   /* the process that owns its first peer; 0: unknown */
	unsigned troubles;	   /* TROUBLE_BITs of its raised symptoms */
	enum trouble main;	   /* the gravest of them; TROUBLE_COUNT: none */
	uint64_t began_ns;	   /* of that one, the earliest */
	enum link_symptom company; /* told in company only (company.h); LINK_SYMPTOM_COUNT: none */
};

/* What many links share and has an open incident: a gateway, an interface, a line, our host. */
struct open_cause {
	enum place place;
	const char *name; /* of the gateway or interface; of a line, its gateway's */
	const char *key;
	uint64_t began_ns;
	const struct names *links; /* in its scope already */
};

#define OPEN_CAUSES_MAX 64

struct view {
	const struct config *config;
	const struct sample *sample;
	const struct host_watch *host;
	struct link_view *links;
	size_t count;
	struct open_cause open[OPEN_CAUSES_MAX];
	size_t open_count;
};

/* Fills in what follows from samples and symptoms. */
void view__complete(struct view *view);

/* How far apart two troubles of a kind may have begun and still be one, in ns. */
uint64_t trouble_window_ns(enum trouble trouble);

/* Has anything been heard from the far end after @since_ns, and what was on its way apart? */
bool link_view__heard_since(const struct link_view *link, uint64_t since_ns);

const char *trouble_name(enum trouble trouble); /* "dark", "lossy", … */

#endif
