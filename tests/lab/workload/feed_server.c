/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A price feed over TCP: pushes updates to everybody who connects.
 *
 * Steady, bursty and quiet markets are knobs: `rate` updates a second in bursts of `burst`, spread
 * by `spread_percent`, and heartbeats when nothing was said for heartbeat_ms (rate 0: heartbeats
 * only). A subscriber that does not take an update misses it (the sequence number shows the gap),
 * as feeds conflate; memory does not grow. What subscribers say, heartbeats, is read and counted.
 */
#include "lib/update.h"
#include "lib/workload.h"

#define SUBSCRIBERS_MAX 64
#define FIXED_FDS	3

struct subscriber {
	int fd;
	size_t left_bytes; /* of an update that was taken in part */
};

static long rate = 200, burst = 1, update_bytes = 120, spread_percent = 40, heartbeat_ms = 1000;
static long silent, accepting = 1, listening = 1, backlog = 16;
static const char *listen_text;

static struct subscriber subscribers[SUBSCRIBERS_MAX];
static struct pollfd fds[FIXED_FDS + SUBSCRIBERS_MAX];
static struct sockaddr_storage listen_address;
static int listen_address_len;
static int listen_fd = -1;
static __u64 next_burst_ns, last_sent_ns, sequence;

static struct {
	unsigned long accepted, updates, heartbeats, conflated, bytes_out, bytes_in, gone;
	struct error_counts errors;
} seen;

static const struct knob knobs[] = {
	{"rate", &rate, "updates a second"},
	{"burst", &burst, "updates at once"},
	{"update_bytes", &update_bytes, "of one update, 24 to 8192"},
	{"spread_percent", &spread_percent, "how irregular the gaps are"},
	{"heartbeat_ms", &heartbeat_ms, "heartbeat when nothing was sent for so long; 0: none"},
	{"silent", &silent, "1: sends nothing any more, and stays connected"},
	{"accepting", &accepting, "0: leaves new connections in the queue"},
	{"listening", &listening, "0: closes the listening socket"},
	{"backlog", &backlog, "length of the accept queue"},
	{0},
};

static const struct text_option texts[] = {
	{"listen", &listen_text, "ADDRESS:PORT"},
	{0},
};

static struct workload workload;

static void drop_subscriber(struct subscriber *subscriber, bool reset)
{
	if (reset)
		close_with_reset(subscriber->fd);
	else
		close(subscriber->fd);
	subscriber->fd = -1;
	seen.gone++;
}

static void follow_listening(void)
{
	if (listening && listen_fd < 0) {
		listen_fd = open_listener(&listen_address, listen_address_len, (int)backlog);
		if (listen_fd < 0)
			error_counts__add(&seen.errors, -listen_fd);
	} else if (!listening && listen_fd >= 0) {
		close(listen_fd);
		listen_fd = -1;
	}
}

static void changed(const char *knob)
{
	if (!strcmp(knob, "listening"))
		follow_listening();
	if (!strcmp(knob, "backlog") && listen_fd >= 0)
		listen(listen_fd, (int)backlog);
	burst = burst < 1 ? 1 : burst;
	update_bytes = update_bytes < 24	   ? 24
		       : update_bytes > UPDATE_MAX ? UPDATE_MAX
						   : update_bytes;
}

static int command(const char *word, const char *rest)
{
	bool reset = !strcmp(word, "reset");

	if (*rest || (!reset && strcmp(word, "close")))
		return -EINVAL;
	for (int i = 0; i < SUBSCRIBERS_MAX; i++) {
		if (subscribers[i].fd >= 0)
			drop_subscriber(&subscribers[i], reset);
	}
	return 0;
}

static void tell_truth(FILE *out)
{
	int open = 0;

	for (int i = 0; i < SUBSCRIBERS_MAX; i++)
		open += subscribers[i].fd >= 0;
	fprintf(out,
		",\"open\":%d,\"accepted\":%lu,\"updates\":%lu,\"heartbeats\":%lu,\"conflated\":%lu"
		",\"bytes_out\":%lu,\"bytes_in\":%lu,\"gone\":%lu",
		open, seen.accepted, seen.updates, seen.heartbeats, seen.conflated, seen.bytes_out,
		seen.bytes_in, seen.gone);
	error_counts__tell(&seen.errors, out);
}

/* Sends an update, or what is left of one that was `begun`: that one is finished whatever happens.
 */
static void send_bytes(struct subscriber *subscriber, const char *bytes, size_t count, bool begun)
{
	ssize_t sent = send(subscriber->fd, bytes, count, MSG_NOSIGNAL);

	if (sent < 0 && errno != EAGAIN) {
		error_counts__add(&seen.errors, errno);
		drop_subscriber(subscriber, false);
		return;
	}
	if (sent < 0)
		sent = 0;
	seen.bytes_out += (unsigned long)sent;
	subscriber->left_bytes = count - (size_t)sent;
	if (!sent && !begun) {
		subscriber->left_bytes = 0;
		seen.conflated++;
	}
}

