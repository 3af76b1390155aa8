#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# The lab tests itself: what the line and the topologies say against what the kernels at both ends
# say. Each test is one of tests/lab/checks, in Python, because it drives sockets in several network
# namespaces at once. The first test makes sure that none of them is forgotten here.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	export PYTHONPATH=tests/lab
}

check() {
	python3 -B -m unittest "checks.$1"
}

@test "every check of the lab is run from here" {
	local missing

	missing=$(PYTHONPATH=tests/lab python3 -B - "$BATS_TEST_FILENAME" <<'PYTHON'
import pathlib, sys, unittest
text = pathlib.Path(sys.argv[1]).read_text()
modules = [f"checks.{path.stem}" for path in pathlib.Path("tests/lab/checks").glob("*.py")]
suites = list(unittest.defaultTestLoader.loadTestsFromNames(sorted(modules)))
while suites:
    each = suites.pop()
    if isinstance(each, unittest.TestSuite):
        suites += list(each)
    elif f"check {each.id().removeprefix('checks.')}\n" not in text:
        print(each.id())
PYTHON
	)
	[ -z "$missing" ] || { echo "not run: $missing"; return 1; }
}

@test "line: independent loss is counted to the unit" {
	check line_packets.Loss.test_independent_loss_is_counted_to_the_unit
}

@test "line: the log names every lost packet" {
	check line_packets.Loss.test_the_log_names_every_lost_packet
}

@test "line: one seed makes the same decisions again" {
	check line_packets.Loss.test_one_seed_makes_the_same_decisions_again
}

@test "line: a further rule does not shift the decisions of another" {
	check line_packets.Loss.test_a_further_rule_does_not_shift_the_decisions_of_another
}

@test "line: each rule draws for itself" {
	check line_packets.Loss.test_each_rule_draws_for_itself
}

@test "line: losses of two states come in bursts" {
	check line_packets.Loss.test_losses_of_two_states_come_in_bursts
}

@test "line: long packets vanish without a word" {
	check line_packets.Loss.test_long_packets_vanish_without_a_word
}

@test "line: filters choose packets" {
	check line_packets.Loss.test_filters_choose_packets
}

@test "line: skip and limit choose by order" {
	check line_packets.Loss.test_skip_and_limit_choose_by_order
}

@test "line: no packet is early" {
	check line_packets.Time.test_no_packet_is_early
}

@test "line: a shorter delay does not overtake" {
	check line_packets.Time.test_a_shorter_delay_does_not_overtake
}

@test "line: loose jitter and reordering change the order" {
	check line_packets.Time.test_loose_jitter_and_reordering_change_the_order
}

@test "line: duplicates are counted to the unit" {
	check line_packets.Time.test_duplicates_are_counted_to_the_unit
}

@test "line: every damaged packet fails its checksum" {
	check line_packets.Time.test_every_damaged_packet_fails_its_checksum
}

@test "line: rate and queue hold" {
	check line_packets.Time.test_rate_and_queue_hold
}

@test "line: garbage is refused with a reason" {
	check line_packets.Commands.test_garbage_is_refused_with_a_reason
}

@test "line: a client that never ends its line is disconnected alone" {
	check line_packets.Commands.test_a_client_that_never_ends_its_line_is_disconnected_alone
}

@test "line: a rule is replaced in place" {
	check line_packets.Commands.test_a_rule_is_replaced_in_place
}

@test "line: carrier follows the command" {
	check line_packets.Commands.test_carrier_follows_the_command
}

@test "line: segments seen are those the kernels count" {
	check line_tcp.Segments.test_segments_seen_are_those_the_kernels_count
}

@test "line: the nth data segment is dropped once" {
	check line_tcp.Segments.test_the_nth_data_segment_is_dropped_once
}

@test "line: the nth segment is dropped again when it comes again" {
	check line_tcp.Segments.test_the_nth_segment_is_dropped_again_when_it_comes_again
}

@test "line: each flow and direction counts for itself" {
	check line_tcp.Segments.test_each_flow_and_direction_counts_for_itself
}

