/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table of at most SUBJECTS_MAX subjects of about 1.5 KiB, found by walking it: what was at an
 * index in the last sample is mostly there again, so the walk is short.  A subject that is in no
 * sample any more is forgotten at once.
 */
#include "judge/host_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "judge/host_subject.h"

#define SUBJECTS_MAX 1024
/* Samples between ticks may follow each other at once; what is measured over less says nothing. */
#define SHORTEST_S 0.5

struct host_watch {
	struct subject *subject;
	size_t count, room;
	uint64_t measured_ns; /* 0: never */
	uint64_t refused;
};

struct host_watch *host_watch__new(void)
{
	return calloc(1, sizeof(struct host_watch));
}

void host_watch__free(struct host_watch *watch)
{
	if (!watch)
		return;
	free(watch->subject);
	free(watch);
}

static bool is(const struct subject *subject, enum subject_kind kind, const char *name,
	       uint32_t pid)
{
	return subject->kind == kind && subject->pid == pid &&
	       !strncmp(subject->name, name ? name : "", sizeof(subject->name) - 1);
}

static struct subject *find(const struct host_watch *watch, enum subject_kind kind,
			    const char *name, uint32_t pid, size_t hint)
{
	if (hint < watch->count && is(&watch->subject[hint], kind, name, pid))
		return &watch->subject[hint];
	for (size_t i = 0; i < watch->count; i++) {
		if (is(&watch->subject[i], kind, name, pid))
			return &watch->subject[i];
	}
	return NULL;
}

/* NULL without room. */
static struct subject *use(struct host_watch *watch, enum subject_kind kind, const char *name,
			   uint32_t pid, size_t hint)
{
	struct subject *subject = find(watch, kind, name, pid, hint);

	if (!subject && watch->count < watch->room) {
		subject = &watch->subject[watch->count++];
		memset(subject, 0, sizeof(*subject));
		subject->kind = kind;
		subject->pid = pid;
		strncpy(subject->name, name ? name : "", sizeof(subject->name) - 1);
	}
	if (subject)
		subject->seen = true;
	else
		watch->refused++;
	return subject;
}

