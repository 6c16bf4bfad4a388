#!/bin/sh
# Stops the services at a removal, not at an upgrade: dpkg calls with "remove",
# rpm with 0.
set -e
case ${1:-} in remove | 0) ;; *) exit 0 ;; esac
if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
  systemctl disable --now mockmpf-oab-update.timer wsexchange.service mockmpf.service
fi
