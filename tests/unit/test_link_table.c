/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Folding, exact totals and reload of the link table.
 */
#include "link_table_stage.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
