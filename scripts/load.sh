#!/usr/bin/env bash
# Puts wrk before the gateway and before a plain net/http server that answers
# the same EnableUser, in turn, and prints the CPU time of each per request.
# usage: scripts/load.sh   (ROUNDS=3 SECONDS_EACH=8 CONNECTIONS="8 64" TARGETS="plain gateway gateway-auth")
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${ROUNDS:-3} each=${SECONDS_EACH:-8} connections=${CONNECTIONS:-8 64}
targets=${TARGETS:-plain gateway gateway-auth}
command -v wrk >/dev/null || { echo "load.sh: wrk is missing; on Debian: apt-get install wrk" >&2; exit 1; }

work=$(mktemp -d)
declare -A pid url
# shellcheck disable=SC2317 # called by the trap
cleanup() {
  for t in "${!pid[@]}"; do kill "${pid[$t]}" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT

CGO_ENABLED=0 "${GO:-go}" build -trimpath -o "$work/loadtarget" ./internal/bench/cmd/loadtarget
"$work/loadtarget" lua >"$work/call.lua"
for t in $targets; do
  profile=()
  [ -z "${PROFILES:-}" ] || profile=("$PROFILES/$t.prof")
  "$work/loadtarget" "$t" "${profile[@]}" >"$work/$t" &
  pid[$t]=$!
  for _ in $(seq 100); do [ -s "$work/$t" ] && break; sleep 0.05; done
  url[$t]=$(cat "$work/$t")
  [ -n "${url[$t]}" ] || { echo "load.sh: $t did not start" >&2; exit 1; }
done

# cpu PID: user and system time so far, in clock ticks. The name in the second
# field of the file has no blanks.
cpu() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
ticks=$(getconf CLK_TCK)

# measure TARGET CONNECTIONS SECONDS: one line "µs requests/s".
measure() {
  local before after out
  before=$(cpu "${pid[$1]}")
  out=$(wrk -t 1 -c "$2" -d "${3}s" -s "$work/call.lua" "${url[$1]}")
  after=$(cpu "${pid[$1]}")
  if grep -q 'Non-2xx\|Socket errors' <<<"$out"; then echo "$out" >&2; return 1; fi
  awk -v ticks="$ticks" -v spent=$((after - before)) '
    /requests in/ { n = $1 } /Requests\/sec/ { rate = $2 }
    END { printf "%.2f %.0f\n", spent / ticks * 1e6 / n, rate }' <<<"$out"
}

echo "load of the machine before: $(cut -d' ' -f1-3 /proc/loadavg); $(nproc) CPUs; $rounds rounds of $each s"
for t in $targets; do measure "$t" 8 1 >/dev/null; done # warm
printf '%-12s %-13s %5s %12s %12s\n' connections server round "CPU µs/req" requests/s
for c in $connections; do
  for r in $(seq "$rounds"); do
    for t in $targets; do
      read -r us rate < <(measure "$t" "$c" "$each")
      printf '%-12s %-13s %5s %12s %12s\n' "$c" "$t" "$r" "$us" "$rate"
      echo "$c $t $us $rate" >>"$work/results"
    done
  done
done
echo
awk '
  { k = $1 " " $2; if (!(k in n)) order[++keys] = k; n[k]++; us[k] += $3; rate[k] += $4 }
  END {
    printf "%-12s %-13s %12s %12s %8s\n", "connections", "server", "mean µs/req", "requests/s", "ratio"
    for (i = 1; i <= keys; i++) {
      k = order[i]; split(k, p, " "); base = p[1] " plain"
      ratio = (base in n) ? sprintf("%.2f", us[k] / n[k] / (us[base] / n[base])) : "-"
      printf "%-12s %-13s %12.1f %12.0f %8s\n", p[1], p[2], us[k] / n[k], rate[k] / n[k], ratio
    }
  }' "$work/results"
