#!/usr/bin/env bash
# Renames the Go module in every file: imports, go.mod files, linker flags,
# documents. The programs and their settings keep their names.
# usage: scripts/rename.sh HOST/OWNER/NAME
set -euo pipefail
cd "$(dirname "$0")/.."

new=${1:-}
[[ $new =~ ^[a-z0-9-]+(\.[a-z0-9-]+)+(/[A-Za-z0-9._~-]+)+$ ]] || {
  echo "rename: \"$new\" is not a module path such as git.example.com/owner/name" >&2
  exit 1
}
old=$(sed -n 's/^module //p' go.mod)
[ "$old" != "$new" ] || exit 0

folders= # those with packages
for folder in */; do
  [ -z "$(find "$folder" -name '*.go' -print -quit)" ] || folders+="${folders:+|}${folder%/}"
done
export OLD=$old NEW=$new FOLDERS=$folders

list() { # every file of the repository, or of a copy without one
  git ls-files -z --cached --others --exclude-standard 2>/dev/null || find . -type f -not -path './.git/*' -print0
}
list | while IFS= read -r -d '' file; do
  if [ -f "$file" ] && grep -qIF -- "$old" "$file"; then printf '%s\0' "$file"; fi
done | xargs -0 perl -pi -e '
  # A package: not where another path ends with the name, as in cmd/wsexchange.
  s{(?<![\w./-])\Q$ENV{OLD}\E/(?=(?:$ENV{FOLDERS})\b)}{$ENV{NEW}/}g;
  s{"\Q$ENV{OLD}\E/"}{"$ENV{NEW}/"}g if $ARGV =~ m{/imports_test\.go$};
  # The module itself, in commands of documents and where go.mod files name it.
  s{(?<==)\Q$ENV{OLD}\E(?=[@=])}{$ENV{NEW}}g if $ARGV =~ m{\.md$};
  s{(^|[\s(])\Q$ENV{OLD}\E(?=$|\s)}{$1$ENV{NEW}}g if $ARGV =~ m{(^|/)go\.mod$} && !m{^\s*//};
'
echo "the module is $new"
