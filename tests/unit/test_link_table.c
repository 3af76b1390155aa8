/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Folding, exact totals, bounds and reload of the link table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hist_set.h"
#include "sense/link_table.h"

#define OWN_NETNS  1000
#define MANY_LINKS 1000
#define MANY_PEERS 100000

static struct endpoint endpoint(const char *text)
{
	struct endpoint endpoint;
	const char *why = "";

	if (parse_endpoint(text, &endpoint, &why))
		fail_msg("%s: %s", text, why);
	return endpoint;
}

static struct peer_key outgoing(const char *address, uint16_t port, const char *comm)
{
	struct peer_key key = {.netns = OWN_NETNS, .port = port, .direction = PEER_OUTGOING};
	struct address parsed;

	assert_int_equal(parse_address(address, &parsed), 0);
	memcpy(key.address, parsed.byte, sizeof(key.address));
	memcpy(key.comm, comm, strnlen(comm, PEER_COMM_LEN - 1));
	return key;
}

static struct peer_key incoming(uint16_t port, const char *comm)
{
	struct peer_key key = {.netns = OWN_NETNS, .port = port, .direction = PEER_INCOMING};

	memcpy(key.comm, comm, strnlen(comm, PEER_COMM_LEN - 1));
	return key;
}

static struct peer counted(enum peer_counter counter, uint64_t value)
{
	struct peer peer = {.first_seen_ns = 10, .last_seen_ns = 20};

	peer.counter[counter] = value;
	return peer;
}

static const char *netns_name(void *context, uint32_t netns)
{
	(void)context;
	return netns == OWN_NETNS ? NULL : "web";
}

struct calls {
	unsigned count;
	unsigned without_remote;
};

static enum link_kind kind_of(void *context, const struct peer_key *key,
			      const struct address *remote)
{
	struct calls *calls = context;

	(void)key;
	calls->count++;
	if (address_is_unspecified(remote)) {
		calls->without_remote++;
		return LINK_EXTERNAL;
	}
	return remote->byte[12] == 10 ? LINK_INTERNAL : LINK_EXTERNAL;
}

static struct calls calls;
static const struct link_classifier classifier = {
	.kind_of = kind_of, .netns_name = netns_name, .context = &calls};
static const struct config no_links;

static size_t index_of(const struct link_table *table, const char *name)
{
	for (size_t i = 0; i < link_table__count(table); i++) {
		if (strcmp(link_table__at(table, i).name, name) == 0)
			return i;
	}
	fail_msg("no link named %s", name);
	return 0;
}

static uint64_t total_of(const struct link_table *table, const char *name,
			 enum peer_counter counter)
{
	return link_table__at(table, index_of(table, name)).total->counter[counter];
}

static uint64_t total_of_all(const struct link_table *table, enum peer_counter counter)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < link_table__count(table); i++)
		sum += link_table__at(table, i).total->counter[counter];
	return sum;
}

static void assert_link(struct link_table *table, struct peer_key key, const char *name)
{
	struct peer peer = counted(PEER_SEGMENTS_OUT, 1);

	assert_int_equal(link_table__update(table, &key, &peer), 0);
	assert_string_equal(link_table__name_of(table, &key), name);
}

