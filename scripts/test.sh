#!/usr/bin/env bash
# Runs tests and counts the packages that are done.
# usage: scripts/test.sh [FLAGS OF go test] -- PACKAGES
set -euo pipefail
cd "$(dirname "$0")/.."
go=${GO:-go}
flags=()
while [ "$1" != -- ]; do
  flags+=("$1")
  shift
done
shift
total=$($go list "$@" | wc -l)
echo "testing $total packages"
# A loop of the shell, since awk may wait for a full buffer.
n=0
$go test "${flags[@]}" "$@" | while IFS= read -r line; do
  if [[ $line =~ ^(ok|FAIL|\?)[[:space:]]+[^[:space:]]+/ ]]; then
    n=$((n + 1))
    printf '[%d/%d] ' "$n" "$total"
  fi
  printf '%s\n' "$line"
done
