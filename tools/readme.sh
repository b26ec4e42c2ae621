#!/usr/bin/env bash
# Writes the outputs that README.md shows anew: the table of parley score, a
# call with grpcurl and the figures. It needs jq, and the labelled rows of
# SHARED/eval/dev.jsonl (SHARED is ../shared by default).
set -euo pipefail
cd "$(dirname "$0")/.."

shared=${SHARED:-../shared}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/parley-readme.XXXXXX")
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$tmp"' EXIT
CGO_ENABLED=0 go build -o "$tmp/" ./cmd/parley ./cmd/parleyd

score() {
	echo '```'
	"$tmp/parley" score --format table --color never --width 100 examples/en-reconstruction-fair.txt |
		awk '/^ *[0-9]+  /{n = $1} n >= 3 && n <= 5' | sed '/^$/d'
	echo '```'
}

# The command that README shows, with the address of a server of our own.
grpcurl() {
	local call='grpcurl -plaintext -d '\''{"document": {"content": "Moscow thanked Assad for his wisdom."}}'\'' \
    127.0.0.1:50051 parley.v1.ClassifierService/Classify | jq '\''.result.paragraphs[0].stance'\'''
	printf '```\n%s\n' "$call"
	"$tmp/parleyd" --listen 127.0.0.1:0 --data-dir "$tmp/data" 2>"$tmp/log" &
	server=$!
	for _ in $(seq 100); do
		grep -q 'listening on' "$tmp/log" && break
		sleep 0.1
	done
	local addr
	addr=$(sed -n 's/^listening on //p' "$tmp/log" | head -n 1)
	eval "$(sed "s|127.0.0.1:50051|$addr|; s|^grpcurl|${GRPCURL:-go run github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3}|" <<<"$call")"
	kill "$server"
	wait "$server" || true
	server=
	echo '```'
}

quality() {
	local size
	size=$(od -An -tu4 -j12 -N4 model/assad.parley | tr -d ' ') # docs/format.md
	head -c "$((16 + size))" model/assad.parley | tail -c "$size" >"$tmp/info.json"
	"$tmp/parley" eval --data "$shared/eval/dev.jsonl" --format json >"$tmp/dev.json"
	echo '| | | cross-validated, real text | | dev | | | |'
	echo '| --- | --- | --- | --- | --- | --- | --- | --- |'
	echo '| language | task | macro-F1 | ECE | paragraphs | macro-F1 | ECE (by chance) | accuracy, all and at 70 % coverage |'
	jq -r --slurpfile info "$tmp/info.json" '
		def r: . * 1000 | round / 1000 | tostring | if length < 5 and test("\\.") then . + "000"[0:5 - length] else . end;
		.languages[] | select(.language != "all") | . as $l | ("stance", "tone") as $task | $l[$task] as $m
		| "cv/\($l.language)/real/\($task)" as $cv
		| [{en: "English", ar: "Arabic"}[$l.language], $task, ($info[0].metrics[$cv + "/macro_f1"] | r), ($info[0].metrics[$cv + "/ece"] | r),
		   $m.n, ($m.macro_f1 | r), "\($m.ece | r) (\($m.chance_ece | r))", "\($m.accuracy | r), \($m.coverage.accuracy_at_70 | r)"]
		| "| " + (map(tostring) | join(" | ")) + " |"' "$tmp/dev.json"
}

for block in score grpcurl quality; do
	"$block" >"$tmp/$block"
	awk -v block="$block" -v file="$tmp/$block" '
		$0 == "<!-- begin " block " -->" {print; while ((getline line < file) > 0) print line; skip = 1; next}
		skip && $0 == "<!-- end -->" {skip = 0}
		!skip' README.md >"$tmp/README.md"
	cp "$tmp/README.md" README.md
done
echo "README.md is current"