static void the_best_declaration_wins(void **state)
{
	struct endpoint all[] = {endpoint("203.0.113.0/24")};
	struct endpoint range[] = {endpoint("203.0.113.0/24:7000-7999")};
	struct endpoint port[] = {endpoint("203.0.113.0/24:7001")};
	struct endpoint host[] = {endpoint("203.0.113.10"), endpoint("[2001:db8::]/64:443")};
	uint16_t customers[] = {8080};
	struct config_link links[] = {
		{.name = "all", .endpoints = all, .endpoint_count = 1},
		{.name = "range", .endpoints = range, .endpoint_count = 1},
		{.name = "port-late", .endpoints = port, .endpoint_count = 1},
		{.name = "port-by-process",
		 .endpoints = port,
		 .endpoint_count = 1,
		 .process = "a-very-long-command-name"},
		{.name = "port-later", .endpoints = port, .endpoint_count = 1},
		{.name = "host", .endpoints = host, .endpoint_count = 2, .process = "mymate"},
		{.name = "customers", .local_ports = customers, .local_port_count = 1},
		{.name = "customers-nginx",
		 .local_ports = customers,
		 .local_port_count = 1,
		 .process = "nginx"},
	};
	struct config config = {.links = links, .link_count = 8};
	struct link_table *table = link_table__new(&config, &classifier, 100);
	struct link_view view;

	(void)state;
	assert_non_null(table);
	assert_link(table, outgoing("203.0.113.7", 80, "x"), "all");
	assert_link(table, outgoing("203.0.113.7", 7500, "x"), "range");
	assert_link(table, outgoing("203.0.113.7", 7001, "x"), "port-late");
	assert_link(table, outgoing("203.0.113.7", 7001, "a-very-long-command-name"),
		    "port-by-process");
	assert_link(table, outgoing("203.0.113.10", 7001, "mymate"), "host");
	assert_link(table, outgoing("203.0.113.10", 7001, "x"), "port-late");
	assert_link(table, outgoing("2001:db8::7", 443, "mymate"), "host");
	assert_link(table, outgoing("2001:db8::7", 443, "other"), "[2001:db8::7]:443");
	assert_link(table, incoming(8080, "apache"), "customers");
	assert_link(table, incoming(8080, "nginx"), "customers-nginx");
	assert_link(table, outgoing("198.51.100.1", 8080, "nginx"), "198.51.100.1:8080");
	/* In the order of declaration, then by name; declared ones also without a peer. */
	assert_string_equal(link_table__at(table, 4).name, "port-later");
	view = link_table__at(table, 4);
	assert_false(view.observed);
	assert_true(view.declared);
	assert_ptr_equal(view.config, &links[4]);
	assert_string_equal(link_table__at(table, 8).name, "198.51.100.1:8080");
	assert_string_equal(link_table__at(table, 9).name, "[2001:db8::7]:443");
	assert_int_equal(link_table__count(table), 10);
	link_table__free(table);
}

static void discoveries_are_named_by_where_they_go(void **state)
{
	struct link_table *table = link_table__new(&no_links, &classifier, 100);
	struct peer_key key, other_netns = outgoing("192.0.2.1", 443, "curl");
	struct peer peer = counted(PEER_BYTES_IN, 5);

	(void)state;
	calls = (struct calls){0};
	assert_link(table, outgoing("192.0.2.1", 443, "curl"), "192.0.2.1:443");
	assert_link(table, outgoing("192.0.2.1", 443, "wget"), "192.0.2.1:443");
	assert_int_equal(calls.count, 1);
	assert_int_equal(link_table__at(table, 0).peer_count, 2);
	assert_int_equal(total_of(table, "192.0.2.1:443", PEER_SEGMENTS_OUT), 2);
	other_netns.netns = 4711;
	assert_link(table, other_netns, "192.0.2.1:443@web");
	assert_link(table, outgoing("10.0.0.1", 5432, "app"), "10.0.0.1:5432");
	assert_int_equal(link_table__at(table, index_of(table, "10.0.0.1:5432")).kind,
			 LINK_INTERNAL);
	/* An incoming link is classified again once a customer's address is known. */
	calls = (struct calls){0};
	assert_link(table, incoming(8080, "nginx"), ":8080");
	assert_int_equal(calls.without_remote, 1);
	key = incoming(8080, "nginx");
	peer.remote[10] = peer.remote[11] = 0xff;
	peer.remote[12] = 10;
	assert_int_equal(link_table__update(table, &key, &peer), 0);
	assert_int_equal(link_table__at(table, index_of(table, ":8080")).kind, LINK_INTERNAL);
	peer.counter[PEER_BYTES_IN]++;
	assert_int_equal(link_table__update(table, &key, &peer), 0);
	assert_int_equal(calls.count, 2);
	link_table__free(table);
}

static void a_name_is_never_shared_with_a_declaration(void **state)
{
	struct endpoint far[] = {endpoint("198.51.100.1:1")};
	struct config_link links[] = {
		{.name = "192.0.2.1:443", .endpoints = far, .endpoint_count = 1},
		{.name = "others", .endpoints = far, .endpoint_count = 1},
	};
	struct config config = {.links = links, .link_count = 2};
	struct link_table *table = link_table__new(&config, NULL, 4);

	(void)state;
	assert_link(table, outgoing("192.0.2.1", 443, "x"), "192.0.2.1:443 (undeclared)");
	assert_link(table, outgoing("192.0.2.1", 443, "y"), "192.0.2.1:443 (undeclared)");
	assert_link(table, outgoing("192.0.2.2", 443, "x"), "others (undeclared)");
	assert_int_equal(link_table__count(table), 4);
	link_table__free(table);
}

