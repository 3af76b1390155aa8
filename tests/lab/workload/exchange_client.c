/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The asking side: order sessions that stay connected, short API calls with a connection each
 * (--fresh 1), a database's clients, customers of whom some abort.
 *
 * It is an open loop: requests are due at seeded random times whatever the answers do, as a market
 * makes them; what cannot be sent is counted as blocked. A session that breaks, or whose request is
 * not answered within timeout_ms, connects again with a doubling, bounded wait. With --host and
 * --resolver the name is looked up before each connect, blocking, as an application does that calls
 * its resolver library. With --journal every order is first written to a file and synced.
 */
#include "lib/dial.h"
#include "lib/journal.h"
#include "lib/message.h"
#include "lib/workload.h"

#define SESSIONS_MAX	512
#define OUTSTANDING_MAX 256
#define FIXED_FDS	2
#define BACKOFF_MIN_NS	(100 * NSEC_PER_MSEC)
#define TICK_NS		(50 * NSEC_PER_MSEC)

enum session_state { SESSION_IDLE, SESSION_CONNECTING, SESSION_LOGON, SESSION_UP };

struct session {
	int fd;
	enum session_state state;
	bool finished; /* no request will be sent on it any more */
	bool abandon;  /* close with the answer unread */
	__u64 wake_ns; /* idle: connect not before */
	__u64 backoff_ns;
	__u64 since_ns; /* in this state */
	__u64 last_sent_ns;
	__u32 sent, answered; /* requests with an answer; equal when none is outstanding */
	size_t have_bytes;
	size_t out_left_bytes;
	struct message reply;
	__u64 asked_ns[OUTSTANDING_MAX];
};

static long sessions_wanted = 1, fresh, rate = 20, burst = 1;
static long request_bytes = 120, reply_bytes = 120, heartbeat_ms = 1000, timeout_ms = 5000,
	    backoff_max_ms = 2000;
static long abort_percent, abandon_percent, read_sleep_ms, from_count = 1;
static const char *connect_text, *from_text, *host_text, *resolver_text, *journal_text;

static struct session sessions[SESSIONS_MAX];
static struct pollfd fds[FIXED_FDS + SESSIONS_MAX];
static struct sockaddr_storage peer_address;
static int peer_address_len, journal_fd;
static __u64 next_request_ns;
static bool finished;

static struct {
	unsigned long connects_ok, connects_refused, connects_timed_out, connects_local;
	unsigned long connects_failed;
	unsigned long requests, replies, heartbeats, timeouts, blocked, aborted, abandoned;
	unsigned long closed_by_peer, resolved, resolve_failures, bytes_in;
	struct error_counts errors;
	struct spread connect, response, resolve, journal;
} seen;

static const struct knob knobs[] = {
	{"sessions", &sessions_wanted, "connections at the same time"},
	{"fresh", &fresh, "1: a connection for each request"},
	{"rate", &rate, "requests a second, of all sessions together"},
	{"burst", &burst, "requests at once"},
	{"request_bytes", &request_bytes, "of a request, at least 16"},
	{"reply_bytes", &reply_bytes, "of an answer, at least 16"},
	{"heartbeat_ms", &heartbeat_ms, "heartbeat when nothing was sent for so long; 0: none"},
	{"timeout_ms", &timeout_ms, "break a session that waits so long"},
	{"backoff_max_ms", &backoff_max_ms, "longest wait before connecting again"},
	{"abort_percent", &abort_percent, "of short calls reset after the request was sent"},
	{"abandon_percent", &abandon_percent, "of short calls closed with the answer unread"},
	{"read_sleep_ms", &read_sleep_ms, "is busy elsewhere this long before each read"},
	{"from_count", &from_count, "so many source addresses, one after the other"},
	{0},
};

static const struct text_option texts[] = {
	{"connect", &connect_text, "ADDRESS:PORT"},
	{"from", &from_text, "first source address, IPv4"},
	{"host", &host_text, "name to look up before each connect"},
	{"resolver", &resolver_text, "ADDRESS:PORT of the DNS server, IPv4"},
	{"journal", &journal_text, "file that each request is written to and synced first"},
	{0},
};

static struct workload workload;

/* Ends a session; it connects again after its backoff, or at once when the end was orderly. */
static void end_session(struct session *session, bool reset, bool orderly)
{
	__u64 longest_ns = (__u64)backoff_max_ms * NSEC_PER_MSEC;

	if (reset)
		close_with_reset(session->fd);
	else
		close(session->fd);
	session->fd = -1;
	session->state = SESSION_IDLE;
	session->finished = session->abandon = false;
	if (orderly) {
		session->wake_ns = 0;
		return;
	}
	session->wake_ns =
		now_ns() + random_jitter_ns(&workload.random_state, session->backoff_ns, 30);
	session->backoff_ns =
		session->backoff_ns * 2 < longest_ns ? session->backoff_ns * 2 : longest_ns;
}

