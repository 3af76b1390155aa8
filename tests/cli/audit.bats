# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# faultline audit: what was done to the log behind the sensor's back is found, and where.

bats_require_minimum_version 1.5.0
load keep

setup() {
	make_store
}

# The audit fails and says this of the first mistake.  $1: pattern.
finds() {
	run -1 faultline audit
	[[ $output == *"NOT AS IT WAS WRITTEN"* ]]
	# shellcheck disable=SC2053 # a pattern
	[[ $output == *$1* ]]
}

@test "a log as it was written: how many, from when to when, and the last hash" {
	run -0 faultline audit
	[[ $output == *"9 events and 0 notes, entries 1 to 9"* ]]
	[[ $output == *"from 2024-11-04 11:20:01 JST to 2024-11-21 19:15:12 JST"* ]]
	[[ $output == *"as it was written"* ]]
	[[ ${lines[-1]} =~ ^last\ hash\ [0-9a-f]{64}$ ]]
}

@test "the chain can be checked without this program" {
	hash=$(python3 - "$STATE/faultline.db" <<-'PYTHON'
		import hashlib, sqlite3, sys
		db = sqlite3.connect(sys.argv[1])
		(last,) = db.execute("SELECT first_prev FROM chain").fetchone()
		for body, written in db.execute("SELECT body, hash FROM event ORDER BY n"):
		    last = hashlib.sha256(last + body.encode()).digest()
		    assert last == written
		print(last.hex())
	PYTHON
	)
	run -0 faultline audit --json
	jq -e --arg hash "$hash" '.whole and .last_hash == $hash and .events == 9' <<<"$output"
}

@test "a changed text is found" {
	tamper "UPDATE event SET body = replace(body, 'external', 'internal') WHERE n = 3"
	finds "entry 3: its text is not what was written (incident 20241118-011500-rates-feed-1)"
	run -1 faultline audit --json
	jq -e '.whole == false and .first_mistake == 3' <<<"$output"
}

@test "a changed text with a hash to match is found at the next entry" {
	python3 - "$STATE/faultline.db" <<-'PYTHON'
		import hashlib, sqlite3, sys
		db = sqlite3.connect(sys.argv[1])
		body, prev = db.execute("SELECT body, prev FROM event WHERE n = 3").fetchone()
		body = body.replace('"page"', '"info"')
		db.execute("UPDATE event SET body = ?, hash = ? WHERE n = 3",
		           (body, hashlib.sha256(prev + body.encode()).digest()))
		db.commit()
	PYTHON
	finds "entry 4: it does not follow the entry before it"
}

@test "an entry taken out is found, in the middle and at either end" {
	cp "$STATE/faultline.db" "$BATS_TEST_TMPDIR/whole"
	tamper "DELETE FROM event WHERE n = 4"
	finds "entry 5: 1 entries before it are missing"
	cp "$BATS_TEST_TMPDIR/whole" "$STATE/faultline.db"
	tamper "DELETE FROM event WHERE n >= 8"
	finds "entry 8: the last 2 entries are missing"
	cp "$BATS_TEST_TMPDIR/whole" "$STATE/faultline.db"
	tamper "DELETE FROM event WHERE n = 1"
	finds "entry 2: 1 entries before it are missing"
}

@test "an entry put in is found" {
	tamper "INSERT INTO event SELECT 10, kind, incident, seq + 1, time_ms, body, hash, hash FROM event WHERE n = 9"
	finds "entry 10: its text is not what was written"
}

@test "two entries in each other's place are found" {
	tamper "UPDATE event SET n = 100 WHERE n = 3; UPDATE event SET n = 3 WHERE n = 4; UPDATE event SET n = 4 WHERE n = 100"
	finds "entry 3: it does not follow"
}

@test "an entry filed under another incident or time is found" {
	tamper "UPDATE event SET incident = '20241104-022000-rates-feed-1', seq = 9 WHERE n = 3"
	finds "entry 3: it is filed under what its text does not say"
	make_store
	tamper "UPDATE event SET time_ms = time_ms + 1 WHERE n = 3"
	finds "entry 3: it is filed under what its text does not say"
}

@test "a list of incidents that says something else than the log is found" {
	tamper "UPDATE incident SET side = 'internal', place = 'app' WHERE id LIKE '20241118%'"
	finds "the list of incidents says something else of 20241118-011500-rates-feed-1"
}

@test "the end of the chain moved back with its entries, and no chain at all, are found" {
	tamper "DELETE FROM event WHERE n = 9; UPDATE chain SET last_n = 8"
	finds "entry 8: it is not the entry that was written last"
	tamper "DELETE FROM chain"
	finds "not in the file any more"
}