static int make_room(struct host_watch *watch, const struct sample *sample)
{
	size_t wanted = watch->count + 1 + sample->interface_count + sample->device_count +
			sample->process_count;
	struct subject *grown;

	if (wanted > SUBJECTS_MAX)
		wanted = SUBJECTS_MAX;
	if (wanted <= watch->room)
		return 0;
	grown = reallocarray(watch->subject, wanted, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	watch->subject = grown;
	watch->room = wanted;
	return 0;
}

static void forget_unseen(struct host_watch *watch)
{
	size_t kept = 0;

	for (size_t i = 0; i < watch->count; i++) {
		if (!watch->subject[i].seen)
			continue;
		if (kept != i)
			watch->subject[kept] = watch->subject[i];
		watch->subject[kept++].seen = false;
	}
	watch->count = kept;
}

static void take_process(struct host_watch *watch, const struct process_sample *process,
			 const struct look *look, size_t hint)
{
	struct subject *subject = use(watch, SUBJECT_PROCESS, NULL, process->pid, hint);

	if (!subject)
		return;
	/* The pid went to another process. */
	if (subject->start_ticks != process->start_ticks) {
		memset(subject->before, 0, sizeof(subject->before));
		memset(subject->symptom, 0, sizeof(subject->symptom));
		memset(subject->excess, 0, sizeof(subject->excess));
		subject->start_ticks = process->start_ticks;
	}
	subject__take_process(subject, process, look);
}

static bool measured_enough(const struct host_watch *watch, const struct sample *sample)
{
	return sample->time_ns - watch->measured_ns >= (uint64_t)(SHORTEST_S * 1e9);
}

/* Hard facts of a sample between ticks, without touching what is measured over time. */
static void take_levels(struct host_watch *watch, const struct sample *sample)
{
	struct look look = {.sample = sample};

	for (size_t i = 0; i < sample->interface_count; i++) {
		struct subject *subject =
			find(watch, SUBJECT_INTERFACE, sample->interfaces[i].name, 0, i + 1);
		struct subject kept;

		if (!subject)
			continue;
		kept = *subject;
		subject__take_interface(subject, &sample->interfaces[i], &look);
		memcpy(subject->before, kept.before, sizeof(kept.before));
	}
	for (size_t i = 0; i < sample->device_count; i++) {
		struct subject *subject = find(watch, SUBJECT_DEVICE, sample->devices[i].name, 0,
					       1 + sample->interface_count + i);
		struct subject kept;

		if (!subject)
			continue;
		kept = *subject;
		subject__take_device(subject, &sample->devices[i], &look);
		memcpy(subject->before, kept.before, sizeof(kept.before));
	}
	for (size_t i = 0; i < sample->process_count; i++) {
		struct subject *subject =
			find(watch, SUBJECT_PROCESS, NULL, sample->processes[i].pid,
			     1 + sample->interface_count + sample->device_count + i);
		struct subject kept;

		if (!subject || subject->start_ticks != sample->processes[i].start_ticks)
			continue;
		kept = *subject;
		subject__take_process(subject, &sample->processes[i], &look);
		memcpy(subject->before, kept.before, sizeof(kept.before));
	}
}

int host_watch__take(struct host_watch *watch, const struct sample *sample, bool fresh)
{
	struct look look = {.sample = sample};
	struct subject *subject;
	size_t hint = 0;

	if (watch->measured_ns && !fresh && !measured_enough(watch, sample)) {
		take_levels(watch, sample);
		return 0;
	}
	if (make_room(watch, sample))
		return -ENOMEM;
	if (watch->measured_ns && !fresh)
		look.dt_s = (double)(sample->time_ns - watch->measured_ns) / 1e9;
	watch->measured_ns = sample->time_ns;
	subject = use(watch, SUBJECT_HOST, NULL, 0, hint++);
	if (subject)
		subject__take_host(subject, &look);
	for (size_t i = 0; i < sample->interface_count; i++) {
		subject = use(watch, SUBJECT_INTERFACE, sample->interfaces[i].name, 0, hint++);
		if (subject)
			subject__take_interface(subject, &sample->interfaces[i], &look);
	}
	for (size_t i = 0; i < sample->device_count; i++) {
		subject = use(watch, SUBJECT_DEVICE, sample->devices[i].name, 0, hint++);
		if (subject)
			subject__take_device(subject, &sample->devices[i], &look);
	}
	for (size_t i = 0; i < sample->process_count; i++)
		take_process(watch, &sample->processes[i], &look, hint++);
	forget_unseen(watch);
	return 0;
}

const struct symptom *host_watch__symptom(const struct host_watch *watch, enum host_symptom symptom,
					  const char *name, uint32_t pid)
{
	static const struct symptom not_observed = {.state = SYMPTOM_NOT_OBSERVED};
	enum subject_kind kind = host_symptom_kind(symptom);
	struct subject *subject;

	if ((kind == SUBJECT_PROCESS && !pid) ||
	    ((kind == SUBJECT_INTERFACE || kind == SUBJECT_DEVICE) && (!name || !*name)))
		return &not_observed;
	subject = find(watch, kind, kind == SUBJECT_PROCESS ? NULL : name,
		       kind == SUBJECT_PROCESS ? pid : 0, SIZE_MAX);
	return subject ? subject__symptom(subject, symptom) : &not_observed;
}

bool host_watch__troubled(const struct host_watch *watch)
{
	for (size_t i = 0; i < watch->count; i++) {
		for (unsigned j = 0; j < SUBJECT_SYMPTOMS_MAX; j++) {
			if (watch->subject[i].symptom[j].state == SYMPTOM_RAISED)
				return true;
		}
	}
	return false;
}

uint64_t host_watch__refused(const struct host_watch *watch)
{
	return watch->refused;
}