/* Counters change between two looks at the sockets; what waits in them is of the last look. */
static void gauges_are_added_once_for_each_census(void **state)
{
	struct link_table *table = link_table__new(&no_links, &classifier, 10);
	struct peer_key a = outgoing("192.0.2.1", 1, "a"), b = outgoing("192.0.2.1", 1, "b");
	struct peer peer = counted(PEER_RETRANS_FAST, 1);

	(void)state;
	peer.census = 4;
	peer.unacked_bytes = 3;
	assert_int_equal(link_table__update(table, &a, &peer), 0);
	for (unsigned i = 2; i < 6; i++) {
		peer.counter[PEER_RETRANS_FAST] = i;
		assert_int_equal(link_table__update(table, &a, &peer), 0);
	}
	assert_int_equal(link_table__at(table, 0).total->unacked_bytes, 3);
	assert_int_equal(link_table__update(table, &b, &peer), 0);
	assert_int_equal(link_table__at(table, 0).total->unacked_bytes, 6);
	peer.census = 5;
	peer.unacked_bytes = 1;
	assert_int_equal(link_table__update(table, &a, &peer), 0);
	assert_int_equal(link_table__at(table, 0).total->unacked_bytes, 1);
	link_table__free(table);
}

static void totals_are_exact_and_never_go_back(void **state)
{
	struct link_table *table = link_table__new(&no_links, &classifier, 10);
	struct peer_key a = outgoing("192.0.2.1", 1, "a"), b = outgoing("192.0.2.1", 1, "b");
	struct peer peer = counted(PEER_RETRANS_FAST, 7);
	struct link_view view;

	(void)state;
	peer.reset_reason[19] = 2;
	peer.owner_tgid = 100;
	peer.last_data_ns = 15;
	assert_int_equal(link_table__update(table, &a, &peer), 0);
	assert_int_equal(link_table__update(table, &a, &peer), 0);
	assert_int_equal(total_of(table, "192.0.2.1:1", PEER_RETRANS_FAST), 7);
	peer.counter[PEER_RETRANS_FAST] = 9;
	peer.last_seen_ns = 30;
	peer.owner_tgid = 200;
	peer.srtt_us = 55;
	assert_int_equal(link_table__update(table, &b, &peer), 0);
	assert_int_equal(total_of(table, "192.0.2.1:1", PEER_RETRANS_FAST), 16);
	view = link_table__at(table, 0);
	assert_int_equal(view.total->reset_reason[19], 4);
	assert_int_equal(view.total->owner_tgid, 200);
	assert_int_equal(view.total->srtt_us, 55);
	assert_int_equal(view.total->last_data_ns, 15);
	assert_int_equal(view.total->first_seen_ns, 10);
	link_table__retire(table, &a);
	link_table__retire(table, &a);
	assert_null(link_table__name_of(table, &a));
	assert_int_equal(total_of(table, "192.0.2.1:1", PEER_RETRANS_FAST), 16);
	/* The retired peer comes back and counts from nought. */
	peer = counted(PEER_RETRANS_FAST, 1);
	assert_int_equal(link_table__update(table, &a, &peer), 0);
	assert_int_equal(total_of(table, "192.0.2.1:1", PEER_RETRANS_FAST), 17);
	/* A counter that goes back is one that began anew. */
	peer = counted(PEER_RETRANS_FAST, 2);
	assert_int_equal(link_table__update(table, &b, &peer), 0);
	assert_int_equal(total_of(table, "192.0.2.1:1", PEER_RETRANS_FAST), 19);
	/* So is an entry first seen later, even when it has counted further already. */
	peer = counted(PEER_RETRANS_FAST, 5);
	peer.first_seen_ns = 11;
	assert_int_equal(link_table__update(table, &b, &peer), 0);
	assert_int_equal(total_of(table, "192.0.2.1:1", PEER_RETRANS_FAST), 24);
	assert_int_equal(link_table__at(table, 0).peer_count, 2);
	assert_int_equal(link_table__peers(table), 2);
	link_table__free(table);
	link_table__free(NULL);
}

