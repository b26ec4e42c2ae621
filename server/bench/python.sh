#!/bin/sh
# Installs what python.py needs from Debian (as root), makes the stubs, and runs
# the benchmark with the Python server among the references.
set -eu
cd "$(dirname "$0")/../.."
if ! /usr/bin/python3 -c 'import grpc, sklearn, google.protobuf' 2>/dev/null || ! command -v grpc_python_plugin >/dev/null; then
	apt-get update -q
	apt-get install -y -q --no-install-recommends python3-grpcio python3-protobuf python3-sklearn \
		protobuf-compiler protobuf-compiler-grpc libprotobuf-dev
fi
PYTHON=/usr/bin/python3 sh examples/clients/python/generate.sh
exec go run ./server/bench -python /usr/bin/python3 "$@"
