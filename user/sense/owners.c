/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel side knows the process of a socket; which container that is stands in
 * /proc/PID/cgroup.  It is read when the process first appears, so that it is still known when the
 * process has ended and its incident is told, and again now and then, for a runtime moves a process
 * into its cgroup after it was born.
 *
 * The judge does not see this: it changes no verdict, and a recording need not hold it.  It is
 * added where links and incidents become JSON.
 *
 * Cost: two small files for each new process, and again each half minute.  Limit: a process that
 * ended before the next tick was never looked at; of processes of the same name that share a peer,
 * the owner is the one of the newest socket.
 */
#include "sense/owners.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/hash_table.h"
#include "sense/proc_files.h"
#include "sense/processes.h"

#define LOOK_AGAIN_NS (30 * NS_PER_SECOND)
#define FORGET_NS     (60 * NS_PER_SECOND)

struct owners {
	struct hash_table *by_pid;
	struct proc_files *files;
	uint64_t forgot_ns;
	uint64_t refused;
};

struct owners *owners__new(const char *root)
{
	struct owners *owners = calloc(1, sizeof(*owners));
	int err;

	if (!owners)
		return NULL;
	owners->by_pid = hash_table__new(sizeof(uint32_t), OWNERS_MAX);
	owners->files = owners->by_pid ? proc_files__new(root) : NULL;
	if (owners->files)
		return owners;
	err = errno;
	owners__free(owners);
	errno = err;
	return NULL;
}

void owners__free(struct owners *owners)
{
	struct owner *owner;
	size_t cursor = 0;

	if (!owners)
		return;
	while (owners->by_pid && (owner = hash_table__next(owners->by_pid, &cursor)))
		free(owner);
	hash_table__free(owners->by_pid);
	proc_files__free(owners->files);
	free(owners);
}

/* What is read stands in *owner only when all of it is of one process. */
static void look_at(struct owners *owners, struct owner *owner)
{
	struct container_name name = {};
	struct process_stat stat;
	char path[64], *text;

	snprintf(path, sizeof(path), "/proc/%u/cgroup", owner->pid);
	if (proc_files__try(owners->files, path, &text) || !parse_container(text, &name))
		return;
	snprintf(path, sizeof(path), "/proc/%u/stat", owner->pid);
	if (proc_files__try(owners->files, path, &text) || !parse_process_stat(text, &stat))
		return;
	owner->start_ticks = stat.start_ticks;
	owner->name = name;
	memcpy(owner->comm, stat.comm, sizeof(owner->comm));
}

void owners__note(struct owners *owners, uint32_t pid, uint64_t now_ns)
{
	struct owner *owner = hash_table__find(owners->by_pid, &pid);
	int err;

	if (!pid)
		return;
	if (!owner) {
		owner = calloc(1, sizeof(*owner));
		if (!owner)
			return;
		owner->pid = pid;
		err = hash_table__insert(owners->by_pid, owner);
		if (err) {
			owners->refused++;
			free(owner);
			return;
		}
	}
	owner->named_ns = now_ns;
	if (owner->read_ns && now_ns - owner->read_ns < LOOK_AGAIN_NS)
		return;
	owner->read_ns = now_ns;
	look_at(owners, owner);
}

/* Removes one that is idle; false when there is none. */
static bool forget_one(struct owners *owners, uint64_t now_ns)
{
	struct owner *owner;
	size_t cursor = 0;

	while ((owner = hash_table__next(owners->by_pid, &cursor))) {
		if (now_ns - owner->named_ns < FORGET_NS)
			continue;
		hash_table__remove(owners->by_pid, &owner->pid);
		free(owner);
		return true;
	}
	return false;
}

void owners__forget_idle(struct owners *owners, uint64_t now_ns)
{
	if (now_ns - owners->forgot_ns < FORGET_NS / 4)
		return;
	owners->forgot_ns = now_ns;
	while (forget_one(owners, now_ns))
		continue;
}

const struct owner *owners__find(const struct owners *owners, uint32_t pid)
{
	const struct owner *owner = hash_table__find(owners->by_pid, &pid);

	return owner && owner->start_ticks ? owner : NULL;
}

size_t owners__count(const struct owners *owners)
{
	return hash_table__count(owners->by_pid);
}

uint64_t owners__refused(const struct owners *owners)
{
	return owners->refused;
}