static void histograms_of_peers_add_up(void **state)
{
	struct link_table *table = link_table__new(&no_links, &classifier, 10);
	struct hist_key a = {.peer = outgoing("192.0.2.1", 1, "a"), .operation = HIST_SEND};
	struct hist_key b = {.peer = outgoing("192.0.2.1", 1, "b"), .operation = HIST_SEND};
	struct hist_key wrong = {.peer = a.peer, .operation = HIST_OPERATION_COUNT};
	struct hist hist = {.count = 3, .sum_ns = 30000, .max_ns = 12000};
	const struct hist *total;

	(void)state;
	hist.bucket[hist_bucket(10000)] = 3;
	assert_int_equal(link_table__update_hist(table, &a, &hist), 0);
	assert_int_equal(link_table__update_hist(table, &a, &hist), 0);
	assert_int_equal(link_table__update_hist(table, &b, &hist), 0);
	assert_int_equal(link_table__update_hist(table, &wrong, &hist), -EINVAL);
	hist.count++;
	hist.bucket[hist_bucket(40000)]++;
	hist.max_ns = 40000;
	assert_int_equal(link_table__update_hist(table, &b, &hist), 0);
	total = hist_set__at(link_table__at(table, 0).hists, HIST_SEND);
	assert_non_null(total);
	assert_int_equal(total->count, 7);
	assert_int_equal(total->max_ns, 40000);
	assert_int_equal(hist_samples(total), 7);
	link_table__retire(table, &a.peer);
	assert_int_equal(hist_set__at(link_table__at(table, 0).hists, HIST_SEND)->count, 7);
	assert_null(hist_set__at(link_table__at(table, 0).hists, HIST_RTT));
	link_table__free(table);
}

static void the_kernels_overflow_peers_are_others(void **state)
{
	struct link_table *table = link_table__new(&no_links, &classifier, 10);
	struct peer_key out = {.netns = OWN_NETNS, .direction = PEER_OUTGOING};
	struct peer_key in = {.netns = OWN_NETNS, .direction = PEER_INCOMING};

	(void)state;
	assert_link(table, out, "others");
	assert_link(table, in, "others");
	assert_int_equal(total_of(table, "others", PEER_SEGMENTS_OUT), 2);
	assert_int_equal(link_table__overflowed(table), 0);
	link_table__free(table);
}

static void a_reload_keeps_every_count(void **state)
{
	struct endpoint first[] = {endpoint("192.0.2.0/24")}, second[] = {endpoint("192.0.2.1")};
	struct config_link before[] = {
		{.name = "kept", .endpoints = first, .endpoint_count = 1},
		{.name = "unused", .endpoints = second, .endpoint_count = 1, .process = "nobody"},
	};
	struct config_link after[] = {
		{.name = "new", .endpoints = second, .endpoint_count = 1, .kind = LINK_INFRA},
		{.name = "198.51.100.1:1",
		 .endpoints = second,
		 .endpoint_count = 1,
		 .process = "z"},
	};
	struct config config_before = {.links = before, .link_count = 2};
	struct config config_after = {.links = after, .link_count = 2};
	struct link_table *table = link_table__new(&config_before, &classifier, 10);
	struct peer_key one = outgoing("192.0.2.1", 1, "a"), two = outgoing("192.0.2.2", 1, "a");
	struct peer_key three = outgoing("198.51.100.1", 1, "a");
	struct hist_key one_send = {.peer = one, .operation = HIST_SEND};
	struct hist hist = {.count = 1, .max_ns = 5000, .sum_ns = 5000};
	struct peer peer = counted(PEER_BYTES_OUT, 100);

	(void)state;
	hist.bucket[hist_bucket(5000)] = 1;
	assert_int_equal(link_table__update(table, &one, &peer), 0);
	assert_int_equal(link_table__update(table, &two, &peer), 0);
	assert_int_equal(link_table__update(table, &three, &peer), 0);
	assert_int_equal(link_table__update_hist(table, &one_send, &hist), 0);
	assert_int_equal(total_of(table, "kept", PEER_BYTES_OUT), 200);

	assert_int_equal(link_table__rebind(table, &config_after), 0);
	assert_string_equal(link_table__name_of(table, &one), "new");
	assert_string_equal(link_table__name_of(table, &two), "192.0.2.2:1");
	assert_string_equal(link_table__name_of(table, &three), "198.51.100.1:1 (undeclared)");
	/* A link that was never used goes without a trace. */
	for (size_t i = 0; i < link_table__count(table); i++)
		assert_string_not_equal(link_table__at(table, i).name, "unused");
	assert_int_equal(total_of(table, "kept", PEER_BYTES_OUT), 200);
	assert_false(link_table__at(table, index_of(table, "kept")).declared);
	assert_int_equal(total_of(table, "198.51.100.1:1", PEER_BYTES_OUT), 100);
	assert_int_equal(total_of(table, "new", PEER_BYTES_OUT), 0);

	peer.counter[PEER_BYTES_OUT] = 130;
	hist.count = 2;
	hist.bucket[hist_bucket(5000)] = 2;
	assert_int_equal(link_table__update(table, &one, &peer), 0);
	assert_int_equal(link_table__update_hist(table, &one_send, &hist), 0);
	assert_int_equal(total_of(table, "new", PEER_BYTES_OUT), 30);
	assert_int_equal(total_of_all(table, PEER_BYTES_OUT), 330);
	assert_int_equal(
		hist_set__at(link_table__at(table, index_of(table, "new")).hists, HIST_SEND)->count,
		1);
	assert_int_equal(
		hist_set__at(link_table__at(table, index_of(table, "kept")).hists, HIST_SEND)
			->count,
		1);

	/* Back again: the counts are where they were. */
	assert_int_equal(link_table__rebind(table, &config_before), 0);
	assert_int_equal(total_of(table, "kept", PEER_BYTES_OUT), 200);
	assert_true(link_table__at(table, index_of(table, "kept")).declared);
	assert_int_equal(link_table__at(table, index_of(table, "kept")).peer_count, 2);
	assert_int_equal(total_of_all(table, PEER_BYTES_OUT), 330);
	link_table__free(table);
}

