#!/usr/bin/env bash
# Builds the bindings and first.swift as a package of their own, and runs it.
# ffi/tests/languages/swift.sh BINDINGS FOLDER FILE; exit 77: no Swift here.
set -euo pipefail
bindings=$1 folder=$2 file=$3
here=$(cd "$(dirname "$0")" && pwd)
swift=$here/../../../tools/swift
package=$bindings/../languages/swift
[ -x "$swift" ] || { echo 'no tools/swift'; exit 77; }
"$swift" --version >/dev/null 2>&1 || { echo 'no Swift that can run here'; exit 77; }

# put FILE: takes the text from standard input, and keeps what is there when it is the same.
put() {
  mkdir -p "$(dirname "$package/$1")"
  cat >"$package/$1.new"
  if cmp -s "$package/$1.new" "$package/$1"; then rm "$package/$1.new"; else mv "$package/$1.new" "$package/$1"; fi
}

put Package.swift <<END
// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "First",
    targets: [
        .systemLibrary(name: "PatientWalletFFIC"),
        .target(
            name: "PatientWalletFFI", dependencies: ["PatientWalletFFIC"],
            linkerSettings: [.unsafeFlags(["-L$bindings/lib", "-Xlinker", "-rpath", "-Xlinker", "$bindings/lib"])]),
        .executableTarget(name: "first", dependencies: ["PatientWalletFFI"]),
    ])
END
put Sources/PatientWalletFFI/PatientWalletFFI.swift <"$bindings/swift/PatientWalletFFI.swift"
put Sources/PatientWalletFFIC/PatientWalletFFIC.h <"$bindings/swift/PatientWalletFFIC.h"
awk '{ print } /^module PatientWalletFFIC \{/ { print "    link \"patient_wallet_ffi\"" }' \
  "$bindings/swift/PatientWalletFFIC.modulemap" | put Sources/PatientWalletFFIC/module.modulemap
put Sources/first/main.swift <"$here/first.swift"
"$swift" run --quiet --package-path "$package" first "$folder" "$file"
