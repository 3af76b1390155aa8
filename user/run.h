/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of `faultline run` share: the sensor's objects, and who calls whom.
 */
#ifndef FAULTLINE_RUN_H
#define FAULTLINE_RUN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/control.h"
#include "sense/changes.h"

struct cmd_arguments;
struct command_helper;
struct config;
struct desk;
struct fact;
struct health;
struct judge;
struct recording_writer;
struct sample;
struct sensor;

/* What can get lost for its number or for want of room: see run_losses.c. */
enum loss {
	LOSS_FACTS,
	LOSS_SOCKETS,
	LOSS_HISTOGRAMS,
	LOSS_PEERS,
	LOSS_LINKS,
	LOSS_PROCESSES,
	LOSS_NAMESPACES,
	LOSS_COUNT
};

struct losses {
	uint64_t seen[LOSS_COUNT];     /* its counter when it was looked at last */
	uint64_t risen_ns[LOSS_COUNT]; /* when it was seen to have risen; 0: never */
	uint64_t stated_ns;	       /* the last look; 0: none yet */
	uint64_t gap_ns;	       /* the last time that was too long between two */
	uint64_t gap_end_ns;	       /* when that was; 0: never */
};

struct run {
	const struct cmd_arguments *arguments;
	struct config *config;
	struct config *half_taken; /* by a reload that failed for good; freed last */
	int lock_fd;
	struct sensor *sensor;
	struct health *health;
	struct losses losses;
	struct command_helper *commands; /* NULL: there are no pagers */
	uint64_t capabilities;		 /* that are left; a bit for each */
	int filter_err;			 /* why system calls are not filtered; 0: they are */
	struct judge *judge;		 /* NULL, as is the desk: what is seen is only recorded */
	struct desk *desk;
	struct recording_writer *recording; /* NULL: none, or it failed */
	const char *record_path;	    /* NULL: none is asked for */
	bool record_only;
	char *config_text; /* of the configuration in force, for the recording */
	size_t config_len;
	json_t *events; /* that the judge told and nobody has heard yet */
	struct control *control;
	struct control_request *requests;
	sd_event *loop;
	sd_event_source *tick;
	sd_event_source *soon;	/* the look that a hard fact waits for */
	uint64_t looked_ns;	/* CLOCK_MONOTONIC of the last look */
	uint64_t look_cost_ns;	/* processor time that it took */
	uint64_t json_failures; /* of memory, as of the last tick */
	bool look_due;		/* something hard happened since */
	bool neighbour_due;	/* a next hop was asked whether it is there */
	uint64_t grace_end_ns;	/* until then a declared link without a socket is no news */
	bool live_view;		/* stdout is a terminal: show the links on it */
	char host[256];
};

/* ---- run_judge.c: from samples to incidents ---------------------------------------------- */

/* The judge, what it remembers, and who is told.  0 or an exit code; said in the log. */
int run_start_judge(struct run *run);
void run_stop_judge(struct run *run);

/* Adds the timer of hard facts.  0 or -errno. */
int run_add_judge_source(struct run *run);

/*
 * Sweeps, judges the sample, and tells what the judge said.  The sample, valid until the next; NULL
 * without memory.
 */
const struct sample *run_look(struct run *run);

/* A fact or a change that may be a hard fault: run_settle() will look at once. */
void run_note_fact(struct run *run, const struct fact *fact);
void run_note_change(struct run *run, const struct change *change);

/* Looks now, or as soon as it may again, if anything hard was noted. */
void run_settle(struct run *run);

/*
 * Hands another configuration to all who use it.  0; or -errno, and the old one is in force; or
 * -ENOTRECOVERABLE, and both are: the sensor has to stop.
 */
int run_reload(struct run *run, const struct config *config);

/* ---- run_record.c: the judge's input, kept ----------------------------------------------- */

/* Makes the file, if one is asked for.  0 or an exit code; said in the log. */
int run_start_recording(struct run *run);

/* Without a recording they do nothing.  A failure ends it, and is a matter of health. */
void run_record(struct run *run, const struct sample *sample);
void run_record_config(struct run *run);

/* 0, or an exit code when the recording is not whole. */
int run_stop_recording(struct run *run);

/* ---- run_confine.c: what the sensor need not be able to do ---------------------------------- */

/* Makes the process that starts commands, which must come before everything else. */
int run_start_helper(struct run *run);

/* Everything is attached, open and bound: gives up what goes on without. */
void run_confine(struct run *run);

/* ---- run_health.c: what the sensor sees less than it should ------------------------------- */

void run_state_health(struct run *run);

/* ---- run_losses.c: what got lost for its number, or for want of room or time --------------- */

void run_state_losses(struct run *run);

#endif
