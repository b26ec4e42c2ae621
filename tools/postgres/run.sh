#!/bin/sh
# Starts a throw-away PostgreSQL on a socket in a temporary directory, runs a
# command with PARLEY_TEST_POSTGRES naming it, and removes it again:
#
#	tools/postgres/run.sh go test ./server/...
#
# It needs Debian's package "postgresql". As root it runs as user "postgres".
set -eu

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
if [ -z "$bin" ]; then
	echo "$0: no PostgreSQL under /usr/lib/postgresql; install Debian's package postgresql" >&2
	exit 1
fi

dir=$(mktemp -d "${TMPDIR:-/tmp}/parley-postgres.XXXXXX")
as() { "$@"; }
if [ "$(id -u)" = 0 ]; then
	chown postgres "$dir"
	as() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }
fi
stop() {
	as "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true
	rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT TERM

cd "$dir"
as "$bin/initdb" -D "$dir/data" -U parley --auth=trust -E UTF8 --locale=C >/dev/null
as "$bin/pg_ctl" -D "$dir/data" -w -l "$dir/log" -o "-c listen_addresses='' -c unix_socket_directories=$dir" start >/dev/null
cd "$OLDPWD"

PARLEY_TEST_POSTGRES="postgres://parley@/postgres?host=$dir" "$@"
