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
$go test "${flags[@]}" "$@" | awk -v total="$total" '
  /^(ok|FAIL|\?)[ \t]+[^ \t]+\// { printf "[%d/%d] ", ++n, total }
  { print; fflush() }'
