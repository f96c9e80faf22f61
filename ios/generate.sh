#!/usr/bin/env bash
# Puts the generated Swift into the package, only where it changed.
# ios/generate.sh [FOLDER]: the folder with what tools/bindings.sh made, target/bindings/swift.
set -euo pipefail
from=${1:-$(dirname "${BASH_SOURCE[0]}")/../target/bindings/swift}
cd "$(dirname "${BASH_SOURCE[0]}")"
from=$(cd - >/dev/null && cd "$from" && pwd)
[ -f "$from/PatientWalletFFI.swift" ] || { echo "no bindings in $from: tools/bindings.sh" >&2; exit 1; }

# put FILE: takes the new text from standard input.
put() {
  mkdir -p "$(dirname "$1")"
  cat >"$1.new"
  if cmp -s "$1.new" "$1"; then rm "$1.new"; else mv "$1.new" "$1"; fi
}

put Sources/PatientWalletFFI/PatientWalletFFI.swift <"$from/PatientWalletFFI.swift"
put Sources/PatientWalletFFIC/PatientWalletFFIC.h <"$from/PatientWalletFFIC.h"
# On Linux the module map names the library; an XCFramework brings its own.
awk '{ print } /^module PatientWalletFFIC \{/ { print "    link \"patient_wallet_ffi\"" }' \
  "$from/PatientWalletFFIC.modulemap" | put Sources/PatientWalletFFIC/module.modulemap
grep -q 'link "patient_wallet_ffi"' Sources/PatientWalletFFIC/module.modulemap
