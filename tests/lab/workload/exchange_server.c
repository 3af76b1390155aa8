/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The answering side of everything that asks and is answered: an order gateway, an API, a small
 * database, or the trading server that customers connect to.
 *
 * Each request is answered after a think time; requests of one connection are thought about side by
 * side, and answered in order. Faults are knobs: think longer, read a kilobyte a second, sleep
 * before each read, stop accepting, reset each session after its logon, close with requests unread,
 * stop listening. A connection keeps at most PENDING_MAX unanswered requests and is not read while
 * it has that many, so a flood ends in the window and not in memory.
 */
#include "lib/message.h"
#include "lib/workload.h"

#define CONNECTIONS_MAX 1024
#define PENDING_MAX	64
#define READS_PER_TURN	64
#define FIXED_FDS	3

struct pending {
	__u64 due_ns;
	struct message request;
};

struct connection {
	int fd;
	__u64 read_after_ns; /* not read before, because it shall be read slowly */
	__u64 log_out_at_ns; /* reset then */
	unsigned int head;   /* first of `pending` */
	unsigned int count;
	size_t have_bytes; /* of the message that is being read */
	size_t reply_left_bytes;
	size_t reply_done_bytes;
	struct message incoming;
	struct message reply;
	struct pending pending[PENDING_MAX];
};

static long think_us = 200, think_jitter_percent = 30, think_ms;
static long read_rate, read_sleep_ms, rcvbuf_bytes;
static long accepting = 1, listening = 1, backlog = 128;
static long logout_after_logon, close_unread_percent;
static const char *listen_text;

static struct connection connections[CONNECTIONS_MAX];
static struct pollfd fds[FIXED_FDS + CONNECTIONS_MAX];
static nfds_t fds_used;
static struct sockaddr_storage listen_address;
static int listen_address_len;
static int listen_fd = -1;

static struct {
	unsigned long accepted, logons, requests, heartbeats, replies, closed_by_peer, closed_by_us,
		resets;
	unsigned long turned_away, bytes_in, bytes_out;
	struct error_counts errors;
	struct spread think;
} seen;

static const struct knob knobs[] = {
	{"think_us", &think_us, "thinks this long about a request"},
	{"think_ms", &think_ms, "and this much longer"},
	{"think_jitter_percent", &think_jitter_percent, "give or take"},
	{"read_rate", &read_rate, "reads no more bytes a second of one connection; 0: at once"},
	{"read_sleep_ms", &read_sleep_ms, "is busy elsewhere this long before each read"},
	{"rcvbuf_bytes", &rcvbuf_bytes, "receive buffer; 0: the kernel's choice"},
	{"accepting", &accepting, "0: leaves new connections in the queue"},
	{"listening", &listening, "0: closes the listening socket"},
	{"backlog", &backlog, "length of the accept queue"},
	{"logout_after_logon", &logout_after_logon,
	 "milliseconds after a logon's answer, reset; 0: never"},
	{"close_unread_percent", &close_unread_percent,
	 "of readable connections closed without reading"},
	{0},
};

static const struct text_option texts[] = {
	{"listen", &listen_text, "ADDRESS:PORT"},
	{0},
};

static struct workload workload;

