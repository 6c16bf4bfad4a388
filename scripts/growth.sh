#!/usr/bin/env bash
# Measures what creating a mailbox and listing an organization's consumers cost
# in a small and in a large installation. Filling the large one takes a while.
# usage: scripts/growth.sh [SIZES]    SIZES by default 1000,100000
set -euo pipefail
cd "$(dirname "$0")/.."
GROWTH_SIZES=${1:-1000,100000} go test -run '^$' -bench Growth -benchtime 300x -timeout 0 ./mock
