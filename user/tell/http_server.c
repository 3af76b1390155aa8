/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libmicrohttpd on our own loop.
 *
 * The library speaks HTTP; what is ours are the limits.  A client may hold few connections, send a
 * small request, and be silent for some seconds; nothing but GET and HEAD is answered, and no body
 * is read.  A listener of the stream that reads slowly holds one message in memory and skips the
 * rest. While we listen on loopback alone, only names of this host are answered to, so that a page
 * from elsewhere cannot ask through somebody's browser.
 *
 * Cost: nothing while nobody asks.
 */
#include "tell/http_server.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"

#define LISTEN_BACKLOG 32
/* What the kernel holds for a client that does not read; connections inherit it. */
#define SEND_BUFFER_BYTES (64 * 1024)

struct http_request {
	struct MHD_Connection *connection;
	const char *rest;
};

/* One message of the stream, shared by those who are reading it. */
struct message {
	unsigned references;
	uint64_t number;
	size_t len;
	char text[];
};

struct listener {
	struct http_server *server;
	struct MHD_Connection *connection; /* NULL: the place is free */
	struct message *message;	   /* being sent */
	size_t sent;
	uint64_t last_number;
	bool suspended;
};

struct http_server {
	struct http_options options;
	char host[256];
	bool loopback;
	struct MHD_Daemon *daemon;
	sd_event_source *readable, *timer;
	struct message *latest;
	uint64_t numbers;
	uint64_t refused;
	bool stopping;
	struct listener listeners[HTTP_LISTENERS_MAX];
};

/* ---- requests ---------------------------------------------------------------------------- */

const char *http_request__rest(const struct http_request *request)
{
	return request->rest;
}

const char *http_request__argument(const struct http_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

bool http_request__takes(const struct http_request *request, const char *type)
{
	const char *accepted = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND,
							   MHD_HTTP_HEADER_ACCEPT);

	return accepted && strstr(accepted, type);
}

