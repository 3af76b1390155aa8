/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Both versions: pressure is in version 2 alone, and throttling is where the cpu controller is,
 * which on a host of mixed hierarchies is version 1.  Files are tried and never reported, for a
 * cgroup without the controller has none of them.
 */
#include "sense/cgroup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sense/proc_files.h"
#include "sense/proc_net.h"

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += len) {
		if ((at == list || at[-1] == ',') && (at[len] == ',' || !at[len]))
			return true;
	}
	return false;
}

/* "30 23 0:26 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct" */
static void parse_mount(const char *line, struct cgroup_mounts *mounts)
{
	char where[CGROUP_PATH_LEN], type[32], options[CGROUP_PATH_LEN];
	const char *tail = strstr(line, " - ");

	if (!tail || tail > strchrnul(line, '\n') ||
	    sscanf(line, "%*s %*s %*s %*s %255s", where) != 1 ||
	    sscanf(tail + 3, "%31s %*s %255s", type, options) != 2)
		return;
	if (!strcmp(type, "cgroup2") && !mounts->unified[0])
		memcpy(mounts->unified, where, sizeof(where));
	else if (!strcmp(type, "cgroup") && has_word(options, "cpu") && !mounts->cpu[0])
		memcpy(mounts->cpu, where, sizeof(where));
}

void parse_cgroup_mounts(const char *text, struct cgroup_mounts *mounts)
{
	memset(mounts, 0, sizeof(*mounts));
	while (text && *text) {
		parse_mount(text, mounts);
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
}

static void copy_path(char to[CGROUP_PATH_LEN], const char *from)
{
	int len = (int)strcspn(from, "\n");

	/* A path that is cut off would name another cgroup; ".." is of one that we cannot see. */
	if (len < CGROUP_PATH_LEN && strncmp(from, "/..", 3))
		snprintf(to, CGROUP_PATH_LEN, "%.*s", len, from);
}

void parse_cgroup(const char *text, char unified[CGROUP_PATH_LEN], char cpu[CGROUP_PATH_LEN])
{
	unified[0] = cpu[0] = '\0';
	while (text && *text) {
		char controllers[CGROUP_PATH_LEN];
		int path = 0;

		if (!strncmp(text, "0::", 3))
			copy_path(unified, text + 3);
		else if (sscanf(text, "%*u:%255[^:\n]:%n", controllers, &path) == 1 && path &&
			 has_word(controllers, "cpu"))
			copy_path(cpu, text + path);
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
}

/* Version 1 tells ns as throttled_time, version 2 us as throttled_usec. */
void parse_cpu_stat(const char *text, struct reading *throttled, struct reading *throttled_us)
{
	*throttled = *throttled_us = READING_NOT_AVAILABLE;
	while (text && *text) {
		unsigned long long value;
		char name[32];

		if (sscanf(text, "%31s %llu", name, &value) == 2) {
			if (!strcmp(name, "nr_throttled"))
				*throttled = reading_of((double)value);
			else if (!strcmp(name, "throttled_usec"))
				*throttled_us = reading_of((double)value);
			else if (!strcmp(name, "throttled_time"))
				*throttled_us = reading_of((double)value / 1000);
		}
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
}

static struct reading some_us(struct proc_files *files, const char *directory, const char *name)
{
	char path[PROC_PATH_LEN + 32], *text;
	struct pressure pressure = {};

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (!proc_files__try(files, path, &text))
		parse_pressure(text, &pressure);
	return pressure.some_us;
}

static void read_throttling(struct proc_files *files, const char *directory,
			    struct reading reading[PROCESS_READING_COUNT])
{
	char path[PROC_PATH_LEN + 32], *text;

	snprintf(path, sizeof(path), "%s/cpu.stat", directory);
	if (!proc_files__try(files, path, &text))
		parse_cpu_stat(text, &reading[PROCESS_THROTTLED], &reading[PROCESS_THROTTLED_US]);
}

void cgroup_read(struct proc_files *files, const struct cgroup_mounts *mounts, uint32_t pid,
		 struct reading reading[PROCESS_READING_COUNT])
{
	char unified[CGROUP_PATH_LEN], cpu[CGROUP_PATH_LEN], directory[PROC_PATH_LEN], *text;

	snprintf(directory, sizeof(directory), "/proc/%u/cgroup", pid);
	if (proc_files__try(files, directory, &text))
		return;
	parse_cgroup(text, unified, cpu);
	if (mounts->unified[0] && unified[0]) {
		snprintf(directory, sizeof(directory), "%s%s", mounts->unified, unified);
		reading[PROCESS_CPU_SOME_US] = some_us(files, directory, "cpu.pressure");
		reading[PROCESS_MEMORY_SOME_US] = some_us(files, directory, "memory.pressure");
		reading[PROCESS_IO_SOME_US] = some_us(files, directory, "io.pressure");
		read_throttling(files, directory, reading);
	}
	if (!reading[PROCESS_THROTTLED].known && mounts->cpu[0] && cpu[0]) {
		snprintf(directory, sizeof(directory), "%s%s", mounts->cpu, cpu);
		read_throttling(files, directory, reading);
	}
}
