# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# Which link a connection belongs to: the longest prefix, the port, the process, the direction; and
# what is declared but never seen is listed as such.

load network

setup() {
	network_up
	serve
	cp "$TOOLS/traffic" "$BATS_TEST_TMPDIR/ordersender"
	configure client <<-END
		links:
		  - {name: everything, kind: external, endpoints: ["10.0.0.0/8", "fd00::/8"]}
		  - {name: partner, kind: external, endpoints: ["10.128.0.0/16:1-99", "fd90:0:0:2::/64"]}
		  - {name: partner-desk, kind: external, endpoints: ["10.128.7.0/24:9"]}
		  - {name: orders, kind: infra, endpoints: ["10.81.0.2:$PORT"], process: ordersender}
		  - {name: silent, kind: external, endpoints: ["203.0.113.0/24:7001"]}
	END
	configure server <<-END
		links:
		  - {name: customers, kind: external, local_ports: [$PORT]}
	END
	start_sensor client "$CLIENT"
	start_sensor server "$SERVER"
}

teardown() {
	[[ -n $BATS_TEST_COMPLETED ]] || show_logs
	network_down
}

# The connects of a link, all outcomes and both directions.  $1: sensor; $2: name of the link.
connects() {
	links_jq "$1" ".links[] | select(.name == \"$2\") | .connects | add"
}

@test "a connection belongs to the longest prefix that has its port and its process" {
	traffic connect 10.128.1.1 9 3 # partner
	traffic connect 10.128.7.1 9 5  # partner-desk
	traffic connect 10.128.7.1 10 7 # the desk has port 9 alone: partner
	traffic connect 10.128.1.1 100 11 # no port of partner's: everything
	traffic connect fd90:0:0:2::7 9 13 # partner
	traffic connect fd90:0:0:3::7 9 17 # everything
	traffic short ::ffff:10.81.0.2 "$PORT" 19 # not the orders' process: everything
	ip netns exec "$CLIENT" "$BATS_TEST_TMPDIR/ordersender" short 10.81.0.2 "$PORT" 23
	finish serve
	wait_quiet "$CLIENT"
	links_jq client '.links[] | "# \(.name) \(.connects) \(.peers)"' >&3
	[[ $(connects client partner) == $((3 + 7 + 13)) ]]
	[[ $(connects client partner-desk) == 5 ]]
	[[ $(connects client everything) == $((11 + 17 + 19)) ]]
	[[ $(connects client orders) == 23 ]]
	[[ $(connects server customers) == $((19 + 23)) ]]
}

@test "a declared link without a socket is listed, as not observed" {
	[[ $(links_jq client '.links[] | select(.name == "silent") | .state') == "not observed" ]]
	[[ $(links_jq client '[.links[].name] | join(" ")') == "everything partner partner-desk orders silent" ]]
}

@test "a new configuration takes the peers over, and the sums stay" {
	before=$(kernel_counters "$CLIENT")
	line_command rule loss loss 3%
	traffic short 10.81.0.2 "$PORT" 200
	sed -i 's/partner-desk/renamed-desk/' "$BATS_TEST_TMPDIR/client/faultline.yaml"
	kill -HUP "${PID_OF[client]}"
	expect_line client 'new configuration'
	traffic short 10.81.0.2 "$PORT" 200
	traffic connect 10.128.7.1 9 5
	finish serve
	wait_quiet "$CLIENT"
	[[ $(connects client renamed-desk) == 5 ]]
	compare_with_kernel client "$CLIENT" "$before" reloaded
}
