#!/usr/bin/env bash
# Checks pages of parley report in headless Chromium: tools/report-test.sh
# [DIRECTORY]. Screenshots and a print stay in the directory, if one is named.
# As root on Debian it installs the browser; packages of npm are pinned by
# tools/report/package-lock.json.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v npm >/dev/null || { echo "$0: node and npm are needed" >&2; exit 1; }
export CHROMIUM=${CHROMIUM:-$(command -v chromium || true)}
if [ -z "$CHROMIUM" ]; then
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		echo "$0: chromium is needed (or its path in CHROMIUM)" >&2
		exit 1
	fi
	DEBIAN_FRONTEND=noninteractive apt-get update -q >/dev/null
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium fonts-noto-core >/dev/null
	CHROMIUM=/usr/bin/chromium
fi
"$CHROMIUM" --version

if [ -n "${1:-}" ]; then
	mkdir -p "$1"
	dir=$(cd "$1" && pwd)
else
	dir=$(mktemp -d "${TMPDIR:-/tmp}/parley-report.XXXXXX")
	trap 'rm -rf "$dir"' EXIT
fi

(cd tools/report && npm ci --silent --no-audit --no-fund)
assets=cmd/parley/internal/report/assets
for f in dist/uPlot.iife.min.js dist/uPlot.min.css LICENSE; do
	cmp "tools/report/node_modules/uplot/$f" "$assets/uplot/$(basename "$f")"
done
echo "ok    the vendored plots are those of the npm package"
eslint=$PWD/tools/report/node_modules/.bin/eslint
"$eslint" --max-warnings 0 --config tools/report/eslint.config.js tools/report/*.mjs "$assets"/*.js
echo "ok    lint"

CGO_ENABLED=0 go build -o "$dir/parley" ./cmd/parley
# page NAME ARTICLES: scores the articles and makes the page of their rows.
page() {
	"$dir/parley" score --format jsonl -o "$dir/$1.jsonl" "$2" 2>/dev/null
	"$dir/parley" report -o "$dir/$1.html" "$dir/$1.jsonl"
}
node tools/report/rows.mjs 600 >"$dir/small-in.jsonl"
node tools/report/rows.mjs 50000 >"$dir/large-in.jsonl"
node tools/report/hostile.mjs >"$dir/hostile-in.jsonl"
for name in small large hostile; do page "$name" "$dir/$name-in.jsonl"; done
node tools/report/test.mjs "$dir"
