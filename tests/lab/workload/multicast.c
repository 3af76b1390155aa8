/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A price feed over UDP multicast: --role send pushes numbered datagrams to a group, --role receive
 * counts what is missing, late or twice, --role relay forwards the group between a router's
 * interfaces (with the kernel's multicast routing, so it costs nothing per datagram) as long as it
 * runs.
 *
 * Interfaces are given by name; the group is IPv4.
 */
#include "lib/update.h"
#include "lib/workload.h"

#include <linux/mroute.h>
#include <net/if.h>

#define FIXED_FDS 2

static long rate = 200, burst = 1, update_bytes = 200, spread_percent = 40, ttl = 16, rcvbuf_bytes;
static long read_sleep_ms, silent;
static const char *role = "receive", *group_text = "239.77.0.1:7010", *interface_text, *from_text,
		  *source_text;

static struct sockaddr_storage group_address;
static int udp_fd = -1;
static __u64 next_burst_ns, sequence;

static struct {
	unsigned long sent, received, gaps, missed, late, bytes;
	struct error_counts errors;
	struct spread age, silence;
} seen;

static const struct knob knobs[] = {
	{"rate", &rate, "datagrams a second"},
	{"burst", &burst, "datagrams at once"},
	{"update_bytes", &update_bytes, "of one datagram, 24 to 8192"},
	{"spread_percent", &spread_percent, "how irregular the gaps are"},
	{"ttl", &ttl, "of the datagrams"},
	{"rcvbuf_bytes", &rcvbuf_bytes, "receive buffer; 0: the kernel's choice"},
	{"read_sleep_ms", &read_sleep_ms, "is busy elsewhere this long before each read"},
	{"silent", &silent, "1: sends nothing any more"},
	{0},
};

static const struct text_option texts[] = {
	{"role", &role, "send, receive or relay"},
	{"group", &group_text, "GROUP:PORT"},
	{"interface", &interface_text, "send or receive there; relay: forward to it"},
	{"from", &from_text, "relay: interface that the feed comes in by"},
	{"source", &source_text, "relay: address of the sender"},
	{0},
};

static struct workload workload;

static void changed(const char *knob)
{
	int bytes = (int)rcvbuf_bytes;

	burst = burst < 1 ? 1 : burst;
	update_bytes = update_bytes < 24	   ? 24
		       : update_bytes > UPDATE_MAX ? UPDATE_MAX
						   : update_bytes;
	if (!strcmp(knob, "rcvbuf_bytes") && bytes)
		setsockopt(udp_fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

static void tell_truth(FILE *out)
{
	fprintf(out,
		",\"sent\":%lu,\"received\":%lu,\"gaps\":%lu,\"missed\":%lu,\"late\":%lu,\"bytes\":"
		"%lu",
		seen.sent, seen.received, seen.gaps, seen.missed, seen.late, seen.bytes);
	spread__tell(&seen.age, "age_us", out);
	spread__tell(&seen.silence, "silence_us", out);
	error_counts__tell(&seen.errors, out);
}

static int open_sender(void)
{
	struct ip_mreqn via = {.imr_ifindex = (int)if_nametoindex(interface_text)};
	unsigned char hops = (unsigned char)ttl;

	if (setsockopt(udp_fd, IPPROTO_IP, IP_MULTICAST_IF, &via, sizeof(via)) ||
	    setsockopt(udp_fd, IPPROTO_IP, IP_MULTICAST_TTL, &hops, sizeof(hops)) ||
	    connect(udp_fd, (struct sockaddr *)&group_address, sizeof(struct sockaddr_in)))
		return -errno;
	return 0;
}

static int open_receiver(void)
{
	struct sockaddr_in *group = (struct sockaddr_in *)&group_address;
	struct ip_mreqn join = {.imr_multiaddr = group->sin_addr,
				.imr_ifindex = (int)if_nametoindex(interface_text)};
	int one = 1;

	setsockopt(udp_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(udp_fd, (struct sockaddr *)group, sizeof(*group)) ||
	    setsockopt(udp_fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join)))
		return -errno;
	return 0;
}

/* Two virtual interfaces, one route: from the sender's side to ours. */
static int open_relay(void)
{
	struct sockaddr_in *group = (struct sockaddr_in *)&group_address;
	struct vifctl in = {.vifc_vifi = 0, .vifc_flags = VIFF_USE_IFINDEX, .vifc_threshold = 1};
	struct vifctl out = {.vifc_vifi = 1, .vifc_flags = VIFF_USE_IFINDEX, .vifc_threshold = 1};
	struct mfcctl route = {.mfcc_mcastgrp = group->sin_addr, .mfcc_parent = 0};
	int one = 1;

	if (!from_text || !source_text || inet_pton(AF_INET, source_text, &route.mfcc_origin) != 1)
		return -EINVAL;
	close(udp_fd);
	udp_fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_IGMP);
	in.vifc_lcl_ifindex = (int)if_nametoindex(from_text);
	out.vifc_lcl_ifindex = (int)if_nametoindex(interface_text);
	route.mfcc_ttls[1] = 1;
	if (udp_fd < 0 || setsockopt(udp_fd, IPPROTO_IP, MRT_INIT, &one, sizeof(one)) ||
	    setsockopt(udp_fd, IPPROTO_IP, MRT_ADD_VIF, &in, sizeof(in)) ||
	    setsockopt(udp_fd, IPPROTO_IP, MRT_ADD_VIF, &out, sizeof(out)) ||
	    setsockopt(udp_fd, IPPROTO_IP, MRT_ADD_MFC, &route, sizeof(route)))
		return -errno;
	return 0;
}

static void send_one(__u64 now)
{
	static char filling[UPDATE_MAX];
	struct update update = {
		.length_bytes = (__u32)update_bytes, .sequence = ++sequence, .sent_ns = now};

	memcpy(filling, &update, sizeof(update));
	if (send(udp_fd, filling, (size_t)update_bytes, 0) < 0)
		error_counts__add(&seen.errors, errno);
	else
		seen.sent++;
}

static __u64 follow_market(__u64 now)
{
	if (strcmp(role, "send") || silent || rate <= 0)
		return now + NSEC_PER_SEC;
	if (next_burst_ns + NSEC_PER_SEC < now)
		next_burst_ns = now;
	while (next_burst_ns <= now) {
		__u64 gap_ns = NSEC_PER_SEC * (__u64)burst / (__u64)rate;

		for (long i = 0; i < burst; i++)
			send_one(now);
		next_burst_ns +=
			random_jitter_ns(&workload.random_state, gap_ns, spread_percent) + 1;
	}
	return next_burst_ns;
}

static void receive_one(void)
{
	static __u64 last_ns;
	char buffer[UPDATE_MAX];
	struct update update;
	ssize_t got;
	__u64 now;

	if (read_sleep_ms)
		busy_elsewhere_ns((__u64)read_sleep_ms * NSEC_PER_MSEC);
	got = recv(udp_fd, buffer, sizeof(buffer), 0);
	if (got < (ssize_t)sizeof(update))
		return;
	now = now_ns();
	memcpy(&update, buffer, sizeof(update));
	seen.received++;
	seen.bytes += (unsigned long)got;
	spread__add(&seen.age, now - update.sent_ns);
	if (last_ns)
		spread__add(&seen.silence, now - last_ns);
	last_ns = now;
	if (sequence && update.sequence <= sequence) {
		seen.late++;
		return;
	}
	if (sequence && update.sequence > sequence + 1) {
		seen.gaps++;
		seen.missed += update.sequence - sequence - 1;
	}
	sequence = update.sequence;
}

static struct workload workload = {
	.program = "multicast",
	.knobs = knobs,
	.texts = texts,
	.changed = changed,
	.truth = tell_truth,
};

/* Opens what the role needs. Returns 0 or -errno. */
static int open_role(void)
{
	udp_fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (udp_fd < 0)
		return -errno;
	if (!strcmp(role, "send"))
		return open_sender();
	if (!strcmp(role, "receive"))
		return open_receiver();
	return strcmp(role, "relay") ? -EINVAL : open_relay();
}

int main(int argc, char **argv)
{
	int err;

	if (workload__start(&workload, argc, argv))
		return 2;
	if (!interface_text ||
	    parse_endpoint(group_text, &group_address) != sizeof(struct sockaddr_in)) {
		fprintf(stderr, "multicast: expected --interface NAME and --group GROUP:PORT\n");
		return 2;
	}
	err = open_role();
	if (err) {
		fprintf(stderr, "multicast: role %s on %s: %s\n", role, interface_text,
			strerror(-err));
		return 1;
	}
	changed("rcvbuf_bytes");
	workload__ready(&workload);
	for (;;) {
		struct pollfd fds[FIXED_FDS + 1] = {0};
		__u64 until_ns = follow_market(now_ns());

		fds[FIXED_FDS] = (struct pollfd){.fd = strcmp(role, "receive") ? -1 : udp_fd,
						 .events = POLLIN};
		if (!workload__wait(&workload, fds, FIXED_FDS + 1, until_ns))
			break;
		if (fds[FIXED_FDS].revents)
			receive_one();
	}
	workload__tell_truth(&workload);
	return 0;
}
