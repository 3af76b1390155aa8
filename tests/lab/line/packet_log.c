/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The packet log: tab-separated, one header line, times of the wall clock so that they compare with
 * those of a packet capture. It is buffered, and ends at a fixed size; what does not fit is
 * counted.
 */
#include "packet_log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOG_LIMIT_BYTES = 512 << 20 };

struct packet_log {
	FILE *file;
	__u64 written_bytes, lost;
	__s64 wall_minus_monotonic_ns;
};

static __s64 to_ns(struct timespec time)
{
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

struct packet_log *packet_log__new(void)
{
	struct packet_log *log = calloc(1, sizeof(*log));
	struct timespec wall, monotonic;

	if (!log)
		return NULL;
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	clock_gettime(CLOCK_REALTIME, &wall);
	log->wall_minus_monotonic_ns = to_ns(wall) - to_ns(monotonic);
	return log;
}

void packet_log__close(struct packet_log *log)
{
	if (log->file && fclose(log->file))
		log->lost++;
	log->file = NULL;
}

void packet_log__free(struct packet_log *log)
{
	if (!log)
		return;
	packet_log__close(log);
	free(log);
}

int packet_log__open(struct packet_log *log, const char *path)
{
	packet_log__close(log);
	log->file = fopen(path, "we");
	if (!log->file)
		return -errno;
	log->written_bytes = 0;
	fprintf(log->file, "time\tdir\tproto\tsrc\tsport\tdst\tdport\tseq\tack\tlen\tpayload\t"
			   "flags\tdelay_us\tverdict\trule\n");
	return 0;
}

void packet_log__flush(struct packet_log *log)
{
	if (log->file)
		fflush(log->file);
}

static void print_addr(const struct in6_addr *addr, char out[INET6_ADDRSTRLEN])
{
	if (IN6_IS_ADDR_V4MAPPED(addr))
		inet_ntop(AF_INET, addr->s6_addr + 12, out, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, addr, out, INET6_ADDRSTRLEN);
}

static void print_flags(__u8 flags, char out[9])
{
	static const char letter[] = "FSRPAUEC";

	for (int i = 0; i < 8; i++) {
		if (flags & 1 << i)
			*out++ = letter[i];
	}
	*out = '\0';
}

static const char *outcome(const struct verdict *verdict)
{
	if (verdict->cause)
		return cause__name(verdict->cause);
	if (verdict->corrupt)
		return verdict->duplicate ? "corrupt+duplicate" : "corrupt";
	if (verdict->duplicate)
		return "duplicate";
	return verdict->reorder ? "reorder" : "forward";
}

void packet_log__write(struct packet_log *log, enum direction direction,
		       const struct packet *packet, const struct verdict *verdict, __u64 now_ns)
{
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN], flags[9];
	__u64 wall_ns = now_ns + (__u64)log->wall_minus_monotonic_ns;
	int len;

	if (!log->file)
		return;
	if (log->written_bytes >= LOG_LIMIT_BYTES) {
		log->lost++;
		return;
	}
	print_addr(&packet->src, src);
	print_addr(&packet->dst, dst);
	print_flags(packet->tcp_flags, flags);
	len = fprintf(log->file,
		      "%llu.%09llu\t%s\t%u\t%s\t%u\t%s\t%u\t%u\t%u\t%u\t%u\t%s\t%llu\t%s\t%s\n",
		      wall_ns / 1000000000, wall_ns % 1000000000, direction == OUT ? "out" : "in",
		      packet->proto, src, packet->sport, dst, packet->dport, packet->seq,
		      packet->ack, packet->ip_len, packet->payload_len, *flags ? flags : "-",
		      (verdict->due_ns - now_ns) / 1000, outcome(verdict),
		      verdict->rule ? verdict->rule->name : "-");
	if (len < 0)
		log->lost++;
	else
		log->written_bytes += (__u64)len;
}

__u64 packet_log__lost(const struct packet_log *log)
{
	return log->lost;
}
