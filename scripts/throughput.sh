#!/usr/bin/env bash
# Requests per second of the gateway with the embedded emulator, through its
# SOAP services: one that reads and one that writes, with the state in memory
# and in a file.
# usage: scripts/throughput.sh   (SECONDS_EACH=8 CONNECTIONS="1 8 64")
set -euo pipefail
cd "$(dirname "$0")/.."
each=${SECONDS_EACH:-8} connections=${CONNECTIONS:-1 8 64}
command -v wrk >/dev/null || { echo "throughput.sh: wrk is missing; on Debian: apt-get install wrk" >&2; exit 1; }

work=$(mktemp -d)
server=
cleanup() { [ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT

CGO_ENABLED=0 "${GO:-go}" build -trimpath -o "$work/wsexchange" ./cmd/wsexchange
ns=http://provisioning.microsoft.com/webservices
reseller=OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com

# message OPERATION ARGUMENTS
message() {
  printf '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><%s xmlns="%s">%s<preferredDomainController>dc1.fabrikam.com</preferredDomainController></%s></soap:Body></soap:Envelope>' "$1" "$ns" "$2" "$1"
}

# call OPERATION ARGUMENTS
call() {
  message "$1" "$2" | curl -sS -u 'FABRIKAM\hsadmin:s3cr%t' -H 'Content-Type: text/xml; charset=utf-8' --data-binary @- "$url/HostedExchange.asmx" |
    { ! grep -q 'errorContext\|Fault'; } || { echo "throughput.sh: $1 failed" >&2; exit 1; }
}

# lua OPERATION ARGUMENTS
lua() {
  printf 'wrk.method = "POST"\nwrk.headers["Content-Type"] = "text/xml; charset=utf-8"\nwrk.headers["Authorization"] = "Basic %s"\nwrk.body = [[%s]]\n' \
    "$(printf 'FABRIKAM\\hsadmin:s3cr%%t' | base64)" "$(message "$1" "$2")"
}

user="<ldapPath>LDAP://CN=joe@load.example,OU=load,$reseller</ldapPath>"
lua GetProperties "$user<propertyListXmlString>&lt;propertyList&gt;&lt;property name=\"mail\"/&gt;&lt;/propertyList&gt;</propertyListXmlString>" >"$work/read.lua"
lua EnableUser "$user" >"$work/write.lua"

printf '%-8s %-14s %12s %12s\n' state operation connections requests/s
for state in memory file; do
  args=(--listen 127.0.0.1:0 --metrics.listen '' --emulator.ldap-listen 127.0.0.1:0 --log.level error)
  [ "$state" = memory ] || args+=(--emulator.database "$work/emulator.db")
  "$work/wsexchange" serve "${args[@]}" >"$work/banner" &
  server=$!
  for _ in $(seq 100); do grep -q '^ready' "$work/banner" && break; sleep 0.05; done
  url=$(sed -n 's/^URL: *//p' "$work/banner" | sed 's#//.*@#//#')
  call CreateBusinessOrganization "<container>LDAP://$reseller</container><name>load</name><mailStoreXmlString>&lt;mailStore&gt;&lt;megabytes&gt;100&lt;/megabytes&gt;&lt;shared&gt;1&lt;/shared&gt;&lt;/mailStore&gt;</mailStoreXmlString><publicStoreXmlString>&lt;publicStore&gt;&lt;megabytes&gt;1&lt;/megabytes&gt;&lt;/publicStore&gt;</publicStoreXmlString><smtpDomain>load.example</smtpDomain><availablePlansXmlString>&lt;availablePlans&gt;&lt;planName&gt;BaseMail&lt;/planName&gt;&lt;/availablePlans&gt;</availablePlansXmlString>"
  call CreateBusinessUser "<container>LDAP://OU=load,$reseller</container><userPrincipalName>joe@load.example</userPrincipalName><planName>BaseMail</planName><newPassword>P@ssw0rd!23</newPassword><isAdmin>false</isAdmin>"
  for operation in read:GetProperties write:EnableUser; do
    for c in $connections; do
      out=$(wrk -t 1 -c "$c" -d "${each}s" -s "$work/${operation%%:*}.lua" "$url/HostedExchange.asmx")
      if grep -q 'Non-2xx\|Socket errors' <<<"$out"; then echo "$out" >&2; exit 1; fi
      printf '%-8s %-14s %12s %12s\n' "$state" "${operation#*:}" "$c" "$(sed -n 's/^Requests\/sec: *//p' <<<"$out")"
    done
  done
  kill "$server"; wait "$server" || true; server=
done
