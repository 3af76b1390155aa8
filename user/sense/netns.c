/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A namespace has no list and no name.  It lives while a process is in it, a mount holds it or a
 * descriptor is open, and each of these is where it is looked for: mounts of type nsfs first, for
 * they have names that people gave, then the processes, of which the lowest pid stands for the
 * namespace.
 *
 * The table keeps paths and no descriptors, so that it keeps no namespace alive.  A path may have
 * come to mean another namespace since: whoever opens one compares the inode number.  One look
 * costs a stat of each process; namespaces that only a descriptor or a socket holds are not found.
 */
#include "sense/netns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clean_name.h"
#include "base/hash_table.h"

#define OWN_PATH      "/proc/thread-self/ns/net"
#define LOOK_PAUSE_NS 1000000000ULL /* between two looks for a namespace that is not known */

struct netns {
	uint32_t inode; /* first, for it is the key */
	char *path;
	char *name;
};

struct netns_table {
	struct netns **list; /* our own first */
	size_t count;
	size_t dropped;
	struct hash_table *by_inode;
	uint64_t looked_ns; /* CLOCK_MONOTONIC */
	char unknown[16];
};

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

static int inode_of(const char *path, uint32_t *inode)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return -errno;
	*inode = (uint32_t)status.st_ino;
	return 0;
}

int netns_own_inode(uint32_t *inode)
{
	return inode_of(OWN_PATH, inode);
}

static void netns__free(struct netns *netns)
{
	if (!netns)
		return;
	free(netns->path);
	free(netns->name);
	free(netns);
}

static void clear(struct netns_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		netns__free(table->list[i]);
	free(table->list);
	hash_table__free(table->by_inode);
}

/* Adds a namespace unless it is there already.  0 or -ENOMEM. */
static int add(struct netns_table *table, uint32_t inode, const char *path, const char *name)
{
	struct netns **list, *netns;

	if (hash_table__find(table->by_inode, &inode))
		return 0;
	if (table->count == NETNS_MAX) {
		table->dropped++;
		return 0;
	}
	list = realloc(table->list, (table->count + 1) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	table->list = list;
	netns = calloc(1, sizeof(*netns));
	if (!netns)
		return -ENOMEM;
	netns->inode = inode;
	netns->path = strdup(path);
	netns->name = strdup(name);
	if (netns->name)
		clean_name(netns->name);
	if (!netns->path || !netns->name || hash_table__insert(table->by_inode, netns)) {
		netns__free(netns);
		return -ENOMEM;
	}
	table->list[table->count++] = netns;
	return 0;
}

/* Turns "\040" and the like, which mountinfo writes for blanks, back in place. */
static void unescape(char *text)
{
	char *out = text;

	while (*text) {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] >= '0' &&
		    text[2] <= '7' && text[3] >= '0' && text[3] <= '7') {
			*out++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 |
					(text[3] - '0'));
			text += 4;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}

/* "26 1 0:4 net:[4026532281] /run/netns/web rw shared:5 - nsfs nsfs rw" */
static int add_mount(struct netns_table *table, char *line)
{
	char *path = NULL, *name;
	unsigned inode;
	int err = 0;

	if (sscanf(line, "%*s %*s %*s net:[%u] %ms", &inode, &path) == 2) {
		unescape(path);
		name = strrchr(path, '/');
		err = add(table, inode, path, name ? name + 1 : path);
	}
	free(path);
	return err;
}

static int scan_mounts(struct netns_table *table)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t room = 0;
	int err = 0;

	if (!file)
		return -errno;
	while (!err && getline(&line, &room, file) >= 0)
		err = add_mount(table, line);
	free(line);
	fclose(file);
	return err;
}

static int scan_processes(struct netns_table *table)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;
	int err = 0;

	if (!directory)
		return -errno;
	while (!err && (entry = readdir(directory))) {
		char path[64], name[32];
		uint32_t inode = 0;
		unsigned pid;
		int end = 0;

		if (sscanf(entry->d_name, "%u%n", &pid, &end) != 1 || entry->d_name[end])
			continue;
		snprintf(path, sizeof(path), "/proc/%u/ns/net", pid);
		snprintf(name, sizeof(name), "pid:%u", pid);
		/* A process that has ended, or that we may not look at, shows nothing. */
		if (inode_of(path, &inode) == 0)
			err = add(table, inode, path, name);
	}
	closedir(directory);
	return err;
}

int netns_table__refresh(struct netns_table *table)
{
	struct netns_table fresh = {.by_inode = hash_table__new(sizeof(uint32_t), NETNS_MAX)};
	uint32_t own = 0;
	int err;

	if (!fresh.by_inode)
		return -ENOMEM;
	err = netns_own_inode(&own);
	if (!err)
		err = add(&fresh, own, OWN_PATH, "own");
	if (!err)
		err = scan_mounts(&fresh);
	if (!err)
		err = scan_processes(&fresh);
	if (err) {
		clear(&fresh);
		return err;
	}
	clear(table);
	*table = fresh;
	table->looked_ns = monotonic_ns();
	return 0;
}

struct netns_table *netns_table__new(void)
{
	struct netns_table *table = calloc(1, sizeof(*table));
	int err;

	if (!table)
		return NULL;
	err = netns_table__refresh(table);
	if (err) {
		free(table);
		errno = -err;
		return NULL;
	}
	return table;
}

void netns_table__free(struct netns_table *table)
{
	if (!table)
		return;
	clear(table);
	free(table);
}

size_t netns_table__count(const struct netns_table *table)
{
	return table->count;
}

bool netns_table__knows(const struct netns_table *table, uint32_t inode)
{
	return hash_table__find(table->by_inode, &inode) != NULL;
}

size_t netns_table__dropped(const struct netns_table *table)
{
	return table->dropped;
}

struct netns_view netns_table__at(const struct netns_table *table, size_t index)
{
	return (struct netns_view){
		.inode = table->list[index]->inode,
		.name = table->list[index]->name,
		.own = index == 0,
	};
}

const char *netns_table__name(struct netns_table *table, uint32_t inode)
{
	const struct netns *netns = hash_table__find(table->by_inode, &inode);

	/* Most likely it began after the last look; a failure to look leaves what is known. */
	if (!netns && monotonic_ns() - table->looked_ns > LOOK_PAUSE_NS &&
	    netns_table__refresh(table) == 0)
		netns = hash_table__find(table->by_inode, &inode);
	if (netns)
		return netns == table->list[0] ? NULL : netns->name;
	snprintf(table->unknown, sizeof(table->unknown), "%u", inode);
	return table->unknown;
}

int netns_table__open(const struct netns_table *table, uint32_t inode)
{
	const struct netns *netns = hash_table__find(table->by_inode, &inode);
	struct stat status;
	int fd;

	if (!netns)
		return -ENOENT;
	fd = open(netns->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0 || (uint32_t)status.st_ino != inode) {
		close(fd);
		return -ENOENT;
	}
	return fd;
}

int netns_enter(int fd, int *back)
{
	int own = open(OWN_PATH, O_RDONLY | O_CLOEXEC), err;

	if (own < 0)
		return -errno;
	if (setns(fd, CLONE_NEWNET) < 0) {
		err = -errno;
		close(own);
		return err;
	}
	*back = own;
	return 0;
}

int netns_leave(int back)
{
	int err = setns(back, CLONE_NEWNET) < 0 ? -errno : 0;

	close(back);
	return err;
}
