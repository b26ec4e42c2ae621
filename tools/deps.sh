#!/usr/bin/env bash
# Checks the direction of imports: cmd -> server -> {proto, model} and
# cmd -> training -> model. Prints each rule and what breaks it.
set -euo pipefail
cd "$(dirname "$0")/.."

module=$(go list -m)
failed=0

# deps PATTERN...: the import paths outside the standard library that the
# packages need, themselves included.
deps() { CGO_ENABLED=0 go list -deps -f '{{if not .Standard}}{{.ImportPath}}{{end}}' "$@"; }

# rule TEXT OFFENDERS: reports the rule; offenders, one a line, break it.
rule() {
	if [ -z "$2" ]; then
		echo "ok    $1"
		return
	fi
	failed=1
	echo "FAIL  $1; it needs:"
	sed 's/^/        /' <<<"$2"
}

# Read before the rules, so that a package that cannot be listed is an error.
model=$(deps ./model/...)
server=$(deps ./server/...)
training=$(deps ./training/...)
proto=$(deps ./proto/...)
all=$(deps ./...)
native=$(CGO_ENABLED=1 go list -f '{{if or .CgoFiles .SFiles}}{{.ImportPath}}{{end}}' ./model/...)

rule "model needs the standard library, itself and x/net/html alone" \
	"$(grep -vE "^($module/model(/.*)?|golang\.org/x/net/html(/.*)?)$" <<<"$model" || true)"
rule "model has no cgo and no assembly" "$native"
rule "server needs no training, golearn or gonum" \
	"$(grep -E "^($module/(training|cmd)|github\.com/sjwhitworth/golearn|gonum\.org)(/|$)" <<<"$server" || true)"
rule "training needs no server, proto or gRPC" \
	"$(grep -E "^($module/(server|proto|cmd)|google\.golang\.org/(grpc|protobuf))(/|$)" <<<"$training" || true)"
rule "proto needs no other package of this module" \
	"$(grep -E "^$module/" <<<"$proto" | grep -vE "^$module/proto/" || true)"
rule "the packages of golearn that call C stay out" \
	"$(grep -E '^github\.com/sjwhitworth/golearn/(linear_models|ensemble|knn)$' <<<"$all" || true)"

echo "      building everything with CGO_ENABLED=0"
CGO_ENABLED=0 go build ./... || failed=1
exit "$failed"
