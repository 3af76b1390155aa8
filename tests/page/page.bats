# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# What a browser, a Prometheus and a script get from a running sensor over HTTP, in a network
# namespace of its own with a feed and an order gateway on loopback.

bats_require_minimum_version 1.5.0
load ../sensor

setup() {
	SPACE=page$$
	URL=http://127.0.0.1:9435
	ip netns add "$SPACE"
	ip -n "$SPACE" link set lo up
	configure sensor <<-END
		links:
		  - {name: rates, kind: external, endpoints: ["127.0.0.1:7001"], contact: "<img src=x onerror=alert(1)>"}
	END
	sed -i "s#^listen:.*#listen: 127.0.0.1:9435#; s#^interval:.*#interval: 1s#" \
		"$BATS_TEST_TMPDIR/sensor/faultline.yaml"
	spawn far "$SPACE" python3 "$BATS_TEST_DIRNAME/far_end.py" 7001
	expect_line far listening
	spawn near "$SPACE" python3 "$BATS_TEST_DIRNAME/near_end.py" 7001
	start_sensor sensor "$SPACE" --json
}

teardown() {
	[[ -n $BATS_TEST_COMPLETED ]] || show_logs
	finish_all
	ip netns del "$SPACE"
}

inside() {
	ip netns exec "$SPACE" "$@"
}

get() {
	inside curl --silent --show-error --max-time 10 "$@"
}

browser() {
	inside /usr/bin/python3 "$BATS_TEST_DIRNAME/browser.py" "$@"
}

ready() {
	[[ $(get "$URL/readyz") == ready ]]
}

@test "the page: every link with its way, live, nothing from elsewhere" {
	browser "$URL" links rates
	browser "$URL" curve rates
}

@test "the page: on a phone, in the dark, in Japanese" {
	browser --width 360 "$URL" fits
	browser --width 1200 "$URL" fits
	browser --dark "$URL" dark
	browser --language ja "$URL" language リンク
}

@test "the page: an incident comes and goes by itself, and markup in it is text" {
	kill -KILL "${PID_OF[far]}"
	unset "PID_OF[far]"
	browser "$URL" incident rates external
	browser "$URL" harmless "<img src=x onerror=alert(1)>"
	browser --width 360 "$URL" fits
	spawn far "$SPACE" python3 "$BATS_TEST_DIRNAME/far_end.py" 7001
	expect_line far listening
	browser "$URL" incident-over
}

@test "metrics: promtool finds nothing to complain of, and no address is a label" {
	wait_until 20 "the sensor is ready" ready
	get "$URL/metrics" >"$BATS_TEST_TMPDIR/classic"
	promtool check metrics <"$BATS_TEST_TMPDIR/classic"
	get -H "Accept: application/openmetrics-text" "$URL/metrics" >"$BATS_TEST_TMPDIR/open"
	[[ $(tail -n 1 "$BATS_TEST_TMPDIR/open") == "# EOF" ]]
	grep -q '^faultline_link_segments_total{link="rates",direction="out"} [1-9]' "$BATS_TEST_TMPDIR/open"
	run ! grep -q 'link="rates".*127\.0\.0\.1' "$BATS_TEST_TMPDIR/open"
}

scraped() {
	get "http://127.0.0.1:9090/api/v1/query?query=faultline_link_segments_total" |
		jq -e '[.data.result[] | select(.metric.link == "rates")] | length == 2'
}

@test "metrics: a real Prometheus scrapes them and knows the rules" {
	mkdir "$BATS_TEST_TMPDIR/prometheus-data"
	cat >"$BATS_TEST_TMPDIR/prometheus.yml" <<-END
		global: {scrape_interval: 1s, evaluation_interval: 1s}
		rule_files: ["$ROOT/scripts/prometheus/faultline.rules.yml"]
		scrape_configs:
		  - {job_name: faultline, static_configs: [{targets: ["127.0.0.1:9435"], labels: {site: tokyo}}]}
	END
	spawn prometheus "$SPACE" prometheus --config.file="$BATS_TEST_TMPDIR/prometheus.yml" \
		--storage.tsdb.path="$BATS_TEST_TMPDIR/prometheus-data" --web.listen-address=127.0.0.1:9090
	wait_until 60 "Prometheus has the link" scraped
	wait_until 30 "the target is up" target_is_up
	wait_until 30 "the vote is recorded" vote_is_recorded
}

# Just begun, it may still answer that it is not ready.
target_is_up() {
	get "http://127.0.0.1:9090/api/v1/targets" |
		jq -e '.data.activeTargets[0] | .health == "up" and .lastError == ""'
}

vote_is_recorded() {
	get "http://127.0.0.1:9090/api/v1/query?query=faultline:link_bad" |
		jq -e '.data.result | length > 0'
}

@test "the rules: what they promise, on made up fleets" {
	cd "$ROOT/scripts/prometheus"
	promtool check rules faultline.rules.yml
	promtool test rules faultline.rules.test.yml
}

@test "health, the JSON interface, and what is refused" {
	wait_until 20 "the sensor is ready" ready
	[[ $(get "$URL/healthz") == ok ]]
	get "$URL/api/links" | jq -e '.schema == "faultline.links/1"'
	get "$URL/api/devices" | jq -e '.devices | type == "array"'
	get "$URL/api/status" | jq -e '.schema == "faultline.status/1" and (.links | length) >= 1'
	get "$URL/api/incidents" | jq -e '.incidents | type == "array"'
	[[ $(get -o /dev/null -w '%{http_code}' "$URL/api/incidents/none") == 404 ]]
	[[ $(get -o /dev/null -w '%{http_code}' "$URL/api/history?link=rates&at=nonsense") == 400 ]]
	[[ $(get -o /dev/null -w '%{http_code}' -X POST "$URL/api/links") == 405 ]]
	[[ $(get -o /dev/null -w '%{http_code}' -H 'Host: elsewhere' "$URL/") == 421 ]]
	[[ $(get -o /dev/null -w '%{http_code}' "$URL/page/../site.c") == 404 ]]
	get -D - -o /dev/null "$URL/" | grep -i "^content-security-policy: default-src 'none'"
}
