/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The links object, byte for byte, and what becomes of it when hooks are missing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hist_set.h"
#include "tell/links_json.h"

#define MS_NS 1000000ULL

static struct endpoint feed_endpoint;
static struct config_link declared[] = {
	{.name = "rates-feed", .endpoints = &feed_endpoint, .endpoint_count = 1},
	{.name = "unused", .kind = LINK_INFRA},
};
static const struct config config = {.links = declared, .link_count = 2};

static const char *reset_reason_name(void *context, unsigned reason)
{
	(void)context;
	return reason == 18 ? "SK_RST_REASON_TCP_ABORT_ON_CLOSE" : reason == 1 ? "NO_SOCKET" : NULL;
}

static const struct links_capabilities everything = {
	.retransmit_reasons = true,
	.synack = true,
	.resets_received = true,
	.resets_sent = true,
	.arrivals = true,
	.drops = true,
	.measured_operations = 1U << HIST_CONNECT | 1U << HIST_RTT,
	.reset_reason_name = reset_reason_name,
};

static struct peer_key outgoing(const char *address, uint16_t port, const char *comm)
{
	struct peer_key key = {.port = port, .direction = PEER_OUTGOING};
	struct address parsed;

	assert_int_equal(parse_address(address, &parsed), 0);
	memcpy(key.address, parsed.byte, sizeof(key.address));
	memcpy(key.comm, comm, strlen(comm));
	return key;
}

static void fill_feed(struct link_table *table)
{
	struct peer_key key = outgoing("203.0.113.10", 7001, "mymate");
	struct hist_key connect = {.peer = key, .operation = HIST_CONNECT};
	struct hist hist = {.count = 3, .sum_ns = 7000000, .max_ns = 2600000};
	struct peer peer = {.first_seen_ns = 1, .last_seen_ns = 2, .last_data_ns = 986 * MS_NS};

	peer.counter[PEER_SEGMENTS_OUT] = 1200;
	peer.counter[PEER_SEGMENTS_IN] = 8841;
	peer.counter[PEER_BYTES_OUT] = 64;
	peer.counter[PEER_BYTES_IN] = 1ULL << 40;
	peer.counter[PEER_RETRANS_RTO] = 1;
	peer.counter[PEER_RETRANS_FAST] = 8;
	peer.counter[PEER_RETRANS_TLP] = 2;
	peer.counter[PEER_RETRANS_SYN] = 1;
	peer.counter[PEER_RETRANS_SYNACK] = 3;
	peer.counter[PEER_RETRANS_FAILED_LOCAL] = 4;
	peer.counter[PEER_RETRANS_UNCLASSIFIED] = 5;
	peer.counter[PEER_EPISODES] = 6;
	peer.counter[PEER_RESETS_RECEIVED] = 2;
	peer.counter[PEER_RESETS_REFUSED] = 1;
	peer.counter[PEER_RESETS_SENT] = 6;
	peer.counter[PEER_CONNECT_OK] = 3;
	peer.counter[PEER_CONNECT_REFUSED] = 1;
	peer.counter[PEER_ZERO_WINDOW_OURS] = 1;
	peer.counter[PEER_SOCKETS_OPENED] = 4;
	peer.counter[PEER_SOCKETS_CLOSED] = 3;
	peer.reset_reason[18] = 2;
	peer.reset_reason[1] = 3;
	peer.reset_reason[31] = 1;
	hist.bucket[hist_bucket(2100000)] = 2;
	hist.bucket[hist_bucket(2600000)] = 1;
	assert_int_equal(link_table__update(table, &key, &peer), 0);
	assert_int_equal(link_table__update_hist(table, &connect, &hist), 0);
}

static struct link_table *make_table(void)
{
	struct peer_key customers = {.port = 8080, .direction = PEER_INCOMING};
	struct peer peer = {.first_seen_ns = 1, .last_seen_ns = 2};
	struct link_table *table;
	const char *why = "";

