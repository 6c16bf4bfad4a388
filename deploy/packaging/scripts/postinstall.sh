#!/bin/sh
# Makes the accounts, gives them their configuration, and restarts what runs.
# DPKG_ROOT is set where dpkg installs into another root.
set -e
root=${DPKG_ROOT:-}
if command -v systemd-sysusers >/dev/null; then
  systemd-sysusers --root="$root/" wsexchange.conf mockmpf.conf
  systemd-tmpfiles --root="$root/" --create wsexchange.conf mockmpf.conf
else
  echo "wsexchange: without systemd-sysusers, make the accounts wsexchange and mockmpf yourself" >&2
fi
if [ -z "$root" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl try-restart wsexchange.service mockmpf.service # after an upgrade
fi
