#!/usr/bin/env bash
# What the library weighs as a phone gets it, stripped, and what in it weighs most; fails above the
# budget, and when it names a path of this machine. tools/mobile.sh has built it before.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
budget=$((3584 * 1024)) # 3.5 MiB: docs/decisions/0014-size-of-the-library.md
folder=${CARGO_TARGET_DIR:-target}/mobile
library=$folder/libpatient_wallet_ffi.so
[ -f "$library" ] || library=$folder/libpatient_wallet_ffi.dylib

stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
if [ "$(uname)" = Darwin ]; then strip -x -o "$stripped" "$library"; else strip -o "$stripped" "$library"; fi
bytes=$(wc -c <"$stripped")

# Code by crate, in KiB: the first crate that a name speaks of besides the standard library.
heaviest=$(nm --size-sort --print-size --demangle "$library" | awk '
  tolower($3) == "t" {
    size = 0
    for (i = 1; i <= length($2); i++) size = size * 16 + index("0123456789abcdef", substr($2, i, 1)) - 1
    name = $4; for (i = 5; i <= NF; i++) name = name " " $i
    crate = "SQLite"
    if (name ~ /::/) {
      crate = "std"
      while (match(name, /[a-z_0-9]+::/)) {
        word = substr(name, RSTART, RLENGTH - 2)
        name = substr(name, RSTART + RLENGTH)
        if (word !~ /^(core|alloc|std|iter|vec|fmt|ptr|slice|str|string|option|result|ops|collections|boxed|sync|cell|hash|cmp|convert|adapters|map|traits|raw|mem|btree|sort|shared|unstable|stable|quicksort|smallsort|num)$/) { crate = word; break }
      }
    }
    sum[crate] += size
  }
  END { for (crate in sum) printf "%d %s\n", sum[crate] / 1024, crate }' | sort -rn | awk 'NR <= 6' |
  awk '{ printf "%s%s %d", (NR > 1 ? ", " : ""), $2, $1 }')
echo "table: $((bytes / 1024)) KiB stripped, budget $((budget / 1024)); code in KiB: $heaviest"
for path in "$HOME" "${CARGO_HOME:-$HOME/.cargo}" "$PWD"; do
  ! grep -qaF "$path/" "$stripped" || { echo "the library names a path of this machine"; exit 1; }
done
[ "$bytes" -le "$budget" ] || { echo "the library is above its budget"; exit 1; }