	assert_int_equal(parse_endpoint("203.0.113.0/24:7001", &feed_endpoint, &why), 0);
	table = link_table__new(&config, NULL, 100);
	assert_non_null(table);
	fill_feed(table);
	/* More closed than opened must not wrap: the sensor found the sockets half way. */
	peer.counter[PEER_SOCKETS_CLOSED] = 1;
	peer.counter[PEER_ACCEPTED] = 7;
	assert_int_equal(link_table__update(table, &customers, &peer), 0);
	return table;
}

static const char *judge(void *context, const struct link_view *link)
{
	return strcmp(link->name, "rates-feed") == 0 ? context : NULL;
}

static struct links_report make_report(const struct link_table *table,
				       const struct links_capabilities *capabilities)
{
	static const struct links_device devices[] = {
		{"edge-router", "10.77.0.1", "eth0", "reachable", "healthy"},
		{"10.77.0.9", "10.77.0.9", NULL, NULL, NULL},
	};

	return (struct links_report){
		.time = {1795353301, 250999999},
		.started = {1795353300, 0},
		.now_ns = 1000 * MS_NS,
		.host = "trader-1",
		.table = table,
		.capabilities = capabilities,
		.state_of = judge,
		.state_context = "healthy",
		.devices = devices,
		.device_count = 2,
		.retransmits_not_attributed = 1,
		.resets_sent_not_attributed_known = true,
		.resets_sent_not_attributed = 2,
		.sensor = {.events_lost = 3,
			   .peers = 2,
			   .peers_evicted = 4,
			   .kernel_events = 5,
			   .cpu_seconds = 0.5,
			   .rss_bytes = 1 << 20},
	};
}

