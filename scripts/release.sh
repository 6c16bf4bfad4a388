#!/usr/bin/env bash
# Makes dist/: for each platform an archive with the programs, their bills of
# materials, manual pages, documents, examples and what to install with them;
# for Linux a .deb and an .rpm too; the Go module, in goproxy; and SHA256SUMS. The same commit gives the
# same files. A program larger than the limit is an error.
# usage: scripts/release.sh VERSION [OS/ARCHITECTURE...]
#        by default linux/amd64 linux/arm64 windows/amd64
set -euo pipefail
cd "$(dirname "$0")/.."

version=${1:?name a version}
shift
platforms=("$@")
[ ${#platforms[@]} -gt 0 ] || platforms=(linux/amd64 linux/arm64 windows/amd64)
limit=36000000 # bytes of a program
dist=${DIST:-dist}
go=${GO:-go}
when=$(git log -1 --format=%ct)
module=$(sed -n 's/^module //p' go.mod)

case $version in
*[!A-Za-z0-9._+-]* | -*) echo "release: the version \"$version\" would not do as a file name" >&2 && exit 1 ;;
esac
rm -rf "$dist"
mkdir -p "$dist"
dist=$(cd "$dist" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build() { # FOLDER, with GOOS and GOARCH in the environment
  CGO_ENABLED=0 $go build -trimpath -ldflags "-s -w -X $module/internal/version.Version=$version" -o "$1/" ./cmd/...
}

echo "release: tools and manual pages"
$go build -o "$work/sbom" ./deploy/sbom
(cd deploy/packaging && $go build -o "$work/packaging" .)
mkdir "$work/host" "$work/man"
build "$work/host"
"$work/packaging" -manual "$work/man" "$work"/host/*

for platform in "${platforms[@]}"; do
  os=${platform%/*} architecture=${platform#*/}
  name=wsexchange_${version}_${os}_$architecture
  folder=$work/$name
  echo "release: $platform"
  mkdir -p "$folder/sbom"
  GOOS=$os GOARCH=$architecture build "$folder"
  for program in "$folder"/*; do
    [ -f "$program" ] || continue
    size=$(stat -c %s "$program")
    printf '%-14s %-14s %10d bytes\n' "${program##*/}" "$platform" "$size"
    if [ "$size" -gt "$limit" ]; then
      echo "release: ${program##*/} has more than $limit bytes" >&2
      exit 1
    fi
    "$work/sbom" "$program" "$version" >"$folder/sbom/$(basename "$program" .exe).cdx.json"
  done
  # What git knows, without tests and tools, but with the example of docs:
  # nothing that lies about gets in.
  git ls-files CHANGELOG.md LICENSE docs deploy examples |
    grep -vE '^deploy/(.*\.go$|packaging/|archive\.md$)|^examples/.*\.go$' | tar -c --files-from=- | tar -x -C "$folder"
  cp deploy/archive.md "$folder/README.md"
  cp -r "$work/man" "$folder/man"
  if [ "$os" = windows ]; then
    rm -r "$folder/man" "$folder/deploy/systemd"
    "$work/packaging" -zip "$dist/$name.zip" -stage "$folder" -time "$when"
    continue
  fi
  tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mode=u+rwX,go+rX,go-w --mtime="@$when" -c "$name" |
    gzip -9n >"$dist/$name.tar.gz"
  # Packages have the programs in /usr/bin, and their units know where from.
  mkdir "$folder/units"
  for unit in deploy/systemd/*.service; do
    sed -e '1,/^\[Unit\]/{/^#/d}' -e 's|/usr/local/bin/|/usr/bin/|' "$unit" >"$folder/units/${unit##*/}"
  done
  chmod -R u+rwX,go+rX,go-w "$folder"
  find "$folder" -exec touch -d "@$when" {} +
  "$work/packaging" -version "$version" -arch "$architecture" -stage "$folder" -scripts deploy/packaging/scripts -time "$when" -out "$dist"
done
echo "release: Go module"
scripts/module.sh "$version" "$dist/goproxy" "$work/packaging"
(cd "$dist" && find . -type f -printf '%P\0' | sort -z | xargs -0 sha256sum -- >"$work/SHA256SUMS")
cp "$work/SHA256SUMS" "$dist/"
cat "$dist/SHA256SUMS"