static void a_reload_without_room_folds_into_others(void **state)
{
	struct endpoint all[] = {endpoint("0.0.0.0/0")};
	struct config_link links[] = {{.name = "all", .endpoints = all, .endpoint_count = 1}};
	struct config config = {.links = links, .link_count = 1};
	struct link_table *table = link_table__new(&no_links, &classifier, 4);
	char address[ADDRESS_TEXT_LEN];

	(void)state;
	for (unsigned i = 0; i < 9; i++) {
		struct peer_key key;
		struct peer peer = counted(PEER_BYTES_OUT, 1ULL << i);

		snprintf(address, sizeof(address), "192.0.2.%u", i + 1);
		key = outgoing(address, 1, "a");
		assert_int_equal(link_table__update(table, &key, &peer), 0);
	}
	assert_int_equal(link_table__count(table), 4);
	assert_int_equal(link_table__overflowed(table), 6);
	assert_int_equal(total_of_all(table, PEER_BYTES_OUT), 511);
	assert_int_equal(link_table__rebind(table, &config), 0);
	assert_int_equal(link_table__count(table), 4);
	assert_int_equal(link_table__at(table, 0).peer_count, 9);
	assert_int_equal(total_of_all(table, PEER_BYTES_OUT), 511);
	assert_int_equal(total_of(table, "all", PEER_BYTES_OUT), 0);
	assert_int_equal(total_of(table, "others", PEER_BYTES_OUT), 511 - 3);
	link_table__free(table);
}

/* Peers come and go in waves as large as the kernel's table, with a link for one in a hundred. */
static void many_peers_stay_bounded_and_exact(void **state)
{
	struct link_table *table = link_table__new(&no_links, &classifier, MANY_LINKS);
	struct peer_key *keys = calloc(PEERS_MAX, sizeof(*keys));
	size_t before = mallinfo2().uordblks, peak = 0;
	uint64_t segments = 0, before_total = 0;
	struct hist hist = {0};

	(void)state;
	assert_non_null(table);
	assert_non_null(keys);
	for (unsigned n = 0; n < MANY_PEERS; n++) {
		struct peer_key *key = &keys[n % PEERS_MAX];
		struct peer peer = counted(PEER_SEGMENTS_OUT, n % 7 + 1);
		struct hist_key send = {.operation = HIST_SEND};

		if (n >= PEERS_MAX)
			link_table__retire(table, key);
		*key = (struct peer_key){.netns = OWN_NETNS,
					 .port = (uint16_t)(n % 50000 + 1),
					 .address = {[10] = 0xff, 0xff, 203, 0, 113, 1}};
		snprintf(key->comm, sizeof(key->comm), "p%u", n);
		assert_int_equal(link_table__update(table, key, &peer), 0);
		peer.counter[PEER_SEGMENTS_OUT] += 2;
		assert_int_equal(link_table__update(table, key, &peer), 0);
		segments += peer.counter[PEER_SEGMENTS_OUT];
		send.peer = *key;
		hist.count = hist.bucket[n % HIST_BUCKETS] = 1;
		hist.sum_ns = n;
		assert_int_equal(link_table__update_hist(table, &send, &hist), 0);
		hist.bucket[n % HIST_BUCKETS] = 0;
		if (n % 10000)
			continue;
		assert_true(total_of_all(table, PEER_SEGMENTS_OUT) > before_total);
		before_total = total_of_all(table, PEER_SEGMENTS_OUT);
		if (mallinfo2().uordblks > peak)
			peak = mallinfo2().uordblks;
	}
	assert_true(total_of_all(table, PEER_SEGMENTS_OUT) == segments);
	assert_int_equal(link_table__count(table), MANY_LINKS);
	assert_int_equal(link_table__peers(table), PEERS_MAX);
	assert_int_equal(link_table__overflowed(table), MANY_PEERS - 2 * (MANY_LINKS - 1));
	print_message("peak %zu KiB\n", (peak - before) / 1024);
	assert_true(peak - before < 12 * 1024 * 1024);
	free(keys);
	link_table__free(table);
}