static const char golden[] =
	"{\"schema\":\"faultline.links/1\",\"time\":\"2026-11-22T13:15:01.250Z\","
	"\"started\":\"2026-11-22T13:15:00.000Z\",\"host\":\"trader-1\",\"links\":["
	"{\"name\":\"rates-feed\",\"kind\":\"external\",\"state\":\"healthy\",\"declared\":true,"
	"\"peers\":[\"203.0.113.10:7001\"],\"sockets\":1,"
	"\"segments_out\":1200,\"segments_in\":8841,\"data_segments_out\":0,\"bytes_out\":64,"
	"\"bytes_in\":1099511627776,\"bad_checksums\":0,\"closed_unread\":0,"
	"\"retransmits\":{\"segments\":24,\"episodes\":6,\"rto\":1,\"fast\":8,\"tlp\":2,\"syn\":1,"
	"\"synack\":3,\"failed_local\":4,\"full_size\":0},"
	"\"resets\":{\"received\":2,\"received_refused\":1,\"received_usual_ttl\":0,\"received_odd_"
	"ttl\":0,\"sent\":6,"
	"\"reasons\":{\"no_socket\":3,\"abort_on_close\":2,\"reason_31\":1}},"
	"\"connects\":{\"ok\":3,\"refused\":1,\"timed_out\":0,\"unreachable\":0,\"local_error\":0,"
	"\"accepted\":0},"
	"\"latency\":{\"connect\":{\"count\":3,\"p50_us\":2228,\"p99_us\":2490,\"max_us\":2600},"
	"\"rtt\":{\"count\":0}},"
	"\"errors\":{},\"zero_window\":{\"ours\":1,\"theirs\":0},\"last_data_ms\":14,"
	"\"last_ack_ms\":null,\"unread_bytes\":0,\"unread_ms\":null,\"unacked_bytes\":0,"
	"\"accept_queue\":0,\"blocked\":{},\"not_measured\":{},\"datagrams\":{},\"now\":{},"
	"\"icmp\":{}},"
	"{\"name\":\"unused\",\"kind\":\"infra\",\"state\":\"not observed\",\"declared\":true,"
	"\"peers\":[],\"sockets\":0,"
	"\"segments_out\":0,\"segments_in\":0,\"data_segments_out\":0,\"bytes_out\":0,\"bytes_in\":"
	"0,\"bad_checksums\":0,\"closed_unread\":0,"
	"\"retransmits\":{\"segments\":0,\"episodes\":0,\"rto\":0,\"fast\":0,\"tlp\":0,\"syn\":0,"
	"\"synack\":0,\"failed_local\":0,\"full_size\":0},"
	"\"resets\":{\"received\":0,\"received_refused\":0,\"received_usual_ttl\":0,\"received_odd_"
	"ttl\":0,\"sent\":0,\"reasons\":{}},"
	"\"connects\":{\"ok\":0,\"refused\":0,\"timed_out\":0,\"unreachable\":0,\"local_error\":0,"
	"\"accepted\":0},"
	"\"latency\":{\"connect\":{\"count\":0},\"rtt\":{\"count\":0}},"
	"\"errors\":{},\"zero_window\":{\"ours\":0,\"theirs\":0},\"last_data_ms\":null,"
	"\"last_ack_ms\":null,\"unread_bytes\":0,\"unread_ms\":null,\"unacked_bytes\":0,"
	"\"accept_queue\":0,\"blocked\":{},\"not_measured\":{},\"datagrams\":{},\"now\":{},"
	"\"icmp\":{}},"
	"{\"name\":\":8080\",\"kind\":\"external\",\"state\":\"learning\",\"declared\":false,"
	"\"peers\":[\":8080\"],\"sockets\":0,"
	"\"segments_out\":0,\"segments_in\":0,\"data_segments_out\":0,\"bytes_out\":0,\"bytes_in\":"
	"0,\"bad_checksums\":0,\"closed_unread\":0,"
	"\"retransmits\":{\"segments\":0,\"episodes\":0,\"rto\":0,\"fast\":0,\"tlp\":0,\"syn\":0,"
	"\"synack\":0,\"failed_local\":0,\"full_size\":0},"
	"\"resets\":{\"received\":0,\"received_refused\":0,\"received_usual_ttl\":0,\"received_odd_"
	"ttl\":0,\"sent\":0,\"reasons\":{}},"
	"\"connects\":{\"ok\":0,\"refused\":0,\"timed_out\":0,\"unreachable\":0,\"local_error\":0,"
	"\"accepted\":7},"
	"\"latency\":{\"connect\":{\"count\":0},\"rtt\":{\"count\":0}},"
	"\"errors\":{},\"zero_window\":{\"ours\":0,\"theirs\":0},\"last_data_ms\":null,"
	"\"last_ack_ms\":null,\"unread_bytes\":0,\"unread_ms\":null,\"unacked_bytes\":0,"
	"\"accept_queue\":0,\"blocked\":{},\"not_measured\":{},\"datagrams\":{},\"now\":{},"
	"\"icmp\":{}}],"
	"\"devices\":[{\"name\":\"edge-router\",\"address\":\"10.77.0.1\",\"interface\":\"eth0\","
	"\"neighbour\":\"reachable\",\"state\":\"healthy\"},"
	"{\"name\":\"10.77.0.9\",\"address\":\"10.77.0.9\",\"interface\":null,"
	"\"neighbour\":null,\"state\":\"learning\"}],"
	"\"not_attributed\":{\"retransmits\":1,\"resets_sent\":2},"
	"\"sensor\":{\"events_lost\":3,\"peers\":2,\"peers_evicted\":4,\"census_us\":null,\"census_"
	"age_ms\":null,\"kernel_ns\":null,"
	"\"kernel_events\":5,\"calls_traced\":false,\"cpu_seconds\":0.5,\"rss_bytes\":1048576}}";

