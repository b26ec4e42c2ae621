#!/bin/sh
# Runs the example clients against a parleyd of this checkout: Go always, Python
# and Node where they are installed (Debian's python3-grpcio, protobuf-compiler,
# protobuf-compiler-grpc and libprotobuf-dev; npm), Java where Maven can reach
# its repository (CLIENTS_JAVA=1).
set -eu
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
pid=
trap 'test -z "$pid" || kill "$pid"; rm -rf "$dir"' EXIT INT TERM
go build -o "$dir/parleyd" ./cmd/parleyd
"$dir/parleyd" --listen 127.0.0.1:0 --data-dir "$dir/data" 2>"$dir/log" &
pid=$!
addr=
for _ in $(seq 100); do
	addr=$(sed -n 's/^listening on //p' "$dir/log")
	test -z "$addr" || break
	sleep 0.1
done
test -n "$addr" || { cat "$dir/log"; exit 1; }

echo "== go"
go run ./examples/clients/go -addr "$addr"
python=${PYTHON:-/usr/bin/python3}
if "$python" -c 'import grpc, google.protobuf' 2>/dev/null; then
	echo "== python"
	PYTHON=$python sh examples/clients/python/generate.sh
	"$python" examples/clients/python/client.py "$addr"
else
	echo "== python: left out, $python has no grpcio"
fi
if command -v npm >/dev/null; then
	echo "== node"
	(cd examples/clients/node && npm ci --no-audit --no-fund --silent && node client.js "$addr")
else
	echo "== node: left out, no npm"
fi
if test "${CLIENTS_JAVA:-}" = 1; then
	echo "== java"
	(cd examples/clients/java && mvn -q -B compile exec:java -Dexec.args="$addr")
fi