/* What every answer carries: the page may load nothing from elsewhere, and nobody may frame it. */
static void add_headers(struct MHD_Response *response, const char *type)
{
	static const char *const headers[][2] = {
		{"Content-Security-Policy",
		 "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
		 "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
		{"X-Content-Type-Options", "nosniff"},
		{"Referrer-Policy", "no-referrer"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"Cache-Control", "no-store"},
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		MHD_add_response_header(response, headers[i][0], headers[i][1]);
	MHD_add_response_header(response, "Content-Type", type);
}

static enum MHD_Result answer(struct MHD_Connection *connection, const struct http_reply *reply)
{
	enum MHD_ResponseMemoryMode mode =
		reply->owned ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT;
	struct MHD_Response *response =
		MHD_create_response_from_buffer(reply->len, (void *)reply->body, mode);
	enum MHD_Result result;

	if (!response) {
		if (reply->owned)
			free((void *)reply->body);
		return MHD_NO;
	}
	add_headers(response, reply->type ? reply->type : "application/json");
	if (reply->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, "Allow", "GET, HEAD");
	result = MHD_queue_response(connection, reply->status ? (unsigned)reply->status : 200,
				    response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result refuse(struct http_server *server, struct MHD_Connection *connection,
			      int status, const char *why)
{
	struct http_reply reply = {
		.status = status,
		.type = "text/plain; charset=utf-8",
		.body = why,
		.len = strlen(why),
	};

	server->refused++;
	return answer(connection, &reply);
}

/* "localhost:9435", "127.0.0.1", "[::1]:9435", or this host's name. */
static bool names_us(const struct http_server *server, const char *asked)
{
	static const char *const ours[] = {"localhost", "127.0.0.1", "[::1]"};
	size_t len = asked[0] == '[' ? strcspn(asked, "]") + 1 : strcspn(asked, ":");

	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
		if (strlen(ours[i]) == len && !strncasecmp(asked, ours[i], len))
			return true;
	}
	return strlen(server->host) == len && !strncasecmp(asked, server->host, len);
}

/* ---- the stream -------------------------------------------------------------------------- */

static void message__release(struct message *message)
{
	if (message && --message->references == 0)
		free(message);
}

/* The library asks for the next bytes of a listener. */
static ssize_t next_bytes(void *context, uint64_t position, char *buffer, size_t room)
{
	struct listener *listener = context;
	struct http_server *server = listener->server;
	size_t left;

	(void)position;
	if (server->stopping)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (!listener->message) {
		if (!server->latest || server->latest->number == listener->last_number) {
			listener->suspended = true;
			MHD_suspend_connection(listener->connection);
			return 0;
		}
		listener->message = server->latest;
		listener->message->references++;
		listener->sent = 0;
	}
	left = listener->message->len - listener->sent;
	if (left > room)
		left = room;
	memcpy(buffer, listener->message->text + listener->sent, left);
	listener->sent += left;
	if (listener->sent == listener->message->len) {
		listener->last_number = listener->message->number;
		message__release(listener->message);
		listener->message = NULL;
	}
	return (ssize_t)left;
}

static void listener_gone(void *context)
{
	struct listener *listener = context;

	message__release(listener->message);
	*listener = (struct listener){.server = listener->server};
}

static enum MHD_Result open_stream(struct http_server *server, struct MHD_Connection *connection)
{
	struct listener *listener = NULL;
	struct MHD_Response *response;
	enum MHD_Result result;

	for (size_t i = 0; i < HTTP_LISTENERS_MAX && !listener; i++) {
		if (!server->listeners[i].connection)
			listener = &server->listeners[i];
	}
	if (!listener)
		return refuse(server, connection, MHD_HTTP_SERVICE_UNAVAILABLE,
			      "too many listen already\n");
	response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16 * 1024, next_bytes,
						     listener, listener_gone);
	if (!response)
		return MHD_NO;
	*listener = (struct listener){.server = server, .connection = connection};
	add_headers(response, "text/event-stream");
	result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

size_t http_server__listeners(const struct http_server *server)
{
	size_t count = 0;

	for (size_t i = 0; i < HTTP_LISTENERS_MAX; i++)
		count += server->listeners[i].connection != NULL;
	return count;
}

static void run(struct http_server *server);

void http_server__publish(struct http_server *server, const char *event, const char *data)
{
	size_t room = strlen(event) + strlen(data) + sizeof("event: \ndata: \n\n");
	struct message *message = malloc(sizeof(*message) + room);

	if (!message)
		return; /* the next one tells the same */
	message->references = 1;
	message->number = ++server->numbers;
	message->len =
		(size_t)snprintf(message->text, room, "event: %s\ndata: %s\n\n", event, data);
	message__release(server->latest);
	server->latest = message;
	for (size_t i = 0; i < HTTP_LISTENERS_MAX; i++) {
		struct listener *listener = &server->listeners[i];

		if (!listener->suspended)
			continue;
		listener->suspended = false;
		MHD_resume_connection(listener->connection);
	}
	run(server);
}

/* ---- dispatch ---------------------------------------------------------------------------- */

static const struct http_route *find_route(const struct http_server *server, const char *path,
					   const char **rest)
{
	for (size_t i = 0; i < server->options.route_count; i++) {
		const struct http_route *route = &server->options.routes[i];
		size_t len = strlen(route->path);
		bool below = len > 1 && route->path[len - 1] == '/';

		if (below ? strncmp(path, route->path, len) : strcmp(path, route->path))
			continue;
		*rest = path + len;
		return route;
	}
	return NULL;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
				  const char *path, const char *method, const char *version,
				  const char *body, size_t *body_len, void **state)
{
	static const char seen;
	struct http_server *server = context;
	struct http_request request = {.connection = connection};
	struct http_reply reply = {.status = MHD_HTTP_OK};
	const struct http_route *route;
	const char *asked;

	(void)version, (void)body;
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return refuse(server, connection, MHD_HTTP_METHOD_NOT_ALLOWED,
			      "only GET and HEAD are answered\n");
	/* The library calls once with the headers, and once more with the body, which is nothing.
	 */
	if (!*state) {
		*state = (void *)&seen;
		return MHD_YES;
	}
	if (*body_len) {
		*body_len = 0;
		return MHD_YES;
	}
	asked = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");
	if (server->loopback && asked && !names_us(server, asked))
		return refuse(server, connection, MHD_HTTP_MISDIRECTED_REQUEST,
			      "this is not the host that was asked for\n");
	if (!strcmp(path, HTTP_STREAM_PATH) && !strcmp(method, MHD_HTTP_METHOD_GET))
		return open_stream(server, connection);
	route = find_route(server, path, &request.rest);
	if (!route)
		return refuse(server, connection, MHD_HTTP_NOT_FOUND, "there is nothing here\n");
	if (route->answer(server->options.context, &request, &reply))
		return refuse(server, connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
			      "it could not be answered; the log says why\n");
	return answer(connection, &reply);
}

/* ---- loop -------------------------------------------------------------------------------- */

static void run(struct http_server *server)
{
	MHD_UNSIGNED_LONG_LONG timeout_ms = 0;
	uint64_t now_us = 0;

	MHD_run(server->daemon);
	if (MHD_get_timeout(server->daemon, &timeout_ms) != MHD_YES) {
		sd_event_source_set_enabled(server->timer, SD_EVENT_OFF);
		return;
	}
	sd_event_now(server->options.loop, CLOCK_MONOTONIC, &now_us);
	sd_event_source_set_time(server->timer, now_us + timeout_ms * 1000);
	sd_event_source_set_enabled(server->timer, SD_EVENT_ONESHOT);
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *context)
{
	(void)source, (void)fd, (void)events;
	run(context);
	return 0;
}

static int on_timeout(sd_event_source *source, uint64_t due_us, void *context)
{
	(void)source, (void)due_us;
	run(context);
	return 0;
}

/* ---- start and stop ---------------------------------------------------------------------- */

static bool is_loopback(const struct address *address)
{
	static const uint8_t v6[16] = {[15] = 1};

	return address_is_ipv4(address) ? address->byte[12] == 127
					: !memcmp(address->byte, v6, sizeof(v6));
}

/* IPv4 by its own kind of socket, so that 0.0.0.0 means that and no more. */
static socklen_t socket_name(const struct endpoint *endpoint, struct sockaddr_storage *name)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)name;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)name;

	memset(name, 0, sizeof(*name));
	if (address_is_ipv4(&endpoint->prefix)) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(endpoint->port_low);
		memcpy(&v4->sin_addr, endpoint->prefix.byte + 12, sizeof(v4->sin_addr));
		return sizeof(*v4);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(endpoint->port_low);
	memcpy(&v6->sin6_addr, endpoint->prefix.byte, sizeof(v6->sin6_addr));
	return sizeof(*v6);
}

