/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libcurl says which sockets it waits for and until when; both become sources of the loop, and what
 * they report goes back to it.  Nothing here blocks: names are resolved in a thread of libcurl's.
 *
 * Certificates are verified, proxies are taken from the environment as everywhere, and what an
 * answer may cost is bounded.
 */
#include "tell/http_client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"

struct http_client {
	sd_event *loop;
	sd_event_source *timer;
	CURLM *multi;
	struct http_exchange *first;
};

struct http_exchange {
	struct http_client *client;
	struct http_exchange *next, **link;
	CURL *easy;
	struct curl_slist *headers;
	http_done *done;
	void *context;
	size_t len, read;
	char why[CURL_ERROR_SIZE];
	char body[HTTP_ANSWER_BYTES + 1];
};

static void drop(struct http_exchange *exchange)
{
	if (exchange->link) {
		*exchange->link = exchange->next;
		if (exchange->next)
			exchange->next->link = exchange->link;
		curl_multi_remove_handle(exchange->client->multi, exchange->easy);
	}
	curl_easy_cleanup(exchange->easy);
	curl_slist_free_all(exchange->headers);
	free(exchange);
}

/* ---- between libcurl and the loop --------------------------------------------------------- */

static void finish(struct http_exchange *exchange, CURLcode code)
{
	struct http_answer answer = {.whole = code == CURLE_OK, .body = "", .why = ""};
	curl_off_t later_s = 0;

	if (code == CURLE_OK) {
		exchange->body[exchange->len] = '\0';
		answer.body = exchange->body;
		curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &answer.status);
		curl_easy_getinfo(exchange->easy, CURLINFO_RETRY_AFTER, &later_s);
		answer.later_ms = later_s > 0 ? (uint64_t)later_s * 1000 : 0;
	} else {
		answer.why = exchange->why[0] ? exchange->why : curl_easy_strerror(code);
	}
	exchange->done(exchange->context, &answer);
	drop(exchange);
}

static void act(struct http_client *client, curl_socket_t fd, int events)
{
	CURLMsg *message;
	int left;

	curl_multi_socket_action(client->multi, fd, events, &left);
	while ((message = curl_multi_info_read(client->multi, &left))) {
		struct http_exchange *exchange = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
		finish(exchange, message->data.result);
	}
}

static int on_socket_ready(sd_event_source *source, int fd, uint32_t events, void *context)
{
	(void)source;
	act(context, fd,
	    (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		    (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0));
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t due_us, void *context)
{
	(void)source, (void)due_us;
	act(context, CURL_SOCKET_TIMEOUT, 0);
	return 0;
}

static int on_socket_wanted(CURL *easy, curl_socket_t fd, int what, void *context, void *assigned)
{
	struct http_client *client = context;
	sd_event_source *source = assigned;
	uint32_t events =
		(what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		sd_event_source_disable_unref(source);
		return 0;
	}
	if (source)
		return sd_event_source_set_io_events(source, events) < 0 ? -1 : 0;
	if (sd_event_add_io(client->loop, &source, fd, events, on_socket_ready, client) < 0)
		return -1;
	curl_multi_assign(client->multi, fd, source);
	return 0;
}

static int on_timer_wanted(CURLM *multi, long timeout_ms, void *context)
{
	struct http_client *client = context;

	(void)multi;
	if (timeout_ms < 0)
		return sd_event_source_set_enabled(client->timer, SD_EVENT_OFF) < 0 ? -1 : 0;
	if (sd_event_source_set_time(client->timer,
				     clock_monotonic_ns() / 1000 + (uint64_t)timeout_ms * 1000) < 0)
		return -1;
	return sd_event_source_set_enabled(client->timer, SD_EVENT_ONESHOT) < 0 ? -1 : 0;
}

struct http_client *http_client__new(sd_event *loop)
{
	struct http_client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->loop = sd_event_ref(loop);
	/* It counts how often it was called; each client ends what it began. */
	if (curl_global_init(CURL_GLOBAL_DEFAULT)) {
		sd_event_unref(loop);
		free(client);
		errno = ENOMEM;
		return NULL;
	}
	client->multi = curl_multi_init();
	if (!client->multi || sd_event_add_time(loop, &client->timer, CLOCK_MONOTONIC, UINT64_MAX,
						1000, on_timer, client) < 0) {
		http_client__free(client);
		errno = ENOMEM;
		return NULL;
	}
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
	curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
	curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
	curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, 16L);
	return client;
}

void http_client__free(struct http_client *client)
{
	if (!client)
		return;
	while (client->first)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): drop() takes it out of the list. */
		drop(client->first);
	curl_multi_cleanup(client->multi);
	sd_event_source_disable_unref(client->timer);
	sd_event_unref(client->loop);
	curl_global_cleanup();
	free(client);
}

/* ---- one request -------------------------------------------------------------------------- */

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
	struct http_exchange *exchange = context;
	size_t len = size * count, room = HTTP_ANSWER_BYTES - exchange->len;

	exchange->read += len;
	if (exchange->read > HTTP_READ_BYTES)
		return 0;
	memcpy(exchange->body + exchange->len, data, len < room ? len : room);
	exchange->len += len < room ? len : room;
	return len;
}

static int add_headers(struct http_exchange *exchange, const struct http_request *request)
{
	static const char *const none[] = {NULL};
	struct curl_slist *longer;

	/* Else libcurl asks first whether a long body is welcome, and waits. */
	exchange->headers = curl_slist_append(NULL, "Expect:");
	for (const char *const *line = request->headers ? request->headers : none;
	     exchange->headers && *line; line++) {
		longer = curl_slist_append(exchange->headers, *line);
		if (!longer)
			return -ENOMEM;
		exchange->headers = longer;
	}
	return exchange->headers ? 0 : -ENOMEM;
}

static int limit_protocols(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	return curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
}

static int set_up(struct http_exchange *exchange, const struct http_request *request)
{
	CURL *easy = exchange->easy;
	int bad = limit_protocols(easy);

	bad |= curl_easy_setopt(easy, CURLOPT_URL, request->url);
	bad |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)request->len);
	bad |= curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request->body);
	bad |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange->headers);
	bad |= curl_easy_setopt(easy, CURLOPT_USERAGENT, "faultline/" FAULTLINE_VERSION);
	bad |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	bad |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	bad |= curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	bad |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	bad |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)HTTP_CONNECT_MS);
	bad |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)HTTP_TOTAL_MS);
	bad |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	bad |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
	bad |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->why);
	bad |= curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
	return bad ? -ENOMEM : 0;
}

int http_client__post(struct http_client *client, const struct http_request *request,
		      http_done *done, void *context, struct http_exchange **exchange)
{
	struct http_exchange *new = calloc(1, sizeof(*new));
	int err = -ENOMEM;

	if (!new)
		return err;
	new->client = client;
	new->done = done;
	new->context = context;
	new->easy = curl_easy_init();
	if (!new->easy)
		goto out;
	err = add_headers(new, request);
	if (!err)
		err = set_up(new, request);
	if (err)
		goto out;
	/* Begins with the timer, which libcurl asks for in here. */
	if (curl_multi_add_handle(client->multi, new->easy)) {
		err = -ENOMEM;
		goto out;
	}
	new->next = client->first;
	new->link = &client->first;
	if (client->first)
		client->first->link = &new->next;
	client->first = new;
	*exchange = new;
	new = NULL;
out:
	if (new)
		drop(new);
	return err;
}

void http_exchange__cancel(struct http_exchange *exchange)
{
	drop(exchange);
}
