#!/usr/bin/env bash
# No committed file holds a machine path or a registry host, and none is too long to read.
set -uo pipefail
found=0

# The brackets keep a pattern from finding itself.
paths='(^|[^[:alnum:]._-])/(wor[k]|far[m]|roo[t]|hom[e]/[a-z]+|User[s]/[A-Za-z]+)/'
hosts='https?://[a-z.]*(crates|pypi|npmjs|maven|debian)[.]'
if git grep -nIE "$paths|$hosts" -- ':!*.lock' ':!*package-lock.json'; then
  echo 'a machine path or a registry host in a committed file'
  found=1
fi

# Product lines end where the tests of a file begin.
while IFS= read -r file; do
  case $file in
    */tests/* | */tests.rs | */test/* | */Tests/* | fuzz/* | bench/*) continue ;;
  esac
  [ -f "$file" ] || continue
  lines=$(awk '/^#\[cfg\(test\)\]/ { exit } { n++ } END { print n + 0 }' "$file")
  if [ "$lines" -gt 400 ]; then
    echo "$file: $lines product lines, more than 400"
    found=1
  fi
done < <(git ls-files check '*.rs' '*.sh' '*.py' '*.kt' '*.swift')

exit $found
