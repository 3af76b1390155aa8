/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small HTTP server on the event loop: routes that answer at once, and one stream of events.
 */
#ifndef FAULTLINE_HTTP_SERVER_H
#define FAULTLINE_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

struct http_server;
struct http_request;

#define HTTP_CONNECTIONS_MAX	64
#define HTTP_CONNECTIONS_PER_IP 16
#define HTTP_LISTENERS_MAX	16 /* of the stream */
#define HTTP_IDLE_SECONDS	15
#define HTTP_CONNECTION_BYTES	(24 * 1024) /* a request with its headers fits, or is refused */
#define HTTP_STREAM_PATH	"/api/events"

/* What a route answers. */
struct http_reply {
	int status;	  /* 200 unless set */
	const char *type; /* content type; "application/json" unless set */
	const char *body;
	size_t len;
	bool owned; /* the body is freed after it was sent */
};

/*
 * Answers one request.  0, or -errno: then the client gets 500 and nothing else.
 */
typedef int http_handler(void *context, const struct http_request *request,
			 struct http_reply *reply);

struct http_route {
	const char *path; /* "/metrics"; one that ends in a slash takes all below it */
	http_handler *answer;
};

/* What stands behind the route's path: "ID" of "/api/incidents/ID"; "" nothing. */
const char *http_request__rest(const struct http_request *request);
/* An argument of the query, decoded; NULL when it is not given. */
const char *http_request__argument(const struct http_request *request, const char *name);

/* Does the client say that it takes this content type? */
bool http_request__takes(const struct http_request *request, const char *type);

struct http_options {
	sd_event *loop;
	const char *listen;		 /* address and port for parse_endpoint() */
	const char *host;		 /* a name of this host, by which it may be asked */
	const struct http_route *routes; /* must stay */
	size_t route_count;
	void *context; /* of the routes */
};

/* 0; -EINVAL for an address that is none, or what socket(), bind() or listen() said, with @why. */
int http_server__new(const struct http_options *options, struct http_server **server, char *why,
		     size_t why_len);
void http_server__free(struct http_server *server);

/* How many clients listen to the stream: without any, nobody need make a message. */
size_t http_server__listeners(const struct http_server *server);

/*
 * Sends a message to every listener of the stream; @data is one line, copied.  Who is still
 * busy with an earlier one gets the newest when he is done, and misses those between: each message
 * has to be a whole state.
 */
void http_server__publish(struct http_server *server, const char *event, const char *data);

/* Requests that were turned away: too many, too large, not understood. */
uint64_t http_server__refused(const struct http_server *server);

#endif