static void drop_connection(struct connection *connection, bool reset)
{
	if (reset)
		close_with_reset(connection->fd);
	else
		close(connection->fd);
	connection->fd = -1;
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

static void set_receive_buffer(int fd)
{
	int bytes = (int)rcvbuf_bytes;

	if (bytes)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

static void changed(const char *knob)
{
	if (!strcmp(knob, "listening"))
		follow_listening();
	if (!strcmp(knob, "backlog") && listen_fd >= 0)
		listen(listen_fd, (int)backlog);
	if (!strcmp(knob, "rcvbuf_bytes")) {
		for (int i = 0; i < CONNECTIONS_MAX; i++) {
			if (connections[i].fd >= 0)
				set_receive_buffer(connections[i].fd);
		}
	}
}

/* `reset` and `close` end every connection, with a reset or with a FIN. */
static int command(const char *word, const char *rest)
{
	bool reset = !strcmp(word, "reset");

	if (*rest || (!reset && strcmp(word, "close")))
		return -EINVAL;
	for (int i = 0; i < CONNECTIONS_MAX; i++) {
		if (connections[i].fd < 0)
			continue;
		drop_connection(&connections[i], reset);
		*(reset ? &seen.resets : &seen.closed_by_us) += 1;
	}
	return 0;
}

static void tell_truth(FILE *out)
{
	int open = 0;

	for (int i = 0; i < CONNECTIONS_MAX; i++)
		open += connections[i].fd >= 0;
	fprintf(out,
		",\"open\":%d,\"accepted\":%lu,\"logons\":%lu,\"requests\":%lu,\"heartbeats\":%lu,"
		"\"replies\":%lu"
		",\"closed_by_peer\":%lu,\"closed_by_us\":%lu,\"resets\":%lu,\"turned_away\":%lu"
		",\"bytes_in\":%lu,\"bytes_out\":%lu",
		open, seen.accepted, seen.logons, seen.requests, seen.heartbeats, seen.replies,
		seen.closed_by_peer, seen.closed_by_us, seen.resets, seen.turned_away,
		seen.bytes_in, seen.bytes_out);
	spread__tell(&seen.think, "think_us", out);
	error_counts__tell(&seen.errors, out);
}

static void take_connection(int fd)
{
	for (int i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *connection = &connections[i];

		if (connection->fd >= 0)
			continue;
		memset(connection, 0, sizeof(*connection));
		connection->fd = fd;
		connection->log_out_at_ns = NEVER;
		no_delay(fd);
		set_receive_buffer(fd);
		seen.accepted++;
		return;
	}
	close(fd);
	seen.turned_away++;
}

static void accept_all(void)
{
	for (int i = 0; i < READS_PER_TURN; i++) {
		int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0) {
			if (errno != EAGAIN)
				error_counts__add(&seen.errors, errno);
			return;
		}
		take_connection(fd);
	}
}

/* A whole message was read: it is to be answered after the think time. */
static void take_message(struct connection *connection)
{
	struct message *request = &connection->incoming;
	__u64 think_ns = (__u64)think_us * NSEC_PER_USEC + (__u64)think_ms * NSEC_PER_MSEC;
	struct pending *pending;

	connection->have_bytes = 0;
	if (request->kind == MESSAGE_REQUEST)
		seen.requests++;
	else if (request->kind == MESSAGE_HEARTBEAT)
		seen.heartbeats++;
	else
		seen.logons++;
	if (!request->reply_bytes)
		return;
	if (request->kind != MESSAGE_REQUEST)
		think_ns = 0;
	think_ns = random_jitter_ns(&workload.random_state, think_ns, think_jitter_percent);
	pending = &connection->pending[(connection->head + connection->count++) % PENDING_MAX];
	pending->due_ns = now_ns() + think_ns;
	pending->request = *request;
	spread__add(&seen.think, think_ns);
}

/* Reads what is allowed of the next message. Returns false when there is nothing more to do now. */
static bool read_some(struct connection *connection)
{
	static char filling[MESSAGE_MAX];
	size_t header_bytes = sizeof(struct message);
	bool header = connection->have_bytes < header_bytes;
	size_t want = header ? header_bytes - connection->have_bytes
			     : connection->incoming.length_bytes - connection->have_bytes;
	void *into = header ? (char *)&connection->incoming + connection->have_bytes : filling;
	ssize_t got;

	if (read_rate && want > 64)
		want = 64;
	got = recv(connection->fd, into, want, 0);
	if (got < 0 && errno == EAGAIN)
		return false;
	if (got <= 0) {
		if (got < 0)
			error_counts__add(&seen.errors, errno);
		seen.closed_by_peer++;
		drop_connection(connection, false);
		return false;
	}
	seen.bytes_in += (unsigned long)got;
	connection->have_bytes += (size_t)got;
	if (read_rate)
		connection->read_after_ns = now_ns() + (__u64)got * NSEC_PER_SEC / (__u64)read_rate;
	if (connection->have_bytes < header_bytes)
		return true;
	if (connection->incoming.length_bytes < header_bytes ||
	    connection->incoming.length_bytes > MESSAGE_MAX ||
	    connection->incoming.reply_bytes > MESSAGE_MAX) {
		drop_connection(connection, true);
		return false;
	}
	if (connection->have_bytes == connection->incoming.length_bytes)
		take_message(connection);
	return true;
}

static void read_connection(struct connection *connection)
{
	if (random_percent(&workload.random_state, close_unread_percent)) {
		drop_connection(connection, false);
		seen.closed_by_us++;
		return;
	}
	if (read_sleep_ms)
		busy_elsewhere_ns((__u64)read_sleep_ms * NSEC_PER_MSEC);
	for (int i = 0; i < READS_PER_TURN; i++) {
		if (connection->count == PENDING_MAX || !read_some(connection) || read_rate)
			return;
	}
}

/* Sends what is left of the reply. Returns false when the connection takes no more, or is gone. */
static bool send_reply(struct connection *connection)
{
	static char filling[MESSAGE_MAX];
	size_t done = connection->reply_done_bytes;
	ssize_t sent;

	memcpy(filling, &connection->reply, sizeof(connection->reply));
	sent = send(connection->fd, filling + done, connection->reply_left_bytes, MSG_NOSIGNAL);
	if (sent < 0) {
		if (errno != EAGAIN) {
			error_counts__add(&seen.errors, errno);
			seen.closed_by_peer++;
			drop_connection(connection, false);
		}
		return false;
	}
	seen.bytes_out += (unsigned long)sent;
	connection->reply_done_bytes += (size_t)sent;
	connection->reply_left_bytes -= (size_t)sent;
	return !connection->reply_left_bytes;
}

/* Answers what is due; returns the time at which there is more to do. */
static __u64 serve_connection(struct connection *connection, __u64 now)
{
	if (now >= connection->log_out_at_ns) {
		seen.resets++;
		drop_connection(connection, true);
		return NEVER;
	}
	while (connection->reply_left_bytes || connection->count) {
		struct pending *pending = &connection->pending[connection->head];

		if (!connection->reply_left_bytes) {
			if (pending->due_ns > now)
				break;
			connection->reply = pending->request;
			connection->reply.length_bytes = pending->request.reply_bytes;
			connection->reply_left_bytes = pending->request.reply_bytes;
			connection->reply_done_bytes = 0;
			connection->head = (connection->head + 1) % PENDING_MAX;
			connection->count--;
		}
		if (!send_reply(connection))
			return connection->log_out_at_ns;
		seen.replies++;
		if (connection->reply.kind == MESSAGE_LOGON && logout_after_logon)
			connection->log_out_at_ns = now + (__u64)logout_after_logon * NSEC_PER_MSEC;
	}
	if (connection->count &&
	    connection->pending[connection->head].due_ns < connection->log_out_at_ns)
		return connection->pending[connection->head].due_ns;
	return connection->log_out_at_ns;
}

/* Answers what is due and fills the poll set; returns the time of the next thing to do. */
static __u64 prepare(void)
{
	__u64 now = now_ns();
	__u64 next_ns = NEVER;

	fds[2] = (struct pollfd){.fd = accepting ? listen_fd : -1, .events = POLLIN};
	fds_used = FIXED_FDS;
	for (int i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *connection = &connections[i];
		struct pollfd *entry = &fds[FIXED_FDS + i];
		__u64 due_ns;

		*entry = (struct pollfd){.fd = -1};
		if (connection->fd < 0)
			continue;
		due_ns = serve_connection(connection, now);
		if (connection->fd < 0)
			continue;
		fds_used = FIXED_FDS + (nfds_t)i + 1;
		entry->fd = connection->fd;
		if (connection->reply_left_bytes)
			entry->events |= POLLOUT;
		if (connection->read_after_ns > now)
			due_ns = due_ns < connection->read_after_ns ? due_ns
								    : connection->read_after_ns;
		else if (connection->count < PENDING_MAX)
			entry->events |= POLLIN;
		if (!entry->events)
			entry->fd = -1;
		if (due_ns < next_ns)
			next_ns = due_ns;
	}
	return next_ns;
}

static struct workload workload = {
	.program = "exchange_server",
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
	for (int i = 0; i < CONNECTIONS_MAX; i++)
		connections[i].fd = -1;
	listen_address_len = listen_text ? parse_endpoint(listen_text, &listen_address) : -EINVAL;
	if (listen_address_len < 0) {
		fprintf(stderr, "exchange_server: --listen: expected ADDRESS:PORT\n");
		return 2;
	}
	follow_listening();
	if (listening && listen_fd < 0) {
		fprintf(stderr, "exchange_server: %s: cannot listen: %s\n", listen_text,
			strerror(-listen_fd));
		return 1;
	}
	workload__ready(&workload);
	for (;;) {
		__u64 until_ns = prepare();

		if (!workload__wait(&workload, fds, fds_used, until_ns))
			break;
		if (fds[2].revents && listen_fd >= 0)
			accept_all();
		for (int i = 0; i < (int)(fds_used - FIXED_FDS); i++) {
			/* A command may have closed it, and a new one may have its place. */
			bool same = connections[i].fd >= 0 &&
				    fds[FIXED_FDS + i].fd == connections[i].fd;

			if (same && fds[FIXED_FDS + i].revents & (POLLIN | POLLHUP | POLLERR))
				read_connection(&connections[i]);
		}
	}
	workload__tell_truth(&workload);
	return 0;
}