static void more_live_peers_than_the_kernel_can_hold_are_refused(void **state)
{
	struct link_table *table = link_table__new(&no_links, &classifier, 2);
	struct peer peer = counted(PEER_SEGMENTS_OUT, 1);
	struct peer_key key = incoming(0, "x");

	(void)state;
	for (unsigned i = 0; i < LINK_TABLE_PEERS_MAX; i++) {
		key.port = (uint16_t)(i + 1);
		assert_int_equal(link_table__update(table, &key, &peer), 0);
	}
	key.port = 65535;
	assert_int_equal(link_table__update(table, &key, &peer), -ENOSPC);
	assert_int_equal(link_table__refused(table), 1);
	assert_int_equal(total_of_all(table, PEER_SEGMENTS_OUT), LINK_TABLE_PEERS_MAX);
	key.port = 1;
	link_table__retire(table, &key);
	key.port = 65535;
	assert_int_equal(link_table__update(table, &key, &peer), 0);
	link_table__free(table);
}

/*
 * A scan fills the kernel's table of peers, and the histograms of those that found it full come
 * under other names; their counts come under no address.  All of it has room, nothing is refused.
 */
static void all_that_the_kernel_holds_fits(void **state)
{
	struct link_table *table = link_table__new(&no_links, &classifier, 2);
	struct peer peer = counted(PEER_CONNECT_REFUSED, 1), others = peer;
	struct hist_key orphan = {.operation = HIST_CONNECT};
	struct hist hist = {.count = 1, .sum_ns = 5};

	(void)state;
	hist.bucket[3] = 1;
	for (unsigned i = 0; i < HISTS_MAX; i++) {
		orphan.peer = outgoing("203.0.113.1", (uint16_t)(i + 1), "scan");
		assert_int_equal(link_table__update_hist(table, &orphan, &hist), 0);
		assert_true(link_table__only_hists(table, &orphan.peer));
	}
	for (unsigned i = 0; i < PEERS_MAX; i++) {
		struct peer_key key = outgoing("203.0.113.2", (uint16_t)(i + 1), "scan");

		assert_false(link_table__only_hists(table, &key));
		assert_int_equal(link_table__update(table, &key, &peer), 0);
		assert_false(link_table__only_hists(table, &key));
	}
	for (uint32_t direction = 0; direction < 2; direction++) {
		struct peer_key key = {.direction = direction};

		others.counter[PEER_CONNECT_REFUSED] = 1000;
		assert_int_equal(link_table__update(table, &key, &others), 0);
	}
	assert_int_equal(link_table__refused(table), 0);
	assert_int_equal(total_of_all(table, PEER_CONNECT_REFUSED), PEERS_MAX + 2000);
	/* The orphans leave, and make room for as many; no total goes back. */
	for (unsigned i = 0; i < HISTS_MAX; i++) {
		orphan.peer = outgoing("203.0.113.1", (uint16_t)(i + 1), "scan");
		link_table__retire(table, &orphan.peer);
		orphan.peer = outgoing("203.0.113.3", (uint16_t)(i + 1), "scan");
		assert_int_equal(link_table__update(table, &orphan.peer, &peer), 0);
	}
	assert_int_equal(link_table__refused(table), 0);
	assert_int_equal(total_of_all(table, PEER_CONNECT_REFUSED), PEERS_MAX + 2000 + HISTS_MAX);
	link_table__free(table);
}

