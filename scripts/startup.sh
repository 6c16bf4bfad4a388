#!/usr/bin/env bash
# How long the gateway with the embedded emulator takes from exec until it is
# ready: with its state in memory, with a new database file, and with one that
# is there already. Other programs on the machine lengthen the wall time more
# than the processor time.
# usage: scripts/startup.sh [PROGRAM]   (RUNS=20)
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${RUNS:-20} program=${1:-}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "$program" ]; then
  program=$work/wsexchange
  CGO_ENABLED=0 "${GO:-go}" build -trimpath -ldflags '-s -w' -o "$program" ./cmd/wsexchange
fi
"${GO:-go}" build -o "$work/startup" ./internal/bench/cmd/startup

# measure WHAT ARGUMENTS...
measure() {
  echo "$1, $runs runs:"
  "$work/startup" "$runs" "$program" serve --backend embedded --listen 127.0.0.1:0 --metrics.listen 127.0.0.1:0 \
    --emulator.ldap-listen 127.0.0.1:0 --log.level error "${@:2}"
}
measure "state in memory"
measure "new database file" --emulator.database "$work/new%d.db"
measure "the same file again" --emulator.database "$work/new0.db"
