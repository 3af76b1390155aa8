/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A storm of packets that no socket sent, bounded in number and in rate.
 *
 * Usage: storm KIND SOURCE DESTINATION PORT COUNT [RATE]
 *
 *   syn   SYNs to PORT from made-up ports of SOURCE
 *   scan  SYNs to COUNT ports, from PORT upwards
 *   rst   RSTs to PORT that fit no connection
 *   icmp  ICMP "host unreachable" about segments that nobody sent to PORT of SOURCE
 *   echo  ICMP echo requests
 *
 * RATE is packets a second; 0 or none: as fast as it goes.  Prints how many it sent.  IPv4 alone,
 * by a raw socket, so it needs CAP_NET_RAW in its namespace.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BURST 64 /* packets between two looks at the clock */

enum kind { SYN, SCAN, RST, UNREACHABLE, ECHO, KINDS };

static const char *const names[KINDS] = {"syn", "scan", "rst", "icmp", "echo"};

struct storm {
	enum kind kind;
	struct in_addr source, destination;
	uint16_t port;
	uint64_t count, rate;
	uint64_t state; /* of the numbers that are made up */
};

struct segment {
	struct iphdr ip;
	struct tcphdr tcp;
};

struct message {
	struct iphdr ip;
	struct icmphdr icmp;
	struct iphdr about;
	uint16_t source, destination;
	uint32_t sequence;
};

_Static_assert(sizeof(struct segment) == 40 && sizeof(struct message) == 56, "as on the wire");

static uint32_t made_up(struct storm *storm)
{
	storm->state ^= storm->state << 13;
	storm->state ^= storm->state >> 7;
	storm->state ^= storm->state << 17;
	return (uint32_t)(storm->state >> 16);
}

static uint32_t add_words(uint32_t sum, const void *data, size_t len)
{
	const uint8_t *byte = data;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)byte[i] << 8 | byte[i + 1];
	return sum;
}

static uint16_t checksum(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* The kernel fills in the length, the number and the checksum of the header. */
static void fill_ip(const struct storm *storm, struct iphdr *ip, uint8_t protocol)
{
	ip->version = 4;
	ip->ihl = 5;
	ip->ttl = 64;
	ip->protocol = protocol;
	ip->saddr = storm->source.s_addr;
	ip->daddr = storm->destination.s_addr;
}

static size_t make_segment(struct storm *storm, uint64_t number, void *packet)
{
	struct segment *segment = packet;
	uint32_t sum;

	memset(segment, 0, sizeof(*segment));
	fill_ip(storm, &segment->ip, IPPROTO_TCP);
	segment->tcp.source = htons((uint16_t)(1024 + made_up(storm) % 60000));
	segment->tcp.dest = htons((uint16_t)(storm->port + (storm->kind == SCAN ? number : 0)));
	segment->tcp.seq = htonl(made_up(storm));
	segment->tcp.doff = sizeof(segment->tcp) / 4;
	segment->tcp.window = htons(1024);
	segment->tcp.syn = storm->kind != RST;
	segment->tcp.rst = storm->kind == RST;
	sum = add_words(IPPROTO_TCP + sizeof(segment->tcp), &segment->ip.saddr, 8);
	segment->tcp.check = checksum(add_words(sum, &segment->tcp, sizeof(segment->tcp)));
	return sizeof(*segment);
}

/* About a segment from the destination to PORT of the source, which speaks for itself. */
static size_t make_message(struct storm *storm, void *packet)
{
	struct message *message = packet;
	size_t len = sizeof(*message) - sizeof(message->ip);

	memset(message, 0, sizeof(*message));
	fill_ip(storm, &message->ip, IPPROTO_ICMP);
	if (storm->kind == ECHO) {
		message->icmp.type = ICMP_ECHO;
	} else {
		message->icmp.type = ICMP_DEST_UNREACH;
		message->icmp.code = ICMP_HOST_UNREACH;
		fill_ip(storm, &message->about, IPPROTO_TCP);
		message->about.saddr = storm->destination.s_addr;
		message->about.daddr = storm->source.s_addr;
		message->about.tot_len = htons(sizeof(struct segment));
		message->source = htons((uint16_t)(1024 + made_up(storm) % 60000));
		message->destination = htons(storm->port);
		message->sequence = htonl(made_up(storm));
	}
	message->icmp.checksum = checksum(add_words(0, &message->icmp, len));
	return sizeof(*message);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Waits until so many packets are due. */
static void keep_rate(const struct storm *storm, uint64_t began_ns, uint64_t sent)
{
	uint64_t due_ns = began_ns + sent * 1000000000 / storm->rate;
	struct timespec due = {(time_t)(due_ns / 1000000000), (long)(due_ns % 1000000000)};

	if (due_ns > now_ns())
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

static uint64_t blow(struct storm *storm, int fd)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = storm->destination};
	uint64_t began_ns = now_ns(), sent = 0;
	uint8_t packet[128];

	for (uint64_t i = 0; i < storm->count; i++) {
		size_t len = storm->kind < UNREACHABLE ? make_segment(storm, i, packet)
						       : make_message(storm, packet);

		if (sendto(fd, packet, len, 0, (struct sockaddr *)&to, sizeof(to)) == (ssize_t)len)
			sent++;
		else if (errno != ENOBUFS && errno != EAGAIN)
			break;
		if (storm->rate && i % BURST == 0)
			keep_rate(storm, began_ns, i);
	}
	return sent;
}

static bool parse(int argc, char **argv, struct storm *storm)
{
	if (argc < 6)
		return false;
	for (storm->kind = 0; storm->kind < KINDS; storm->kind++) {
		if (!strcmp(argv[1], names[storm->kind]))
			break;
	}
	storm->port = (uint16_t)strtoul(argv[4], NULL, 10);
	storm->count = strtoull(argv[5], NULL, 10);
	storm->rate = argc > 6 ? strtoull(argv[6], NULL, 10) : 0;
	storm->state = 88172645463325252ULL;
	return storm->kind < KINDS && inet_pton(AF_INET, argv[2], &storm->source) == 1 &&
	       inet_pton(AF_INET, argv[3], &storm->destination) == 1;
}

int main(int argc, char **argv)
{
	struct storm storm;
	uint64_t sent;
	int fd;

	if (!parse(argc, argv, &storm)) {
		fprintf(stderr, "usage: storm syn|scan|rst|icmp|echo SOURCE DESTINATION PORT COUNT "
				"[RATE]\n");
		return 2;
	}
	fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (fd < 0) {
		perror("storm: no raw socket");
		return 1;
	}
	sent = blow(&storm, fd);
	printf("{\"kind\": \"%s\", \"sent\": %llu}\n", names[storm.kind], (unsigned long long)sent);
	close(fd);
	return sent == storm.count ? 0 : 1;
}
