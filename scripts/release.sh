#!/usr/bin/env bash
# Makes dist/: for each architecture an archive with the programs, their bills
# of materials, documents and what to install beside them; and SHA256SUMS.
# The same commit gives the same archives. A program larger than the limit is
# an error.
# usage: scripts/release.sh VERSION [ARCHITECTURE...]   by default amd64 arm64
set -euo pipefail
cd "$(dirname "$0")/.."

version=${1:?name a version}
shift
architectures=("$@")
[ ${#architectures[@]} -gt 0 ] || architectures=(amd64 arm64)
limit=25000000 # bytes of a program
dist=${DIST:-dist}
go=${GO:-go}
when=@$(git log -1 --format=%ct)

case $version in
*[!A-Za-z0-9._+-]* | -*) echo "release: the version \"$version\" would not do as a file name" >&2 && exit 1 ;;
esac
rm -rf "$dist"
mkdir -p "$dist"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
$go build -o "$work/sbom" ./deploy/sbom

for architecture in "${architectures[@]}"; do
  name=wsexchange_${version}_linux_$architecture
  folder=$work/$name
  mkdir -p "$folder/sbom"
  CGO_ENABLED=0 GOOS=linux GOARCH=$architecture $go build -trimpath \
    -ldflags "-s -w -X wsexchange/internal/version.Version=$version" -o "$folder/" ./cmd/...
  for program in "$folder"/*; do
    [ -f "$program" ] || continue
    size=$(stat -c %s "$program")
    printf '%-12s %-6s %10d bytes\n' "${program##*/}" "$architecture" "$size"
    if [ "$size" -gt "$limit" ]; then
      echo "release: ${program##*/} has more than $limit bytes" >&2
      exit 1
    fi
    "$work/sbom" "$program" "$version" >"$folder/sbom/${program##*/}.cdx.json"
  done
  # What git knows, without tests and tools, but with the example of docs:
  # nothing that lies about gets in.
  git ls-files README.md CHANGELOG.md LICENSE docs deploy | grep -v '^deploy/.*\.go$' | tar -c --files-from=- | tar -x -C "$folder"
  tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mode=u+rwX,go+rX,go-w --mtime="$when" -c "$name" |
    gzip -9n >"$dist/$name.tar.gz"
done
(cd "$dist" && sha256sum -- *.tar.gz >SHA256SUMS)
cat "$dist/SHA256SUMS"
