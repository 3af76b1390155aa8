/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parsers take the text of a file and set the readings that they find; nothing else is touched, and
 * a line that does not fit is passed over.  Each file is a few hundred bytes and is read once a
 * tick.  A host without conntrack has no file of it, which is no fault, so that file is only tried.
 */
#include "sense/proc_net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sense/proc_files.h"

#define COLUMNS_MAX 32

void parse_pressure(const char *text, struct pressure *pressure)
{
	memset(pressure, 0, sizeof(*pressure));
	while (text && *text) {
		char kind[8];
		double avg10;
		unsigned long long total;

		if (sscanf(text, "%7s avg10=%lf avg60=%*f avg300=%*f total=%llu", kind, &avg10,
			   &total) == 3) {
			if (!strcmp(kind, "some")) {
				pressure->some_us = reading_of((double)total);
				pressure->some_avg10 = reading_of(avg10);
			} else if (!strcmp(kind, "full")) {
				pressure->full_us = reading_of((double)total);
			}
		}
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
}

/* Columns: processed, dropped, squeezed, …, and since Linux 5.14 the length of the backlog. */
void parse_softnet(const char *text, struct reading host[HOST_READING_COUNT])
{
	double processed = 0, dropped = 0, squeezed = 0, backlog = 0;
	bool some = false, backlog_known = false;

	while (text && *text) {
		unsigned a, b, c, length;
		int found = sscanf(text, "%x %x %x %*x %*x %*x %*x %*x %*x %*x %*x %x", &a, &b, &c,
				   &length);

		if (found >= 3) {
			processed += a;
			dropped += b;
			squeezed += c;
			some = true;
		}
		if (found == 4) {
			backlog += length;
			backlog_known = true;
		}
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	if (!some)
		return;
	host[HOST_SOFTNET_PROCESSED] = reading_of(processed);
	host[HOST_SOFTNET_DROPPED] = reading_of(dropped);
	host[HOST_SOFTNET_SQUEEZED] = reading_of(squeezed);
	if (backlog_known)
		host[HOST_SOFTNET_BACKLOG] = reading_of(backlog);
}

/* Which reading a column adds to; HOST_READING_COUNT: none. */
static enum host_reading conntrack_column(const char *name)
{
	if (!strcmp(name, "drop"))
		return HOST_CONNTRACK_DROPPED;
	if (!strcmp(name, "early_drop"))
		return HOST_CONNTRACK_EARLY_DROPPED;
	if (!strcmp(name, "insert_failed"))
		return HOST_CONNTRACK_INSERT_FAILED;
	return HOST_READING_COUNT;
}

void parse_conntrack(char *text, struct reading host[HOST_READING_COUNT])
{
	enum host_reading column[COLUMNS_MAX];
	char *line = strsep(&text, "\n"), *rest, *word;
	size_t columns = 0;

	for (word = line ? strtok_r(line, " ", &rest) : NULL; word && columns < COLUMNS_MAX;
	     word = strtok_r(NULL, " ", &rest))
		column[columns++] = conntrack_column(word);
	while ((line = strsep(&text, "\n"))) {
		word = strtok_r(line, " ", &rest);
		for (size_t i = 0; word && i < columns; i++, word = strtok_r(NULL, " ", &rest)) {
			if (column[i] == HOST_READING_COUNT)
				continue;
			host[column[i]].known = true;
			host[column[i]].value += (double)strtoul(word, NULL, 16);
		}
	}
}

/* The number behind a word on the line that begins with @line, such as "TCP:" and "mem". */
static struct reading after(const char *text, const char *line, const char *word)
{
	const char *at = text, *end;
	char key[16];
	unsigned long value;
	int step;

	while (at && strncmp(at, line, strlen(line))) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	if (!at)
		return READING_NOT_AVAILABLE;
	end = strchrnul(at, '\n');
	at += strlen(line);
	while (at < end && sscanf(at, " %15s %lu%n", key, &value, &step) == 2 && at + step <= end) {
		if (!strcmp(key, word))
			return reading_of((double)value);
		at += step;
	}
	return READING_NOT_AVAILABLE;
}

void parse_sockstat(const char *text, struct reading host[HOST_READING_COUNT])
{
	host[HOST_TCP_SOCKETS] = after(text, "TCP:", "inuse");
	host[HOST_TCP_ORPHANS] = after(text, "TCP:", "orphan");
	host[HOST_TCP_TIME_WAIT] = after(text, "TCP:", "tw");
	host[HOST_TCP_MEMORY_PAGES] = after(text, "TCP:", "mem");
	host[HOST_UDP_MEMORY_PAGES] = after(text, "UDP:", "mem");
}

void parse_tcp_mem(const char *text, struct reading host[HOST_READING_COUNT])
{
	unsigned long low, pressure, limit;

	if (sscanf(text, "%lu %lu %lu", &low, &pressure, &limit) != 3)
		return;
	host[HOST_TCP_MEMORY_PRESSURE_PAGES] = reading_of((double)pressure);
	host[HOST_TCP_MEMORY_LIMIT_PAGES] = reading_of((double)limit);
}

void parse_file_nr(const char *text, struct reading host[HOST_READING_COUNT])
{
	unsigned long open, unused, limit;

	if (sscanf(text, "%lu %lu %lu", &open, &unused, &limit) != 3)
		return;
	host[HOST_FILES_OPEN] = reading_of((double)open);
	host[HOST_FILES_LIMIT] = reading_of((double)limit);
}

void parse_loadavg(const char *text, struct reading host[HOST_READING_COUNT])
{
	unsigned runnable, tasks;

	if (sscanf(text, "%*f %*f %*f %u/%u", &runnable, &tasks) == 2)
		host[HOST_RUNNABLE] = reading_of(runnable);
}

/* How many ports of low … high the list names; entries do not overlap, the kernel keeps a bitmap.
 */
static unsigned reserved_within(const char *list, unsigned low, unsigned high)
{
	unsigned count = 0, first, last;
	int step;

	while (list && sscanf(list, "%u%n", &first, &step) == 1) {
		last = first;
		list += step;
		if (*list == '-' && sscanf(list + 1, "%u%n", &last, &step) == 1)
			list += 1 + step;
		first = first < low ? low : first;
		last = last > high ? high : last;
		if (first <= last)
			count += last - first + 1;
		list = *list == ',' ? list + 1 : NULL;
	}
	return count;
}

struct reading parse_port_range(const char *range, const char *reserved)
{
	unsigned low, high, taken;

	if (sscanf(range, "%u %u", &low, &high) != 2 || low > high || high > 65535)
		return READING_NOT_AVAILABLE;
	taken = reserved_within(reserved, low, high);
	return reading_of(taken > high - low + 1 ? 0 : high - low + 1 - taken);
}

/* A kernel without PSI has no file; one that has it turned off refuses the reading. */
static struct pressure read_pressure(struct proc_files *files, const char *path)
{
	struct pressure pressure = {};
	char *text;

	if (!proc_files__read(files, path, &text))
		parse_pressure(text, &pressure);
	return pressure;
}

static void read_pressures(struct proc_files *files, struct reading host[HOST_READING_COUNT])
{
	struct pressure cpu = read_pressure(files, "/proc/pressure/cpu");
	struct pressure memory = read_pressure(files, "/proc/pressure/memory");
	struct pressure io = read_pressure(files, "/proc/pressure/io");

	host[HOST_CPU_SOME_US] = cpu.some_us;
	host[HOST_CPU_SOME_AVG10] = cpu.some_avg10;
	host[HOST_MEMORY_SOME_US] = memory.some_us;
	host[HOST_MEMORY_SOME_AVG10] = memory.some_avg10;
	host[HOST_MEMORY_FULL_US] = memory.full_us;
	host[HOST_IO_SOME_US] = io.some_us;
	host[HOST_IO_SOME_AVG10] = io.some_avg10;
	host[HOST_IO_FULL_US] = io.full_us;
}

static void read_conntrack(struct proc_files *files, struct reading host[HOST_READING_COUNT])
{
	char *text;

	/* Only a kernel that has the table has its files, and then all of them. */
	if (proc_files__try(files, "/proc/sys/net/netfilter/nf_conntrack_count", &text))
		return;
	host[HOST_CONNTRACK_ENTRIES] = reading_of(strtod(text, NULL));
	host[HOST_CONNTRACK_LIMIT] =
		proc_files__number(files, "/proc/sys/net/netfilter/nf_conntrack_max");
	if (!proc_files__read(files, "/proc/self/net/stat/nf_conntrack", &text))
		parse_conntrack(text, host);
}

static void read_ports(struct proc_files *files, struct reading host[HOST_READING_COUNT])
{
	char range[64] = "", *text;

	if (proc_files__read(files, "/proc/sys/net/ipv4/ip_local_port_range", &text))
		return;
	snprintf(range, sizeof(range), "%s", text);
	if (proc_files__try(files, "/proc/sys/net/ipv4/ip_local_reserved_ports", &text))
		text = "";
	host[HOST_PORTS] = parse_port_range(range, text);
}

/* With "1" it does; "2" means so on loopback alone. */
bool proc_net_reuses_ports(struct proc_files *files)
{
	char *text;

	return !proc_files__try(files, "/proc/sys/net/ipv4/tcp_tw_reuse", &text) && text[0] == '1';
}

void proc_net_read(struct proc_files *files, struct reading host[HOST_READING_COUNT])
{
	static const struct {
		const char *path;
		void (*parse)(const char *text, struct reading *host);
	} plain[] = {
		{"/proc/self/net/softnet_stat", parse_softnet},
		{"/proc/self/net/sockstat", parse_sockstat},
		{"/proc/sys/fs/file-nr", parse_file_nr},
		{"/proc/loadavg", parse_loadavg},
	};
	char *text;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		if (!proc_files__read(files, plain[i].path, &text))
			plain[i].parse(text, host);
	}
	/* The limit is the machine's, and only its first network namespace has the file. */
	if (!proc_files__try(files, "/proc/sys/net/ipv4/tcp_mem", &text))
		parse_tcp_mem(text, host);
	if (cpus > 0)
		host[HOST_CPUS] = reading_of((double)cpus);
	read_pressures(files, host);
	read_conntrack(files, host);
	read_ports(files, host);
}
