#!/usr/bin/env bash
# Installs the Debian packages that the tests run against. Without root, or on
# another system, it names what is missing and stops.
set -euo pipefail

declare -A needs=(
  [ldapsearch]=ldap-utils # looks into the emulator's LDAP door
  [gcc]=gcc               # the race detector needs cgo
)

missing=()
for command in "${!needs[@]}"; do
  command -v "$command" >/dev/null || missing+=("${needs[$command]}")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "the tests need these Debian packages: ${missing[*]}" >&2
  echo "install them, or run 'make needs' as root on Debian" >&2
  exit 1
fi
echo "installing ${missing[*]}"
apt-get update -q >/dev/null
DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}" >/dev/null
