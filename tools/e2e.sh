#!/usr/bin/env bash
# Builds both programs and uses them as a newcomer does: files in, rows out, in
# the process and over loopback, wrong inputs, SIGTERM. It needs jq.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v jq >/dev/null || { echo "$0: jq is needed" >&2; exit 1; }
tmp=$(mktemp -d "${TMPDIR:-/tmp}/parley-e2e.XXXXXX")
server=
cleanup() {
	[ -z "$server" ] || kill -9 "$server" 2>/dev/null || true
	rm -rf "$tmp"
}
trap cleanup EXIT

fail() { echo "FAIL  $*" >&2; exit 1; }
ok() { echo "ok    $*"; }

# status WANT COMMAND...: runs it, output to $tmp/out and $tmp/err, and checks
# the exit status.
status() {
	local want=$1 got=0
	shift
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null || got=$?
	[ "$got" = "$want" ] || { cat "$tmp/err" >&2; fail "$* ended with $got, want $want"; }
}

CGO_ENABLED=0 go build -o "$tmp/" ./cmd/parley ./cmd/parleyd
parley=$tmp/parley

inputs=(examples/*.txt)
articles=../shared/articles
[ ! -d "$articles" ] || inputs+=("$articles"/*.txt)

# Rows: their shape and sums, and the evidence is what stands at its offsets. jq
# counts code points, as --offsets utf32 does.
status 0 "$parley" score --format jsonl --offsets utf32 "${inputs[@]}"
jq -es '
	def labels: {stance: ["favor","against","neutral","unrelated"], tone: ["cooperative","confrontational","neutral"]};
	length > 0 and all(.[]; . as $row
		| (.text | length) == .end - .start and (.model | test("^assad@sha256:[0-9a-f]{64}$"))
		and all("stance", "tone"; . as $task | $row[$task] as $p
			| ($p.probabilities | keys_unsorted) == labels[$task]
			and ($p.probabilities | add - 1 | fabs) < 1e-6
			and $p.confidence == $p.probabilities[$p.label]
			and all($p.evidence[]; .text == $row.text[.start:.end] and .weight > 0)))' "$tmp/out" >/dev/null ||
	fail "rows of the wrong shape"
for f in "${inputs[@]}"; do
	grep -qF "$(basename "$f")" "$tmp/out" || fail "no row of $f"
done
ok "$(wc -l <"$tmp/out") rows of ${#inputs[@]} files are whole, evidence stands at its offsets"

# The server answers the same bytes.
"$tmp/parleyd" --listen 127.0.0.1:0 --data-dir "$tmp/data" >"$tmp/server.out" 2>"$tmp/server.err" &
server=$!
for _ in $(seq 100); do
	addr=$(sed -n 's/.*listening on \([0-9.]*:[0-9]*\).*/\1/p' "$tmp/server.err" | head -n 1)
	[ -z "$addr" ] || break
	kill -0 "$server" 2>/dev/null || { cat "$tmp/server.err" >&2; fail "parleyd ended"; }
	sleep 0.1
done
[ -n "$addr" ] || { cat "$tmp/server.err" >&2; fail "parleyd does not listen"; }
same() {
	status 0 "$parley" score "$@"
	cp "$tmp/out" "$tmp/local"
	status 0 "$parley" score --addr "$addr" "$@"
	cmp "$tmp/local" "$tmp/out" || fail "parley score $* differs between here and the server"
}
for format in jsonl csv table; do
	for offsets in utf8 utf16 utf32; do
		same --format "$format" --offsets "$offsets" "${inputs[@]}"
	done
done
same --format jsonl --evidence 0 "${inputs[@]}"
same --format jsonl --unit paragraph "${inputs[@]}"
ok "the server at $addr answers byte for byte what the process does"

# The Go client that README shows.
awk '/^```go$/{on = 1; next} /^```$/{on = 0} on' README.md | sed "s|127.0.0.1:50051|$addr|" >"$tmp/client.go"
go run "$tmp/client.go" >"$tmp/out" || fail "the Go client of README.md"
grep -q '^STANCE_FAVOR ' "$tmp/out" || { cat "$tmp/out" >&2; fail "the Go client of README.md prints another label"; }
ok "the Go client of README.md: $(cat "$tmp/out")"

# What goes wrong, and the exit status for it.
printf '%s\n' '{"id":"a","text":"Envoys met in Geneva on Tuesday."}' 'no json' '{"id":"c"}' \
	'{"id":"d","text":"The talks went on."}' >"$tmp/bad.jsonl"
: >"$tmp/empty.txt"
printf 'a\0b\0\1\2' >"$tmp/binary.txt"
printf 'A caf\351 in Aleppo reopened.\n' >"$tmp/latin.txt"
status 1 "$parley" score --format jsonl "$tmp/bad.jsonl"
[ "$(wc -l <"$tmp/out")" = 2 ] || fail "the good rows beside bad ones are scored"
grep -q 'bad.jsonl:2' "$tmp/err" && grep -q 'bad.jsonl:3' "$tmp/err" || { cat "$tmp/err"; fail "bad rows are named by file and line"; }
status 0 "$parley" score --format jsonl "$tmp/empty.txt"
[ ! -s "$tmp/out" ] || fail "an empty file has no rows"
status 0 "$parley" score --format jsonl "$tmp/latin.txt"
[ "$(wc -l <"$tmp/out")" = 1 ] || fail "invalid UTF-8 is scored"
status 2 "$parley" score --no-such-flag
status 2 "$parley" no-such-command
status 3 "$parley" score --format jsonl "$tmp/missing.txt" examples/*.txt
[ -s "$tmp/out" ] || fail "the inputs beside a missing one are scored"
status 78 "$parley" score --addr 127.0.0.1:1 examples/*.txt
[ -s "$tmp/err" ] || fail "a server that is not there is named"
got=0
"$parley" score --format jsonl "$tmp/binary.txt" >"$tmp/out" 2>"$tmp/err" || got=$?
case $got in 1 | 3) ;; *) fail "a binary file ended with $got" ;; esac
[ -s "$tmp/err" ] || fail "a binary file is named"
ok "wrong inputs end with the status that belongs to them"

kill -TERM "$server"
got=0
wait "$server" || got=$?
server=
[ "$got" = 0 ] || { cat "$tmp/server.err" >&2; fail "parleyd ended with $got on SIGTERM"; }
ok "parleyd stops on SIGTERM"
