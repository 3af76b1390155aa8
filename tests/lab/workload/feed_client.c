/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A subscriber to price feeds: connects, reads updates, says heartbeats, and connects again with a
 * doubling, bounded wait when the connection breaks or nothing came for stale_ms.
 *
 * Its faults: busy elsewhere between reads, reading little at a time, closing with updates unread.
 * It knows the gaps in the sequence, the longest time without data, and how old each update was
 * when it was read.
 */
#include "lib/update.h"
#include "lib/workload.h"

#define FIXED_FDS      2
#define TICK_NS	       (50 * NSEC_PER_MSEC)
#define BACKOFF_MIN_NS (100 * NSEC_PER_MSEC)

static long heartbeat_ms = 1000, stale_ms = 10000, backoff_max_ms = 2000;
static long read_sleep_ms, read_bytes = 65536, close_unread_ms, rcvbuf_bytes;
static const char *connect_text;

static struct sockaddr_storage peer_address;
static int peer_address_len;
static int feed_fd = -1;
static bool connected;
static __u64 wake_ns, backoff_ns = BACKOFF_MIN_NS, since_ns, last_data_ns, last_beat_ns,
		      last_sequence;
static struct update incoming;
static size_t have_bytes;

static struct {
	unsigned long connects_ok, connects_refused, connects_failed, updates, heartbeats, gaps,
		missed;
	unsigned long closed_by_peer, closed_unread, stale, bytes_in;
	struct error_counts errors;
	struct spread connect, age, silence;
} seen;

static const struct knob knobs[] = {
	{"heartbeat_ms", &heartbeat_ms, "says a heartbeat so often; 0: never"},
	{"stale_ms", &stale_ms, "connects again when nothing came for so long; 0: never"},
	{"backoff_max_ms", &backoff_max_ms, "longest wait before connecting again"},
	{"read_sleep_ms", &read_sleep_ms, "is busy elsewhere this long before each read"},
	{"read_bytes", &read_bytes, "reads at most so much at a time"},
	{"rcvbuf_bytes", &rcvbuf_bytes, "receive buffer; 0: the kernel's choice"},
	{"close_unread_ms", &close_unread_ms, "closes with updates unread after so long; 0: never"},
	{0},
};

static const struct text_option texts[] = {
	{"connect", &connect_text, "ADDRESS:PORT"},
	{0},
};

static struct workload workload;

static void hang_up(bool backoff)
{
	__u64 longest_ns = (__u64)backoff_max_ms * NSEC_PER_MSEC;

	close(feed_fd);
	feed_fd = -1;
	connected = false;
	wake_ns = now_ns();
	if (!backoff)
		return;
	wake_ns += random_jitter_ns(&workload.random_state, backoff_ns, 30);
	backoff_ns = backoff_ns * 2 < longest_ns ? backoff_ns * 2 : longest_ns;
}

static void connect_failed(int err)
{
	error_counts__add(&seen.errors, err);
	*(err == ECONNREFUSED ? &seen.connects_refused : &seen.connects_failed) += 1;
	hang_up(true);
}

