#!/usr/bin/env bash
# Writes the Go module into a folder that GOPROXY can name, so that modules
# elsewhere can import its packages. The go command downloads only modules whose
# first element has a dot: as long as this one has none, the copy is called
# MODULE, by default wsexchange.example/gateway.
# usage: [MODULE=host/owner/name] scripts/module.sh VERSION FOLDER [TOOL]
#        TOOL is deploy/packaging, built; it is built if it is not given
set -euo pipefail
cd "$(dirname "$0")/.."

version=${1:?name a version} into=${2:?name a folder} tool=${3:-}
go=${GO:-go}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$into"
into=$(cd "$into" && pwd)
if [ -z "$tool" ]; then
  tool=$work/packaging
  (cd deploy/packaging && $go build -o "$tool" .)
fi
if ! [[ $version =~ ^v[01]\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]]; then # a commit without a tag
  version=v0.0.0-$(TZ=UTC git log -1 --date=format-local:%Y%m%d%H%M%S --format=%cd)-$(git rev-parse HEAD | cut -c1-12)
fi

mkdir "$work/module"
git ls-files -z | xargs -0 tar -c | tar -x -C "$work/module"
old=$(sed -n 's/^module //p' go.mod)
if [[ ${old%%/*} != *.* ]]; then
  "$work/module/scripts/rename.sh" "${MODULE:-wsexchange.example/gateway}" >/dev/null
fi
"$tool" -module "$work/module" -version "$version" -time "$(git log -1 --format=%ct)" -out "$into"
echo "module $(sed -n 's/^module //p' "$work/module/go.mod") $version"
