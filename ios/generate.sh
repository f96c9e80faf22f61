#!/usr/bin/env bash
# Puts the generated Swift into the package, only where it changed.
# ios/generate.sh [FOLDER]: the folder with what tools/bindings.sh made, target/bindings/swift.
set -euo pipefail
from=${1:-$(dirname "${BASH_SOURCE[0]}")/../target/bindings/swift}
cd "$(dirname "${BASH_SOURCE[0]}")"
from=$(cd - >/dev/null && cd "$from" && pwd)
if [ ! -f "$from/PatientWalletFFI.swift" ]; then
  echo "no bindings in $from: tools/bindings.sh" >&2
  exit 1
fi

# put FILE: takes the new text from standard input.
put() {
  mkdir -p "$(dirname "$1")"
  cat >"$1.new"
  if cmp -s "$1.new" "$1"; then rm "$1.new"; else mv "$1.new" "$1"; fi
}

# Secrets cross in these two buffers, which the generator leaves behind as they are.
wiped=$(
  awk '
    /^ *return RustBuffer\(bytes: writer\)$/ { print "        defer { wipe(&writer) }" }
    /^ *return Data\(try readBytes\(&buf, count: Int\(len\)\)\)$/ {
      print "        var bytes = try readBytes(&buf, count: Int(len))"
      print "        defer { wipe(&bytes) }"
      print "        return Data(bytes)"
      next
    }
    { print }' "$from/PatientWalletFFI.swift"
  cat <<'SWIFT'

// Added by ios/generate.sh.
fileprivate func wipe(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { bytes in
        guard let start = bytes.baseAddress else { return }
        #if canImport(Darwin)
            _ = memset_s(start, bytes.count, 0, bytes.count)
        #else
            explicit_bzero(start, bytes.count)
        #endif
    }
}
SWIFT
)
if [ "$(grep -c 'defer { wipe(&' <<<"$wiped")" != 2 ]; then
  echo 'the generated code is not as ios/generate.sh knows it' >&2
  exit 1
fi
put Sources/PatientWalletFFI/PatientWalletFFI.swift <<<"$wiped"
put Sources/PatientWalletFFIC/PatientWalletFFIC.h <"$from/PatientWalletFFIC.h"
# On Linux the module map names the library; an XCFramework brings its own.
awk '{ print } /^module PatientWalletFFIC \{/ { print "    link \"patient_wallet_ffi\"" }' \
  "$from/PatientWalletFFIC.modulemap" | put Sources/PatientWalletFFIC/module.modulemap
grep -q 'link "patient_wallet_ffi"' Sources/PatientWalletFFIC/module.modulemap
