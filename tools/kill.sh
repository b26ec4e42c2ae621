#!/bin/sh
# Kills parleyd with SIGKILL at random moments while labels are written, models
# are trained and promoted, and checks after each start that nothing that was
# acknowledged is lost and no model is broken. 50 rounds unless told otherwise:
#
#	tools/kill.sh [ROUNDS]
set -eu
cd "$(dirname "$0")/.."
PARLEY_KILL_ROUNDS=${1:-50} go test -count=1 -timeout 30m -run '^TestKill9$' -v ./cmd/internal/loop
