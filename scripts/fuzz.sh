#!/usr/bin/env bash
# Runs every fuzz target of the module for a number of inputs, or a time, each.
# usage: scripts/fuzz.sh [INPUTS]   2000x or 10s; a run that ends by time now and
# then fails with "context deadline exceeded" although nothing was found
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-2000x}
out=$(mktemp)
trap 'rm -f "$out"' EXIT

grep -rnoE '^func (Fuzz[A-Za-z0-9_]+)' --include='*_test.go' . | sort | while IFS=: read -r file _ match; do
  target=${match#func }
  echo "fuzz $(dirname "$file") $target $time"
  go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$(dirname "$file")" >"$out" 2>&1 || { cat "$out"; exit 1; }
done
