#!/usr/bin/env bash
# Runs the gateway with the embedded emulator on an address. Metrics and the
# directory follow: they listen on the same host, and if the port is not 8080,
# their ports differ from their defaults by as much, so that two can run at once.
# usage: scripts/run.sh HOST:PORT
set -euo pipefail
cd "$(dirname "$0")/.."

listen=${1:?name an address, host:port}
host=${listen%:*} port=${listen##*:}
if ! [[ $listen == *:* && $port =~ ^[1-9][0-9]*$ ]]; then
  echo "run: LISTEN=$listen is not host:port, such as 0.0.0.0:8080" >&2
  exit 1
fi
shift_by=$((port - 8080))
settings=(--listen "$listen")
for setting in metrics.listen=9464 emulator.ldap-listen=3890; do
  other=$((${setting#*=} + shift_by))
  if [ "$other" -lt 1 ] || [ "$other" -gt 65535 ]; then
    other=0 # a free one; the program prints which
  fi
  settings+=("--${setting%=*}" "$host:$other")
done
exec bin/wsexchange serve --backend embedded "${settings[@]}"
