#!/usr/bin/env bash
# Installs the Debian packages that the tests run against. Without root, or on
# another system, it names what is missing and stops.
# usage: scripts/test-needs.sh
set -euo pipefail

# A file that tells whether a package is there, and the package.
needs=(
  /usr/bin/ldapsearch=ldap-utils                                # looks into the emulator's LDAP door
  /usr/lib/python3/dist-packages/ldap3/__init__.py=python3-ldap3 # an LDAP client that checks the schema
  /usr/share/perl5/Net/LDAP.pm=libnet-ldap-perl                 # another
  /usr/share/perl5/IO/Socket/SSL.pm=libio-socket-ssl-perl       # the same by TLS
  /usr/sbin/adcli=adcli                                         # finds a domain by its LDAP ping
  /usr/bin/net=samba-common-bin                                 # as above
  /usr/bin/gcc=gcc                                              # the race detector needs cgo
  /usr/include/stdio.h=libc6-dev                                # as above
  /usr/share/java/axis.jar=libaxis-java                         # the panel's SOAP library
  /usr/lib/python3/dist-packages/zeep/__init__.py=python3-zeep  # a strict SOAP client
  /usr/bin/promtool=prometheus                                  # tests rules and dashboard; its server is not started
  /usr/bin/systemd-analyze=systemd                              # rates the units; it need not run
  /usr/bin/chromium=chromium                                    # visits the pages
  /usr/bin/curl=curl                                            # a SOAP client by hand
  /usr/bin/rpm=rpm                                              # lists what is in a package
  /usr/sbin/samba=samba-ad-dc                                   # a domain controller
  /usr/share/samba/setup=samba-ad-provision                     # makes its domain
)
command -v javac >/dev/null || needs+=(/usr/bin/javac=default-jdk-headless) # compiles the stubs
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || needs+=(/usr/lib/postgresql/initdb=postgresql) # a database that engines share

missing=()
for need in "${needs[@]}"; do
  [ -e "${need%%=*}" ] || missing+=("${need#*=}")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "the Debian packages that the tests need are installed"
  exit 0
fi

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "the tests need these Debian packages: ${missing[*]}" >&2
  echo "install them, or run 'make needs' as root on Debian" >&2
  exit 1
fi
if [[ " ${missing[*]} " == *" samba-ad-dc "* ]] && [ -d /run/systemd/system ]; then
  # The tests start a domain controller of their own; the machine needs none.
  systemctl mask smbd nmbd winbind samba-ad-dc >/dev/null 2>&1 || true
fi
if [[ " ${missing[*]} " == *" postgresql "* ]] && [ -d /run/systemd/system ]; then
  systemctl mask postgresql >/dev/null 2>&1 || true # the tests start clusters of their own
fi
if [[ " ${missing[*]} " == *" prometheus "* ]] && [ -d /run/systemd/system ]; then
  systemctl mask prometheus >/dev/null 2>&1 || true # promtool is all that is needed
fi
echo "installing what the tests run against:"
printf '  %s\n' "${missing[@]}"
apt-get update -q >/dev/null
DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}" >/dev/null
