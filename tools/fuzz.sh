#!/usr/bin/env bash
# Runs every fuzz target for a while: tools/fuzz.sh [TIME], 5s by default.
set -euo pipefail
cd "$(dirname "$0")/.."

time=${1:-5s}
targets=$(git grep --untracked -oE '^func Fuzz[A-Za-z0-9_]*' -- '*_test.go' | sed 's|/[^/]*:func | |' | sort -u)
while read -r dir target; do
	echo "-- $target in $dir"
	# Without the bound on minimising, one find may use up the whole time.
	go test "./$dir" -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 20x
done <<<"$targets"
