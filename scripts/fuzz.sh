#!/usr/bin/env bash
# Runs every fuzz target of the module for a short time each.
# usage: scripts/fuzz.sh [TIME]
set -euo pipefail
time=${1:-3s}

grep -rnoE '^func (Fuzz[A-Za-z0-9_]+)' --include='*_test.go' . | sort | while IFS=: read -r file _ match; do
  target=${match#func }
  echo "fuzz $(dirname "$file") $target $time"
  go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$(dirname "$file")" >/tmp/fuzz.$$ 2>&1 || { cat /tmp/fuzz.$$; rm -f /tmp/fuzz.$$; exit 1; }
done
rm -f /tmp/fuzz.$$