/* A listening socket: its descriptor, or -errno. */
static int listen_on(const struct endpoint *endpoint)
{
	struct sockaddr_storage name;
	socklen_t len = socket_name(endpoint, &name);
	int fd = socket(name.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, room = SEND_BUFFER_BYTES, err;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (name.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (!bind(fd, (struct sockaddr *)&name, len) && !listen(fd, LISTEN_BACKLOG))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int start_daemon(struct http_server *server, int fd)
{
	const union MHD_DaemonInfo *info;
	int err;

	server->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, server,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)HTTP_CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		(unsigned)HTTP_CONNECTIONS_PER_IP, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)HTTP_IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)HTTP_CONNECTION_BYTES, MHD_OPTION_END);
	if (!server->daemon)
		return -EIO;
	info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return -EIO;
	err = sd_event_add_io(server->options.loop, &server->readable, info->epoll_fd, EPOLLIN,
			      on_readable, server);
	if (err >= 0)
		err = sd_event_add_time(server->options.loop, &server->timer, CLOCK_MONOTONIC, 0,
					10000, on_timeout, server);
	if (err >= 0)
		err = sd_event_source_set_enabled(server->timer, SD_EVENT_OFF);
	return err < 0 ? err : 0;
}

int http_server__new(const struct http_options *options, struct http_server **result, char *why,
		     size_t why_len)
{
	struct http_server *server = calloc(1, sizeof(*server));
	struct endpoint endpoint;
	const char *wrong = "";
	int fd, err;

	if (!server) {
		snprintf(why, why_len, "out of memory");
		return -ENOMEM;
	}
	server->options = *options;
	snprintf(server->host, sizeof(server->host), "%s", options->host);
	for (size_t i = 0; i < HTTP_LISTENERS_MAX; i++)
		server->listeners[i].server = server;
	err = parse_endpoint(options->listen, &endpoint, &wrong);
	if (err) {
		snprintf(why, why_len, "listen: \"%s\": %s", options->listen, wrong);
		goto out;
	}
	server->loopback = is_loopback(&endpoint.prefix);
	fd = listen_on(&endpoint);
	if (fd < 0) {
		err = fd;
		snprintf(why, why_len, "listen: %s: %s", options->listen, strerror(-err));
		goto out;
	}
	err = start_daemon(server, fd);
	if (err) {
		snprintf(why, why_len, "listen: %s: the HTTP server cannot be started",
			 options->listen);
		if (!server->daemon)
			close(fd);
		goto out;
	}
	*result = server;
	server = NULL;
out:
	http_server__free(server);
	return err;
}

void http_server__free(struct http_server *server)
{
	if (!server)
		return;
	server->stopping = true;
	for (size_t i = 0; i < HTTP_LISTENERS_MAX; i++) {
		if (server->listeners[i].suspended)
			MHD_resume_connection(server->listeners[i].connection);
		server->listeners[i].suspended = false;
	}
	sd_event_source_disable_unref(server->readable);
	sd_event_source_disable_unref(server->timer);
	if (server->daemon) {
		MHD_run(server->daemon);
		MHD_stop_daemon(server->daemon);
	}
	message__release(server->latest);
	free(server);
}

uint64_t http_server__refused(const struct http_server *server)
{
	return server->refused;
}
