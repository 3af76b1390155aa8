/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HTTP requests on the event loop: libcurl does the protocol, the loop does the waiting.
 */
#ifndef FAULTLINE_HTTP_CLIENT_H
#define FAULTLINE_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define HTTP_CONNECT_MS	  5000
#define HTTP_TOTAL_MS	  15000
#define HTTP_ANSWER_BYTES 16384	  /* kept of an answer */
#define HTTP_READ_BYTES	  1048576 /* read of it; one that is longer is broken off */

struct http_client;
struct http_exchange;

struct http_request {
	const char *url;	    /* http or https; redirects are not followed */
	const char *const *headers; /* lines, ends with NULL */
	const char *body;
	size_t len;
};

struct http_answer {
	bool whole;	   /* an answer came, to its end; else only @why is set */
	long status;	   /* 200 */
	const char *body;  /* its beginning, ends with zero; "" none */
	uint64_t later_ms; /* Retry-After; 0 none */
	const char *why;   /* what went wrong, a sentence part; "" */
};

/* The answer is valid during the call, in which new requests may be sent. */
typedef void http_done(void *context, const struct http_answer *answer);

/* NULL with errno. */
struct http_client *http_client__new(sd_event *loop);

/* Requests that are under way end without a word. */
void http_client__free(struct http_client *client);

/*
 * Sends a POST; everything is copied.  @done is called once, never from within this call.  0 or
 * -errno, and then it is not called.
 */
int http_client__post(struct http_client *client, const struct http_request *request,
		      http_done *done, void *context, struct http_exchange **exchange);

/* Ends it without a word. */
void http_exchange__cancel(struct http_exchange *exchange);

#endif