static void the_object_is_that_of_the_contract(void **state)
{
	struct link_table *table = make_table();
	struct links_report report = make_report(table, &everything);
	json_t *links = links_json__new(&report);
	char *text;

	(void)state;
	assert_non_null(links);
	text = json_dumps(links, JSON_COMPACT);
	assert_string_equal(text, golden);
	free(text);
	json_decref(links);
	link_table__free(table);
}

static const json_t *first_link(const json_t *object)
{
	return json_array_get(json_object_get(object, "links"), 0);
}

static void assert_keys(const json_t *object, const char *expected)
{
	char keys[512] = "", *end = keys;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
		end += snprintf(end, (size_t)(keys + sizeof(keys) - end), "%s ", key);
	assert_string_equal(keys, expected);
}

static void what_no_hook_sees_is_absent(void **state)
{
	static const struct links_capabilities nothing;
	struct links_capabilities no_reasons = everything;
	struct link_table *table = make_table();
	struct links_report report = make_report(table, &nothing);
	const json_t *link;
	json_t *links;

	(void)state;
	report.resets_sent_not_attributed_known = false;
	links = links_json__new(&report);
	link = first_link(links);
	assert_keys(json_object_get(link, "retransmits"), "segments ");
	assert_int_equal(json_integer_value(
				 json_object_get(json_object_get(link, "retransmits"), "segments")),
			 24);
	assert_keys(json_object_get(link, "resets"), "");
	assert_keys(json_object_get(link, "latency"), "");
	assert_keys(json_object_get(links, "not_attributed"), "retransmits ");
	json_decref(links);

	no_reasons.reset_reason_name = NULL;
	no_reasons.synack = false;
	no_reasons.resets_received = false;
	no_reasons.arrivals = false;
	report = make_report(table, &no_reasons);
	report.sensor.kernel_ns_known = true;
	report.sensor.kernel_ns = 77;
	links = links_json__new(&report);
	link = first_link(links);
	assert_keys(json_object_get(link, "resets"), "sent ");
	assert_keys(json_object_get(link, "retransmits"),
		    "segments episodes rto fast tlp syn failed_local full_size ");
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(links, "sensor"), "kernel_ns")),
		77);
	json_decref(links);
	link_table__free(table);
}

static void the_list_of_peers_is_short_and_without_doubles(void **state)
{
	static const struct config none;
	struct link_table *table = link_table__new(&none, NULL, 1);
	struct peer peer = {.first_seen_ns = 1, .last_seen_ns = 1};
	struct links_report report = make_report(table, &everything);
	struct peer_key overflow = {.direction = PEER_OUTGOING};
	const json_t *link, *peers;
	json_t *links;

	(void)state;
	for (unsigned i = 0; i < LINKS_PEERS_LISTED + 7; i++) {
		struct peer_key a = outgoing("2001:db8::1", (uint16_t)(i + 1), "a"), b = a;

		b.comm[0] = 'b';
		assert_int_equal(link_table__update(table, &a, &peer), 0);
		assert_int_equal(link_table__update(table, &b, &peer), 0);
	}
	assert_int_equal(link_table__update(table, &overflow, &peer), 0);
	links = links_json__new(&report);
	link = first_link(links);
	peers = json_object_get(link, "peers");
	assert_string_equal(json_string_value(json_object_get(link, "name")), "others");
	assert_int_equal(json_array_size(peers), LINKS_PEERS_LISTED);
	assert_string_equal(json_string_value(json_array_get(peers, 0)), "*");
	assert_string_equal(json_string_value(json_array_get(peers, 1)), "[2001:db8::1]:1");
	assert_string_equal(json_string_value(json_array_get(peers, 2)), "[2001:db8::1]:2");
	assert_int_equal(json_integer_value(json_object_get(link, "peers_total")),
			 LINKS_PEERS_LISTED + 8);
	json_decref(links);
	link_table__free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_object_is_that_of_the_contract),
		cmocka_unit_test(what_no_hook_sees_is_absent),
		cmocka_unit_test(the_list_of_peers_is_short_and_without_doubles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
