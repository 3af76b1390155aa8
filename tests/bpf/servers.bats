# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
#
# Requests to real servers under load: as many as the server itself says it has answered.
#
# The servers have a directory and a namespace of their own, and use nothing that their packages set
# up on this machine.  They are not installed for the test: both start a service when they are.

load network

readonly REDIS_PORT=6400 POSTGRES_PORT=5499

setup() {
	network_up
	POSTGRES_HOME=
}

teardown() {
	[[ -n $BATS_TEST_COMPLETED ]] || show_logs
	network_down
	[[ -z $POSTGRES_HOME ]] || rm -rf "$POSTGRES_HOME"
}

link() {
	links_jq sensor ".links[] | select(.name == \"$1\") | $2"
}

# $1: what; $2: the sensor's; $3: the server's.
same() {
	printf '#   %-32s sensor %8s, server %8s\n' "$1" "$2" "$3" >&3
	[[ $2 == "$3" ]]
}

redis_answers() {
	ip netns exec "$SERVER" redis-cli -h 10.81.0.2 -p "$REDIS_PORT" ping | grep -q PONG
}

# How often the server ran a command: "get", "config|get".
redis_calls() {
	ip netns exec "$SERVER" redis-cli -h 10.81.0.2 -p "$REDIS_PORT" info commandstats |
		awk -F'[:=,]' -v name="cmdstat_$1" '$1 == name { n = $3 } END { print n + 0 }'
}

@test "servers: Redis counts as many requests" {
	command -v redis-server redis-benchmark redis-cli ||
		skip "no redis-server: install redis-server and redis-tools"
	spawn redis "$SERVER" redis-server --bind 10.81.0.2 --port "$REDIS_PORT" --save '' \
		--appendonly no --protected-mode no --daemonize no --dir "$BATS_TEST_TMPDIR"
	wait_until 20 "redis answers" redis_answers
	start_sensor sensor "$CLIENT"
	ip netns exec "$CLIENT" redis-benchmark -h 10.81.0.2 -p "$REDIS_PORT" -t get -n 5000 -c 8 -q
	wait_quiet "$CLIENT"
	[[ $(redis_calls get) == 5000 ]]
	# Before it begins it asks for the configuration, twice in one packet.
	[[ $(redis_calls 'config|get') == 2 ]]
	same "requests" "$(link "10.81.0.2:$REDIS_PORT" .latency.response.count)" $((5000 + 1))
	same "requests without an answer" \
		"$(link "10.81.0.2:$REDIS_PORT" '.not_measured.response // 0')" 0
}

as_postgres() {
	setpriv --reuid postgres --regid postgres --init-groups -- "$@"
}

postgres_query() {
	as_postgres "$POSTGRES_BIN/psql" -h "$POSTGRES_HOME" -p "$POSTGRES_PORT" -d postgres -Atc "$1"
}

commits() {
	postgres_query "select xact_commit from pg_stat_database where datname = 'load'"
}

@test "servers: PostgreSQL counts as many requests" {
	local before requests=4000 connections=5
	POSTGRES_BIN=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1) &&
		[[ -x $POSTGRES_BIN/pgbench ]] || skip "no PostgreSQL: install postgresql"
	POSTGRES_HOME=$(mktemp -d)
	chown postgres "$POSTGRES_HOME"
	as_postgres "$POSTGRES_BIN/initdb" -D "$POSTGRES_HOME/data" -A trust --no-sync >/dev/null
	printf 'host all all all trust\n' >>"$POSTGRES_HOME/data/pg_hba.conf"
	spawn postgres "$SERVER" setpriv --reuid postgres --regid postgres --init-groups -- \
		"$POSTGRES_BIN/postgres" -D "$POSTGRES_HOME/data" -k "$POSTGRES_HOME" \
		-c port="$POSTGRES_PORT" -c listen_addresses=10.81.0.2 -c autovacuum=off
	wait_until 40 "postgres answers" postgres_query 'select 1'
	postgres_query 'create database load'
	start_sensor sensor "$CLIENT"
	before=$(commits)
	printf 'select 1;\n' >"$BATS_TEST_TMPDIR/load.sql"
	PGSSLMODE=disable ip netns exec "$CLIENT" "$POSTGRES_BIN/pgbench" -h 10.81.0.2 \
		-p "$POSTGRES_PORT" -U postgres -n -f "$BATS_TEST_TMPDIR/load.sql" \
		-c $((connections - 1)) -t $((requests / (connections - 1))) load
	wait_quiet "$CLIENT"
	# To connect is a request and a transaction, too; to take leave is a request without an answer.
	wait_rest 20 "the statistics rest" commits
	same "requests" "$(link "10.81.0.2:$POSTGRES_PORT" .latency.response.count)" \
		$(($(commits) - before))
	same "requests without an answer" \
		"$(link "10.81.0.2:$POSTGRES_PORT" .not_measured.response)" "$connections"
}
