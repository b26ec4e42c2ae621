#!/usr/bin/env bash
# Speed, all in one run, on real paragraphs of 60 to 80 words: fastText predicting
# one task from a file (word bigrams, dim 100 and 16), Parley on both tasks with
# evidence, a Go loop that only tokenises, hashes and looks up, all on one thread,
# and parley score from JSONL to JSONL on all cores. Processor time is counted,
# since machines are shared. Needs fasttext and the texts under SHARED (default
# ../shared). ROUNDS (default 5) repeats it; printed are the medians, of the rates
# and of the ratios within a round, since a machine may be fast in one and slow in
# another.
set -euo pipefail
cd "$(dirname "$0")/../.."

shared=${SHARED:-../shared}
rounds=${ROUNDS:-5}
command -v fasttext >/dev/null || { echo "speed: install fasttext first (a Debian package)" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

go build -o "$work/peers" ./training/peers/cmd
go build -o "$work/parley" ./cmd/parley
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
	load=$(seconds "$work/parley" version)
	all=$(seconds "$work/parley" score --progress never -o "$work/rows.jsonl" "$work/texts.jsonl")
	awk -v n="$total" -v all="$all" -v load="$load" 'BEGIN { printf "parley score, JSONL to JSONL, each core\t%.0f\n", n / (all - load) }'
done | awk -F '\t' '
	function median(list,    v, n, i, j, t) {
		n = split(list, v, " ")
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && v[j] + 0 < v[j-1] + 0; j--) { t = v[j]; v[j] = v[j-1]; v[j-1] = t }
		return n % 2 ? v[(n+1)/2] : (v[n/2] + v[n/2+1]) / 2
	}
	NF == 1 { head = $0; next }
	!($1 in rates) { order[++n] = $1 }
	{ rates[$1] = rates[$1] " " $2 }
	/dim 100/ { hundred = $2 }
	/dim 16/ { sixteen = $2 }
	/with evidence/ { ours = $2; of100 = of100 " " ours / hundred; of16 = of16 " " ours / sixteen }
	/^floor/ { offloor = offloor " " ours / $2 }
	/^parley score/ { score = score " " $2 / hundred }
	END {
		print head ", paragraphs per second of processor time, median of the rounds"
		for (i = 1; i <= n; i++) printf "%-42s %9d\n", order[i], median(rates[order[i]])
		printf "with evidence: %.2fx fastText dim 100, %.2fx dim 16, %.2fx the floor\n", median(of100), median(of16), median(offloor)
		printf "parley score: %.2fx fastText dim 100 on each core\n", median(score)
	}'