static void count_peer(void *context, const struct peer_key *key, const struct peer *peer)
{
	uint64_t *sum = context;

	*sum += key->port * peer->counter[PEER_SEGMENTS_OUT];
}

static void each_live_peer_is_visited(void **state)
{
	struct link_table *table = link_table__new(&no_links, &classifier, 1);
	uint64_t sum = 0;

	(void)state;
	for (uint16_t port = 1; port <= 5; port++)
		assert_link(table, outgoing("192.0.2.1", port, "x"), "others");
	for (uint16_t port = 1; port <= 5; port += 2) {
		struct peer_key key = outgoing("192.0.2.1", port, "x");

		link_table__retire(table, &key);
	}
	link_table__each_peer(table, 0, count_peer, &sum);
	assert_int_equal(sum, 2 + 4);
	link_table__free(table);
}

/* ---- namespaces that come and go ---------------------------------------------------------- */

static const char *numbered_netns(void *context, uint32_t netns)
{
	static char name[16];

	(void)context;
	snprintf(name, sizeof(name), "pid:%u", netns);
	return netns == OWN_NETNS ? NULL : name;
}

static bool is_gone(void *context, uint32_t netns)
{
	(void)context;
	return netns > OWN_NETNS + 1;
}

static uint64_t sum_of(const struct link_table *table, enum peer_counter counter)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < link_table__count(table); i++)
		sum += link_table__at(table, i).total->counter[counter];
	return sum;
}

static void links_of_a_namespace_that_is_gone_leave_and_no_sum_goes_back(void **state)
{
	static const struct link_classifier numbered = {
		.kind_of = kind_of, .netns_name = numbered_netns, .context = &calls};
	const uint64_t minute_ns = 60000000000ull;
	struct link_table *table = link_table__new(&no_links, &numbered, 1024);
	struct peer peer = counted(PEER_SEGMENTS_OUT, 3);
	struct peer_key key = incoming(80, "nginx");
	uint64_t now_ns = minute_ns;

	(void)state;
	/* Our own, one whose namespace stays without a peer, and one whose peer stays. */
	assert_int_equal(link_table__update(table, &key, &peer), 0);
	link_table__retire(table, &key);
	key.netns = OWN_NETNS + 1;
	assert_int_equal(link_table__update(table, &key, &peer), 0);
	link_table__retire(table, &key);
	key.netns = OWN_NETNS + 2;
	assert_int_equal(link_table__update(table, &key, &peer), 0);
	for (unsigned i = 0; i < 5000; i++) {
		key.netns = OWN_NETNS + 3 + i;
		assert_int_equal(link_table__update(table, &key, &peer), 0);
		link_table__forget(table, is_gone, NULL, now_ns);
		link_table__retire(table, &key);
		link_table__forget(table, is_gone, NULL, now_ns += minute_ns / 2);
		link_table__forget(table, is_gone, NULL, now_ns += minute_ns / 2);
		link_table__forget(table, is_gone, NULL, now_ns += minute_ns / 2);
		assert_int_equal(link_table__count(table), 4);
		assert_int_equal(sum_of(table, PEER_SEGMENTS_OUT), 3 * (i + 4));
	}
	assert_int_equal(link_table__overflowed(table), 0);
	assert_int_equal(link_table__peers(table), 1);
	link_table__free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_best_declaration_wins),
		cmocka_unit_test(discoveries_are_named_by_where_they_go),
		cmocka_unit_test(a_name_is_never_shared_with_a_declaration),
		cmocka_unit_test(gauges_are_added_once_for_each_census),
		cmocka_unit_test(totals_are_exact_and_never_go_back),
		cmocka_unit_test(histograms_of_peers_add_up),
		cmocka_unit_test(the_kernels_overflow_peers_are_others),
		cmocka_unit_test(a_reload_keeps_every_count),
		cmocka_unit_test(a_reload_without_room_folds_into_others),
		cmocka_unit_test(many_peers_stay_bounded_and_exact),
		cmocka_unit_test(more_live_peers_than_the_kernel_can_hold_are_refused),
		cmocka_unit_test(all_that_the_kernel_holds_fits),
		cmocka_unit_test(each_live_peer_is_visited),
		cmocka_unit_test(links_of_a_namespace_that_is_gone_leave_and_no_sum_goes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
