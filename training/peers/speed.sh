#!/usr/bin/env bash
# Speed on one thread, all in one run: fastText predicting one task from a file
# (word bigrams, dim 100 and 16), Parley on both tasks with evidence, and a Go
# loop that only tokenises, hashes and looks up. Processor time is counted, since
# machines are shared. Needs fasttext and the texts under SHARED (default
# ../shared). ROUNDS (default 3) repeats it; the best of each is printed with its
# ratio.
set -euo pipefail
cd "$(dirname "$0")/../.."

shared=${SHARED:-../shared}
rounds=${ROUNDS:-3}
command -v fasttext >/dev/null || { echo "speed: install fasttext first (a Debian package)" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

go build -o "$work/peers" ./training/peers/cmd
"$work/peers" speed-input -shared "$shared" -texts "$work/texts"
cat "$work"/??.stance.train >"$work/both.train"
for dim in 100 16; do
	fasttext supervised -input "$work/both.train" -output "$work/dim$dim" -dim "$dim" -wordNgrams 2 -epoch 5 -thread 1 -seed 1 -verbose 0
done
total=$(wc -l <"$work/texts")
head -n 1 "$work/texts.ft" >"$work/one"

. training/peers/seconds.sh

for _ in $(seq "$rounds"); do
	for dim in 100 16; do
		# What fastText takes to load its model is left out.
		load=$(seconds fasttext predict "$work/dim$dim.bin" "$work/one")
		all=$(seconds fasttext predict "$work/dim$dim.bin" "$work/texts.ft")
		awk -v n="$total" -v all="$all" -v load="$load" -v dim="$dim" \
			'BEGIN { printf "fastText dim %s, word bigrams, one task\t%.0f\n", dim, n / (all - load) }'
	done
	GOMAXPROCS=1 "$work/peers" speed -texts "$work/texts"
done | awk -F '\t' '
	NF == 1 { head = $0; next }
	!($1 in best) { order[++n] = $1 }
	$2 > best[$1] { best[$1] = $2 }
	END {
		print head ", paragraphs per second of processor time on one thread, best of the rounds"
		for (i = 1; i <= n; i++) {
			name = order[i]
			if (name ~ /dim 100/) hundred = best[name]
			if (name ~ /dim 16/) sixteen = best[name]
			if (name ~ /^floor/) floor = best[name]
			if (name ~ /with evidence/) ours = best[name]
			printf "%-42s %9d\n", name, best[name]
		}
		printf "with evidence: %.2fx fastText dim 100, %.2fx dim 16, %.2fx the floor\n", ours / hundred, ours / sixteen, ours / floor
	}'
