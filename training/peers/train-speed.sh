#!/usr/bin/env bash
# Speed of training on 6,000 rows, all in one run: LIBLINEAR's L2-regularised
# logistic regression and Parley's fit on the same matrix, both tasks, in
# processor time; and a whole training with cross-validation and calibration, by
# the clock. Needs Debian's liblinear-tools and the texts under SHARED (default
# ../shared).
set -euo pipefail
cd "$(dirname "$0")/../.."

shared=${SHARED:-../shared}
command -v liblinear-train >/dev/null || { echo "train-speed: install liblinear-tools first (a Debian package)" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

. training/peers/seconds.sh

go build -o "$work/peers" ./training/peers/cmd
"$work/peers" fit-speed -shared "$shared" -work "$work" >"$work/fit"
head -n 1 "$work/fit"
ours=$(awk -F '\t' '$1 == "fit" { print $2 }' "$work/fit")
theirs=0
for task in stance tone; do
	# What it takes to read the file is left out: one iteration under a tolerance that anything meets.
	all=$(seconds liblinear-train -q -s 0 -c 2 -B 1 "$work/$task.svm" "$work/model")
	read=$(seconds liblinear-train -q -s 0 -c 2 -B 1 -e 1e9 "$work/$task.svm" "$work/model")
	theirs=$(awk -v a="$theirs" -v all="$all" -v read="$read" 'BEGIN { print a + all - read }')
done
awk -v ours="$ours" -v theirs="$theirs" 'BEGIN {
	printf "fit of both tasks, processor time: LIBLINEAR %.1f s, Parley %.1f s, %.2f of it\n", theirs, ours, ours / theirs }'
/usr/bin/time -f '%M' -o "$work/memory" "$work/peers" train-speed -shared "$shared" |
	awk -F '\t' '{ printf "%s: %s s\n", $1, $2 }'
awk '{ printf "memory: %.0f MiB\n", $1 / 1024 }' "$work/memory"