static void count_connect_error(int err)
{
	error_counts__add(&seen.errors, err);
	seen.connects_failed++;
	seen.connects_refused += err == ECONNREFUSED;
	seen.connects_timed_out += err == ETIMEDOUT;
	seen.connects_local += dial__failed_at_home(err);
}

/* Looks the name up and puts the answer into peer_address. Blocks. Returns 0 or -errno. */
static int look_up(void)
{
	__u64 began_ns = now_ns();
	int err = lookup__address(host_text, &((struct sockaddr_in *)&peer_address)->sin_addr);

	spread__add(&seen.resolve, now_ns() - began_ns);
	*(err ? &seen.resolve_failures : &seen.resolved) += 1;
	return err;
}

static void start_connect(struct session *session)
{
	if (resolver_text && look_up()) {
		session->wake_ns = now_ns() + 200 * NSEC_PER_MSEC;
		return;
	}
	session->since_ns = now_ns();
	session->fd = socket(peer_address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (session->fd < 0) {
		count_connect_error(errno);
		session->wake_ns = session->since_ns + session->backoff_ns;
		return;
	}
	no_delay(session->fd);
	if (from_text)
		dial__bind_from(session->fd, from_text,
				(unsigned int)(seen.connects_ok % (unsigned long)from_count));
	session->sent = session->answered = 0;
	session->have_bytes = session->out_left_bytes = 0;
	session->finished = session->abandon = false;
	session->state = SESSION_CONNECTING;
	if (connect(session->fd, (struct sockaddr *)&peer_address, (socklen_t)peer_address_len) &&
	    errno != EINPROGRESS) {
		count_connect_error(errno);
		end_session(session, false, false);
	}
}

/* Sends one message. A message that fits only in part is finished later by flush_session(). */
static bool send_message(struct session *session, enum message_kind kind, __u64 now)
{
	static char filling[MESSAGE_MAX];
	struct message message = {.length_bytes = (__u32)request_bytes, .kind = kind};
	ssize_t sent;

	if (kind != MESSAGE_REQUEST)
		message.length_bytes = 64;
	message.reply_bytes = kind == MESSAGE_REQUEST ? (__u32)reply_bytes : 64;
	message.sequence = session->sent;
	if (session->out_left_bytes || session->sent - session->answered >= OUTSTANDING_MAX) {
		seen.blocked++;
		return false;
	}
	memcpy(filling, &message, sizeof(message));
	sent = send(session->fd, filling, message.length_bytes, MSG_NOSIGNAL);
	if (sent < 0 && errno == EAGAIN) {
		seen.blocked++;
		return false;
	}
	if (sent < (ssize_t)sizeof(message)) {
		error_counts__add(&seen.errors, sent < 0 ? errno : EPIPE);
		end_session(session, false, false);
		return false;
	}
	session->out_left_bytes = message.length_bytes - (size_t)sent;
	session->asked_ns[session->sent++ % OUTSTANDING_MAX] = now;
	session->last_sent_ns = now;
	*(kind == MESSAGE_REQUEST ? &seen.requests : &seen.heartbeats) += 1;
	return true;
}

static void flush_session(struct session *session)
{
	static const char filling[MESSAGE_MAX];
	ssize_t sent = send(session->fd, filling, session->out_left_bytes, MSG_NOSIGNAL);

	session->out_left_bytes -= sent > 0 ? (size_t)sent : 0;
}

/* A whole answer was read. */
static void take_reply(struct session *session)
{
	__u64 now = now_ns();
	__u64 took_ns = now - session->asked_ns[session->answered++ % OUTSTANDING_MAX];

	session->have_bytes = 0;
	if (session->state == SESSION_LOGON) {
		session->state = SESSION_UP;
		session->backoff_ns = BACKOFF_MIN_NS;
	}
	if (session->reply.kind != MESSAGE_REQUEST)
		return;
	seen.replies++;
	spread__add(&seen.response, took_ns);
	if (fresh || session->finished)
		end_session(session, false, true);
}

static void read_session(struct session *session)
{
	static char filling[MESSAGE_MAX];

	if (session->abandon) {
		seen.abandoned++;
		end_session(session, false, true);
		return;
	}
	if (read_sleep_ms)
		busy_elsewhere_ns((__u64)read_sleep_ms * NSEC_PER_MSEC);
	for (int i = 0; i < 64 && session->fd >= 0; i++) {
		bool header = session->have_bytes < sizeof(struct message);
		size_t end = header ? sizeof(struct message) : session->reply.length_bytes;
		void *into = header ? (char *)&session->reply + session->have_bytes : filling;
		ssize_t got = recv(session->fd, into, end - session->have_bytes, 0);

		if (got < 0 && errno == EAGAIN)
			return;
		if (got <= 0) {
			if (got < 0)
				error_counts__add(&seen.errors, errno);
			seen.closed_by_peer++;
			end_session(session, false, false);
			return;
		}
		seen.bytes_in += (unsigned long)got;
		session->have_bytes += (size_t)got;
		if (session->have_bytes >= sizeof(struct message) &&
		    session->have_bytes == session->reply.length_bytes)
			take_reply(session);
	}
}

static void send_request(struct session *session)
{
	__u64 now = now_ns();

	if (journal_fd >= 0) {
		if (journal__write(journal_fd, seen.requests, now))
			error_counts__add(&seen.errors, EIO);
		spread__add(&seen.journal, now_ns() - now);
	}
	if (!send_message(session, MESSAGE_REQUEST, now) || !fresh)
		return;
	session->finished = true;
	if (random_percent(&workload.random_state, abort_percent)) {
		seen.aborted++;
		end_session(session, true, true);
	} else {
		session->abandon = random_percent(&workload.random_state, abandon_percent);
	}
}

static void connect_done(struct session *session)
{
	int err = 0;
	socklen_t len = sizeof(err);

	getsockopt(session->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err) {
		count_connect_error(err);
		end_session(session, false, false);
		return;
	}
	seen.connects_ok++;
	spread__add(&seen.connect, now_ns() - session->since_ns);
	session->since_ns = now_ns();
	if (fresh) {
		session->state = SESSION_UP;
		session->backoff_ns = BACKOFF_MIN_NS;
		send_request(session);
	} else {
		session->state = SESSION_LOGON;
		send_message(session, MESSAGE_LOGON, session->since_ns);
	}
}

/* The next request goes to the next session that can take it; with --fresh, to an idle one. */
static void one_request(__u64 now)
{
	static int turn;

	for (int i = 0; i < sessions_wanted; i++) {
		struct session *session = &sessions[turn++ % sessions_wanted];

		if (fresh && session->state == SESSION_IDLE && session->wake_ns <= now) {
			start_connect(session);
			return;
		}
		if (!fresh && session->state == SESSION_UP) {
			send_request(session);
			return;
		}
	}
	seen.blocked++;
}

static void send_due_requests(__u64 now)
{
	if (finished || rate <= 0) {
		next_request_ns = now + TICK_NS;
		return;
	}
	if (next_request_ns + NSEC_PER_SEC < now)
		next_request_ns = now;
	/* A slow journal must not keep us from everything else. */
	while (next_request_ns <= now && now_ns() < now + TICK_NS) {
		__u64 gap_ns = NSEC_PER_SEC * (__u64)burst / (__u64)rate;

		for (long i = 0; i < burst; i++)
			one_request(now);
		next_request_ns += random_jitter_ns(&workload.random_state, gap_ns, 60);
	}
}

/* Heartbeats, timeouts and connecting again. */
static void tend_session(struct session *session, __u64 now)
{
	bool waits = session->sent != session->answered;
	__u64 asked_ns = session->asked_ns[session->answered % OUTSTANDING_MAX];
	__u64 since_ns = session->state == SESSION_CONNECTING ? session->since_ns : asked_ns;

	if (session->state == SESSION_IDLE) {
		if (!fresh && !finished && session->wake_ns <= now)
			start_connect(session);
		return;
	}
	if ((waits || session->state == SESSION_CONNECTING) &&
	    now > since_ns + (__u64)timeout_ms * NSEC_PER_MSEC) {
		seen.timeouts++;
		end_session(session, false, false);
		return;
	}
	if (session->state == SESSION_UP && heartbeat_ms && !fresh &&
	    now > session->last_sent_ns + (__u64)heartbeat_ms * NSEC_PER_MSEC)
		send_message(session, MESSAGE_HEARTBEAT, now);
}

/* `reset`, `reconnect`: end all and connect again; `finish`: end all for good; `resume`: connect
 * again. */
static int command(const char *word, const char *rest)
{
	bool reset = !strcmp(word, "reset");

	if (*rest)
		return -EINVAL;
	if (!reset && strcmp(word, "reconnect") && strcmp(word, "finish") && strcmp(word, "resume"))
		return -EINVAL;
	finished = !strcmp(word, "finish");
	if (!strcmp(word, "resume"))
		return 0;
	for (int i = 0; i < SESSIONS_MAX; i++) {
		if (sessions[i].fd >= 0)
			end_session(&sessions[i], reset, !reset);
	}
	return 0;
}

static void changed(const char *knob)
{
	(void)knob;
	sessions_wanted = sessions_wanted < 1 ? 1 : sessions_wanted;
	sessions_wanted = sessions_wanted > SESSIONS_MAX ? SESSIONS_MAX : sessions_wanted;
	burst = burst < 1 ? 1 : burst;
	from_count = from_count < 1 ? 1 : from_count;
	request_bytes = request_bytes < 16	      ? 16
			: request_bytes > MESSAGE_MAX ? MESSAGE_MAX
						      : request_bytes;
	reply_bytes = reply_bytes < 16 ? 16 : reply_bytes > MESSAGE_MAX ? MESSAGE_MAX : reply_bytes;
}

static void tell_truth(FILE *out)
{
	int up = 0;

	for (int i = 0; i < SESSIONS_MAX; i++)
		up += sessions[i].state == SESSION_UP;
	fprintf(out,
		",\"up\":%d,\"connects\":{\"ok\":%lu,\"refused\":%lu,\"timed_out\":%lu,\"local\":%"
		"lu,\"failed\":%lu}",
		up, seen.connects_ok, seen.connects_refused, seen.connects_timed_out,
		seen.connects_local, seen.connects_failed);
	fprintf(out,
		",\"requests\":%lu,\"replies\":%lu,\"heartbeats\":%lu,\"timeouts\":%lu,\"blocked\":"
		"%lu",
		seen.requests, seen.replies, seen.heartbeats, seen.timeouts, seen.blocked);
	fprintf(out, ",\"aborted\":%lu,\"abandoned\":%lu,\"closed_by_peer\":%lu,\"bytes_in\":%lu",
		seen.aborted, seen.abandoned, seen.closed_by_peer, seen.bytes_in);
	fprintf(out, ",\"resolved\":%lu,\"resolve_failures\":%lu", seen.resolved,
		seen.resolve_failures);
	spread__tell(&seen.connect, "connect_us", out);
	spread__tell(&seen.response, "response_us", out);
	spread__tell(&seen.resolve, "resolve_us", out);
	spread__tell(&seen.journal, "journal_us", out);
	error_counts__tell(&seen.errors, out);
}

static void serve_session(struct session *session, short events)
{
	if (session->state == SESSION_CONNECTING) {
		if (events & (POLLOUT | POLLERR | POLLHUP))
			connect_done(session);
		return;
	}
	if (events & POLLOUT && session->out_left_bytes)
		flush_session(session);
	if (events & (POLLIN | POLLERR | POLLHUP))
		read_session(session);
}

/* Tends all sessions and fills the poll set; returns how many entries are used. */
static nfds_t prepare(void)
{
	__u64 now = now_ns();
	nfds_t used = FIXED_FDS;

	send_due_requests(now);
	for (int i = 0; i < SESSIONS_MAX; i++) {
		struct session *session = &sessions[i];

		fds[FIXED_FDS + i] = (struct pollfd){.fd = -1};
		if (i < sessions_wanted || session->fd >= 0)
			tend_session(session, now);
		if (i >= sessions_wanted && session->fd >= 0 && session->sent == session->answered)
			end_session(session, false, true);
		if (session->fd < 0)
			continue;
		fds[FIXED_FDS + i].fd = session->fd;
		fds[FIXED_FDS + i].events = POLLIN;
		if (session->state == SESSION_CONNECTING || session->out_left_bytes)
			fds[FIXED_FDS + i].events |= POLLOUT;
		used = FIXED_FDS + (nfds_t)i + 1;
	}
	return used;
}

static struct workload workload = {
	.program = "exchange_client",
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
	peer_address_len = connect_text ? parse_endpoint(connect_text, &peer_address) : -EINVAL;
	if (peer_address_len < 0 || (resolver_text && !host_text) || lookup__start(resolver_text)) {
		fprintf(stderr, "exchange_client: expected --connect ADDRESS:PORT, and --host with "
				"--resolver\n");
		return 2;
	}
	journal_fd = journal__open(journal_text);
	for (int i = 0; i < SESSIONS_MAX; i++) {
		sessions[i].fd = -1;
		sessions[i].backoff_ns = BACKOFF_MIN_NS;
	}
	workload__ready(&workload);
	for (;;) {
		nfds_t used = prepare();
		__u64 tick_ns = now_ns() + TICK_NS;

		if (!workload__wait(&workload, fds, used,
				    next_request_ns < tick_ns ? next_request_ns : tick_ns))
			break;
		for (nfds_t i = FIXED_FDS; i < used; i++) {
			struct session *session = &sessions[i - FIXED_FDS];

			if (fds[i].revents && session->fd >= 0 && session->fd == fds[i].fd)
				serve_session(session, fds[i].revents);
		}
	}
	workload__tell_truth(&workload);
	return 0;
}