@test "line: every damaged segment fails its checksum" {
	check line_tcp.Segments.test_every_damaged_segment_fails_its_checksum
}

@test "line: known flows die and fresh ones pass" {
	check line_tcp.Segments.test_known_flows_die_and_fresh_ones_pass
}

@test "line: resets reach the chosen ends with the chosen ttl" {
	check line_tcp.Resets.test_resets_reach_the_chosen_ends_with_the_chosen_ttl
}

@test "line: a rule resets each flow once when data passes" {
	check line_tcp.Resets.test_a_rule_resets_each_flow_once_when_data_passes
}

@test "line: a rule resets behind the packet that it met" {
	check line_tcp.Resets.test_a_rule_resets_behind_the_packet_that_it_met
}

@test "line: resets are believed after a loss" {
	check line_tcp.Resets.test_resets_are_believed_after_a_loss
}

@test "line: an eaten syn is refused" {
	check line_tcp.Resets.test_an_eaten_syn_is_refused
}

@test "line: resets are believed while data is on its way" {
	check line_tcp.Resets.test_resets_are_believed_while_data_is_on_its_way
}

@test "line: a bad cable hurts every peer" {
	check line_tcp.Cable.test_a_bad_cable_hurts_every_peer
}

@test "line: resets are framed" {
	check line_tcp.Cable.test_resets_are_framed
}

@test "line: what the hold queue cannot take is counted" {
	check line_limits.Bounds.test_what_the_hold_queue_cannot_take_is_counted
}

@test "line: flows over the limit push out the oldest" {
	check line_limits.Bounds.test_flows_over_the_limit_push_out_the_oldest
}

@test "line: headers that do not fit are malformed" {
	check line_limits.Bounds.test_headers_that_do_not_fit_are_malformed
}

@test "line: packets without sense are counted and harm nothing" {
	check line_limits.Bounds.test_packets_without_sense_are_counted_and_harm_nothing
}

@test "line: the line ends with its standard input" {
	check line_limits.Bounds.test_the_line_ends_with_its_standard_input
}

@test "line: ctl says by its status whether the command was taken" {
	check line_limits.Bounds.test_ctl_says_by_its_status_whether_the_command_was_taken
}

@test "line: mistakes are named" {
	check line_limits.CommandLine.test_mistakes_are_named
}

@test "topology: basic" {
	check topologies.Reach.test_basic
}

@test "topology: two gateways" {
	check topologies.Reach.test_two_gateways
}

@test "topology: two lines" {
	check topologies.Reach.test_two_lines
}

@test "topology: flat" {
	check topologies.Reach.test_flat
}

@test "topology: cable" {
	check topologies.Reach.test_cable
}

@test "topology: customers connect in from many addresses" {
	check topologies.Reach.test_customers_connect_in_from_many_addresses
}

@test "topology: names and resolver are those of the description" {
	check topologies.Reach.test_names_and_resolver_are_those_of_the_description
}

@test "topology: a link goes down and comes back" {
	check topologies.Reach.test_a_link_goes_down_and_comes_back
}

@test "lab: commands run on their host and output can be waited for" {
	check topologies.Processes.test_commands_run_on_their_host_and_output_can_be_waited_for
}

@test "lab: a stopped process still ends" {
	check topologies.Processes.test_a_stopped_process_still_ends
}

@test "lab: nothing is left after an exception" {
	check topologies.Teardown.test_nothing_is_left_after_an_exception
}

@test "lab: nothing is left after a signal" {
	check topologies.Teardown.test_nothing_is_left_after_a_signal
}

@test "lab: a dead run is removed and a live one is not" {
	check topologies.Teardown.test_a_dead_run_is_removed_and_a_live_one_is_not
}

@test "lab: two runs stand side by side" {
	check topologies.Teardown.test_two_runs_stand_side_by_side
}

@test "lab: mistakes are named" {
	check topologies.Descriptions.test_mistakes_are_named
}

@test "lab: all that come with the lab are right" {
	check topologies.Descriptions.test_all_that_come_with_the_lab_are_right
}
