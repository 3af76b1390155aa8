#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# The lab as the tool that verdicts are measured with: is the scoring right, do faults of each side
# really happen when they are made and only then, and is nothing left behind. Proofs of the whole
# table are `make lab-full`.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	export PYTHONPATH=tests/lab
}

checks() {
	python3 -B -m unittest "unit.$1"
}

# Every fault that is named is proved, and says so in a line of its own.
prove() {
	local ids=$1 wanted

	wanted=$(tr ',' '\n' <<<"$ids" | wc -l)
	run tests/lab/run prove "$ids" --seed "${SEED:-1}" --jobs 3 --json
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	[ "$(grep -c '"result": "proved"' <<<"$output")" -eq "$wanted" ] || { echo "$output"; return 1; }
}

@test "verdicts are scored as they deserve" {
	checks score_checks
}

@test "the confusion matrix is drawn whole" {
	checks chart_checks
}

@test "recordings are kept with what was true, and judged anew" {
	checks recorded_checks
}

@test "the map of the confidence rises, and thin bins stay as they were" {
	checks calibrate_checks
}

@test "what one family alone could have told is found" {
	checks leave_out_checks
}

@test "a judge that nothing is taken from is the judge" {
	local rejudge=${FAULTLINE_BUILD:-build}/tests/lab/rejudge file=(tests/replay/H2-*.rec)

	run -0 "$rejudge" "${file[0]}"
	[ "$output" = "$(cat "${file[0]%.rec}.events")" ]
	run -0 "$rejudge" --silent unread+ --blunt process.stopped+ "${file[0]}"
	[ "$output" != "$(cat "${file[0]%.rec}.events")" ]
	run -2 "$rejudge" --silent prior+ "${file[0]}"
	run -2 "$rejudge" --coarse no.such+ "${file[0]}"
}

@test "evidence that is not the trader's is found out" {
	checks fidelity_checks
}

@test "the fault table is the catalogue" {
	checks table_checks
}

@test "the workload tells the truth" {
	checks day_checks
}

@test "a proof needs a difference" {
	checks run_checks.Proofs
}

@test "a judge is scored, a dishonest one fails, none is said" {
	checks run_checks.Judged
}

@test "nothing is left of a run, however it ends" {
	checks run_checks.Ends
}

@test "faults of the far end and the line happen" {
	prove E1,E5,L9
}

@test "faults of gateway and firewall happen" {
	prove I2,I5
}

@test "faults of our own host happen" {
	prove H2,H12,S1
}

@test "decoys and pairs happen" {
	prove D7,T2
}

@test "every test of the lab's own code is run from here" {
	local missing

	missing=$(python3 -B - "$BATS_TEST_FILENAME" <<'PYTHON'
import pathlib, sys, unittest
text = pathlib.Path(sys.argv[1]).read_text()
for path in sorted(pathlib.Path("tests/lab/unit").glob("*_checks.py")):
    for suite in unittest.defaultTestLoader.loadTestsFromName(f"unit.{path.stem}"):
        for test in suite:
            name = f"{path.stem}.{type(test).__name__}"
            if not any(f"checks {word}\n" in text for word in (path.stem, name)):
                print(test.id())
PYTHON
	)
	[ -z "$missing" ] || { echo "not run: $missing"; return 1; }
}
