#!/usr/bin/env bash
# Trains the shipped model again, from the written corpus and the stand-off rows
# whose texts lie under SHARED (default ../shared), and compares the file with
# model/assad.parley. With -update it takes that file's place.
set -euo pipefail
cd "$(dirname "$0")/.."

shared=${SHARED:-../shared}
[ -d "$shared" ] || { echo "$0: the texts of the stand-off rows are not there: $shared" >&2; exit 1; }
tmp=$(mktemp -d "${TMPDIR:-/tmp}/parley-model.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

go build -o "$tmp/parley" ./cmd/parley
mkdir "$tmp/rows"
"$tmp/parley" corpus hydrate --from "$shared" --out "$tmp/rows"
rows=(--rows written)
for f in "$tmp"/rows/*.jsonl; do
	rows+=(--rows "$f")
done
time "$tmp/parley" train "${rows[@]}" --seed 1 -o "$tmp/assad.parley"

if cmp -s "$tmp/assad.parley" model/assad.parley; then
	echo "model/assad.parley is what corpus and rows train"
elif [ "${1:-}" = -update ]; then
	cp "$tmp/assad.parley" model/assad.parley
	echo "model/assad.parley is new"
else
	echo "$0: model/assad.parley is not what corpus and rows train (sha256 $(sha256sum "$tmp/assad.parley" | cut -c1-64), in place $(sha256sum model/assad.parley | cut -c1-64)); make model-update takes the new one" >&2
	exit 1
fi
