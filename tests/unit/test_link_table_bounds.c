/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The link table is bounded, whatever comes and goes, and its sums stay exact.
 */
#include "link_table_stage.h"

#define MANY_LINKS 1000
#define MANY_PEERS 100000

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
		assert_int_equal(total_of_all(table, PEER_SEGMENTS_OUT), 3 * (i + 4));
	}
	assert_int_equal(link_table__overflowed(table), 0);
	assert_int_equal(link_table__peers(table), 1);
	link_table__free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_peers_stay_bounded_and_exact),
		cmocka_unit_test(more_live_peers_than_the_kernel_can_hold_are_refused),
		cmocka_unit_test(all_that_the_kernel_holds_fits),
		cmocka_unit_test(each_live_peer_is_visited),
		cmocka_unit_test(links_of_a_namespace_that_is_gone_leave_and_no_sum_goes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
