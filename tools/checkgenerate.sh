#!/usr/bin/env bash
# Generates everything again, into a copy of the checkout, and fails if a file
# comes out different from the one that is there.
set -euo pipefail
cd "$(dirname "$0")/.."

copy=$(mktemp -d "${TMPDIR:-/tmp}/parley-generate.XXXXXX")
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' f; do
	[ -e "$f" ] && printf '%s\0' "$f"
done | tar --null -T - -cf - | tar -xf - -C "$copy"
cp -a "$copy" "$copy.before"
trap 'rm -rf "$copy" "$copy.before"' EXIT

(cd "$copy" && make --no-print-directory generate)
if ! diff -r -q "$copy.before" "$copy"; then
	echo "$0: generated files are not current; run: make generate" >&2
	exit 1
fi
echo "generated files are current"
