#!/usr/bin/env bash
# Trains other classifiers on the rows that Parley is trained on, measures them
# all on ../shared/eval/dev.jsonl and writes docs/peers.md. Optional: it needs
# ../shared and Debian's fasttext and python3-sklearn, which it installs as root.
# SHARED=DIR names another place of the texts.
set -euo pipefail
cd "$(dirname "$0")/../.."

shared=${SHARED:-../shared}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

missing=()
command -v fasttext >/dev/null || missing+=(fasttext)
/usr/bin/python3 -c 'import sklearn' 2>/dev/null || missing+=(python3-sklearn)
if [ "${#missing[@]}" -gt 0 ]; then
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		echo "peers: install ${missing[*]} first (Debian packages)" >&2
		exit 2
	fi
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
fi

go build -o "$work/peers" ./training/peers/cmd
"$work/peers" prepare -shared "$shared" -work "$work"

# train NAME OPTION...: fastText in each language and task, one thread and a
# fixed seed, so that a run repeats.
train() {
	local name=$1 lang task
	shift
	for lang in en ar; do
		for task in stance tone; do
			fasttext supervised -input "$work/$lang.$task.train" -output "$work/model" -epoch 25 -lr 0.5 \
				-wordNgrams 2 -thread 1 -seed 1 -verbose 0 "$@"
			fasttext predict "$work/model.bin" "$work/$lang.test" >"$work/$name.$lang.$task.out"
			echo "$name $lang $task"
		done
	done
}
train fasttext -dim 100

/usr/bin/python3 training/peers/peers.py "$work"

"$work/peers" compare -shared "$shared" -work "$work" -o docs/peers.md
echo "wrote docs/peers.md"