static void push(bool heartbeat, __u64 now)
{
	static char filling[UPDATE_MAX];
	struct update update = {
		.length_bytes = (__u32)update_bytes, .heartbeat = heartbeat, .sent_ns = now};

	if (heartbeat)
		update.length_bytes = sizeof(update);
	update.sequence = ++sequence;
	memcpy(filling, &update, sizeof(update));
	*(heartbeat ? &seen.heartbeats : &seen.updates) += 1;
	last_sent_ns = now;
	for (int i = 0; i < SUBSCRIBERS_MAX; i++) {
		if (subscribers[i].fd < 0)
			continue;
		if (subscribers[i].left_bytes)
			seen.conflated++;
		else
			send_bytes(&subscribers[i], filling, update.length_bytes, false);
	}
}

/* Says what the market does now; returns when it does something next. */
static __u64 follow_market(__u64 now)
{
	__u64 beat_ns = heartbeat_ms ? last_sent_ns + (__u64)heartbeat_ms * NSEC_PER_MSEC : NEVER;

	if (silent)
		return NEVER;
	if (rate <= 0 || next_burst_ns + NSEC_PER_SEC < now)
		next_burst_ns = now;
	while (rate > 0 && next_burst_ns <= now) {
		__u64 gap_ns = NSEC_PER_SEC * (__u64)burst / (__u64)rate;

		for (long i = 0; i < burst; i++)
			push(false, now);
		next_burst_ns +=
			random_jitter_ns(&workload.random_state, gap_ns, spread_percent) + 1;
	}
	if (now >= beat_ns) {
		push(true, now);
		beat_ns = now + (__u64)heartbeat_ms * NSEC_PER_MSEC;
	}
	return rate > 0 && next_burst_ns < beat_ns ? next_burst_ns : beat_ns;
}

static void accept_one(void)
{
	int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	for (int i = 0; i < SUBSCRIBERS_MAX; i++) {
		if (subscribers[i].fd < 0) {
			subscribers[i] = (struct subscriber){.fd = fd};
			no_delay(fd);
			seen.accepted++;
			return;
		}
	}
	close(fd);
}

static void serve_subscriber(struct subscriber *subscriber, short events)
{
	static char filling[UPDATE_MAX];

	if (events & POLLOUT && subscriber->left_bytes)
		send_bytes(subscriber, filling, subscriber->left_bytes, true);
	if (subscriber->fd >= 0 && events & (POLLIN | POLLERR | POLLHUP)) {
		ssize_t got = recv(subscriber->fd, filling, sizeof(filling), 0);

		if (got > 0)
			seen.bytes_in += (unsigned long)got;
		else if (got == 0 || errno != EAGAIN)
			drop_subscriber(subscriber, false);
	}
}

static struct workload workload = {
	.program = "feed_server",
	.knobs = knobs,
	.texts = texts,
	.command = command,
	.changed = changed,
	.truth = tell_truth,
};

int main(int argc, char **argv)
{
	if (workload__start(&workload, argc, argv))
		return 2;
	changed("");
	for (int i = 0; i < SUBSCRIBERS_MAX; i++)
		subscribers[i].fd = -1;
	listen_address_len = listen_text ? parse_endpoint(listen_text, &listen_address) : -EINVAL;
	if (listen_address_len < 0) {
		fprintf(stderr, "feed_server: --listen: expected ADDRESS:PORT\n");
		return 2;
	}
	follow_listening();
	if (listening && listen_fd < 0) {
		fprintf(stderr, "feed_server: %s: cannot listen: %s\n", listen_text,
			strerror(-listen_fd));
		return 1;
	}
	workload__ready(&workload);
	for (;;) {
		__u64 until_ns = follow_market(now_ns());

		fds[2] = (struct pollfd){.fd = accepting ? listen_fd : -1, .events = POLLIN};
		for (int i = 0; i < SUBSCRIBERS_MAX; i++) {
			struct subscriber *subscriber = &subscribers[i];

			fds[FIXED_FDS + i] =
				(struct pollfd){.fd = subscriber->fd, .events = POLLIN};
			if (subscriber->left_bytes)
				fds[FIXED_FDS + i].events |= POLLOUT;
		}
		if (!workload__wait(&workload, fds, FIXED_FDS + SUBSCRIBERS_MAX, until_ns))
			break;
		if (fds[2].revents && listen_fd >= 0)
			accept_one();
		for (int i = 0; i < SUBSCRIBERS_MAX; i++) {
			bool same = subscribers[i].fd >= 0 &&
				    subscribers[i].fd == fds[FIXED_FDS + i].fd;

			if (same)
				serve_subscriber(&subscribers[i], fds[FIXED_FDS + i].revents);
		}
	}
	workload__tell_truth(&workload);
	return 0;
}
