#!/usr/bin/env bash
# Runs the code blocks of docs/recipes.md in a folder of their own, in their
# order. A block marked needs=TOOL is left out where TOOL is not installed; for
# DuckDB's shell stands tools/duckdb, if there is a C++ compiler to link it.
set -euo pipefail
cd "$(dirname "$0")/.."

tmp=$(mktemp -d "${TMPDIR:-/tmp}/parley-recipes.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/bin" "$tmp/work"
CGO_ENABLED=0 go build -o "$tmp/bin/parley" ./cmd/parley
cp -r examples "$tmp/work/"

# Blocks become files: 01.sh, 02.python, with what they need in 01.needs.
awk -v dir="$tmp" '
	/^```/ && !inside { split(substr($0, 4), info, " "); inside = 1; name = sprintf("%s/%02d", dir, ++n)
		file = name "." info[1]; printf "%s", info[2] > (name ".needs"); print "" > file; next }
	/^```/ { inside = 0; close(file); close(name ".needs"); next }
	inside { print > file }' docs/recipes.md

python=${PYTHON:-/usr/bin/python3} # Debian's packages are there
[ -x "$python" ] || python=python3

# standin builds tools/duckdb.
standin() {
	command -v "$(go env CXX)" >/dev/null && CGO_ENABLED=1 go build -C "$repo/tools/duckdb" -o "$tmp/bin/duckdb" .
}

# has tells whether a tool can be used here.
has() {
	case $1 in
	'') true ;;
	duckdb) command -v duckdb >/dev/null || standin ;;
	pandas) "$python" -c 'import pandas' 2>/dev/null ;;
	server | time) false ;; # not for a check
	*) command -v "$1" >/dev/null ;;
	esac
}

ran=0 left=0
repo=$PWD
cd "$tmp/work"
export PATH="$tmp/bin:$PATH"
for needs in "$tmp"/*.needs; do
	block=${needs%.needs}.sh
	[ -e "$block" ] || block=${needs%.needs}.python
	need=$(sed 's/^needs=//' "$needs")
	if ! has "$need"; then
		left=$((left + 1))
		continue
	fi
	echo "-- $(sed -n '/./{p;q}' "$block")"
	status=0
	case $block in
	*.sh) bash -euo pipefail "$block" >out || status=$? ;;
	*.python) "$python" "$block" >out || status=$? ;;
	esac
	# 128+SIGPIPE: head had its lines before sort had written all of them.
	if [ "$status" != 0 ] && [ "$status" != 141 ]; then
		echo "recipe failed with status $status:"; cat "$block"; exit 1
	fi
	if ! grep -q '[^[:space:]]' out && ! grep -q -e ' -o ' -e '>' -e '--filter' "$block"; then
		echo "recipe printed nothing:"; cat "$block"; exit 1
	fi
	ran=$((ran + 1))
done
echo "$ran recipes ran, $left need what is not here"
