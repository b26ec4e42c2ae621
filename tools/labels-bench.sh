#!/bin/sh
# Times import, list, suggest and agreement on many labels (100,000 unless told
# otherwise) in a fresh data directory, with the most memory that each command,
# which does the server's work too, has held:
#
#	tools/labels-bench.sh [LABELS]
set -eu
cd "$(dirname "$0")/.."
n=${1:-100000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go build -o "$dir/parley" ./cmd/parley

# Three annotators judge each of n/3 paragraphs of about sixty words; the second
# and third differ from the first on every ninth.
awk -v n="$n" 'BEGIN {
	split("favor against neutral unrelated", s, " "); split("cooperative confrontational neutral", t, " ")
	words = "the envoy met ministers in the capital and said that Assad had asked for talks on grain roads prisoners and the border while residents of two towns spoke of shelling in the night and aid workers waited for a permit that officials had promised for weeks"
	for (i = 0; i < n; i++) {
		p = int(i / 3); a = i % 3; k = p; if (a > 0 && (p + a) % 9 == 0) k = p + a
		printf "{\"text\":\"Report %d of desk %d: %s; item %d.\",\"lang\":\"en\",\"stance\":\"%s\",\"tone\":\"%s\",\"annotator\":\"annotator %d\",\"group\":\"article %d\",\"source\":\"bench\"}\n", p, p % 97, words, p * 7919 % 10007, s[k % 4 + 1], t[k % 3 + 1], a + 1, int(p / 5)
	}
}' > "$dir/labels.jsonl"
awk -v n="$n" 'BEGIN {
	split("praised condemned met ignored thanked accused", v, " ")
	for (i = 0; i < n; i++) printf "{\"id\":\"p%d\",\"text\":\"Minister %d %s Assad in a speech on file %d, and %s the envoys of city %d after talks on grain, ports and the release of prisoners held since the spring of that year.\"}\n", i, i, v[i % 6 + 1], i * 31 % 1009, v[int(i / 7) % 6 + 1], i % 211
}' > "$dir/pool.jsonl"

run() {
	name=$1
	shift
	/usr/bin/time -f "$name	%e s	%M KiB" "$@" > "$dir/out" 2> "$dir/err" || { cat "$dir/err" >&2; exit 1; }
	tail -n 1 "$dir/err"
}
echo "$n labels, $(nproc) cores"
run import "$dir/parley" labels import -q --data-dir "$dir/data" "$dir/labels.jsonl"
run "import again" "$dir/parley" labels import -q --data-dir "$dir/data" "$dir/labels.jsonl"
run "list all" "$dir/parley" labels list --data-dir "$dir/data" --format jsonl
run "list filtered" "$dir/parley" labels list --data-dir "$dir/data" --format jsonl --by "annotator 2" --stance favor -n 100
run "suggest 50" "$dir/parley" labels suggest --data-dir "$dir/data" -n 50 "$dir/pool.jsonl"
run agree "$dir/parley" labels agree --data-dir "$dir/data"
run "agree with model" "$dir/parley" labels agree --data-dir "$dir/data" --model default
