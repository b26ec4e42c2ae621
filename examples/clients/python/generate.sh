#!/bin/sh
# Makes gen/ from the schema, with grpcio-tools from PyPI or with Debian's
# protobuf-compiler, protobuf-compiler-grpc and libprotobuf-dev. PYTHON names the interpreter.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
python=${PYTHON:-python3}
mkdir -p "$here/gen"
set -- -I "$root/proto" -I "$here/../proto" --python_out="$here/gen" --grpc_python_out="$here/gen" \
	parley/v1/classifier.proto parley/v1/error.proto google/rpc/error_details.proto grpc/health/v1/health.proto
if plugin=$(command -v grpc_python_plugin) && command -v protoc >/dev/null; then
	protoc --plugin=protoc-gen-grpc_python="$plugin" "$@"
else
	"$python" -m grpc_tools.protoc "$@"
fi
