#!/usr/bin/env bash
# A product built alone has no feature of a test or a tool in it.
set -euo pipefail
words='feature "(testing|cli)"'

for package in patient-wallet-examples patient-wallet-ffi; do
  [ -f "${package#patient-wallet-}/Cargo.toml" ] || continue
  tree=$(cargo tree --locked --package "$package" --edges features,no-dev)
  if grep -E "$words" <<<"$tree"; then
    echo "$package carries a feature that belongs to tests or tools"
    exit 1
  fi
done

# The tests do have it; otherwise the words above look for nothing.
tree=$(cargo tree --locked --package patient-wallet-examples --edges features)
grep -qE "$words" <<<"$tree" || { echo "no test uses $words any more: mend this check"; exit 1; }