static void set_receive_buffer(void)
{
	int bytes = (int)rcvbuf_bytes;

	if (bytes && feed_fd >= 0)
		setsockopt(feed_fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

static void start_connect(void)
{
	since_ns = now_ns();
	feed_fd = socket(peer_address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (feed_fd < 0) {
		error_counts__add(&seen.errors, errno);
		wake_ns = since_ns + backoff_ns;
		return;
	}
	no_delay(feed_fd);
	set_receive_buffer();
	have_bytes = 0;
	last_sequence = 0;
	if (connect(feed_fd, (struct sockaddr *)&peer_address, (socklen_t)peer_address_len) &&
	    errno != EINPROGRESS)
		connect_failed(errno);
}

static void connect_done(void)
{
	int err = 0;
	socklen_t len = sizeof(err);

	getsockopt(feed_fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err) {
		connect_failed(err);
		return;
	}
	connected = true;
	seen.connects_ok++;
	last_data_ns = now_ns();
	spread__add(&seen.connect, last_data_ns - since_ns);
	since_ns = last_data_ns;
}

static void take_update(void)
{
	__u64 now = now_ns();

	have_bytes = 0;
	backoff_ns = BACKOFF_MIN_NS;
	spread__add(&seen.age, now - incoming.sent_ns);
	*(incoming.heartbeat ? &seen.heartbeats : &seen.updates) += 1;
	if (last_sequence && incoming.sequence > last_sequence + 1) {
		seen.gaps++;
		seen.missed += incoming.sequence - last_sequence - 1;
	}
	last_sequence = incoming.sequence;
}

/* Takes `count` bytes of the stream apart into updates. Returns false on a stream that makes no
 * sense. */
static bool take_bytes(const char *bytes, size_t count)
{
	while (count) {
		bool header = have_bytes < sizeof(incoming);
		size_t end = header ? sizeof(incoming) : incoming.length_bytes;
		size_t part = end - have_bytes < count ? end - have_bytes : count;

		if (header)
			memcpy((char *)&incoming + have_bytes, bytes, part);
		have_bytes += part;
		bytes += part;
		count -= part;
		if (have_bytes >= sizeof(incoming) && (incoming.length_bytes < sizeof(incoming) ||
						       incoming.length_bytes > UPDATE_MAX))
			return false;
		if (have_bytes >= sizeof(incoming) && have_bytes == incoming.length_bytes)
			take_update();
	}
	return true;
}

static void read_feed(void)
{
	static char buffer[65536];
	size_t want = read_bytes > 0 && read_bytes < (long)sizeof(buffer) ? (size_t)read_bytes
									  : sizeof(buffer);
	__u64 now = now_ns();
	ssize_t got;

	if (close_unread_ms && now > since_ns + (__u64)close_unread_ms * NSEC_PER_MSEC) {
		seen.closed_unread++;
		hang_up(true);
		return;
	}
	if (read_sleep_ms)
		busy_elsewhere_ns((__u64)read_sleep_ms * NSEC_PER_MSEC);
	got = recv(feed_fd, buffer, want, 0);
	if (got < 0 && errno == EAGAIN)
		return;
	if (got > 0)
		spread__add(&seen.silence, now - last_data_ns);
	last_data_ns = now_ns();
	if (got > 0) {
		seen.bytes_in += (unsigned long)got;
		if (take_bytes(buffer, (size_t)got))
			return;
	} else {
		seen.closed_by_peer++;
		if (got < 0)
			error_counts__add(&seen.errors, errno);
	}
	hang_up(true);
}

/* Connects, says heartbeats, gives up a stale feed. */
static void tend(__u64 now)
{
	static const char beat[32] = "heartbeat";

	if (feed_fd < 0) {
		if (now >= wake_ns)
			start_connect();
		return;
	}
	if (!connected) {
		if (stale_ms && now > since_ns + (__u64)stale_ms * NSEC_PER_MSEC)
			connect_failed(ETIMEDOUT);
		return;
	}
	if (stale_ms && now > last_data_ns + (__u64)stale_ms * NSEC_PER_MSEC) {
		seen.stale++;
		hang_up(true);
		return;
	}
	if (heartbeat_ms && now > last_beat_ns + (__u64)heartbeat_ms * NSEC_PER_MSEC) {
		last_beat_ns = now;
		if (send(feed_fd, beat, sizeof(beat), MSG_NOSIGNAL) < 0 && errno != EAGAIN) {
			error_counts__add(&seen.errors, errno);
			hang_up(true);
		}
	}
}

static void changed(const char *knob)
{
	if (!strcmp(knob, "rcvbuf_bytes"))
		set_receive_buffer();
}

/* `reconnect` hangs up in good order and connects again at once. */
static int command(const char *word, const char *rest)
{
	if (*rest || strcmp(word, "reconnect"))
		return -EINVAL;
	if (feed_fd >= 0)
		hang_up(false);
	return 0;
}

static void tell_truth(FILE *out)
{
	fprintf(out, ",\"up\":%d,\"connects\":{\"ok\":%lu,\"refused\":%lu,\"failed\":%lu}",
		connected, seen.connects_ok, seen.connects_refused, seen.connects_failed);
	fprintf(out, ",\"updates\":%lu,\"heartbeats\":%lu,\"gaps\":%lu,\"missed\":%lu",
		seen.updates, seen.heartbeats, seen.gaps, seen.missed);
	fprintf(out, ",\"closed_by_peer\":%lu,\"closed_unread\":%lu,\"stale\":%lu,\"bytes_in\":%lu",
		seen.closed_by_peer, seen.closed_unread, seen.stale, seen.bytes_in);
	fprintf(out, ",\"quiet_ms\":%llu",
		connected ? (now_ns() - last_data_ns) / NSEC_PER_MSEC : 0);
	spread__tell(&seen.connect, "connect_us", out);
	spread__tell(&seen.age, "age_us", out);
	spread__tell(&seen.silence, "silence_us", out);
	error_counts__tell(&seen.errors, out);
}

static struct workload workload = {
	.program = "feed_client",
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
	peer_address_len = connect_text ? parse_endpoint(connect_text, &peer_address) : -EINVAL;
	if (peer_address_len < 0) {
		fprintf(stderr, "feed_client: --connect: expected ADDRESS:PORT\n");
		return 2;
	}
	workload__ready(&workload);
	for (;;) {
		struct pollfd fds[FIXED_FDS + 1];
		int polled_fd;

		tend(now_ns());
		polled_fd = feed_fd;
		fds[FIXED_FDS] =
			(struct pollfd){.fd = feed_fd, .events = connected ? POLLIN : POLLOUT};
		if (!workload__wait(&workload, fds, FIXED_FDS + 1, now_ns() + TICK_NS))
			break;
		if (feed_fd < 0 || feed_fd != polled_fd || !fds[FIXED_FDS].revents)
			continue;
		if (connected)
			read_feed();
		else
			connect_done();
	}
	workload__tell_truth(&workload);
	return 0;
}
